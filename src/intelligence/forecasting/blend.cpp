#include "intelligence/forecasting/blend.hpp"

#include <algorithm>
#include <cmath>

#include "intelligence/forecasting/parallel.hpp"
#include "intelligence/forecasting/sample.hpp"

namespace sinan::forecasting {
namespace {

constexpr double kPooledRows = 100'000;  // that a pooled regression learns from, about
constexpr double kJudged = 2'000;        // series that choose its share, about
constexpr float kLeastNoise = 0.02F;     // errors of steadier series weigh no more

// Series whose errors tell something: regular ones that are not constant.
bool moves(const Run& run, std::size_t i) { return run.facts[i].regular && run.facts[i].noise > 0; }

// How many values came after the oldest origin of a series.
std::size_t after_oldest(const Run& run, std::size_t i) { return run.past.sampled(i) ? std::ranges::max(run.past.after(i)) : 0; }

// Teaches the regressions of a season.
void teach(const Run& run, std::span<const std::size_t> members, Pooled& pooled) {
  double rows = 0;
  for (std::size_t i : members) rows += static_cast<double>(run.panel.series(i).size());
  const double part = kPooledRows / rows;
  Cleaned cleaned;
  for (std::size_t i : members) {
    if (share(hash(run.panel.keys[i], run.options.seed)) >= part) continue;
    run.clean_again(i, cleaned);
    const std::size_t n = cleaned.y.size();
    const std::size_t origin = n - std::min(n, after_oldest(run, i));
    pooled.early.add(cleaned.y, 0, origin, run.facts[i].noise);
    pooled.all.add(cleaned.y, origin, n, run.facts[i].noise);
  }
  pooled.all.add(pooled.early);
  pooled.early.finish();
  pooled.all.finish();
}

// The most that a pooled regression may have of a forecast: of more, earlier errors promise more than they keep. Series of months, quarters
// and years, which differ more from each other, gain from a quarter as much as from half.
float most_pooled(int season) { return season == 7 || season >= 24 ? 0.5F : 0.25F; }

struct PooledWorker {
  Cleaned cleaned;
  std::vector<float> path, forecast, errors;
  std::vector<double> values;
};

// The errors of a pooled regression at the origins of series i, whose cleaned history is in `w`.
void pooled_errors(const Run& run, const PooledRegression& early, std::size_t i, PooledWorker& w, std::span<float> theirs) {
  std::span<const float> y = w.cleaned.y;
  for (std::size_t j = 0; j < run.past.origins(); ++j) {
    const std::size_t after = run.past.after(i)[j];
    if (after == 0 || !early.knows(y.size() - after)) continue;
    const std::size_t known = y.size() - after;
    w.forecast.resize(std::min(run.horizon, after));
    early.forecast(y.first(known), w.path, w.forecast);
    for (std::size_t k = 0; k < w.forecast.size(); ++k)
      theirs[j * run.horizon + k] = run.past.growth(i)[j] * (y[known + k] - w.forecast[k]);
  }
}

}  // namespace

Result<PooledBySeason> learn_pooled(const Run& run, const CancelToken* cancel) {
  std::map<int, std::vector<std::size_t>> members;
  for (std::size_t i : run.order)
    if (moves(run, i) && run.past.sampled(i)) members[run.out.seasons[i]].push_back(i);
  PooledBySeason out;
  std::vector<const Pooled*> pooled_of(run.panel.size(), nullptr);
  std::vector<int> groups(run.panel.size(), -1);
  std::vector<float> weights(run.panel.size(), 0);
  std::vector<float> most;
  for (const auto& [season, series] : members) {
    if (cancel) SINAN_CHECK(cancel->check());
    const auto periods = static_cast<std::size_t>(season);
    const double part = kJudged / static_cast<double>(series.size());
    Pooled& pooled = out.emplace(season, Pooled{PooledRegression(periods), PooledRegression(periods)}).first->second;
    teach(run, series, pooled);
    most.push_back(most_pooled(season));
    for (std::size_t i : series) {
      if (share(hash(run.panel.keys[i], run.options.seed + 1)) >= part) continue;
      pooled_of[i] = &pooled;
      groups[i] = static_cast<int>(out.size()) - 1;
      weights[i] = 1 / std::max(run.facts[i].noise, kLeastNoise);
    }
  }
  std::vector<float> theirs = run.past.all();
  std::vector<PooledWorker> workers(static_cast<std::size_t>(run.options.threads));
  SINAN_CHECK(in_parallel(run.panel.size(), run.options.threads, cancel, {}, [&](std::size_t worker, std::size_t i) {
    if (!pooled_of[i]) return;
    run.clean_again(i, workers[worker].cleaned);
    pooled_errors(run, pooled_of[i]->early, i, workers[worker], run.past.in(theirs, i));
  }));
  const std::vector<float> shares = run.past.choose_shares(theirs, groups, weights, most, run.order);
  std::size_t group = 0;
  for (auto& [season, pooled] : out) pooled.share = shares[group++];
  std::erase_if(out, [](const auto& entry) { return entry.second.share == 0; });
  return out;
}

Status blend_pooled(Run& run, const PooledBySeason& pooled, const CancelToken* cancel) {
  if (pooled.empty()) return {};
  std::vector<PooledWorker> workers(static_cast<std::size_t>(run.options.threads));
  return in_parallel(run.panel.size(), run.options.threads, cancel, {}, [&](std::size_t worker, std::size_t i) {
    auto found = pooled.find(run.out.seasons[i]);
    if (!moves(run, i) || run.facts[i].resumed || found == pooled.end()) return;
    const Pooled& model = found->second;
    PooledWorker& w = workers[worker];
    run.clean_again(i, w.cleaned);
    if (!model.all.knows(w.cleaned.y.size())) return;
    if (run.past.sampled(i)) {
      w.errors.assign(run.past.of(i).begin(), run.past.of(i).end());
      pooled_errors(run, model.early, i, w, w.errors);
      run.blend_errors(i, model.share, w.errors);
    }
    w.forecast.resize(run.horizon);
    model.all.forecast(w.cleaned.y, w.path, w.forecast);
    w.values.resize(run.horizon);
    for (std::size_t k = 0; k < run.horizon; ++k) w.values[k] = w.forecast[k] * w.cleaned.scale;
    run.mix(i, model.share, w.values);
    run.note_pooled(i, model.share);
  });
}

std::vector<float> numbers_of(const PooledBySeason& pooled) {
  std::vector<float> out;
  for (const auto& [season, model] : pooled) {
    out.push_back(static_cast<float>(season));
    out.push_back(model.share);
    model.early.write(out);
    model.all.write(out);
  }
  return out;
}

std::optional<PooledBySeason> pooled_from(std::span<const float> numbers) {
  PooledBySeason out;
  while (!numbers.empty()) {
    if (numbers.size() < 2 || !(numbers[0] >= 1 && numbers[0] <= 20'000)) return std::nullopt;
    const auto periods = static_cast<std::size_t>(numbers[0]);
    Pooled model{PooledRegression(periods), PooledRegression(periods), numbers[1]};
    numbers = numbers.subspan(2);
    if (!model.early.read(numbers) || !model.all.read(numbers)) return std::nullopt;
    out.emplace(static_cast<int>(periods), std::move(model));
  }
  return out;
}

}  // namespace sinan::forecasting
