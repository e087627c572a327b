#include "intelligence/forecasting/sparse/factors.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <future>

#include "intelligence/forecasting/clean.hpp"
#include "intelligence/forecasting/parallel.hpp"
#include "intelligence/forecasting/sample.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kClasses = 6;  // of demand
constexpr std::size_t kShares = 5;   // that are tried: 0, ¼, ½, ¾, 1
// By how much of itself the loss must fall, and by how many standard errors over the series: one of these.
struct Gain {
  double part, errors;
};
constexpr std::array kGains{Gain{0.01, 2}, Gain{0.0025, 3}};
constexpr std::size_t kMostJudged = 200'000;         // periods ahead of origins that are judged, about
constexpr std::array kLevels{.1, .25, .5, .75, .9};  // quantiles that are judged

using Losses = std::array<double, kShares>;

constexpr float share_at(std::size_t s) { return static_cast<float>(s) / (kShares - 1); }

// How many periods each origin lies before the end of the run, oldest first: spread evenly over three horizons, as those of regular
// series; the oldest leaves half of the longest series.
std::vector<std::size_t> origins_of(const Run& run) {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < run.panel.size(); ++i)
    if (run.facts[i].sparse) longest = std::max(longest, run.panel.series(i).size());
  const std::size_t reach = std::min({longest / 2, 3 * run.horizon, kMaxLength / 2});
  const std::size_t count = std::min(reach, run.past.origins());
  std::vector<std::size_t> out;
  for (std::size_t j = 0; j < count; ++j) out.push_back(reach * (count - j) / count);
  return out;
}

// Forecasts sparse series at earlier origins, and says what the forecasts were worth. One per thread.
class Judge {
 public:
  Judge(const Run& run, const FactorModel& early, const SparseSeasons& then, std::span<const std::size_t> origins)
      : run_(run),
        early_(early),
        then_(then),
        origins_(origins),
        features_(run.panel, *run.options.drivers),
        intermittent_({}, run.horizon, kLevels, false),
        factors_(run.horizon),
        powers_(run.horizon) {}

  // Adds the loss of series i with each share.
  Status add(std::size_t i, Losses& losses) {
    if (!look_at(run_, then_, i, origins_.front(), view_)) return {};
    intermittent_.forecast(view_.cleaned, view_.indices, found_, {}, &memory_);
    clean(run_.panel.series(i), run_.panel.lost_of(i), run_.out.seasons[i], whole_);
    const auto ratio = static_cast<float>(whole_.scale / view_.cleaned.scale);
    const std::size_t n = run_.panel.series(i).size();
    const auto behind = static_cast<std::size_t>(run_.panel.latest_end() - run_.panel.end_of(i));
    std::size_t known = view_.length;
    for (std::size_t away : origins_) {
      if (away <= behind) break;
      const std::size_t origin = n - (away - behind);
      seen_.clear();
      // A history begins with its first demand; what lay before it was zero.
      for (std::size_t t = known; t < origin; ++t)
        seen_.push_back(n - t <= whole_.y.size() ? ratio * whole_.y[whole_.y.size() - (n - t)] : 0);
      follow(memory_, seen_);
      known = origin;
      if (!features_.look(i, origin, static_cast<std::size_t>(view_.season))) continue;
      SINAN_CHECK(early_.factors(features_, cells_, factors_));
      for (std::size_t s = 0; s < kShares; ++s) losses[s] += loss(i, origin, share_at(s));
    }
    return {};
  }

 private:
  double loss(std::size_t i, std::size_t origin, float share) {
    for (std::size_t k = 0; k < powers_.size(); ++k) powers_[k] = std::pow(factors_[k], share);
    intermittent_.resume(memory_, {}, found_, powers_);
    const std::span<const double> actual = run_.panel.series(i).subspan(origin);
    const std::span<const std::uint8_t> lost = run_.panel.lost_of(i);
    double out = 0;
    for (std::size_t k = 0; k < std::min(run_.horizon, actual.size()); ++k) {
      if (!std::isfinite(actual[k]) || (!lost.empty() && lost[origin + k])) continue;
      for (std::size_t q = 0; q < kLevels.size(); ++q) {
        const double gap = actual[k] / view_.cleaned.scale - found_.at_quantile[k * kLevels.size() + q];
        out += std::max(kLevels[q] * gap, (kLevels[q] - 1) * gap);
      }
    }
    return out * std::sqrt(view_.cleaned.scale);
  }

  const Run& run_;
  const FactorModel& early_;
  const SparseSeasons& then_;
  std::span<const std::size_t> origins_;
  Features features_;
  Intermittent intermittent_;
  SparseView view_;
  Cleaned whole_;
  IntermittentForecast found_;
  RateMemory memory_;
  std::vector<float> cells_, seen_;
  std::vector<double> factors_, powers_;
};

// The loss of each series with each share; zero for those that are not judged.
Result<std::vector<Losses>> judge(const Run& run, const FactorModel& early, const SparseSeasons& then, std::span<const std::size_t> origins,
                                  const CancelToken* cancel) {
  const auto sparse = static_cast<std::size_t>(std::ranges::count_if(run.facts, &Facts::sparse));
  const double part = static_cast<double>(kMostJudged) / static_cast<double>(sparse * origins.size() * run.horizon);
  std::vector<Judge> workers;
  for (int t = 0; t < run.options.threads; ++t) workers.emplace_back(run, early, then, origins);
  std::vector<Losses> losses(run.panel.size(), Losses{});
  std::vector<Status> results(workers.size());
  SINAN_CHECK(in_parallel(run.panel.size(), run.options.threads, cancel, {}, [&](std::size_t worker, std::size_t i) {
    if (!run.facts[i].sparse || !results[worker] || share(hash(run.panel.keys[i], run.options.seed + 3)) >= part) return;
    if (auto done = workers[worker].add(i, losses[i]); !done) results[worker] = std::move(done);
  }));
  for (Status& result : results) SINAN_CHECK(result);
  return losses;
}

// By class; empty: of no use.
std::vector<float> choose_shares(const Run& run, std::span<const Losses> losses) {
  std::array<Losses, kClasses> sums{}, squares{};  // of losses, and of what each share gains by series
  for (std::size_t i : run.order)
    for (std::size_t s = 0; s < kShares; ++s) {
      const auto c = static_cast<std::size_t>(run.out.classes[i]);
      const double gain = losses[i][0] - losses[i][s];
      sums[c][s] += losses[i][s];
      squares[c][s] += gain * gain;
    }
  std::vector<float> shares;
  for (std::size_t c = 0; c < kClasses; ++c) {
    const auto best = static_cast<std::size_t>(std::ranges::min_element(sums[c]) - sums[c].begin());
    const double gain = sums[c][0] - sums[c][best];
    const bool gains = std::ranges::any_of(
        kGains, [&](const Gain& g) { return gain > g.part * sums[c][0] && gain > g.errors * std::sqrt(squares[c][best]); });
    shares.push_back(gains ? share_at(best) : 0);
  }
  return std::ranges::any_of(shares, [](float share) { return share > 0; }) ? shares : std::vector<float>();
}

}  // namespace

Result<Factors> learn_factors(const Run& run, const SparseSeasons& seasons, const CancelToken* cancel) {
  const std::vector<std::size_t> origins = origins_of(run);
  if (origins.empty()) return Factors();
  auto grown = std::async(run.options.threads > 1 ? std::launch::async : std::launch::deferred,
                          [&] { return FactorModel::learn(run, seasons, 0, cancel); });
  const SparseSeasons then = learn_sparse_seasons(run, origins.front());
  SINAN_TRY(const FactorModel early, FactorModel::learn(run, then, origins.front(), cancel));
  if (!early.knows()) return Factors();
  SINAN_TRY(const std::vector<Losses> losses, judge(run, early, then, origins, cancel));
  Factors out{.model = nullptr, .shares = choose_shares(run, losses)};
  if (out.shares.empty()) return out;
  SINAN_TRY(FactorModel latest, grown.get());
  if (!latest.knows()) return Factors();
  out.model = std::make_shared<const FactorModel>(std::move(latest));
  return out;
}

Result<Factors> known_factors(const std::string& trees, std::span<const float> shares) {
  if (trees.empty()) return Factors();
  SINAN_TRY(FactorModel model, FactorModel::read(trees));
  return Factors{std::make_shared<const FactorModel>(std::move(model)), {shares.begin(), shares.end()}};
}

Multiplier::Multiplier(const Run& run, const Factors& factors)
    : run_(run), factors_(factors), features_(run.panel, *run.options.drivers), found_(run.horizon) {}

float Multiplier::share(std::size_t i) const {
  const auto demand_class = static_cast<std::size_t>(run_.out.classes[i]);
  return factors_.model && demand_class < factors_.shares.size() ? factors_.shares[demand_class] : 0;
}

Result<std::span<const double>> Multiplier::of(std::size_t i) {
  const float power = share(i);
  if (power == 0 || !features_.look(i, run_.panel.series(i).size(), static_cast<std::size_t>(run_.out.seasons[i])))
    return std::span<const double>();
  SINAN_CHECK(factors_.model->factors(features_, cells_, found_));
  for (double& factor : found_) factor = std::pow(factor, power);
  return std::span<const double>(found_);
}

}  // namespace sinan::forecasting
