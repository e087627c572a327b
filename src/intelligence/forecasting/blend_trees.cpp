#include "intelligence/forecasting/blend_trees.hpp"

#include <algorithm>
#include <cmath>
#include <future>

#include "intelligence/forecasting/drivers/width_model.hpp"
#include "intelligence/forecasting/drivers/width_power.hpp"
#include "intelligence/forecasting/parallel.hpp"

namespace sinan::forecasting {
namespace {

struct TreeWorker {
  Features features;
  std::vector<float> cells;
  std::vector<double> values;
  std::vector<float> down, up;
  Cleaned cleaned;
};

template <typename Work>
Status each_with_features(Run& run, const CancelToken* cancel, const Work& work) {
  std::vector<TreeWorker> workers;
  for (int t = 0; t < run.options.threads; ++t)
    workers.push_back({Features(run.panel, *run.options.drivers),
                       {},
                       std::vector<double>(run.horizon),
                       std::vector<float>(run.horizon),
                       std::vector<float>(run.horizon),
                       {}});
  std::vector<Status> results(workers.size());
  SINAN_CHECK(in_parallel(run.panel.size(), run.options.threads, cancel, {}, [&](std::size_t worker, std::size_t i) {
    if (!run.facts[i].regular || !results[worker]) return;
    if (auto done = work(workers[worker], i); !done) results[worker] = std::move(done);
  }));
  for (Status& result : results) SINAN_CHECK(result);
  return {};
}

// Looks at the origins of series i as trees do that saw nothing of the last `away` periods: `work(j, known, steps)`, of which the first
// `known` values of the series are seen, and the next `steps` forecast. Not where they have seen an origin, in series that end early.
template <typename Work>
Status each_origin(const Run& run, TreeWorker& w, std::size_t i, std::size_t away, const Work& work) {
  const std::size_t count = run.panel.series(i).size();
  const std::int64_t unseen = static_cast<std::int64_t>(away) - (run.options.drivers->last - run.panel.end_of(i));
  for (std::size_t j = 0; j < run.past.origins(); ++j) {
    const std::size_t after = run.past.after(i)[j];
    if (after == 0 || static_cast<std::int64_t>(after) > unseen) continue;
    if (!w.features.look(i, count - after, static_cast<std::size_t>(run.out.seasons[i]))) continue;
    SINAN_CHECK(work(j, count - after, std::min(run.horizon, after)));
  }
  return {};
}

// Whether the pool was excused from value `at` of series i, of which `w.cleaned` has forgotten bursts.
bool is_forgotten(const Run& run, const TreeWorker& w, std::size_t i, std::size_t at) {
  const std::span<const double> values = run.panel.series(i);
  const std::size_t back = values.size() - at;
  if (!run.facts[i].bursts || back > w.cleaned.y.size()) return false;
  const double kept = static_cast<double>(w.cleaned.y[w.cleaned.y.size() - back]) * w.cleaned.scale;
  return std::abs(kept - values[at]) > 1e-3 * std::abs(values[at]);
}

// What trees get wrong at the origins of series i. Where demand was not known, or was a burst that is forgotten, the errors stay what they
// were.
Status tree_errors(const Run& run, TreeWorker& w, const DriverModel& earlier, std::size_t i, std::size_t away, std::span<float> theirs) {
  std::span<const double> values = run.panel.series(i);
  if (run.facts[i].bursts) run.clean_again(i, w.cleaned);
  return each_origin(run, w, i, away, [&](std::size_t j, std::size_t known, std::size_t steps) -> Status {
    SINAN_CHECK(earlier.predict(w.features, w.cells, w.values));
    for (std::size_t k = 0; k < steps; ++k) {
      double actual = values[known + k];
      double forecast = run.facts[i].non_negative ? std::max(0.0, w.values[k]) : w.values[k];
      const bool sold_out = !run.panel.lost.empty() && run.panel.lost_of(i)[known + k];
      if (std::isfinite(actual) && !sold_out && !is_forgotten(run, w, i, known + k))
        theirs[j * run.horizon + k] = run.past.growth(i)[j] * static_cast<float>((actual - forecast) / run.facts[i].unit);
    }
    return {};
  });
}

// How far errors lay, as trees say that saw nothing of them.
Status past_widths(Run& run, TreeWorker& w, const WidthModel& widths, std::size_t i, std::size_t away) {
  return each_origin(run, w, i, away, [&](std::size_t j, std::size_t, std::size_t steps) -> Status {
    SINAN_CHECK(widths.predict(w.features, w.cells, w.down, w.up));
    const float per_unit = run.past.growth(i)[j] / run.facts[i].unit;
    for (std::size_t k = 0; k < steps; ++k) {
      run.past.down(i)[j * run.horizon + k] = w.down[k] * per_unit;
      run.past.up(i)[j * run.horizon + k] = w.up[k] * per_unit;
    }
    return {};
  });
}

// The power that widths have in each group; 0: they are of no use there.
std::vector<float> choose_powers(const Run& run, std::span<const float> shares) {
  std::vector<WidthPower> found(Run::kGroups);
  for (std::size_t i : run.order)
    if (const std::size_t group = run.group_of(i); run.facts[i].regular && run.past.sampled(i) && shares[group] > 0)
      found[group].add(run.past.of(i), run.past.down(i), run.past.up(i));
  std::vector<float> out;
  for (const WidthPower& group : found) out.push_back(group.best());
  return out;
}

// Takes widths of series i to its power, relative to the unit of its errors: `unit` of the widths.
void temper(const Run& run, std::size_t i, float unit, std::span<float> widths) {
  const float power = run.facts[i].width_power;
  if (power == 1) return;
  for (float& width : widths) width = unit * std::pow(width / unit, power);
}

// Mixes what the trees say of the periods ahead into the median of series i, if they have something to say; then `w.features` looks at
// them.
Result<bool> mix_trees(Run& run, TreeWorker& w, std::size_t i, std::span<const float> shares) {
  const float share = shares[run.group_of(i)];
  if (share == 0 || !w.features.look(i, run.panel.series(i).size(), static_cast<std::size_t>(run.out.seasons[i]))) return false;
  SINAN_CHECK(run.out.trees->predict(w.features, w.cells, w.values));
  const std::span<const double> median = std::span(run.out.median).subspan(i * run.horizon, run.horizon);
  const std::span<float> effect = std::span(run.out.driver_effect).subspan(i * run.horizon, run.horizon);
  for (std::size_t k = 0; k < run.horizon; ++k) effect[k] = -static_cast<float>(median[k]);
  run.mix(i, share, w.values);
  for (std::size_t k = 0; k < run.horizon; ++k) effect[k] += static_cast<float>(median[k]);
  run.out.tree_shares[i] = share;
  run.out.models[i] = share == 1 ? "trees" : run.out.models[i] + " + trees";
  return true;
}

// Takes the widths ahead of series i to its power.
void temper_ahead(Run& run, std::size_t i) {
  temper(run, i, run.facts[i].unit, std::span(run.down).subspan(i * run.horizon, run.horizon));
  temper(run, i, run.facts[i].unit, std::span(run.up).subspan(i * run.horizon, run.horizon));
}

// How far the forecast of series i may err, at which `w.features` looks, as mix_trees() left it.
Status widths_ahead(Run& run, TreeWorker& w, const WidthModel& widths, std::size_t i) {
  const std::size_t first = i * run.horizon;
  return widths.predict(w.features, w.cells, std::span(run.down).subspan(first, run.horizon),
                        std::span(run.up).subspan(first, run.horizon));
}

}  // namespace

Status blend_known_trees(Run& run, const WarmState& state, const CancelToken* cancel) {
  if (state.trees.empty()) return {};
  SINAN_TRY(DriverModel latest, DriverModel::read(state.trees));
  run.out.trees = std::make_shared<const DriverModel>(std::move(latest));
  if (!state.low_trees.empty()) {
    SINAN_TRY(WidthModel widths, WidthModel::read(state.low_trees, state.middle_trees, state.high_trees));
    run.out.widths = std::make_shared<const WidthModel>(std::move(widths));
  }
  return each_with_features(run, cancel, [&](TreeWorker& w, std::size_t i) -> Status {
    SINAN_TRY(const bool mixed, mix_trees(run, w, i, state.shares));
    if (!mixed || !run.out.widths) run.facts[i].width_power = 0;
    if (!run.facts[i].widths()) return {};
    SINAN_CHECK(widths_ahead(run, w, *run.out.widths, i));
    temper_ahead(run, i);
    return {};
  });
}

Result<std::vector<float>> blend_trees(Run& run, const CancelToken* cancel) {
  const std::size_t away = run.past.oldest();
  DriverModel::Options how{.horizon = run.horizon, .rows = run.options.tree_rows, .seed = run.options.seed, .method = run.options.trees};
  auto collect = [&](std::size_t unseen) {
    return DriverModel::collect(run.panel, *run.options.drivers, run.out.seasons, unseen, how, cancel);
  };
  // A second thread grows the trees that forecast before it is known whether they are of use; without one they wait for that.
  auto grown = std::async(run.options.threads > 1 ? std::launch::async : std::launch::deferred, [&]() -> Result<DriverModel> {
    SINAN_TRY(const TaughtRows rows, collect(0));
    return DriverModel::learn(rows, how, cancel);
  });
  SINAN_TRY(const TaughtRows rows, collect(away));
  SINAN_TRY(DriverModel earlier, DriverModel::learn(rows, how, cancel));
  if (!earlier.knows() || away == 0) return std::vector<float>();
  std::vector<float> theirs = run.past.all();
  SINAN_CHECK(each_with_features(run, cancel, [&](TreeWorker& w, std::size_t i) {
    return run.past.sampled(i) ? tree_errors(run, w, earlier, i, away, run.past.in(theirs, i)) : Status();
  }));
  std::vector<int> groups(run.panel.size(), -1);
  for (std::size_t i = 0; i < run.panel.size(); ++i)
    if (run.facts[i].regular) groups[i] = static_cast<int>(run.group_of(i));
  const std::vector<float> shares =
      run.past.choose_shares(theirs, groups, std::vector<float>(run.panel.size(), 1), std::vector<float>(Run::kGroups, 1), run.order);
  if (std::ranges::all_of(shares, [](float share) { return share == 0; })) return std::vector<float>();

  SINAN_TRY(DriverModel latest, grown.get());
  run.out.trees = std::make_shared<const DriverModel>(std::move(latest));
  SINAN_TRY(WidthModel widths, WidthModel::learn(std::move(earlier), rows, how, run.options.threads, cancel));
  run.make_room_for_widths();
  SINAN_CHECK(each_with_features(run, cancel, [&](TreeWorker& w, std::size_t i) -> Status {
    SINAN_TRY(const bool mixed, mix_trees(run, w, i, shares));
    if (!mixed) return {};
    SINAN_CHECK(widths_ahead(run, w, widths, i));
    if (!run.past.sampled(i)) return {};
    run.blend_errors(i, shares[run.group_of(i)], run.past.in(theirs, i));
    return past_widths(run, w, widths, i, away);
  }));
  const std::vector<float> powers = choose_powers(run, shares);
  if (std::ranges::all_of(powers, [](float power) { return power == 0; })) return shares;
  for (std::size_t i = 0; i < run.panel.size(); ++i) {
    if (run.out.tree_shares[i] == 0 || powers[run.group_of(i)] == 0) continue;
    run.facts[i].width_power = powers[run.group_of(i)];
    temper_ahead(run, i);
    if (!run.past.sampled(i)) continue;
    temper(run, i, 1, run.past.down(i));
    temper(run, i, 1, run.past.up(i));
  }
  run.out.widths = std::make_shared<const WidthModel>(std::move(widths));
  return shares;
}

}  // namespace sinan::forecasting
