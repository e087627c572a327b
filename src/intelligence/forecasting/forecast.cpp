#include "intelligence/forecasting/forecast.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

#include "base/text.hpp"
#include "intelligence/forecasting/clean.hpp"
#include "intelligence/forecasting/driver_model.hpp"
#include "intelligence/forecasting/intermittent.hpp"
#include "intelligence/forecasting/intervals.hpp"
#include "intelligence/forecasting/newcomers.hpp"
#include "intelligence/forecasting/pool.hpp"
#include "intelligence/forecasting/sample.hpp"
#include "intelligence/forecasting/season.hpp"
#include "intelligence/forecasting/shared_season.hpp"

namespace sinan::forecasting {

struct Shared {
  Intervals intervals;
  std::map<int, SharedSeason> seasons;  // of sparse demand, by the known season; 0: of series whose season is to be found
  Newcomers newcomers;
};

namespace {

constexpr std::size_t kBlock = 64;              // series that a thread takes at once
constexpr std::size_t kMaxErrors = 24'000'000;  // errors that are kept for learning their shape
constexpr std::size_t kClasses = 6;
constexpr std::size_t kGroups = kClasses * 2;  // class, with a season or without
constexpr std::size_t kMostCompared = 20'000;  // sparse series that are compared with the season of all
constexpr std::size_t kShares = 5;             // of trees that are tried: 0, ¼, ½, ¾, 1
constexpr double kNormalDeviation = 1.2533;    // standard deviation to mean size, of normal errors
constexpr double kGain = 0.99;                 // that errors must fall to for trees to be mixed in

Status check_options(const Options& options) {
  auto bad = [](std::string message) { return fail(ErrorCode::kInvalidInput, std::move(message)); };
  if (options.horizon < 1 || options.horizon > 10'000)
    return bad(fmt::format("the horizon must be 1 … 10000 periods, not {}", options.horizon));
  if (options.threads < 1) return bad(fmt::format("threads must be 1 or more, not {}", options.threads));
  if (options.origins < 1 || options.origins > 20) return bad(fmt::format("origins must be 1 … 20, not {}", options.origins));
  for (double p : options.quantiles)
    if (!(p > 0 && p < 1)) return bad(fmt::format("a quantile must lie between 0 and 1, not {}", p));
  for (int season : options.seasons)
    if (season < 1 || season > 20'000) return bad(fmt::format("a season must be 1 … 20000 periods, not {}", season));
  return {};
}

Status check_panel(const Panel& panel, std::span<const int> seasons) {
  if (!seasons.empty() && seasons.size() != panel.size())
    return fail(ErrorCode::kInvalidInput, fmt::format("{} seasons were given for {} series", seasons.size(), panel.size()));
  if (!panel.ends.empty() && panel.ends.size() != panel.size())
    return fail(ErrorCode::kInvalidInput, fmt::format("ends were given for {} of {} series", panel.ends.size(), panel.size()));
  for (std::size_t i = 0; i < panel.size(); ++i) {
    auto bad = [&](std::string message) { return fail(ErrorCode::kInvalidInput, std::move(message), visible(panel.keys[i])); };
    if (!seasons.empty() && (seasons[i] < 0 || seasons[i] > 20'000))
      return bad(fmt::format("the season of a series must be 1 … 20000 periods, not {}", seasons[i]));
    for (double v : panel.series(i))
      if (std::isinf(v) || std::abs(v) > 1e30)
        return bad(fmt::format("a series may not hold infinite values or such beyond 1e30: {}; correct or remove it", v));
  }
  return {};
}

// Runs `work(worker, i)` for all i < count on `threads` threads; which thread does what must not matter.
template <typename Work>
Status in_parallel(std::size_t count, int threads, const CancelToken* cancel, const Progress& progress, std::size_t done_before,
                   std::size_t total, const Work& work) {
  std::atomic<std::size_t> next = 0;
  std::size_t done = 0;
  std::mutex mutex;
  auto run = [&](std::size_t worker) {
    while (true) {
      std::size_t from = next.fetch_add(kBlock);
      if (from >= count || (cancel && cancel->cancelled())) return;
      std::size_t to = std::min(count, from + kBlock);
      for (std::size_t i = from; i < to; ++i) work(worker, i);
      if (!progress) continue;
      std::scoped_lock lock(mutex);
      done += to - from;
      progress(done_before + done, total);
    }
  };
  std::vector<std::jthread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(run, static_cast<std::size_t>(t));
  run(0);
  others.clear();
  if (cancel) return cancel->check();
  return {};
}

class Run {
 public:
  Run(const Panel& panel, const Options& options, std::span<const int> seasons, std::vector<const ModelInfo*> members)
      : panel_(panel),
        options_(options),
        seasons_(seasons),
        members_(std::move(members)),
        horizon_(static_cast<std::size_t>(options.horizon)),
        count_(options.quantiles.size()),
        origins_(static_cast<std::size_t>(options.origins)),
        borrows_(options.models.empty()),
        facts_(panel.size()) {}

  Result<Forecasts> all(const CancelToken* cancel, const Progress& progress) {
    SINAN_CHECK(each_series(cancel, progress));
    if (!options_.shared) share_season();
    SINAN_CHECK(each_sparse(options_.shared ? options_.shared->seasons : sparse_seasons_, cancel));
    if (options_.drivers && !options_.drivers->empty()) SINAN_CHECK(mix_trees(cancel));
    std::unique_ptr<const Shared> own;
    if (!options_.shared) own = std::make_unique<const Shared>(learn(), std::move(sparse_seasons_));
    const Shared& shared = own ? *own : *options_.shared;
    spread(shared.intervals);
    if (borrows_) SINAN_CHECK(borrow(shared, cancel));
    SINAN_CHECK(check_known());
    return std::move(out_);
  }

  Result<std::shared_ptr<const Shared>> shared(const CancelToken* cancel, const Progress& progress) {
    SINAN_CHECK(each_series(cancel, progress));
    share_season();
    auto out = std::make_shared<Shared>(learn(), std::move(sparse_seasons_));
    if (borrows_) {
      SINAN_TRY(out->newcomers, Newcomers::learn(panel_, seasons_, options_, out_, sampled_, alone(*out, cancel)));
    }
    return out;
  }

  // Each by itself, with what is thought of its rate before.
  Result<Forecasts> alone(std::span<const Prior> priors, const CancelToken* cancel) {
    priors_ = priors;
    borrows_ = false;
    return all(cancel, {});
  }

 private:
  // Every series has values, or has borrowed.
  Status check_known() const {
    for (std::size_t i = 0; i < panel_.size(); ++i)
      if (facts_[i].unknown && !out_.borrowed.contains(i))
        return fail(ErrorCode::kInvalidInput,
                    "a series needs at least one value that is not missing, or more older series to borrow from; give a value or leave "
                    "the series out",
                    visible(panel_.keys[i]));
    return {};
  }

  // New series borrow from others.
  Status borrow(const Shared& shared, const CancelToken* cancel) {
    const ForecastAlone forecast = alone(shared, cancel);
    if (options_.shared) return shared.newcomers.apply(panel_, seasons_, options_, forecast, out_);
    SINAN_TRY(const Newcomers found, Newcomers::learn(panel_, seasons_, options_, out_, sampled_, forecast));
    return found.apply(panel_, seasons_, options_, forecast, out_);
  }
  ForecastAlone alone(const Shared& shared, const CancelToken* cancel) const {
    return [this, &shared, cancel](const Panel& panel, std::span<const int> seasons, std::span<const Prior> priors, Options options) {
      options.shared = &shared;
      return Run(panel, options, seasons, members_).alone(priors, cancel);
    };
  }

  struct Worker {
    Pool pool;
    Intermittent intermittent;
    Cleaned cleaned;
    PoolForecast regular;
    IntermittentForecast rare;
    std::vector<float> indices;
  };
  // What the second pass needs of a series.
  struct Facts {
    float unit = 1;   // of its errors
    float noise = 0;  // mean size of first differences, in units
    float own = 0;    // mean size of errors
    bool regular = false;
    bool sparse = false;
    bool non_negative = false;
    bool unknown = false;  // all values are missing
  };

  // The first pass: the class of each series, and the forecasts of regular ones.
  Status each_series(const CancelToken* cancel, const Progress& progress) {
    prepare();
    for (int t = 0; t < options_.threads; ++t)
      workers_.push_back(
          {Pool(members_, horizon_, origins_), Intermittent(members_, horizon_, options_.quantiles, options_.cumulative), {}, {}, {}, {}});
    return in_parallel(panel_.size(), options_.threads, cancel, progress, 0, panel_.size(),
                       [&](std::size_t worker, std::size_t i) { timed(i, [&] { one(workers_[worker], i); }); });
  }

  // The second pass: sparse series, whose season is shared.
  Status each_sparse(const std::map<int, SharedSeason>& seasons, const CancelToken* cancel) {
    return in_parallel(panel_.size(), options_.threads, cancel, {}, 0, 0, [&](std::size_t worker, std::size_t i) {
      if (facts_[i].sparse) timed(i, [&] { sparse(workers_[worker], i, seasons); });
    });
  }

  template <typename Work>
  void timed(std::size_t i, const Work& work) {
    const std::int64_t begin = options_.clock ? options_.clock() : 0;
    work();
    if (options_.clock) out_.nanoseconds[i] += options_.clock() - begin;
  }

  void prepare() {
    std::size_t n = panel_.size();
    out_.horizon = options_.horizon;
    out_.quantile_levels = options_.quantiles;
    out_.median.assign(n * horizon_, 0);
    out_.mean.assign(n * horizon_, 0);
    out_.variance.assign(n, 0);
    out_.quantiles.assign(n * horizon_ * count_, 0);
    if (options_.cumulative) {
      out_.sum_mean.assign(n * horizon_, 0);
      out_.sums.assign(n * horizon_ * count_, 0);
    }
    out_.classes.assign(n, DemandClass::kDead);
    out_.seasons.assign(n, 1);
    out_.models.assign(n, "zero");
    if (options_.clock) out_.nanoseconds.assign(n, 0);
    stride_ = origins_ * horizon_;
    sampled_.assign(n, 1);
    std::size_t room = std::max<std::size_t>(kMaxErrors / stride_, 100);
    if (n > room) {
      // A sample by key, so that the order of the series does not matter.
      double part = static_cast<double>(room) / static_cast<double>(n);
      for (std::size_t i = 0; i < n; ++i) sampled_[i] = forecasting::share(hash(panel_.keys[i], options_.seed)) < part;
    }
    slot_.assign(n, 0);
    std::size_t slots = 0;
    for (std::size_t i = 0; i < n; ++i)
      if (sampled_[i]) slot_[i] = slots++;
    errors_.assign(slots * stride_, std::numeric_limits<float>::quiet_NaN());
    if (!options_.drivers || options_.drivers->empty()) return;
    after_.assign(slots * origins_, 0);
    growth_.assign(slots * origins_, 1);
    out_.tree_shares.assign(n, 0);
  }

  int season_of(std::size_t i) const {
    if (!seasons_.empty() && seasons_[i] > 0) return seasons_[i];
    return 0;
  }

  // The strongest of the candidates that the series shows.
  int find_season(const Cleaned& cleaned) const {
    int best = 1;
    double strength = 0;
    for (int candidate : options_.seasons) {
      double s = season_strength(cleaned.y, candidate);
      if (s > strength) best = candidate, strength = s;
    }
    return best;
  }

  void one(Worker& w, std::size_t i) {
    int season = season_of(i);
    clean(panel_.series(i), panel_.lost_of(i), std::max(season, 1), w.cleaned);
    if (season == 0) {
      season = find_season(w.cleaned);
      if (season > 1) clean(panel_.series(i), panel_.lost_of(i), season, w.cleaned);
    }
    if (!options_.drivers || !options_.drivers->tells_of_series()) forget_bursts(panel_.series(i), std::max(season, 1), w.cleaned);
    out_.classes[i] = w.cleaned.demand_class;
    facts_[i].unknown = std::ranges::none_of(panel_.series(i), [](double v) { return std::isfinite(v); });
    if (facts_[i].unknown) {
      out_.classes[i] = DemandClass::kShort;
      return;
    }
    facts_[i].non_negative = w.cleaned.non_negative;
    facts_[i].unit = static_cast<float>(w.cleaned.scale);
    switch (w.cleaned.demand_class) {
      case DemandClass::kDead: return;
      case DemandClass::kShort:
        if (priors_.empty()) return regular(w, i, static_cast<std::size_t>(season));
        [[fallthrough]];
      case DemandClass::kIntermittent:
      case DemandClass::kLumpy:
        facts_[i].sparse = true;
        out_.seasons[i] = season;
        return;
      default: return regular(w, i, static_cast<std::size_t>(season));
    }
  }

  void regular(Worker& w, std::size_t i, std::size_t season) {
    w.pool.forecast(w.cleaned, season, w.regular);
    if (w.cleaned.y.size() == 1) std::ranges::fill(w.regular.errors, std::numeric_limits<float>::quiet_NaN());  // no error was made yet
    out_.seasons[i] = static_cast<int>(w.regular.season);
    out_.models[i] = w.regular.only ? std::string(w.regular.only->name) : "median";
    for (std::size_t k = 0; k < horizon_; ++k) {
      double value = w.regular.point[k] * w.cleaned.scale;
      out_.median[i * horizon_ + k] = w.cleaned.non_negative ? std::max(0.0, value) : value;
    }
    Facts& facts = facts_[i];
    facts.regular = true;
    std::span<const float> y = w.cleaned.y;
    std::size_t lag = w.regular.season < y.size() ? w.regular.season : 1;
    double sum = 0;
    for (std::size_t t = lag; t < y.size(); ++t) sum += std::abs(y[t] - y[t - lag]);
    facts.noise = y.size() > lag ? static_cast<float>(sum / static_cast<double>(y.size() - lag)) : 0.5F;
    facts.own = mean_size(w.regular.errors);
    if (!sampled_[i]) return;
    std::ranges::copy(w.regular.errors, errors_.begin() + static_cast<std::ptrdiff_t>(slot_[i] * stride_));
    if (after_.empty()) return;
    std::ranges::copy(w.regular.after, after_.begin() + static_cast<std::ptrdiff_t>(slot_[i] * origins_));
    std::ranges::copy(w.regular.growth, growth_.begin() + static_cast<std::ptrdiff_t>(slot_[i] * origins_));
  }

  static float mean_size(std::span<const float> errors) {
    double size = 0;
    std::size_t known = 0;
    for (float e : errors)
      if (std::isfinite(e)) size += std::abs(e), ++known;
    return known ? static_cast<float>(size / static_cast<double>(known)) : -1;
  }

  // What sparse series together say of their season. In order of keys, so that sums have the same bits in any order of series.
  void share_season() {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < panel_.size(); ++i)
      if (facts_[i].sparse && sampled_[i]) order.push_back(i);
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::string_view(panel_.keys[i]); });
    Cleaned& cleaned = workers_[0].cleaned;
    const std::int64_t latest = panel_.size() > 0 ? panel_.latest_end() : 0;
    for (std::size_t i : order) {
      const int known = season_of(i);
      const std::span<const int> candidates = known > 0 ? std::span(&known, 1) : std::span(options_.seasons);
      auto [group, is_new] = sparse_seasons_.try_emplace(known, candidates, latest);
      group->second.add(cleaned_sparse(i, cleaned));
    }
    for (auto& [known, group] : sparse_seasons_) group.finish();
    const std::size_t stride = order.size() / kMostCompared + 1;
    for (std::size_t at = 0; at < order.size(); at += stride) {
      SharedSeason& group = sparse_seasons_.at(season_of(order[at]));
      group.compare(cleaned_sparse(order[at], cleaned), group.season() > 1 ? group.season() : out_.seasons[order[at]]);
    }
    for (auto& [known, group] : sparse_seasons_) group.finish_comparing();
  }

  SharedSeason::Series cleaned_sparse(std::size_t i, Cleaned& cleaned) const {
    clean(panel_.series(i), panel_.lost_of(i), out_.seasons[i], cleaned);
    const Counting counting = counting_of(cleaned.y, {});
    return {panel_.end_of(i), cleaned.y, counting.unit * counting.dispersion};
  }

  void sparse(Worker& w, std::size_t i, const std::map<int, SharedSeason>& seasons) {
    const SharedSeason::Series series = cleaned_sparse(i, w.cleaned);
    w.indices.clear();
    if (auto group = seasons.find(season_of(i)); group != seasons.end()) {
      if (group->second.season() > 1) out_.seasons[i] = group->second.season();
      if (out_.seasons[i] > 1) {
        w.indices.resize(static_cast<std::size_t>(out_.seasons[i]));
        group->second.indices_of(series, w.indices);
      }
    }
    if (w.indices.empty()) out_.seasons[i] = 1;
    w.intermittent.forecast(w.cleaned, w.indices, w.rare, priors_.empty() ? Prior() : priors_[i]);
    out_.models[i] = w.rare.only ? std::string(w.rare.only->name) : "negative_binomial";
    double scale = w.cleaned.scale;
    out_.variance[i] = w.rare.variance * scale * scale;
    double total = 0;
    for (std::size_t k = 0; k < horizon_; ++k) {
      out_.mean[i * horizon_ + k] = w.rare.mean[k] * scale;
      total += w.rare.mean[k] * scale;
      if (options_.cumulative) out_.sum_mean[i * horizon_ + k] = total;
      out_.median[i * horizon_ + k] = w.rare.median[k] * scale;
      for (std::size_t q = 0; q < count_; ++q) {
        std::size_t at = (i * horizon_ + k) * count_ + q;
        out_.quantiles[at] = w.rare.at_quantile[k * count_ + q] * scale;
        if (options_.cumulative) out_.sums[at] = w.rare.total_at_quantile[k * count_ + q] * scale;
      }
    }
  }

  std::size_t group_of(std::size_t i) const { return static_cast<std::size_t>(out_.classes[i]) * 2 + (out_.seasons[i] > 1 ? 1 : 0); }

  std::span<float> errors_of(std::size_t i) { return std::span(errors_).subspan(slot_[i] * stride_, stride_); }

  // Mixes the trees' forecasts into the medians, and their errors into the errors.
  Status mix_trees(const CancelToken* cancel) {
    const Drivers& drivers = *options_.drivers;
    std::size_t away = 0;  // that the oldest origins are
    for (std::uint32_t after : after_) away = std::max<std::size_t>(away, after);
    DriverModel::Options how{.horizon = horizon_, .rows = options_.tree_rows, .threads = options_.threads, .seed = options_.seed};
    SINAN_TRY(DriverModel earlier, DriverModel::learn(panel_, drivers, out_.seasons, away, how, cancel));
    if (!earlier.knows() || away == 0) return {};
    std::vector<float> theirs(errors_);
    SINAN_CHECK(each_regular(
        cancel, [&](TreeWorker& w, std::size_t i) { return sampled_[i] ? tree_errors(w, earlier, i, away, theirs) : Status(); }));
    const std::vector<float> shares = choose_shares(theirs);
    if (std::ranges::all_of(shares, [](float share) { return share == 0; })) return {};

    SINAN_TRY(DriverModel latest, DriverModel::learn(panel_, drivers, out_.seasons, 0, how, cancel));
    out_.trees = std::make_shared<const DriverModel>(std::move(latest));
    return each_regular(cancel, [&](TreeWorker& w, std::size_t i) -> Status {
      const float share = shares[group_of(i)];
      if (share == 0 || !w.features.look(i, panel_.series(i).size(), static_cast<std::size_t>(out_.seasons[i]))) return {};
      SINAN_CHECK(out_.trees->predict(w.features, w.cells, w.values));
      for (std::size_t k = 0; k < horizon_; ++k) {
        double& median = out_.median[i * horizon_ + k];
        median += share * (w.values[k] - median);
        if (facts_[i].non_negative) median = std::max(0.0, median);
      }
      out_.tree_shares[i] = share;
      out_.models[i] = share == 1 ? "trees" : out_.models[i] + " + trees";
      if (!sampled_[i]) return {};
      std::span<float> errors = errors_of(i);
      for (std::size_t e = 0; e < stride_; ++e) errors[e] += share * (theirs[slot_[i] * stride_ + e] - errors[e]);
      facts_[i].own = mean_size(errors);
      return {};
    });
  }

  struct TreeWorker {
    Features features;
    std::vector<float> cells;
    std::vector<double> values;
  };
  template <typename Work>
  Status each_regular(const CancelToken* cancel, const Work& work) {
    std::vector<TreeWorker> workers;
    for (int t = 0; t < options_.threads; ++t) workers.push_back({Features(panel_, *options_.drivers), {}, std::vector<double>(horizon_)});
    std::vector<Status> results(workers.size());
    SINAN_CHECK(in_parallel(panel_.size(), options_.threads, cancel, {}, 0, 0, [&](std::size_t worker, std::size_t i) {
      if (!facts_[i].regular || !results[worker]) return;
      if (auto done = work(workers[worker], i); !done) results[worker] = std::move(done);
    }));
    for (Status& result : results) SINAN_CHECK(result);
    return {};
  }

  // What the trees of `earlier`, which saw nothing of the last `away` periods, get wrong at the origins of series i. Where demand was not
  // known, and for series that end so early that the trees have seen their origins, the errors stay what they were.
  Status tree_errors(TreeWorker& w, const DriverModel& earlier, std::size_t i, std::size_t away, std::vector<float>& theirs) const {
    std::span<const double> values = panel_.series(i);
    const std::int64_t unseen = static_cast<std::int64_t>(away) - (options_.drivers->last - panel_.end_of(i));
    for (std::size_t j = 0; j < origins_; ++j) {
      const std::size_t after = after_[slot_[i] * origins_ + j];
      if (after == 0 || static_cast<std::int64_t>(after) > unseen) continue;
      const std::size_t known = values.size() - after;
      if (!w.features.look(i, known, static_cast<std::size_t>(out_.seasons[i]))) continue;
      SINAN_CHECK(earlier.predict(w.features, w.cells, w.values));
      for (std::size_t k = 0; k < std::min(horizon_, after); ++k) {
        double actual = values[known + k];
        double forecast = facts_[i].non_negative ? std::max(0.0, w.values[k]) : w.values[k];
        const bool sold_out = !panel_.lost.empty() && panel_.lost_of(i)[known + k];
        if (std::isfinite(actual) && !sold_out)
          theirs[slot_[i] * stride_ + j * horizon_ + k] =
              growth_[slot_[i] * origins_ + j] * static_cast<float>((actual - forecast) / facts_[i].unit);
      }
    }
    return {};
  }

  // For each group the share of trees that makes the errors smallest. In order of keys, so that sums have the same bits in any order of
  // series.
  std::vector<float> choose_shares(const std::vector<float>& theirs) {
    std::vector<std::array<double, kShares>> sums(kGroups);
    std::vector<std::size_t> order(panel_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::string_view(panel_.keys[i]); });
    for (std::size_t i : order) {
      if (!facts_[i].regular || !sampled_[i]) continue;
      std::span<const float> ours = errors_of(i);
      for (std::size_t e = 0; e < stride_; ++e) {
        float their = theirs[slot_[i] * stride_ + e];
        if (!std::isfinite(ours[e]) || !std::isfinite(their)) continue;
        for (std::size_t s = 0; s < kShares; ++s)
          sums[group_of(i)][s] += std::abs(ours[e] + static_cast<float>(s) / (kShares - 1) * (their - ours[e]));
      }
    }
    std::vector<float> shares;
    for (const auto& sum : sums) {
      auto best = std::ranges::min_element(sum);
      shares.push_back(*best < kGain * sum[0] ? static_cast<float>(best - sum.begin()) / (kShares - 1) : 0);
    }
    return shares;
  }

  // The shapes of the errors of regular series.
  Intervals learn() {
    Intervals out(kGroups, origins_, horizon_);
    for (std::size_t i = 0; i < panel_.size(); ++i) {
      if (!facts_[i].regular || !sampled_[i]) continue;
      std::span<const float> errors = errors_of(i);
      out.add(group_of(i), errors);
      out.add_noise(group_of(i), errors, facts_[i].noise);
    }
    out.finish();
    return out;
  }

  // Spreads the quantiles of regular series around their medians.
  void spread(const Intervals& intervals) {
    for (std::size_t i = 0; i < panel_.size(); ++i)
      if (facts_[i].regular) spread_one(intervals, i);
  }

  void spread_one(const Intervals& intervals, std::size_t i) {
    const Facts& facts = facts_[i];
    std::size_t group = group_of(i);
    // Of a series outside the sample only the mean size of its errors is known: as if it were the error at every step.
    std::vector<float> flat;
    std::span<const float> errors;
    if (sampled_[i]) {
      errors = errors_of(i);
    } else if (facts.own >= 0) {
      flat.assign(stride_, facts.own);
      errors = flat;
    }
    double scale = intervals.scale(group, errors, facts.noise) * facts.unit;
    const double deviation = kNormalDeviation * (facts.own >= 0 ? facts.own * facts.unit : scale);
    out_.variance[i] = deviation * deviation;
    double total = 0;
    auto bounded = [&](double v) { return facts.non_negative ? std::max(0.0, v) : v; };
    for (std::size_t k = 0; k < horizon_; ++k) {
      double median = out_.median[i * horizon_ + k];
      double mean = bounded(median + scale * intervals.mean_offset(group, k));
      out_.mean[i * horizon_ + k] = mean;
      total += mean;
      if (options_.cumulative) out_.sum_mean[i * horizon_ + k] = total;
      double previous = -std::numeric_limits<double>::infinity();
      double previous_total = previous;
      for (std::size_t q = 0; q < count_; ++q) {
        std::size_t at = (i * horizon_ + k) * count_ + q;
        double p = options_.quantiles[q];
        previous = out_.quantiles[at] = std::max(previous, bounded(median + scale * intervals.offset(group, k, p)));
        if (options_.cumulative)
          previous_total = out_.sums[at] = std::max(previous_total, bounded(total + scale * intervals.total_offset(group, k, p)));
      }
    }
  }

  const Panel& panel_;
  const Options& options_;
  std::span<const int> seasons_;
  std::vector<const ModelInfo*> members_;
  std::size_t horizon_;
  std::size_t count_;
  std::size_t origins_;
  std::size_t stride_ = 0;
  Forecasts out_;
  std::vector<Worker> workers_;
  std::span<const Prior> priors_;  // of each series, or none
  bool borrows_;
  std::map<int, SharedSeason> sparse_seasons_;
  std::vector<Facts> facts_;
  std::vector<std::uint8_t> sampled_;
  std::vector<std::size_t> slot_;
  std::vector<float> errors_;
  std::vector<std::uint32_t> after_;  // with drivers, per sampled series and origin, as in PoolForecast
  std::vector<float> growth_;
};

}  // namespace

std::string_view name(DemandClass demand_class) {
  switch (demand_class) {
    case DemandClass::kSmooth: return "smooth";
    case DemandClass::kErratic: return "erratic";
    case DemandClass::kIntermittent: return "intermittent";
    case DemandClass::kLumpy: return "lumpy";
    case DemandClass::kShort: return "short";
    case DemandClass::kDead: return "dead";
  }
  return "dead";
}

namespace {

// Judges what is given and runs `work` on it.
template <typename Work>
auto with_run(const Panel& panel, std::span<const int> seasons, const Options& options, const Work& work)
    -> decltype(work(std::declval<Run&>())) {
  SINAN_CHECK(check_options(options));
  SINAN_CHECK(check_panel(panel, seasons));
  if (options.drivers) SINAN_CHECK(check(*options.drivers, panel, static_cast<std::size_t>(options.horizon)));
  if (options.shared && (options.shared->intervals.horizon() != static_cast<std::size_t>(options.horizon) ||
                         options.shared->intervals.origins() != static_cast<std::size_t>(options.origins)))
    return fail(ErrorCode::kInvalidInput, "what series share was learnt with another horizon or number of origins");
  SINAN_TRY(auto members, find_models(options.models));
  Options sorted = options;
  std::ranges::sort(sorted.quantiles);
  sorted.quantiles.erase(std::ranges::unique(sorted.quantiles).begin(), sorted.quantiles.end());
  Run run(panel, sorted, seasons, std::move(members));
  return work(run);
}

}  // namespace

Result<Forecasts> forecast(const Panel& panel, std::span<const int> seasons, const Options& options, const CancelToken* cancel,
                           const Progress& progress) {
  return with_run(panel, seasons, options, [&](Run& run) { return run.all(cancel, progress); });
}

Result<std::shared_ptr<const Shared>> learn_shared(const Panel& panel, std::span<const int> seasons, const Options& options,
                                                   const CancelToken* cancel, const Progress& progress) {
  return with_run(panel, seasons, options, [&](Run& run) { return run.shared(cancel, progress); });
}

}  // namespace sinan::forecasting
