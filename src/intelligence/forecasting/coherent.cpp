#include "intelligence/forecasting/coherent.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

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
}

// Base forecasts: the parts with drivers, the sums without.
Result<Forecasts> base_of(const Panel& panel, std::span<const int> seasons, const Options& options, std::size_t parts,
                          const CancelToken* cancel, const Progress& progress) {
  if (!options.drivers || parts == panel.size()) return forecast(panel, seasons, options, cancel, progress);
  auto of = [&](std::size_t from, std::size_t to) { return seasons.empty() ? seasons : seasons.subspan(from, to - from); };
  SINAN_TRY(Forecasts out, forecast(part_of(panel, 0, parts), of(0, parts), options, cancel, progress));
  Options alone = options;
  alone.drivers = nullptr;
  SINAN_TRY(const Forecasts sums, forecast(part_of(panel, parts, panel.size()), of(parts, panel.size()), alone, cancel));
  append(out, sums);
  return out;
}

// A season of periods as one of blocks; 1: the blocks show none, 0: it is to be found.
int season_of_blocks(int season, int block) {
  if (season <= 1) return season;
  return season % block == 0 ? season / block : 1;
}

Result<Forecasts> base_of_blocks(const Panel& panel, std::span<const int> seasons, const Options& options, int block,
                                 const CancelToken* cancel) {
  Options how = options;
  how.horizon = options.horizon / block;
  how.drivers = nullptr;
  std::vector<int> candidates, known;
  for (int season : options.seasons)
    if (int of = season_of_blocks(season, block); of > 1) candidates.push_back(of);
  how.seasons = candidates;
  for (int season : seasons) known.push_back(season_of_blocks(season, block));
  return forecast(in_blocks(panel, static_cast<std::size_t>(block)), known, how, cancel);
}

constexpr double kMostGrowth = 2;  // of quantiles in proportion; beyond, they are moved

// Quantiles, medians and sums of some forecasts follow their means.
class Following {
 public:
  Following(const Panel& panel, Forecasts& forecasts)
      : forecasts_(forecasts), horizon_(static_cast<std::size_t>(forecasts.horizon)), levels_(forecasts.quantile_levels.size()) {
    for (std::size_t i = 0; i < panel.size(); ++i)
      non_negative_.push_back(std::ranges::none_of(panel.series(i), [](double v) { return v < 0; }));
  }
  bool non_negative(std::size_t i) const { return non_negative_[i]; }
  bool all_non_negative() const {
    return std::ranges::all_of(non_negative_, [](bool yes) { return yes; });
  }

  void set(std::size_t i, std::size_t h, double mean) {
    const std::size_t at = i * horizon_ + h;
    const double before = std::exchange(forecasts_.mean[at], mean);
    move(i, before, mean, forecasts_.median[at]);
    for (std::size_t q = 0; q < levels_; ++q) move(i, before, mean, forecasts_.quantiles[at * levels_ + q]);
  }
  // The sums from the first step on, after all means are set.
  void add_up(std::size_t i) {
    if (forecasts_.sum_mean.empty()) return;
    double total = 0;
    for (std::size_t h = 0; h < horizon_; ++h) {
      const std::size_t at = i * horizon_ + h;
      total += forecasts_.mean[at];
      const double before = std::exchange(forecasts_.sum_mean[at], total);
      for (std::size_t q = 0; q < levels_; ++q) move(i, before, total, forecasts_.sums[at * levels_ + q]);
    }
  }

 private:
  void move(std::size_t i, double before, double after, double& value) const {
    // A mean near zero that becomes many times as large says nothing of how far its quantiles go.
    const double factor = non_negative_[i] && before > 0 ? std::min(after / before, kMostGrowth) : 1;
    value = value * factor + (after - before * factor);
    if (non_negative_[i]) value = std::max(0.0, value);
  }

  Forecasts& forecasts_;
  std::size_t horizon_;
  std::size_t levels_;
  std::vector<bool> non_negative_;
};

// Errors of parts are independent or go together, they seldom cancel: where few origins make a sum look surer, it is held to be as sure
// as independent parts would make it.
void allow_for_parts(const Sums& sums, std::span<const double> of_parts, std::span<double> of_sums) {
  std::vector<double> independent(of_sums.size());
  sums.add_up(of_parts, independent);
  for (std::size_t s = 0; s < of_sums.size(); ++s) of_sums[s] = std::max(of_sums[s], independent[s]);
}

// Days and weeks of each series.
void reconcile_in_time(CoherentForecasts& out, const Coherence& coherence, Following& following) {
  const auto horizon = static_cast<std::size_t>(out.single.horizon);
  Sums periods{horizon, {}};
  for (int block : coherence.blocks) {
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
    for (const Forecasts& longer : out.of_blocks) {
      const auto count = static_cast<std::size_t>(longer.horizon);
      of_blocks.insert(of_blocks.end(), longer.mean.begin() + static_cast<std::ptrdiff_t>(i * count),
                       longer.mean.begin() + static_cast<std::ptrdiff_t>((i + 1) * count));
      block_variances.insert(block_variances.end(), count, longer.variance[i]);
    }
    allow_for_parts(periods, variances, block_variances);
    const Reconciler::Base base{std::span(out.single.mean).subspan(i * horizon, horizon), variances, of_blocks, block_variances};
    reconciler.reconcile(periods, base, coherence.how, following.non_negative(i), found, found_blocks);
    for (std::size_t h = 0; h < horizon; ++h) following.set(i, h, found[h]);
  }
}

// Series and their sums, period by period; the parts in order of keys, so that the bits do not depend on their places.
void reconcile_in_place(CoherentForecasts& out, const Panel& panel, const Coherence& coherence, Following& following) {
  const std::size_t parts = coherence.sums.parts;
  std::vector<std::size_t> order(panel.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(std::span(order).first(parts), {}, [&](std::size_t i) { return std::string_view(panel.keys[i]); });
  Sums sums = coherence.sums;
  for (std::size_t level = 0; level < sums.levels.size(); ++level)
    for (std::size_t row = 0; row < parts; ++row) sums.levels[level].group_of[row] = coherence.sums.levels[level].group_of[order[row]];

  const auto horizon = static_cast<std::size_t>(out.single.horizon);
  Reconciler reconciler;
  std::vector<double> means(order.size()), variances(order.size()), found(order.size());
  for (std::size_t row = 0; row < order.size(); ++row) variances[row] = out.single.variance[order[row]];
  auto low = [&](auto& all) { return std::span(all).first(parts); };
  auto high = [&](auto& all) { return std::span(all).subspan(parts); };
  allow_for_parts(sums, low(variances), high(variances));
  for (std::size_t h = 0; h < horizon; ++h) {
    for (std::size_t row = 0; row < order.size(); ++row) means[row] = out.single.mean[order[row] * horizon + h];
    reconciler.reconcile(sums, {low(means), low(variances), high(means), high(variances)}, coherence.how, following.all_non_negative(),
                         low(found), high(found));
    for (std::size_t row = 0; row < order.size(); ++row) following.set(order[row], h, found[row]);
  }
}

// What made the numbers, in the column of the model.
void name_models(CoherentForecasts& out, const Coherence& coherence) {
  auto add = [&](Forecasts& forecasts, std::size_t from) {
    for (std::size_t i = from; i < forecasts.models.size(); ++i) {
      if (coherence.how == Reconciliation::kBottomUp)
        forecasts.models[i] = std::string(name(coherence.how));
      else
        forecasts.models[i] += fmt::format(" + {}", name(coherence.how));
    }
  };
  const bool all = coherence.how != Reconciliation::kBottomUp;
  add(out.single, all ? 0 : coherence.sums.parts);
  for (Forecasts& longer : out.of_blocks) add(longer, 0);
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

Result<CoherentForecasts> forecast_coherent(const Panel& panel, std::span<const int> seasons, const Options& options,
                                            const Coherence& coherence, const CancelToken* cancel, const Progress& progress) {
  SINAN_CHECK(check(panel, options, coherence));
  CoherentForecasts out;
  SINAN_TRY(out.single, base_of(panel, seasons, options, coherence.sums.parts, cancel, progress));
  for (int block : coherence.blocks) {
    SINAN_TRY(Forecasts longer, base_of_blocks(panel, seasons, options, block, cancel));
    out.of_blocks.push_back(std::move(longer));
  }
  Following single(panel, out.single);
  if (!coherence.blocks.empty()) reconcile_in_time(out, coherence, single);
  if (!coherence.sums.levels.empty()) reconcile_in_place(out, panel, coherence, single);
  for (std::size_t i = 0; i < panel.size(); ++i) single.add_up(i);
  if (!coherence.blocks.empty() || !coherence.sums.levels.empty()) name_models(out, coherence);
  const auto horizon = static_cast<std::size_t>(options.horizon);
  for (std::size_t level = 0; level < coherence.blocks.size(); ++level) {
    Following longer(panel, out.of_blocks[level]);
    const auto block = static_cast<std::size_t>(coherence.blocks[level]);
    for (std::size_t i = 0; i < panel.size(); ++i) {
      for (std::size_t b = 0; b < horizon / block; ++b) {
        double sum = 0;
        for (std::size_t h = b * block; h < (b + 1) * block; ++h) sum += out.single.mean[i * horizon + h];
        longer.set(i, b, sum);
      }
      longer.add_up(i);
    }
  }
  return out;
}

}  // namespace sinan::forecasting
