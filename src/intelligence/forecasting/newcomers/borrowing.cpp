#include "intelligence/forecasting/newcomers/borrowing.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "intelligence/forecasting/kernels/season.hpp"

namespace sinan::forecasting {
namespace {

constexpr double kLargestRatio = 20;     // of demand to a forecast; beyond is as that
constexpr double kLeastOwn = 0.05;       // of the group's level, that a series' own counts as
constexpr std::size_t kPriorCases = 10;  // that are thought to demand what was forecast
constexpr std::size_t kOfScatter = 20;   // cases, at least
constexpr std::size_t kMostScatters = 3;
constexpr std::size_t kOfTotal = 5;  // cases, at least
constexpr double kGain = 0.98;       // that the loss must fall to
constexpr double kSure = 1.5;        // standard errors
constexpr std::array kPowers{0.0, 0.5, 1.0, 1.5};
constexpr std::array kOwnWeights{0.0, 0.25, 0.5, 0.75, 1.0};
constexpr std::array kSpreads{0.0, 0.5, 0.7, 1.0, 1.4, 2.0};
constexpr std::array kPeriods{1.0, 2.0, 4.0, 8.0, 16.0, 32.0};

double season_at(const Case& c, std::int64_t period, double power) {
  if (power == 0 || c.group.season.empty()) return 1;
  return std::exp(power * c.group.season[phase_of(period, c.group.season.size())]);
}

// The cases without the group's season to that power.
Panel panel_of(const Panel& from, std::span<const Case> cases, double power) {
  Panel out;
  for (const Case& c : cases) {
    std::int64_t period = c.view.end - static_cast<std::int64_t>(c.view.values.size());
    for (double v : c.view.values) out.values.push_back(v / season_at(c, ++period, power));
    out.lost.insert(out.lost.end(), c.view.lost.begin(), c.view.lost.end());
    out.offsets.push_back(out.values.size());
    out.keys.push_back(from.keys[c.series]);
    out.ends.push_back(c.view.end);
  }
  return out;
}

float at_rank(const std::vector<float>& sorted, double p) {
  const double rank = std::clamp(p * static_cast<double>(sorted.size()) - 0.5, 0.0, static_cast<double>(sorted.size() - 1));
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + static_cast<float>(rank - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

bool know_season(std::span<const Case> cases) {
  return std::ranges::any_of(cases, [](const Case& c) { return !c.group.season.empty(); });
}

double sum_of(const std::vector<double>& all) { return std::accumulate(all.begin(), all.end(), 0.0); }

}  // namespace

// What a case demanded in all, where that is known, and what was forecast.
struct Cases::Sum {
  double demand = 0, forecast = 0;
  void add(double y, double of) { demand += y, forecast += of; }
  double ratio() const { return std::min(demand / forecast, kLargestRatio); }
};

Cases::Cases(const Panel& panel, std::vector<Case> cases, int known, double dispersion, const Options& options, const ForecastAlone& alone)
    : panel_(panel),
      cases_(std::move(cases)),
      known_(known),
      dispersion_(dispersion),
      options_(options),
      alone_(alone),
      horizon_(static_cast<std::size_t>(options.horizon)) {}

double Cases::actual(std::size_t i, std::size_t h) const {
  const View& view = cases_[i].view;
  if (h >= view.after.size() || (!view.lost_after.empty() && view.lost_after[h])) return kMissing;
  return view.after[h];
}

double Cases::level_of(std::span<const double> of_steps) const {
  return std::accumulate(of_steps.begin(), of_steps.end(), 0.0) / static_cast<double>(horizon_);
}

// All cases as they are, without the group's season to a power, or with what is thought of their rates.
Result<Forecasts> Cases::run(double power, double periods, double factor) const {
  std::vector<Prior> priors;
  for (const Case& c : cases_)
    if (periods > 0) priors.push_back({factor * std::exp(c.group.level), periods, dispersion_});
  return alone_(panel_of(panel_, cases_, power), std::vector<int>(cases_.size(), power > 0 ? 1 : known_), priors, options_);
}

// The own level, if there is one, mixed with that of the group, in the shape of the own forecast; and the season put back. Case × step.
std::vector<double> Cases::mix(const Forecasts* own, double power, double weight) const {
  std::vector<double> out(cases_.size() * horizon_);
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    const Case& c = cases_[i];
    const double found = own ? level_of(steps(own->median, i)) : 0;
    const double counted = std::max(found, kLeastOwn * std::exp(c.group.level));
    const double level = std::exp(weight * std::log(counted) + (1 - weight) * c.group.level);
    for (std::size_t h = 0; h < horizon_; ++h) {
      const double shape = found > 0 ? std::max(own->median[i * horizon_ + h] / found, kLeastOwn) : 1;
      out[i * horizon_ + h] = level * shape * season_at(c, c.view.end + 1 + static_cast<std::int64_t>(h), power);
    }
  }
  return out;
}

// The drift and the scatters, from one half of the cases or from all.
void Cases::learn(const std::vector<double>& mixed, std::optional<bool> half, Plan& plan) const {
  std::vector<Sum> sums(cases_.size());
  for (std::size_t i = 0; i < cases_.size(); ++i)
    for (std::size_t h = 0; h < horizon_ && (!half || cases_[i].half == *half); ++h)
      if (const double y = actual(i, h); std::isfinite(y)) sums[i].add(y, mixed[i * horizon_ + h]);
  plan.drift = drift_of(mixed, sums);
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < cases_.size(); ++i)
    if (sums[i].forecast > 0) order.emplace_back(level_of(steps(mixed, i)), i);
  std::ranges::sort(order);
  plan.scatters.clear();
  const std::size_t parts = order.empty() ? 0 : std::clamp<std::size_t>(order.size() / kOfScatter, 1, kMostScatters);
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t from = order.size() * part / parts;
    const std::size_t to = order.size() * (part + 1) / parts;
    plan.scatters.push_back(scatter_of(mixed, plan.drift, std::span(order).subspan(from, to - from)));
  }
}

// What the cases demand in all: the middle; and the mean way there, step by step.
std::vector<double> Cases::drift_of(const std::vector<double>& mixed, std::span<const Sum> sums) const {
  std::vector<float> ratios(kPriorCases, 1);
  std::vector<double> shares(horizon_, 0), counts(horizon_, 0), out;
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    if (!(sums[i].forecast > 0)) continue;
    ratios.push_back(static_cast<float>(sums[i].ratio()));
    const double all = sums[i].demand / sums[i].forecast;
    for (std::size_t h = 0; h < horizon_ && all > 0; ++h) {
      const double y = actual(i, h);
      if (!std::isfinite(y)) continue;
      shares[h] += std::min(y / mixed[i * horizon_ + h] / all, kLargestRatio);
      counts[h] += 1;
    }
  }
  std::ranges::sort(ratios);
  const double middle = std::max<double>(at_rank(ratios, 0.5), kLeastOwn);
  const std::size_t reach = horizon_ / 8;
  for (std::size_t h = 0; h < horizon_; ++h) {
    double sum = 2 * kPriorCases;
    double count = 2 * kPriorCases;
    for (std::size_t k = h - std::min(h, reach); k < std::min(horizon_, h + reach + 1); ++k) sum += shares[k], count += counts[k];
    out.push_back(middle * sum / count);
  }
  return out;
}

// Of some cases, each with its level, in order of their levels.
Scatter Cases::scatter_of(const std::vector<double>& mixed, const std::vector<double>& drift,
                          std::span<const std::pair<double, std::size_t>> of) const {
  Scatter out{.up_to = of.back().first, .ratios = {}, .totals = std::vector<std::vector<float>>(horizon_), .mean = 0};
  for (auto [ignored, i] : of) {
    Sum sum;
    bool whole = true;
    for (std::size_t h = 0; h < horizon_; ++h) {
      const double y = actual(i, h);
      whole = whole && std::isfinite(y);
      if (!std::isfinite(y)) continue;
      const double forecast = mixed[i * horizon_ + h] * drift[h];
      out.ratios.push_back(static_cast<float>(std::min(y / forecast, kLargestRatio)));
      sum.add(y, forecast);
      if (whole) out.totals[h].push_back(static_cast<float>(sum.ratio()));
    }
  }
  const auto count = static_cast<double>(out.ratios.size());
  for (float ratio : out.ratios) out.mean += ratio / count;
  for (float ratio : out.ratios) out.variance += (ratio - out.mean) * (ratio - out.mean) / count;
  std::ranges::sort(out.ratios);
  for (std::size_t h = 0; h < horizon_; ++h) {
    std::ranges::sort(out.totals[h]);
    if (out.totals[h].size() < kOfTotal) out.totals[h] = h > 0 ? out.totals[h - 1] : out.ratios;
  }
  return out;
}

// The mean ratio of demand to the group's level.
double Cases::factor_of(std::optional<bool> half) const {
  double sum = kPriorCases;
  double count = kPriorCases;
  for (std::size_t i = 0; i < cases_.size(); ++i)
    for (std::size_t h = 0; h < horizon_ && (!half || cases_[i].half == *half); ++h)
      if (const double y = actual(i, h); std::isfinite(y)) sum += std::min(y / std::exp(cases_[i].group.level), kLargestRatio), count += 1;
  return sum / count;
}

Forecasts Cases::blank() const {
  Forecasts out;
  out.horizon = options_.horizon;
  out.quantile_levels = options_.quantiles;
  out.median.assign(cases_.size() * horizon_, 0);
  out.mean = out.median;
  out.quantiles.assign(out.median.size() * options_.quantiles.size(), 0);
  if (options_.cumulative) out.sum_mean = out.median, out.sums = out.quantiles;
  out.variance.assign(cases_.size(), 0);
  out.seasons.assign(cases_.size(), 1);
  out.models.assign(cases_.size(), "");
  return out;
}

// Quantiles of case i around what is mixed: as other cases scattered, or as the series does by itself.
void Cases::spread(const Plan& plan, const Forecasts* own, const std::vector<double>& mixed, std::size_t i, Forecasts& out) const {
  const std::size_t levels = options_.quantiles.size();
  const double level = level_of(steps(mixed, i));
  auto found = std::ranges::find_if(plan.scatters, [&](const Scatter& s) { return level <= s.up_to; });
  const Scatter& scatter = found == plan.scatters.end() ? plan.scatters.back() : *found;
  const double own_level = own ? level_of(steps(own->median, i)) : 0;
  const bool as_others = plan.spread == 0 || !(own_level > 0);
  const double middle_ratio = at_rank(scatter.ratios, 0.5);
  std::vector<double> ratios;
  for (double q : options_.quantiles) ratios.push_back(at_rank(scatter.ratios, q));
  double total = 0;
  for (std::size_t h = 0; h < horizon_; ++h) {
    const std::size_t at = i * horizon_ + h;
    const double middle = mixed[at] * plan.drift[h];
    out.median[at] = as_others ? middle * middle_ratio : middle;
    out.mean[at] = as_others ? middle * scatter.mean : middle;
    out.variance[i] += middle * middle * scatter.variance / static_cast<double>(horizon_);
    total += middle;
    if (options_.cumulative) out.sum_mean[at] = (h > 0 ? out.sum_mean[at - 1] : 0) + out.mean[at];
    for (std::size_t q = 0; q < levels; ++q) {
      double& value = out.quantiles[at * levels + q];
      double* sum = options_.cumulative ? &out.sums[at * levels + q] : nullptr;
      if (as_others) {
        value = middle * ratios[q];
        if (sum) *sum = total * at_rank(scatter.totals[h], options_.quantiles[q]);
        continue;
      }
      value = middle * std::max(0.0, 1 + plan.spread * (own->quantiles[at * levels + q] - own->median[at]) / own_level);
      const double before = sum ? own->sum_mean[at] : 0;
      if (sum) *sum = total * std::max(0.0, 1 + (before > 0 ? plan.spread * (own->sums[at * levels + q] / before - 1) : 0));
    }
  }
}

// The loss of each case of one half.
void Cases::judge(const Forecasts& forecasts, bool half, std::vector<double>& losses) const {
  const std::size_t levels = options_.quantiles.size();
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    if (cases_[i].half != half) continue;
    double loss = 0;
    double size = 0;
    double known = 0;
    auto count = static_cast<double>(cases_[i].view.values.size());
    for (double v : cases_[i].view.values) size += std::isfinite(v) ? std::abs(v) : 0;
    for (std::size_t h = 0; h < horizon_; ++h) {
      const double y = actual(i, h);
      if (!std::isfinite(y)) continue;
      size += std::abs(y);
      count += 1;
      known += 1;
      for (std::size_t q = 0; q < levels; ++q) {
        const double error = y - forecasts.quantiles[(i * horizon_ + h) * levels + q];
        loss += std::max(options_.quantiles[q] * error, (options_.quantiles[q] - 1) * error);
      }
    }
    losses[i] = known > 0 && size > 0 ? loss / known / std::sqrt(size / count) : 0;
  }
}

// Remembers the best way so far.
class Cases::Search {
 public:
  explicit Search(const Cases& cases) : cases_(cases), losses_(cases.cases_.size()) {}

  Status start() {
    SINAN_TRY(own_, cases_.run(0, 0, 1));
    for (bool half : {false, true}) cases_.judge(own_, half, losses_);
    before_ = losses_;
    return {};
  }

  Status try_levels() {
    for (double power : kPowers) {
      if (power > 0 && !know_season(cases_.cases_)) break;
      Forecasts adjusted;
      if (power > 0) {
        SINAN_TRY(adjusted, cases_.run(power, 0, 1));
      }
      for (double weight : kOwnWeights) try_spreads(power > 0 ? adjusted : own_, power, weight);
    }
    return {};
  }

  Status try_rates() {
    std::vector<double> losses(losses_.size());
    for (double periods : kPeriods) {
      for (bool half : {false, true}) {
        SINAN_TRY(const Forecasts found, cases_.run(0, periods, cases_.factor_of(!half)));
        cases_.judge(found, half, losses);
      }
      Plan plan;
      plan.periods = periods;
      plan.factor = cases_.factor_of({});
      if (sum_of(losses) < sum_of(losses_)) best_ = std::move(plan), losses_ = losses;
    }
    return {};
  }

  std::optional<Plan> best() const {
    std::map<std::size_t, double> gains;  // by series
    for (std::size_t i = 0; i < losses_.size(); ++i) gains[cases_.cases_[i].series] += before_[i] - losses_[i];
    double gain = 0;
    double squares = 0;
    for (auto [ignored, of] : gains) gain += of, squares += of * of;
    if (gain * gain < kSure * kSure * squares || sum_of(losses_) > kGain * sum_of(before_)) return std::nullopt;
    return best_;
  }

 private:
  void try_spreads(const Forecasts& own, double power, double weight) {
    const std::vector<double> mixed = cases_.mix(&own, power, weight);
    Plan plan;
    plan.power = power;
    plan.own = weight;
    std::array<Plan, 2> of_half{plan, plan};  // learnt from the other
    for (bool half : {false, true}) {
      cases_.learn(mixed, !half, of_half[half ? 1 : 0]);
      if (of_half[half ? 1 : 0].scatters.empty()) return;
    }
    Forecasts found = cases_.blank();
    std::vector<double> losses(losses_.size());
    for (double spread : kSpreads) {
      for (bool half : {false, true}) {
        Plan& learnt = of_half[half ? 1 : 0];
        learnt.spread = spread;
        for (std::size_t i = 0; i < losses.size(); ++i)
          if (cases_.cases_[i].half == half) cases_.spread(learnt, &own, mixed, i, found);
        cases_.judge(found, half, losses);
      }
      if (sum_of(losses) >= sum_of(losses_)) continue;
      losses_ = losses;
      best_ = plan;
      best_.spread = spread;
      cases_.learn(mixed, {}, best_);
    }
  }

  const Cases& cases_;
  Forecasts own_;
  std::vector<double> before_, losses_;
  Plan best_;
};

Result<std::optional<Plan>> Cases::best(bool levels, bool rates) const {
  Search search(*this);
  SINAN_CHECK(search.start());
  if (levels) SINAN_CHECK(search.try_levels());
  if (rates) SINAN_CHECK(search.try_rates());
  std::optional<Plan> out = search.best();
  if (out) out->cases = cases_.size();
  return out;
}

Plan Cases::unseen() const {
  Plan out;
  out.own = 0;
  out.power = know_season(cases_) ? 1 : 0;
  out.cases = cases_.size();
  learn(mix(nullptr, out.power, 0), {}, out);
  return out;
}

Result<Forecasts> Cases::forecast(const Plan& plan, std::vector<double>* own) const {
  if (cases_.front().view.values.empty()) {
    Forecasts out = blank();
    const std::vector<double> mixed = mix(nullptr, plan.power, 0);
    for (std::size_t i = 0; i < cases_.size(); ++i) spread(plan, nullptr, mixed, i, out);
    if (own) own->assign(cases_.size(), kMissing);
    return out;
  }
  const bool rates = plan.periods > 0;
  SINAN_TRY(Forecasts alone, run(plan.power, 0, 1));
  if (own) own->clear();
  for (std::size_t i = 0; own && i < cases_.size(); ++i) own->push_back(level_of(steps(rates ? alone.mean : alone.median, i)));
  if (rates) return run(0, plan.periods, plan.factor);
  Forecasts out = blank();
  out.models = alone.models;
  out.seasons = alone.seasons;
  const std::vector<double> mixed = mix(&alone, plan.power, plan.own);
  for (std::size_t i = 0; i < cases_.size(); ++i) spread(plan, &alone, mixed, i, out);
  return out;
}

}  // namespace sinan::forecasting
