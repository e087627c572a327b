#include "intelligence/forecasting/explanation/explain.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "intelligence/forecasting/blend.hpp"
#include "intelligence/forecasting/drivers/width_model.hpp"
#include "intelligence/forecasting/pool/pool.hpp"
#include "intelligence/forecasting/sparse/factor_model.hpp"
#include "intelligence/forecasting/sparse/intermittent.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kMostAlike = 5;
constexpr std::size_t kPastLooked = 400;  // newest periods among which those alike are looked for

// The members again, what the pool makes of them, and the pooled regression.
Status explain_pool(const Panel& panel, std::span<const int> seasons, const Options& options, const Forecasts& forecasts, std::size_t i,
                    Explanation& out) {
  SINAN_TRY(auto named, find_models(options.models));
  Pool pool(named, static_cast<std::size_t>(options.horizon), static_cast<std::size_t>(options.origins));
  Cleaned cleaned;
  const int season = !seasons.empty() && seasons[i] > 0 ? seasons[i] : forecasts.seasons[i];
  clean(panel.series(i), panel.lost_of(i), std::max(season, 1), cleaned);
  if (!options.drivers || !options.drivers->tells_of_series()) forget_bursts(panel.series(i), std::max(season, 1), cleaned);
  PoolForecast again;
  pool.forecast(cleaned, static_cast<std::size_t>(std::max(season, 1)), again);
  for (std::size_t m = 0; m < pool.members(); ++m) {
    std::span<const float> values = pool.member_forecast(m);
    if (values.empty() || !std::isfinite(values.front())) continue;
    MemberForecast member{std::string(pool.member(m).name), {}, again.weighted ? pool.member_weight(m) : 0};
    for (float v : values) member.values.push_back(v * cleaned.scale);
    out.members.push_back(std::move(member));
  }
  auto add_values = [&](std::span<const float> values, std::vector<double>& to) {
    for (float v : values) to.push_back(cleaned.non_negative ? std::max(0.0, v * cleaned.scale) : v * cleaned.scale);
  };
  if (again.weighted) {
    out.median_share = 1 - kWeighted;
    for (std::size_t k = 0; k < kTraits; ++k) out.traits.emplace_back(name(static_cast<Trait>(k)), pool.traits()[k]);
  }
  add_values(again.point, out.pool);
  out.pooled_share = forecasts.pooled_shares[i];
  if (out.pooled_share == 0) return {};
  std::vector<float> path, values(out.pool.size());
  forecasts.pooled->at(out.season).all.forecast(cleaned.y, path, values);
  add_values(values, out.pooled);
  return {};
}

// The mean of sparse demand, and which named models give it.
Status explain_sparse(const Panel& panel, const Options& options, const Forecasts& forecasts, std::size_t i, Explanation& out) {
  const std::size_t horizon = out.median.size();
  const auto first = forecasts.mean.begin() + static_cast<std::ptrdiff_t>(i * horizon);
  out.mean.assign(first, first + static_cast<std::ptrdiff_t>(horizon));
  SINAN_TRY(auto named, find_models(options.models));
  Cleaned cleaned;
  clean(panel.series(i), panel.lost_of(i), out.season, cleaned);
  for (const ModelInfo* model : named)
    if (gives_rate(*model, cleaned.y.size())) out.rate_models.emplace_back(model->name);
  return {};
}

Result<TreeStep> explain_step(const learning::Trees& trees, const Features& features, const Drivers& drivers, std::size_t step) {
  std::vector<float> row(features.width());
  features.row(step, row);
  std::vector<double> parts(features.width() + 1);
  SINAN_CHECK(trees.contributions(row, parts));
  TreeStep out{.expected = parts.back(), .score = parts.back(), .centre = features.centre(), .unit = features.unit()};
  out.effects.push_back({"own history", 0, kMissing});
  for (const std::string& name : features.drivers()) out.effects.push_back({name, 0, kMissing});
  for (std::size_t f = 0; f < features.width(); ++f) {
    const int owner = features.owner(f);
    Effect& effect = out.effects[static_cast<std::size_t>(owner + 1)];
    if (owner >= 0 && owner != features.owner(f - 1)) effect.value = row[f];
    effect.score += parts[f];
    out.score += parts[f];
  }
  if (!drivers.events.names.empty()) {
    // Words that no event has now, or that no tree asks for, say little, and are many: one sum.
    const auto first = out.effects.end() - static_cast<std::ptrdiff_t>(drivers.releases.size() + drivers.events.names.size());
    const auto last = first + static_cast<std::ptrdiff_t>(drivers.events.names.size());
    const auto absent = std::stable_partition(first, last, [](const Effect& e) { return e.value != 0 && e.score != 0; });
    Effect others{"other words of events", 0, 0};
    for (auto word = absent; word != last; ++word) others.score += word->score;
    const bool any = absent != last;
    out.effects.erase(absent, last);
    if (any) out.effects.push_back(std::move(others));
  }
  std::ranges::stable_sort(out.effects, std::ranges::greater{}, [](const Effect& e) { return std::abs(e.score); });
  out.forecast = features.value(out.score);
  return out;
}

// The same of a factor on the mean of sparse demand, which with it is `mean`.
Result<TreeStep> explain_factor(const learning::Trees& trees, const Features& features, const Drivers& drivers, std::size_t step,
                                double mean, double share) {
  SINAN_TRY(TreeStep out, explain_step(trees, features, drivers, step));
  out.centre = 0;
  out.unit = mean / std::exp(share * out.score);
  out.forecast = out.unit * std::exp(out.score);
  return out;
}

// Where trees tell how far demand may lie off: between which quantiles of theirs.
Status explain_widths(const WidthModel& widths, const Features& features, Explanation& out) {
  std::vector<float> cells;
  std::vector<float> down(out.trees.size());
  std::vector<float> up(out.trees.size());
  SINAN_CHECK(widths.predict(features, cells, down, up));
  for (std::size_t k = 0; k < out.trees.size(); ++k) {
    out.trees[k].low = out.trees[k].forecast - down[k];
    out.trees[k].high = out.trees[k].forecast + up[k];
  }
  return {};
}

// Past periods, each seen from the period before it, that fall into the leaves of the first period ahead.
Status find_alike(const learning::Trees& trees, Features& features, const Panel& panel, std::size_t i, std::size_t season,
                  Explanation& out) {
  std::span<const double> values = panel.series(i);
  std::vector<float> cells;
  std::vector<std::size_t> periods;
  auto take = [&](std::size_t known) {
    if (!features.look(i, known, season)) return;
    features.append(1, cells);
    periods.push_back(known);
  };
  take(values.size());
  if (periods.empty()) return {};
  for (std::size_t known = values.size() - 1; known > 0 && periods.size() <= kPastLooked; --known)
    if (std::isfinite(values[known])) take(known);
  SINAN_TRY(auto leaves, trees.leaves(cells));
  const std::size_t count = leaves.size() / periods.size();
  for (std::size_t p = 1; p < periods.size(); ++p) {
    std::size_t same = 0;
    for (std::size_t t = 0; t < count; ++t) same += leaves[t] == leaves[p * count + t];
    out.alike.push_back({periods[p], values[periods[p]], static_cast<double>(same) / static_cast<double>(count)});
  }
  std::ranges::stable_sort(out.alike, std::ranges::greater{}, &Alike::likeness);
  if (out.alike.size() > kMostAlike) out.alike.resize(kMostAlike);
  return {};
}

}  // namespace

Result<Explanation> explain(const Panel& panel, std::span<const int> seasons, const Options& options, const Forecasts& forecasts,
                            std::size_t i) {
  const auto horizon = static_cast<std::size_t>(options.horizon);
  Explanation out{.demand_class = forecasts.classes.at(i), .season = forecasts.seasons[i], .model = forecasts.models[i]};
  out.median.assign(forecasts.median.begin() + static_cast<std::ptrdiff_t>(i * horizon),
                    forecasts.median.begin() + static_cast<std::ptrdiff_t>((i + 1) * horizon));
  if (auto found = forecasts.borrowed.find(i); found != forecasts.borrowed.end()) {
    out.borrowed = found->second;
    return out;
  }
  const bool sparse = is_sparse(out.demand_class);
  if (sparse) SINAN_CHECK(explain_sparse(panel, options, forecasts, i, out));
  if (!sparse && out.demand_class != DemandClass::kDead) SINAN_CHECK(explain_pool(panel, seasons, options, forecasts, i, out));
  out.tree_share = forecasts.tree_shares.empty() ? 0 : forecasts.tree_shares[i];
  if (out.tree_share == 0) return out;
  Features features(panel, *options.drivers);
  const learning::Trees& trees = sparse ? forecasts.factors->trees() : forecasts.trees->trees();
  const auto season = static_cast<std::size_t>(out.season);
  features.look(i, panel.series(i).size(), season);
  for (std::size_t step = 1; step <= horizon; ++step) {
    const double mean = forecasts.mean[i * horizon + step - 1];
    SINAN_TRY(TreeStep found, sparse ? explain_factor(trees, features, *options.drivers, step, mean, out.tree_share)
                                     : explain_step(trees, features, *options.drivers, step));
    out.trees.push_back(std::move(found));
  }
  if (!forecasts.widths_used.empty() && forecasts.widths_used[i]) SINAN_CHECK(explain_widths(*forecasts.widths, features, out));
  SINAN_CHECK(find_alike(trees, features, panel, i, season, out));
  return out;
}

}  // namespace sinan::forecasting
