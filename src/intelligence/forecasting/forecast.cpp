#include "intelligence/forecasting/forecast.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include "intelligence/forecasting/decomposition.hpp"
#include "intelligence/forecasting/quantiles.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kRecent = 120;  // periods that an empirical distribution looks back, at least

bool is_empirical(DemandClass c) { return c == DemandClass::kIntermittent || c == DemandClass::kLumpy; }

// Runs work(i) for all i on `threads` threads; results must go to slots of their own.
Status for_each(std::size_t count, int threads, const CancelToken* cancel, const Progress& progress,
                const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> done = 0;
  std::mutex progress_mutex;
  constexpr std::size_t kChunk = 32;
  auto worker = [&] {
    while (!(cancel && cancel->cancelled())) {
      std::size_t from = next.fetch_add(kChunk);
      if (from >= count) return;
      std::size_t to = std::min(count, from + kChunk);
      for (std::size_t i = from; i < to; ++i) work(i);
      std::size_t so_far = done.fetch_add(to - from) + (to - from);
      if (progress) {
        std::lock_guard lock(progress_mutex);
        progress(so_far, count);
      }
    }
  };
  std::vector<std::jthread> helpers;
  for (int t = 1; t < threads; ++t) helpers.emplace_back(worker);
  worker();
  helpers.clear();
  return cancel ? cancel->check() : Status{};
}

int find_season(std::span<const double> y, const std::vector<int>& candidates) {
  int found = 1;
  double strongest = 0;
  for (int season : candidates) {
    if (!is_seasonal(y, season)) continue;
    double r = autocorrelation(y, season);
    if (r > strongest) {
      strongest = r;
      found = season;
    }
  }
  return found;
}

Status check(const Panel& panel, std::span<const int> seasons, const Options& options) {
  if (options.horizon < 1 || options.horizon > 10'000)
    return fail(ErrorCode::kInvalidInput, "the horizon must be from 1 to 10,000 periods");
  for (double level : options.quantiles)
    if (!(level > 0 && level < 1)) return fail(ErrorCode::kInvalidInput, fmt::format("a quantile must be between 0 and 1, not {}", level));
  if (!seasons.empty() && seasons.size() != panel.size()) broken("a season for each series, or none");
  for (std::size_t i = 0; i < panel.size(); ++i) {
    bool any = false;
    for (double value : panel.series(i)) {
      if (std::isinf(value)) return fail(ErrorCode::kInvalidInput, "a value is infinite; mend the series or leave it out", panel.keys[i]);
      any = any || !std::isnan(value);
    }
    if (!any) return fail(ErrorCode::kInvalidInput, "the series has no values; leave it out", panel.keys[i]);
  }
  return {};
}

// One series after the first pass.
struct Work {
  std::vector<double> recent;  // the end of an intermittent series, for its empirical distribution
  SeriesFit fit;
};

Work first_pass(const Panel& panel, std::size_t i, int known_season, const Options& options) {
  Work out;
  std::vector<double> y = cleaned(panel.series(i), panel.lost_of(i), std::max(known_season, 1));
  int season = 1;
  if (known_season > 1)
    season = is_seasonal(y, known_season) ? known_season : 1;
  else if (known_season == 0)
    season = find_season(y, options.seasons);
  out.fit = fit_series(y, season, options);
  if (is_empirical(out.fit.demand_class)) {
    std::size_t keep = std::min(y.size(), std::max<std::size_t>(kRecent, 8 * static_cast<std::size_t>(options.horizon)));
    out.recent.assign(y.end() - static_cast<std::ptrdiff_t>(keep), y.end());
  }
  return out;
}

class SecondPass {
 public:
  SecondPass(const std::vector<Work>& work, const Options& options, Forecasts& out) : work_(work), options_(options), out_(out) {
    for (DemandClass c : {DemandClass::kSmooth, DemandClass::kErratic, DemandClass::kShort}) {
      std::vector<const SeriesFit*> fits;
      for (const Work& item : work)
        if (item.fit.demand_class == c) fits.push_back(&item.fit);
      singles_[static_cast<std::size_t>(c)] = pool_errors(fits, options.horizon, false);
      if (options.cumulative) sums_[static_cast<std::size_t>(c)] = pool_errors(fits, options.horizon, true);
    }
  }

  void run(std::size_t i) {
    const SeriesFit& fit = work_[i].fit;
    auto horizon = static_cast<std::size_t>(options_.horizon);
    double sum = 0;
    for (std::size_t h = 0; h < horizon; ++h) {
      out_.mean[i * horizon + h] = fit.point[h];
      out_.median[i * horizon + h] = fit.point[h];
      sum += fit.point[h];
      if (options_.cumulative) out_.sum_mean[i * horizon + h] = sum;
    }
    if (is_empirical(fit.demand_class))
      empirical(i);
    else if (fit.demand_class != DemandClass::kDead)
      pooled(i);
  }

 private:
  void pooled(std::size_t i) {
    const SeriesFit& fit = work_[i].fit;
    auto c = static_cast<std::size_t>(fit.demand_class);
    fill(i, fit, singles_[c], false, out_.mean, out_.quantiles);
    if (options_.cumulative) fill(i, fit, sums_[c], true, out_.sum_mean, out_.sums);
  }

  void fill(std::size_t i, const SeriesFit& fit, const ErrorPool& pool, bool sums, const std::vector<double>& centre,
            std::vector<double>& target) {
    auto horizon = static_cast<std::size_t>(options_.horizon);
    std::size_t levels = options_.quantiles.size();
    double scale = fit.scale * own_factor(fit, pool, sums);
    for (std::size_t q = 0; q < levels; ++q) {
      double standard = pool.quantile(options_.quantiles[q]);
      for (std::size_t h = 0; h < horizon; ++h) {
        double value = centre[i * horizon + h] + scale * pool.growth[h] * standard;
        target[(i * horizon + h) * levels + q] = fit.non_negative ? std::max(value, 0.0) : value;
      }
    }
  }

  void empirical(std::size_t i) {
    auto horizon = static_cast<std::size_t>(options_.horizon);
    std::size_t levels = options_.quantiles.size();
    std::span<const double> recent = work_[i].recent;
    std::vector<double> wanted = options_.quantiles;
    wanted.push_back(0.5);
    auto single = empirical_quantiles(recent, 1, wanted);
    for (std::size_t h = 0; h < horizon; ++h) {
      std::copy(single.begin(), single.end() - 1, out_.quantiles.begin() + static_cast<std::ptrdiff_t>((i * horizon + h) * levels));
      out_.median[i * horizon + h] = single.back();
      if (!options_.cumulative) continue;
      auto summed = empirical_quantiles(recent, static_cast<int>(h) + 1, options_.quantiles);
      std::copy(summed.begin(), summed.end(), out_.sums.begin() + static_cast<std::ptrdiff_t>((i * horizon + h) * levels));
    }
  }

  const std::vector<Work>& work_;
  const Options& options_;
  Forecasts& out_;
  std::array<ErrorPool, 6> singles_;
  std::array<ErrorPool, 6> sums_;
};

}  // namespace

Result<Forecasts> forecast(const Panel& panel, std::span<const int> seasons, const Options& options, const CancelToken* cancel,
                           const Progress& progress) {
  SINAN_CHECK(check(panel, seasons, options));
  Options sorted = options;
  std::sort(sorted.quantiles.begin(), sorted.quantiles.end());
  std::vector<Work> work(panel.size());
  SINAN_CHECK(for_each(panel.size(), options.threads, cancel, progress,
                       [&](std::size_t i) { work[i] = first_pass(panel, i, seasons.empty() ? 0 : std::max(1, seasons[i]), sorted); }));
  Forecasts out;
  out.horizon = options.horizon;
  out.quantile_levels = sorted.quantiles;
  std::size_t cells = panel.size() * static_cast<std::size_t>(options.horizon);
  out.median.resize(cells);
  out.mean.resize(cells);
  out.quantiles.resize(cells * sorted.quantiles.size());
  if (options.cumulative) {
    out.sum_mean.resize(cells);
    out.sums.resize(cells * sorted.quantiles.size());
  }
  SecondPass second(work, sorted, out);
  SINAN_CHECK(for_each(panel.size(), options.threads, cancel, {}, [&](std::size_t i) { second.run(i); }));
  for (const Work& item : work) {
    out.classes.push_back(item.fit.demand_class);
    out.seasons.push_back(item.fit.season);
    out.models.emplace_back(item.fit.model);
  }
  return out;
}

}  // namespace sinan::forecasting
