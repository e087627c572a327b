#include "intelligence/forecasting/forecast.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.hpp"
#include "intelligence/forecasting/blend.hpp"
#include "intelligence/forecasting/blend_trees.hpp"
#include "intelligence/forecasting/drivers/driver_model.hpp"
#include "intelligence/forecasting/kernels/season.hpp"
#include "intelligence/forecasting/newcomers/newcomers.hpp"
#include "intelligence/forecasting/night.hpp"
#include "intelligence/forecasting/parallel.hpp"
#include "intelligence/forecasting/pool/pool.hpp"
#include "intelligence/forecasting/sparse/factors.hpp"
#include "intelligence/forecasting/sparse/intermittent.hpp"
#include "intelligence/forecasting/sparse/sparse_view.hpp"
#include "intelligence/forecasting/spread.hpp"

namespace sinan::forecasting {

struct Shared {
  bool cumulative = false;  // shapes of sums are known
  Intervals intervals;
  std::shared_ptr<const PooledBySeason> pooled;  // null where models were named
  SparseSeasons seasons;
  Newcomers newcomers;
};

namespace {

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

constexpr std::size_t kFewAlike = 6;  // values

class Passes {
 public:
  Passes(const Panel& panel, const Options& options, std::span<const int> seasons, std::vector<const ModelInfo*> members)
      : run_(panel, options, seasons),
        night_(run_),
        panel_(panel),
        options_(options),
        members_(std::move(members)),
        horizon_(run_.horizon),
        count_(options.quantiles.size()),
        borrows_(options.models.empty()),
        out_(run_.out),
        facts_(run_.facts) {}

  Result<Forecasts> all(const CancelToken* cancel, const Progress& progress) {
    SINAN_CHECK(each_series(cancel, progress));
    if (!options_.shared && learns_sparse()) sparse_seasons_ = learn_sparse_seasons(run_, 0);
    const SparseSeasons& seasons = options_.shared ? options_.shared->seasons : sparse_seasons_;
    SINAN_CHECK(factors(seasons, cancel));
    SINAN_CHECK(each_sparse(seasons, cancel));
    SINAN_CHECK(pooled(cancel));
    night_.keep_points();
    SINAN_CHECK(trees(cancel));
    std::shared_ptr<const Shared> own;
    if (!options_.shared) own = what_is_shared();
    const Shared& shared = own ? *own : *options_.shared;
    spread(run_, shared.intervals);
    if (options_.keep) {
      SINAN_TRY(out_.warm, night_.keep(tree_shares_, factors_.shares, out_.counts));
    }
    if (borrows_) SINAN_CHECK(borrow(shared, cancel));
    if (!out_.driver_effect.empty())
      for (const auto& [i, ignored] : out_.borrowed)
        std::fill_n(out_.driver_effect.begin() + static_cast<std::ptrdiff_t>(i * horizon_), horizon_, 0.0F);
    SINAN_CHECK(check_known());
    return std::move(out_);
  }

  Result<std::shared_ptr<const Shared>> shared(const CancelToken* cancel, const Progress& progress) {
    SINAN_CHECK(each_series(cancel, progress));
    sparse_seasons_ = learn_sparse_seasons(run_, 0);
    SINAN_CHECK(pooled(cancel));
    auto out = what_is_shared();
    if (borrows_) {
      SINAN_TRY(out->newcomers, Newcomers::learn(panel_, run_.seasons, options_, out_, run_.past.sample(), alone(*out, cancel)));
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
  std::shared_ptr<Shared> what_is_shared() {
    return std::make_shared<Shared>(options_.cumulative, learn_shapes(run_), out_.pooled, std::move(sparse_seasons_));
  }

  // Every series has values, or has borrowed.
  Status check_known() const {
    for (std::size_t i = 0; i < panel_.size(); ++i)
      if (facts_[i].unknown && !out_.borrowed.contains(i))
        return fail(
            ErrorCode::kInvalidInput,
            fmt::format("a series needs at least one value that is not missing among its newest {}, or {} older series with values to "
                        "borrow from; give a value or leave the series out",
                        kMaxLength, Newcomers::kLeastPeers),
            visible(panel_.keys[i]));
    return {};
  }

  // New series borrow from others.
  Status borrow(const Shared& shared, const CancelToken* cancel) {
    const ForecastAlone forecast = alone(shared, cancel);
    if (options_.shared) return shared.newcomers.apply(panel_, run_.seasons, options_, forecast, out_);
    SINAN_TRY(const Newcomers found, Newcomers::learn(panel_, run_.seasons, options_, out_, run_.past.sample(), forecast));
    return found.apply(panel_, run_.seasons, options_, forecast, out_);
  }
  ForecastAlone alone(const Shared& shared, const CancelToken* cancel) const {
    return [this, &shared, cancel](const Panel& panel, std::span<const int> seasons, std::span<const Prior> priors, Options options) {
      options.shared = &shared;
      options.warm = nullptr;
      options.keep = false;
      return Passes(panel, options, seasons, members_).alone(priors, cancel);
    };
  }

  struct Worker {
    Pool pool;
    Intermittent intermittent;
    Cleaned cleaned;
    PoolForecast regular;
    IntermittentForecast rare;
    std::vector<float> fresh;
    SparseView view;
    std::optional<Multiplier> multiplier;  // where drivers move sparse demand
  };

  // The first pass: the class of each series, and the forecasts of regular ones.
  Status each_series(const CancelToken* cancel, const Progress& progress) {
    for (int t = 0; t < options_.threads; ++t)
      workers_.push_back({.pool = Pool(members_, horizon_, run_.past.origins()),
                          .intermittent = Intermittent(members_, horizon_, options_.quantiles, options_.cumulative)});
    return in_parallel(panel_.size(), options_.threads, cancel, progress,
                       [&](std::size_t worker, std::size_t i) { timed(i, [&] { one(workers_[worker], i); }); });
  }

  // The second pass: sparse series, whose season is shared, and the doing of drivers.
  Status each_sparse(const SparseSeasons& seasons, const CancelToken* cancel) {
    std::vector<Status> results(workers_.size());
    SINAN_CHECK(in_parallel(panel_.size(), options_.threads, cancel, {}, [&](std::size_t worker, std::size_t i) {
      if (!facts_[i].sparse || !results[worker]) return;
      timed(i, [&] {
        Worker& w = workers_[worker];
        if (auto done = night_.before(i) ? resume_sparse(w, i) : sparse(w, i, seasons); !done) results[worker] = std::move(done);
      });
    }));
    for (Status& result : results) SINAN_CHECK(result);
    return {};
  }

  // What all sparse series learn from drivers, unless models were named; in a warm night, what they learnt in an earlier one.
  Status factors(const SparseSeasons& seasons, const CancelToken* cancel) {
    if (!has_drivers() || !members_.empty()) return {};
    if (const WarmState* state = night_.state()) {
      SINAN_TRY(factors_, known_factors(state->factor_trees, state->factor_shares));
    } else {
      SINAN_TRY(factors_, learn_factors(run_, seasons, cancel));
    }
    out_.factors = factors_.model;
    if (!factors_.model) return {};
    for (Worker& w : workers_) w.multiplier.emplace(run_, factors_);
    return {};
  }
  bool has_drivers() const { return options_.drivers && !options_.drivers->empty(); }

  // What regular series learn from each other, unless models were named.
  Status pooled(const CancelToken* cancel) {
    if (!members_.empty()) return {};
    if (options_.shared) {
      out_.pooled = options_.shared->pooled;
    } else if (night_.state()) {
      out_.pooled = night_.state()->pooled;
    } else {
      SINAN_TRY(PooledBySeason found, learn_pooled(run_, cancel));
      out_.pooled = std::make_shared<const PooledBySeason>(std::move(found));
    }
    return blend_pooled(run_, *out_.pooled, cancel);
  }

  // What all regular series learn from drivers; in a warm night, what they learnt in an earlier one.
  Status trees(const CancelToken* cancel) {
    if (!has_drivers()) return {};
    if (const WarmState* state = night_.state()) {
      night_.recall_widths(run_);
      return blend_known_trees(run_, *state, cancel);
    }
    SINAN_TRY(tree_shares_, blend_trees(run_, cancel));
    return {};
  }

  template <typename Work>
  void timed(std::size_t i, const Work& work) {
    const std::int64_t begin = options_.clock ? options_.clock() : 0;
    work();
    if (options_.clock) out_.nanoseconds[i] += options_.clock() - begin;
  }

  // Whether nothing but the newest periods of a dead or sparse series has to be looked at, or nothing at all.
  bool resume(Worker& w, std::size_t i) {
    const WarmSeries& past = *night_.before(i);
    const std::span<const double> fresh = night_.fresh(i);
    const bool dead = past.kind == WarmSeries::Kind::kDead;
    if (past.kind == WarmSeries::Kind::kRegular ? !fresh.empty()
                                                : std::ranges::any_of(fresh, [&](double v) { return dead ? v != 0 : v < 0; }))
      return false;
    out_.classes[i] = past.demand_class;
    facts_[i].asked = past.asked;
    facts_[i].non_negative = past.non_negative;
    facts_[i].unit = static_cast<float>(past.scale);
    facts_[i].sparse = past.kind == WarmSeries::Kind::kSparse;
    out_.seasons[i] = facts_[i].sparse ? past.asked : past.season;  // as of a night in which it is learnt anew, until it is resumed
    if (past.kind != WarmSeries::Kind::kRegular) return true;
    w.cleaned.scale = past.scale;
    w.cleaned.non_negative = past.non_negative;
    w.regular.season = static_cast<std::size_t>(past.season);
    w.regular.point = past.point;
    w.regular.errors = past.errors;
    w.regular.reach = past.reach;
    w.regular.after.assign(run_.past.origins(), 0);
    w.regular.growth.assign(run_.past.origins(), 1);
    w.regular.weighted = past.weighted;
    w.regular.only = past.only < 0 ? nullptr : &models()[static_cast<std::size_t>(past.only)];
    take(w, i, past.noise);
    facts_[i].resumed = true;
    if (past.pooled_share > 0) run_.note_pooled(i, past.pooled_share);
    return true;
  }

  // The errors that an earlier night found of a regular series that has grown since, in today's unit; empty: they are to be found anew.
  KnownErrors known_errors(Worker& w, std::size_t i, std::size_t season) {
    w.fresh.clear();
    const WarmSeries* past = night_.before(i);
    if (!past) return {};
    const int used = long_enough(w.cleaned.y.size(), season) ? static_cast<int>(season) : 1;
    if (past->kind != WarmSeries::Kind::kRegular || past->season != used) {
      night_.learn_anew(i);
      return {};
    }
    const auto ratio = static_cast<float>(past->scale / w.cleaned.scale);
    for (float error : past->errors) w.fresh.push_back(error * ratio);
    return {w.fresh, past->reach, past->level * ratio};
  }

  // The pool goes on with the last value where all values are the same, or no model fits so few.
  static bool none_spoke(const Pool& pool) {
    for (std::size_t m = 0; m < pool.members(); ++m)
      if (auto said = pool.member_forecast(m); !said.empty() && std::isfinite(said.front())) return false;
    return true;
  }
  static const ModelInfo& last_value() {
    static const ModelInfo& kNaive = *std::ranges::find(models(), "naive", &ModelInfo::name);
    return kNaive;
  }

  static bool is_regular(DemandClass c) { return c == DemandClass::kSmooth || c == DemandClass::kErratic || c == DemandClass::kShort; }
  // Whether the season of sparse demand is asked for: by a series that is learnt anew, or that borrows from those that are not.
  bool learns_sparse() const {
    for (std::size_t i = 0; i < panel_.size(); ++i)
      if (facts_[i].sparse && !night_.before(i)) return true;
    return night_.state() && borrows_ && Newcomers::any(panel_, run_.seasons, options_, out_.classes);
  }

  Status resume_sparse(Worker& w, std::size_t i) {
    const WarmSeries& past = *night_.before(i);
    out_.seasons[i] = past.season;
    w.fresh.clear();
    for (double v : night_.fresh(i)) w.fresh.push_back(static_cast<float>(v / past.scale));
    SINAN_TRY(const std::span<const double> factors, factors_of(w, i));
    w.intermittent.resume(past.rate, w.fresh, w.rare, factors);
    write_sparse(w, i, past.scale, factors);
    return {};
  }

  void one(Worker& w, std::size_t i) {
    if (night_.before(i) && resume(w, i)) return;
    int season = run_.known_season(i);
    if (season == 0) {
      clean(panel_.series(i), panel_.lost_of(i), 1, w.cleaned);
      season = find_season(std::span(w.cleaned.y).first(w.cleaned.y.size() - w.cleaned.unknown_end()), options_.seasons);
      if (season == 1) season = options_.usual_season;
    }
    facts_[i].asked = std::max(season, 1);
    run_.clean_first(i, w.cleaned);
    out_.classes[i] = w.cleaned.demand_class;
    const std::span<const double> values = panel_.series(i);
    facts_[i].unknown = std::ranges::none_of(values.last(std::min(values.size(), kMaxLength)), [](double v) { return std::isfinite(v); });
    if (facts_[i].unknown) {
      out_.classes[i] = DemandClass::kShort;
      return;
    }
    facts_[i].non_negative = w.cleaned.non_negative;
    facts_[i].unit = static_cast<float>(w.cleaned.scale);
    if (WarmSeries* kept = night_.kept(i)) kept->scale = w.cleaned.scale;
    if (night_.before(i) && !is_regular(w.cleaned.demand_class)) night_.learn_anew(i);
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
    w.pool.forecast(w.cleaned, season, w.regular, known_errors(w, i, season));
    if (none_spoke(w.pool)) w.regular.only = &last_value();
    // That a few values are the same does not make the next ones certain.
    const bool alike =
        w.cleaned.y.size() < kFewAlike && std::ranges::all_of(w.cleaned.y, [&](float v) { return v == w.cleaned.y.front(); });
    if (alike) std::ranges::fill(w.regular.errors, std::numeric_limits<float>::quiet_NaN());
    std::span<const float> y = w.cleaned.y;
    std::size_t lag = w.regular.season < y.size() ? w.regular.season : 1;
    double sum = 0;
    std::size_t changes = 0;
    for (std::size_t t = lag; t < y.size(); ++t)
      if (!w.cleaned.is_guess(t) && !w.cleaned.is_guess(t - lag)) sum += std::abs(y[t] - y[t - lag]), ++changes;
    const auto noise = static_cast<float>(changes > 0 && !alike ? sum / static_cast<double>(changes) : 0.5 / static_cast<double>(y.size()));
    take(w, i, noise);
    WarmSeries* kept = night_.kept(i);
    if (!kept) return;
    kept->kind = WarmSeries::Kind::kRegular;
    kept->noise = facts_[i].noise;
    kept->level = w.regular.level;
    kept->reach = w.regular.reach;
    if (w.regular.only) kept->only = static_cast<std::int32_t>(w.regular.only - models().data());
    kept->weighted = w.regular.weighted;
    kept->errors = w.regular.errors;
  }

  void take(const Worker& w, std::size_t i, float noise) {
    out_.seasons[i] = static_cast<int>(w.regular.season);
    out_.models[i] = w.regular.only ? std::string(w.regular.only->name) : w.regular.weighted ? "weighted" : "median";
    for (std::size_t k = 0; k < horizon_; ++k) {
      double value = w.regular.point[k] * w.cleaned.scale;
      out_.median[i * horizon_ + k] = w.cleaned.non_negative ? std::max(0.0, value) : value;
    }
    Facts& facts = facts_[i];
    facts.regular = true;
    facts.noise = noise;
    facts.reach = w.regular.reach;
    facts.own = mean_size(w.regular.errors);
    if (!run_.past.sampled(i)) return;
    std::ranges::copy(w.regular.errors, run_.past.of(i).begin());
    std::ranges::copy(w.regular.after, run_.past.after(i).begin());
    std::ranges::copy(w.regular.growth, run_.past.growth(i).begin());
  }

  Status sparse(Worker& w, std::size_t i, const SparseSeasons& seasons) {
    look_at(run_, seasons, i, 0, w.view);
    out_.seasons[i] = w.view.season;
    WarmSeries* kept = night_.kept(i);
    if (kept) kept->kind = WarmSeries::Kind::kSparse;
    SINAN_TRY(const std::span<const double> factors, factors_of(w, i));
    w.intermittent.forecast(w.view.cleaned, w.view.indices, w.rare, priors_.empty() ? Prior() : priors_[i], kept ? &kept->rate : nullptr,
                            factors);
    write_sparse(w, i, w.view.cleaned.scale, factors);
    return {};
  }

  // By what drivers multiply the means of a sparse series; empty: by nothing.
  Result<std::span<const double>> factors_of(Worker& w, std::size_t i) {
    if (!w.multiplier) return std::span<const double>();
    SINAN_TRY(const std::span<const double> factors, w.multiplier->of(i));
    if (!factors.empty()) out_.tree_shares[i] = w.multiplier->share(i);
    return factors;
  }

  void write_sparse(const Worker& w, std::size_t i, double scale, std::span<const double> factors) {
    out_.models[i] = w.rare.only ? std::string(w.rare.only->name) : "negative_binomial";
    if (!out_.tree_shares.empty() && out_.tree_shares[i] > 0) out_.models[i] += " + trees";
    out_.variance[i] = w.rare.variance * scale * scale;
    double total = 0;
    for (std::size_t k = 0; k < horizon_; ++k) {
      out_.mean[i * horizon_ + k] = w.rare.mean[k] * scale;
      if (!factors.empty()) out_.driver_effect[i * horizon_ + k] = static_cast<float>(w.rare.mean[k] * scale * (1 - 1 / factors[k]));
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

  Run run_;
  Night night_;
  const Panel& panel_;
  const Options& options_;
  std::vector<const ModelInfo*> members_;
  std::size_t horizon_;
  std::size_t count_;
  std::span<const Prior> priors_;  // of each series, or none
  bool borrows_;
  Forecasts& out_;
  std::vector<Facts>& facts_;
  std::vector<Worker> workers_;
  SparseSeasons sparse_seasons_;
  Factors factors_;
  std::vector<float> tree_shares_;  // by group
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
    -> decltype(work(std::declval<Passes&>())) {
  SINAN_CHECK(check_options(options));
  SINAN_CHECK(check_panel(panel, seasons));
  if (options.drivers) SINAN_CHECK(check(*options.drivers, panel, static_cast<std::size_t>(options.horizon)));
  if (options.shared && (options.shared->intervals.horizon() != static_cast<std::size_t>(options.horizon) ||
                         options.shared->intervals.origins() != static_cast<std::size_t>(options.origins) ||
                         (options.cumulative && !options.shared->cumulative)))
    return fail(ErrorCode::kInvalidInput, "what series share was learnt with another horizon or number of origins, or without sums");
  SINAN_TRY(auto members, find_models(options.models));
  Options sorted = options;
  std::ranges::sort(sorted.quantiles);
  sorted.quantiles.erase(std::ranges::unique(sorted.quantiles).begin(), sorted.quantiles.end());
  Passes passes(panel, sorted, seasons, std::move(members));
  return work(passes);
}

}  // namespace

Result<Forecasts> forecast(const Panel& panel, std::span<const int> seasons, const Options& options, const CancelToken* cancel,
                           const Progress& progress) {
  return with_run(panel, seasons, options, [&](Passes& passes) { return passes.all(cancel, progress); });
}

Result<std::shared_ptr<const Shared>> learn_shared(const Panel& panel, std::span<const int> seasons, const Options& options,
                                                   const CancelToken* cancel, const Progress& progress) {
  Options anew = options;
  anew.warm = nullptr;
  anew.keep = false;
  return with_run(panel, seasons, anew, [&](Passes& passes) { return passes.shared(cancel, progress); });
}

}  // namespace sinan::forecasting
