#include "intelligence/forecasting/pool.hpp"

#include <algorithm>
#include <cmath>

#include "intelligence/forecasting/season.hpp"

namespace sinan::forecasting {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

}  // namespace

Pool::Pool(std::span<const ModelInfo* const> members, std::size_t horizon, std::size_t origins) : horizon_(horizon), max_origins_(origins) {
  for (const ModelInfo& model : models())
    if (!model.intermittent && (members.empty() || std::ranges::find(members, &model) != members.end())) members_.push_back(&model);
  forecasts_.resize(members_.size() * horizon);
  rolled_.resize(max_origins_ * members_.size() * horizon);
  weights_.resize(members_.size());
}

// The oldest leaves half of the series, and enough for a season; they are spread evenly over at most two horizons.
void Pool::choose_origins(std::size_t length, std::size_t season) {
  origins_.clear();
  std::size_t least = std::max({length / 2, season > 1 ? 3 * season : 0, std::size_t{5}});
  if (length <= least) return;
  std::size_t reach = std::min(length - least, 2 * horizon_);
  std::size_t count = std::min(reach, max_origins_);
  for (std::size_t j = 0; j < count; ++j) origins_.push_back(length - reach * (count - j) / count);
}

bool Pool::fits(const ModelInfo& model, std::size_t length, std::size_t season) const {
  if (length < static_cast<std::size_t>(model.minimum_length)) return false;
  return !model.seasonal || (season > 1 && length >= 2 * season);
}

void Pool::run_members(const Cleaned& series, std::size_t length, std::size_t season, std::size_t steps) {
  std::span<const float> y = std::span(series.y).first(length);
  const SeasonKind kind = season < 2 ? SeasonKind::kNone : series.positive ? SeasonKind::kMultiplicative : SeasonKind::kAdditive;
  adjusted_.resize(length);
  indices_.assign(season, 0);
  if (kind != SeasonKind::kNone) season_indices(y, static_cast<int>(season), kind, indices_);
  remove_season(y, indices_, kind, adjusted_);
  for (std::size_t i = 0; i < members_.size(); ++i) {
    std::span<float> out = std::span(forecasts_).subspan(i * horizon_, steps);
    if (!fits(*members_[i], length, season)) {
      std::ranges::fill(out, kNone);
      continue;
    }
    History history{members_[i]->seasonal ? y : std::span<const float>(adjusted_), static_cast<int>(season), series.positive};
    members_[i]->forecast(history, scratch_, out);
    if (!members_[i]->seasonal) restore_season(out, length, indices_, kind);
  }
}

void Pool::weigh(const Cleaned& series, std::size_t season) {
  std::vector<double> errors(members_.size(), 0);
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < members_.size(); ++i) {
    for (std::size_t j = 0; j < origins_.size(); ++j) {
      std::size_t steps = std::min(horizon_, series.y.size() - origins_[j]);
      const float* forecast = &rolled_[(j * members_.size() + i) * horizon_];
      double sum = 0;
      for (std::size_t k = 0; k < steps; ++k) sum += std::abs(series.y[origins_[j] + k] - forecast[k]);
      errors[i] += sum / static_cast<double>(steps);
    }
    if (!(errors[i] >= 0)) errors[i] = std::numeric_limits<double>::infinity();
    if (fits(*members_[i], series.y.size(), season)) least = std::min(least, errors[i]);
  }
  for (std::size_t i = 0; i < members_.size(); ++i) {
    bool fit = fits(*members_[i], series.y.size(), season);
    double relative = origins_.empty() ? 1 : (least + 1e-9) / (errors[i] + 1e-9);
    weights_[i] = fit ? static_cast<float>(relative * relative) : 0;
    if (weights_[i] < 0.05F) weights_[i] = 0;
  }
}

void Pool::combine(std::size_t steps, std::span<float> out) const {
  for (std::size_t k = 0; k < steps; ++k) {
    double sum = 0;
    double weight = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      float value = forecasts_[i * horizon_ + k];
      if (weights_[i] == 0 || !std::isfinite(value)) continue;
      sum += static_cast<double>(weights_[i]) * value;
      weight += weights_[i];
    }
    out[k] = weight > 0 ? static_cast<float>(sum / weight) : 0;
  }
}

void Pool::forecast(const Cleaned& series, std::size_t season, PoolForecast& out) {
  std::size_t length = series.y.size();
  if (season > 1 && !has_season(series.y, static_cast<int>(season))) season = 1;
  out.season = season;
  out.point.assign(horizon_, 0);
  out.errors.assign(max_origins_ * horizon_, kNone);
  out.only = nullptr;

  choose_origins(length, season);
  for (std::size_t j = 0; j < origins_.size(); ++j) {
    run_members(series, origins_[j], season, std::min(horizon_, length - origins_[j]));
    std::ranges::copy(forecasts_, rolled_.begin() + static_cast<std::ptrdiff_t>(j * forecasts_.size()));
  }
  weigh(series, season);
  for (std::size_t j = 0; j < origins_.size(); ++j) {
    std::size_t steps = std::min(horizon_, length - origins_[j]);
    std::copy_n(rolled_.begin() + static_cast<std::ptrdiff_t>(j * forecasts_.size()), forecasts_.size(), forecasts_.begin());
    std::span<float> errors = std::span(out.errors).subspan(j * horizon_, steps);
    combine(steps, errors);
    for (std::size_t k = 0; k < steps; ++k) errors[k] = series.y[origins_[j] + k] - errors[k];
  }
  run_members(series, length, season, horizon_);
  combine(horizon_, out.point);
  std::size_t used = static_cast<std::size_t>(std::ranges::count_if(weights_, [](float w) { return w > 0; }));
  if (used == 1)
    out.only = members_[static_cast<std::size_t>(std::ranges::find_if(weights_, [](float w) { return w > 0; }) - weights_.begin())];
}

}  // namespace sinan::forecasting
