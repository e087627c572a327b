#include "intelligence/forecasting/hierarchy/coherent.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "intelligence/forecasting/hierarchy/following.hpp"

namespace sinan::forecasting {
namespace {

Status check(const Panel& panel, const Options& options, const Coherence& coherence) {
  auto bad = [](std::string message) { return fail(ErrorCode::kInvalidInput, std::move(message)); };
  const Sums& sums = coherence.sums;
  if (sums.parts + sums.size() != panel.size())
    return bad(fmt::format("a panel of {} series is not {} parts and {} sums", panel.size(), sums.parts, sums.size()));
  for (const Sums::Level& level : sums.levels) {
    if (level.group_of.size() != sums.parts) return bad("a level must say of each part which sum it belongs to");
    for (std::uint32_t group : level.group_of)
      if (group != Sums::kNone && group >= level.groups) return bad("a part belongs to a sum that there is not");
  }
  for (int block : coherence.blocks)
    if (block < 2 || block > options.horizon)
      return bad(fmt::format("a longer period must be 2 periods or more and fit into the horizon of {}, not {}", options.horizon, block));
  if (!sums.levels.empty() && std::ranges::any_of(panel.ends, [&](std::int64_t end) { return end != panel.ends.front(); }))
    return bad("series that add up must end in the same period");
  return {};
}

template <typename T>
void append(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

// The forecasts of more series behind those of some.
void append(Forecasts& to, const Forecasts& more) {
  for (const auto& [i, borrowed] : more.borrowed) to.borrowed.emplace(to.classes.size() + i, borrowed);
  append(to.median, more.median);
  append(to.quantiles, more.quantiles);
  append(to.mean, more.mean);
  append(to.variance, more.variance);
  append(to.sum_mean, more.sum_mean);
  append(to.sums, more.sums);
  append(to.classes, more.classes);
  append(to.seasons, more.seasons);
  append(to.nanoseconds, more.nanoseconds);
  append(to.models, more.models);
  if (!to.tree_shares.empty()) to.tree_shares.resize(to.classes.size(), 0);
  if (!to.driver_effect.empty()) to.driver_effect.resize(to.median.size(), 0);
}

// A season of periods as one of blocks; 1: the blocks show none, 0: it is to be found.
int season_of_blocks(int season, int block) {
  if (season <= 1) return season;
  return season % block == 0 ? season / block : 1;
}

// A panel of longer periods, and how to forecast it.
struct Longer {
  Panel panel;
  std::vector<int> seasons;
  std::vector<int> candidates;
  Options options;

  Longer(const Panel& of, std::span<const int> known, const Options& how, int block)
      : panel(in_blocks(of, static_cast<std::size_t>(block))), options(how) {
    for (int season : known) seasons.push_back(season_of_blocks(season, block));
    for (int season : how.seasons)
      if (int blocks = season_of_blocks(season, block); blocks > 1) candidates.push_back(blocks);
    options.horizon = how.horizon / block;
    options.seasons = candidates;
    options.usual_season = season_of_blocks(how.usual_season, block);
    options.drivers = nullptr;
  }
};

// Errors of parts are independent or go together, they seldom cancel: where few origins make a sum look surer, it is held to be as sure
// as independent parts would make it.
void allow_for_parts(const Sums& sums, std::span<const double> of_parts, std::span<double> of_sums) {
  std::vector<double> independent(of_sums.size());
  sums.add_up(of_parts, independent);
  for (std::size_t s = 0; s < of_sums.size(); ++s) of_sums[s] = std::max(of_sums[s], independent[s]);
}

// Days and weeks of each series.
void reconcile_in_time(CoherentForecasts& out, std::span<const int> blocks, Reconciliation how, Following& following) {
  const auto horizon = static_cast<std::size_t>(out.single.horizon);
  Sums periods{horizon, {}};
  for (int block : blocks) {
    Sums::Level level{std::vector<std::uint32_t>(horizon, Sums::kNone), horizon / static_cast<std::size_t>(block)};
    for (std::size_t h = 0; h < level.groups * static_cast<std::size_t>(block); ++h)
      level.group_of[h] = static_cast<std::uint32_t>(h / static_cast<std::size_t>(block));
    periods.levels.push_back(std::move(level));
  }
  Reconciler reconciler;
  std::vector<double> variances(horizon), found(horizon), of_blocks, block_variances, found_blocks(periods.size());
  for (std::size_t i = 0; i < out.single.variance.size(); ++i) {
    variances.assign(horizon, out.single.variance[i]);
    of_blocks.clear();
    block_variances.clear();
    for (std::size_t level = 0; level < blocks.size(); ++level) {
      const Forecasts& longer = out.of_blocks[level];
      const auto count = static_cast<std::size_t>(longer.horizon);
      const auto block = static_cast<std::size_t>(blocks[level]);
      for (std::size_t b = 0; b < count; ++b) {
        double mean = longer.mean[i * count + b];  // knows no drivers
        for (std::size_t h = b * block; h < (b + 1) * block; ++h) mean += following.effect(i, h);
        of_blocks.push_back(mean);
      }
      block_variances.insert(block_variances.end(), count, longer.variance[i]);
    }
    allow_for_parts(periods, variances, block_variances);
    const Reconciler::Base base{std::span(out.single.mean).subspan(i * horizon, horizon), variances, of_blocks, block_variances};
    reconciler.reconcile(periods, base, how, following.non_negative(i), found, found_blocks);
    for (std::size_t h = 0; h < horizon; ++h) following.set(i, h, found[h]);
  }
}

// A series among those that are reconciled; what it had in the first `ahead` periods of those that are still to come for the others is
// known.
struct Row {
  Following* of;
  std::size_t series;
  std::string_view key;
  std::span<const double> history = {};
  std::size_t ahead = 0;

  // 0 where it is missing.
  double known(std::size_t h) const {
    const std::size_t back = ahead - h;
    return back <= history.size() && std::isfinite(history[history.size() - back]) ? history[history.size() - back] : 0;
  }
};

// Parts and their sums, period by period; the parts in order of keys, so that the bits do not depend on their places. What sums are
// forecast to be by themselves knows no drivers: what these do to the parts is added to it.
void reconcile_in_place(const Sums& sums, std::vector<Row> rows, std::size_t horizon, Reconciliation how) {
  std::vector<std::uint32_t> order(sums.parts);
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::ranges::sort(order, {}, [&](std::uint32_t row) { return rows[row].key; });
  Sums sorted{sums.parts, {}};
  for (const Sums::Level& level : sums.levels) {
    auto& now = sorted.levels.emplace_back(Sums::Level{std::vector<std::uint32_t>(sums.parts), level.groups});
    for (std::size_t row = 0; row < sums.parts; ++row) now.group_of[row] = level.group_of[order[row]];
  }
  auto row_at = [&](std::size_t r) -> const Row& { return rows[r < sums.parts ? order[r] : r]; };
  const bool non_negative = std::ranges::all_of(rows, [](const Row& row) { return row.of->non_negative(row.series); });
  Reconciler reconciler;
  std::vector<double> means(rows.size()), usual(rows.size()), variances, found(rows.size()), effects(rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r) usual[r] = row_at(r).of->variance(row_at(r).series);
  auto low = [&](auto& all) { return std::span(all).first(sums.parts); };
  auto high = [&](auto& all) { return std::span(all).subspan(sums.parts); };
  allow_for_parts(sorted, low(usual), high(usual));
  for (std::size_t h = 0; h < horizon; ++h) {
    variances = usual;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const Row& row = row_at(r);
      means[r] = h < row.ahead ? row.known(h) : row.of->mean(row.series, h - row.ahead);
      if (h < row.ahead) variances[r] = 0;
      effects[r] = h < row.ahead ? 0 : row.of->effect(row.series, h - row.ahead);
    }
    sorted.add_up(low(effects), high(effects));
    for (std::size_t s = sums.parts; s < rows.size(); ++s) means[s] += effects[s];
    reconciler.reconcile(sorted, {low(means), low(variances), high(means), high(variances)}, how, non_negative, low(found), high(found));
    for (std::size_t r = 0; r < rows.size(); ++r)
      if (const Row& row = row_at(r); h >= row.ahead) row.of->set(row.series, h - row.ahead, found[r]);
  }
}

// Forecasts of longer periods as the sums of those of single ones.
void follow_periods(const Forecasts& single, Forecasts& longer, std::size_t block, const std::vector<bool>& non_negative) {
  Following following(longer, non_negative);
  const auto horizon = static_cast<std::size_t>(single.horizon);
  for (std::size_t i = 0; i < following.size(); ++i) {
    for (std::size_t b = 0; b < horizon / block; ++b) {
      double sum = 0;
      for (std::size_t h = b * block; h < (b + 1) * block; ++h) sum += single.mean[i * horizon + h];
      following.set(i, b, sum);
    }
    following.add_up(i);
  }
}

// What made the numbers, in the column of the model.
void name_models(Forecasts& forecasts, std::size_t from, Reconciliation how) {
  for (std::size_t i = from; i < forecasts.models.size(); ++i) {
    if (how == Reconciliation::kBottomUp)
      forecasts.models[i] = std::string(name(how));
    else
      forecasts.models[i] += fmt::format(" + {}", name(how));
  }
}

}  // namespace

Panel part_of(const Panel& panel, std::size_t from, std::size_t to) {
  auto slice = [](const auto& all, std::size_t first, std::size_t last) {
    using Vector = std::decay_t<decltype(all)>;
    if (all.empty()) return Vector();
    return Vector(all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(last));
  };
  Panel out{slice(panel.values, panel.offsets[from], panel.offsets[to]),
            {},
            slice(panel.keys, from, to),
            slice(panel.lost, panel.offsets[from], panel.offsets[to]),
            slice(panel.ends, from, to)};
  out.offsets.clear();
  for (std::size_t i = from; i <= to; ++i) out.offsets.push_back(panel.offsets[i] - panel.offsets[from]);
  return out;
}

namespace {

// What a block of that many periods held, from those that are known; missing where these are fewer than half, unless `whatever` is known
// must do.
double block_sum(std::span<const double> values, std::size_t block, bool whatever) {
  double sum = 0;
  std::size_t known = 0;
  for (double v : values)
    if (std::isfinite(v)) sum += v, ++known;
  if (known == 0 || (!whatever && 2 * known < block)) return kMissing;
  return sum * static_cast<double>(block) / static_cast<double>(known);
}

}  // namespace

Panel in_blocks(const Panel& panel, std::size_t block) {
  Panel out;
  out.keys = panel.keys;
  const auto length = static_cast<std::int64_t>(block);
  for (std::int64_t end : panel.ends) out.ends.push_back(end >= 0 ? end / length : (end + 1) / length - 1);
  for (std::size_t i = 0; i < panel.size(); ++i) {
    std::span<const double> values = panel.series(i);
    std::span<const std::uint8_t> lost = panel.lost_of(i);
    const std::size_t count = std::max<std::size_t>(1, values.size() / block);
    bool any = false;
    for (std::size_t b = 0; b < count; ++b) {
      const std::size_t to = values.size() - (count - 1 - b) * block;
      const std::size_t from = to < block ? 0 : to - block;
      out.values.push_back(block_sum(values.subspan(from, to - from), block, count == 1));
      any = any || std::isfinite(out.values.back());
      if (!lost.empty()) out.lost.push_back(std::ranges::any_of(lost.subspan(from, to - from), [](std::uint8_t yes) { return yes != 0; }));
    }
    if (!any) out.values.back() = block_sum(values, block, true);
    out.offsets.push_back(out.values.size());
  }
  return out;
}

Result<SharedOfPeriods> learn_shared(const Panel& panel, std::span<const int> seasons, const Options& options, std::span<const int> blocks,
                                     const CancelToken* cancel) {
  SharedOfPeriods out;
  SINAN_TRY(out.single, learn_shared(panel, seasons, options, cancel));
  for (int block : blocks) {
    const Longer longer(panel, seasons, options, block);
    SINAN_TRY(auto shared, learn_shared(longer.panel, longer.seasons, longer.options, cancel));
    out.of_blocks.push_back(std::move(shared));
  }
  return out;
}

Status CoherentForecaster::add(const Panel& panel, std::span<const int> seasons, const Options& options, const SharedOfPeriods* shared,
                               const CancelToken* cancel, const Progress& progress) {
  Added added{panel.keys, forecasting::non_negative(panel), {}};
  CoherentForecasts& out = added.forecasts;
  Options how = options;
  how.shared = shared ? shared->single.get() : nullptr;
  SINAN_TRY(out.single, forecast(panel, seasons, how, cancel, progress));
  for (std::size_t level = 0; level < blocks_.size(); ++level) {
    how.shared = shared ? shared->of_blocks[level].get() : nullptr;
    const Longer longer(panel, seasons, how, blocks_[level]);
    SINAN_TRY(Forecasts forecasts, forecast(longer.panel, longer.seasons, longer.options, cancel));
    out.of_blocks.push_back(std::move(forecasts));
  }
  if (!blocks_.empty()) {
    Following following(out.single, added.non_negative);
    reconcile_in_time(out, blocks_, how_, following);
  }
  added_.push_back(std::move(added));
  return {};
}

std::vector<CoherentForecasts> CoherentForecaster::finish(const Sums& sums) {
  std::vector<Following> following;
  following.reserve(added_.size());  // rows point at them
  std::vector<Row> rows;
  for (Added& added : added_) {
    following.emplace_back(added.forecasts.single, added.non_negative);
    for (std::size_t i = 0; i < added.keys.size(); ++i) rows.push_back({&following.back(), i, added.keys[i]});
  }
  if (!sums.levels.empty()) {
    const int horizon = added_.front().forecasts.single.horizon;
    reconcile_in_place(sums, std::move(rows), static_cast<std::size_t>(horizon), how_);
  }
  std::vector<CoherentForecasts> out;
  std::size_t before = 0;  // series
  for (std::size_t a = 0; a < added_.size(); ++a) {
    CoherentForecasts& forecasts = added_[a].forecasts;
    for (std::size_t i = 0; i < following[a].size(); ++i) following[a].add_up(i);
    if (!blocks_.empty() || !sums.levels.empty()) {
      const std::size_t parts = std::clamp(sums.parts, before, before + following[a].size()) - before;
      name_models(forecasts.single, how_ == Reconciliation::kBottomUp ? parts : 0, how_);
    }
    for (std::size_t level = 0; level < blocks_.size(); ++level) {
      name_models(forecasts.of_blocks[level], 0, how_);
      follow_periods(forecasts.single, forecasts.of_blocks[level], static_cast<std::size_t>(blocks_[level]), added_[a].non_negative);
    }
    before += following[a].size();
  }
  for (Added& added : added_) out.push_back(std::move(added.forecasts));
  added_.clear();
  return out;
}

// The parts with drivers, the sums without.
Result<CoherentForecasts> forecast_coherent(const Panel& panel, std::span<const int> seasons, const Options& options,
                                            const Coherence& coherence, const CancelToken* cancel, const Progress& progress) {
  SINAN_CHECK(check(panel, options, coherence));
  CoherentForecaster forecaster(coherence.blocks, coherence.how);
  const std::size_t parts = coherence.sums.parts;
  const bool apart = options.drivers && parts < panel.size();
  if (apart) {
    auto of = [&](std::size_t from, std::size_t to) { return seasons.empty() ? seasons : seasons.subspan(from, to - from); };
    SINAN_CHECK(forecaster.add(part_of(panel, 0, parts), of(0, parts), options, nullptr, cancel, progress));
    Options alone = options;
    alone.drivers = nullptr;
    SINAN_CHECK(forecaster.add(part_of(panel, parts, panel.size()), of(parts, panel.size()), alone, nullptr, cancel));
  } else {
    SINAN_CHECK(forecaster.add(panel, seasons, options, nullptr, cancel, progress));
  }
  std::vector<CoherentForecasts> found = forecaster.finish(coherence.sums);
  if (apart) {
    append(found[0].single, found[1].single);
    for (std::size_t level = 0; level < coherence.blocks.size(); ++level) append(found[0].of_blocks[level], found[1].of_blocks[level]);
  }
  return std::move(found[0]);
}

void reconcile(const Panel& panel, Forecasts& parts, const Panel& panel_of_sums, Forecasts& sums, const Sums& hierarchy,
               Reconciliation how) {
  if (panel_of_sums.size() == 0) return;
  Following low(parts, non_negative(panel)), high(sums, non_negative(panel_of_sums));
  std::vector<Row> rows;
  const std::int64_t end = panel_of_sums.ends.front();
  for (std::size_t i = 0; i < panel.size(); ++i)
    rows.push_back({&low, i, panel.keys[i], panel.series(i), static_cast<std::size_t>(std::max<std::int64_t>(0, panel.end_of(i) - end))});
  for (std::size_t s = 0; s < panel_of_sums.size(); ++s) rows.push_back({&high, s, panel_of_sums.keys[s]});
  reconcile_in_place(hierarchy, std::move(rows), static_cast<std::size_t>(sums.horizon), how);
  for (std::size_t i = 0; i < panel.size(); ++i) low.add_up(i);
  for (std::size_t s = 0; s < panel_of_sums.size(); ++s) high.add_up(s);
  if (how != Reconciliation::kBottomUp) name_models(parts, 0, how);
  name_models(sums, 0, how);
}

}  // namespace sinan::forecasting
