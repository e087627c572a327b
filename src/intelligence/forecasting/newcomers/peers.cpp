#include "intelligence/forecasting/newcomers/peers.hpp"

#include <algorithm>
#include <cmath>

#include "intelligence/forecasting/clean.hpp"
#include "intelligence/forecasting/kernels/season.hpp"
#include "intelligence/forecasting/sparse/intermittent.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kRecent = 26;   // periods whose mean is the level
constexpr float kLeastIndex = 0.05F;  // of a season

View from_first_demand(View view) {
  std::size_t first = 0;
  while (first < view.values.size() && !(view.values[first] > 0)) ++first;
  if (std::ranges::any_of(view.values, [](double v) { return v < 0; })) first = view.values.size();
  view.values = view.values.subspan(first);
  if (!view.lost.empty()) view.lost = view.lost.subspan(first);
  return view;
}

// The logarithm of the mean of the newest values.
std::optional<float> level_of(std::span<const double> values, std::size_t recent) {
  double sum = 0;
  std::size_t count = 0;
  for (double v : values.last(std::min(values.size(), recent)))
    if (std::isfinite(v)) sum += v, ++count;
  if (!(sum > 0)) return std::nullopt;
  return static_cast<float>(std::log(sum / static_cast<double>(count)));
}

double dispersion_of(std::span<const float> y) {
  double size = 0;
  double demands = 0;
  for (float v : y)
    if (v != 0) size += v, demands += 1;
  const Counting counting = counting_of(y, {});
  return counting.unit * counting.dispersion * demands / size;
}

std::optional<std::size_t> row_of(const std::map<std::size_t, std::size_t>& rows, std::optional<std::size_t> series) {
  auto found = series ? rows.find(*series) : rows.end();
  return found == rows.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

View view_of(const Panel& panel, std::size_t i, std::int64_t latest, std::size_t cut) {
  std::span<const double> values = panel.series(i);
  std::span<const std::uint8_t> lost = panel.lost_of(i);
  const auto behind = static_cast<std::size_t>(latest - panel.end_of(i));
  const std::size_t away = std::min(values.size(), cut > behind ? cut - behind : 0);
  View out{values.first(values.size() - away), values.last(away), {}, {}, panel.end_of(i) - static_cast<std::int64_t>(away)};
  if (!lost.empty()) out.lost = lost.first(values.size() - away), out.lost_after = lost.last(away);
  return from_first_demand(out);
}

View newest(const View& view, std::size_t age) {
  View out = view;
  const std::size_t from = out.values.size() - std::min(age, out.values.size());
  out.values = out.values.subspan(from);
  if (!out.lost.empty()) out.lost = out.lost.subspan(from);
  return from_first_demand(out);
}

std::vector<const Driver*> attributes_of(const Drivers* drivers) {
  std::vector<const Driver*> out;
  for (std::size_t c = 0; drivers && c < drivers->columns.size(); ++c)
    if (drivers->columns[c].fixed && drivers->columns[c].category) out.push_back(&drivers->columns[c]);
  return out;
}

std::vector<int> codes_of(std::span<const Driver* const> attributes, std::size_t i) {
  std::vector<int> out;
  for (const Driver* driver : attributes) out.push_back(std::isfinite(driver->values[i]) ? static_cast<int>(driver->values[i]) : -1);
  return out;
}

Peers::Peers(const Panel& panel, std::span<const Driver* const> attributes, std::span<const std::size_t> members, std::size_t season,
             std::int64_t latest, std::size_t cut, std::size_t age)
    : period_(season), level_(1, attributes.size()), season_(season, attributes.size()) {
  Cleaned cleaned;
  std::vector<double> dispersions;
  std::vector<float> indices(season), logs(season);
  for (std::size_t i : members) {
    const View view = view_of(panel, i, latest, cut);
    if (view.values.size() < age) continue;
    const auto level = level_of(view.values, std::max(kRecent, season));
    if (!level) continue;
    const std::vector<int> codes = codes_of(attributes, i);
    level_rows_.emplace(i, level_.rows());
    level_.add(codes, std::span(&*level, 1));
    clean(view.values, view.lost, static_cast<int>(season), cleaned);
    dispersions.push_back(dispersion_of(cleaned.y));
    const bool regular = cleaned.demand_class == DemandClass::kSmooth || cleaned.demand_class == DemandClass::kErratic;
    if (!regular || !long_enough(cleaned.y.size(), season)) continue;
    season_indices(cleaned.y, {.season = season}, SeasonKind::kMultiplicative, indices);
    const std::int64_t first = view.end - static_cast<std::int64_t>(cleaned.y.size()) + 1;
    for (std::size_t p = 0; p < season; ++p)
      logs[phase_of(first + static_cast<std::int64_t>(p), season)] = std::log(std::max(indices[p], kLeastIndex));
    season_rows_.emplace(i, season_.rows());
    season_.add(codes, logs);
  }
  level_.finish();
  season_.finish();
  if (dispersions.empty()) return;
  std::ranges::sort(dispersions);
  dispersion_ = dispersions[dispersions.size() / 2];
}

Expected Peers::expect(std::span<const int> codes, std::optional<std::size_t> without) const {
  Expected out;
  level_.expect(codes, row_of(level_rows_, without), std::span(&out.level, 1));
  if (period_ < 2 || !know_season()) return out;
  out.season.resize(period_);
  season_.expect(codes, row_of(season_rows_, without), out.season);
  return out;
}

std::size_t Peers::alike(std::size_t attribute, int code, bool of_season) const {
  return std::max(level_.behind(attribute, code), of_season ? season_.behind(attribute, code) : 0);
}

}  // namespace sinan::forecasting
