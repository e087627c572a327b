#include "intelligence/forecasting/night.hpp"

#include <algorithm>
#include <cmath>

#include "intelligence/forecasting/drivers/width_model.hpp"
#include "intelligence/forecasting/sparse/factor_model.hpp"

namespace sinan::forecasting {

Night::Night(const Run& run) : run_(run) {
  const Panel& panel = run.panel;
  if (run.options.keep) kept_.resize(panel.size());
  const WarmState* state = run.options.warm.get();
  if (!state || run.options.shared || panel.size() == 0 || state->method != method_of(run.options)) return;
  const std::int64_t since = panel.latest_end() - state->learnt;
  if (since < 0 || since >= warm_periods(run.options.horizon)) return;
  before_.resize(panel.size());
  grown_.resize(panel.size());
  for (std::size_t i = 0; i < panel.size(); ++i) {
    auto found = state->series.find(panel.keys[i]);
    if (found == state->series.end() || found->second->known_season != run.known_season(i)) continue;
    std::optional<std::size_t> grown = found->second->grown(panel, i);
    if (!grown) continue;
    // A fixed driver that changed may have given all categories other codes, which trees that were learnt then do not know.
    if (found->second->fixed != hash_of_fixed(run.options.drivers, i)) {
      before_.clear();
      return;
    }
    before_[i] = found->second;
    grown_[i] = *grown;
  }
  state_ = state;
}

void Night::keep_points() {
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (!run_.facts[i].regular || before(i)) continue;
    kept_[i].pooled_share = run_.out.pooled_shares[i];
    for (std::size_t k = 0; k < run_.horizon; ++k)
      kept_[i].point.push_back(static_cast<float>(run_.out.median[i * run_.horizon + k] / kept_[i].scale));
  }
}

Status Night::keep_trees(std::span<const float> tree_shares, std::span<const float> factor_shares, WarmState& out) const {
  if (state_) {
    out.trees = state_->trees;
    out.shares = state_->shares;
    out.low_trees = state_->low_trees;
    out.middle_trees = state_->middle_trees;
    out.high_trees = state_->high_trees;
    out.factor_trees = state_->factor_trees;
    out.factor_shares = state_->factor_shares;
    return {};
  }
  if (run_.out.trees) {
    SINAN_TRY(out.trees, run_.out.trees->trees().text());
    out.shares.assign(tree_shares.begin(), tree_shares.end());
  }
  if (run_.out.widths) {
    SINAN_TRY(out.low_trees, run_.out.widths->low().text());
    SINAN_TRY(out.middle_trees, run_.out.widths->median().text());
    SINAN_TRY(out.high_trees, run_.out.widths->high().text());
  }
  if (run_.out.factors) {
    SINAN_TRY(out.factor_trees, run_.out.factors->trees().text());
    out.factor_shares.assign(factor_shares.begin(), factor_shares.end());
  }
  return {};
}

void Night::keep_errors(std::size_t i, WarmSeries& out) const {
  const PastErrors& past = run_.past;
  out.errors.assign(past.of(i).begin(), past.of(i).end());
  out.width_power = run_.facts[i].width_power;
  if (!run_.facts[i].widths()) return;
  out.down.assign(past.down(i).begin(), past.down(i).end());
  out.up.assign(past.up(i).begin(), past.up(i).end());
}

void Night::recall_widths(Run& run) const {
  for (std::size_t i = 0; i < before_.size(); ++i) {
    if (!before_[i] || before_[i]->down.empty() || !run.facts[i].regular || !run.past.sampled(i)) continue;
    if (run.past.down(i).empty()) run.make_room_for_widths();
    const float power = before_[i]->width_power;
    auto in_unit = [ratio = std::pow(static_cast<float>(before_[i]->scale) / run.facts[i].unit, power)](float width) {
      return width * ratio;
    };
    std::ranges::transform(before_[i]->down, run.past.down(i).begin(), in_unit);
    std::ranges::transform(before_[i]->up, run.past.up(i).begin(), in_unit);
    run.facts[i].width_power = power;
  }
}

Result<std::shared_ptr<const WarmState>> Night::keep(std::span<const float> tree_shares, std::span<const float> factor_shares,
                                                     WarmCounts& counts) {
  const Panel& panel = run_.panel;
  auto out = std::make_shared<WarmState>();
  out->method = method_of(run_.options);
  out->learnt = state_ ? state_->learnt : panel.size() > 0 ? panel.latest_end() : 0;
  SINAN_CHECK(keep_trees(tree_shares, factor_shares, *out));
  out->pooled = run_.out.pooled;
  for (std::size_t i = 0; i < panel.size(); ++i) {
    if (before(i)) {
      ++(grown_[i] == 0 ? counts.unchanged : counts.grown);
      out->series.emplace(panel.keys[i], before_[i]);
      continue;
    }
    ++counts.learnt;
    const Facts& facts = run_.facts[i];
    if (facts.unknown) continue;
    WarmSeries& fresh = kept_[i];
    if (fresh.kind == WarmSeries::Kind::kSparse && fresh.rate.sums.empty()) continue;  // named models learn from all in any case
    fresh.remember(panel, i);
    fresh.known_season = run_.known_season(i);
    fresh.fixed = hash_of_fixed(run_.options.drivers, i);
    fresh.demand_class = run_.out.classes[i];
    fresh.non_negative = facts.non_negative;
    fresh.asked = facts.asked;
    fresh.season = run_.out.seasons[i];
    if (facts.regular && run_.past.sampled(i)) keep_errors(i, fresh);
    out->series.emplace(panel.keys[i], std::make_shared<const WarmSeries>(std::move(fresh)));
  }
  return out;
}

}  // namespace sinan::forecasting
