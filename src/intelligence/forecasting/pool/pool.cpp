#include "intelligence/forecasting/pool/pool.hpp"

#include <algorithm>
#include <cmath>

#include "intelligence/forecasting/kernels/medians.hpp"
#include "intelligence/forecasting/past_errors.hpp"

namespace sinan::forecasting {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
constexpr float kLargestLog = 5;  // e⁵ mean sizes: a forecast beyond has run away

// The season above one: the week above a day of 24 and more periods, the year (of whole weeks) above a week of days. 0: none that the
// history is long enough for.
std::size_t longer_season(std::size_t season, std::size_t length) {
  std::size_t longer = season == 7 ? 364 : is_day(season) ? 7 * season : 0;
  return length >= 2 * longer ? longer : 0;
}

// The mean of the last season, or of four values: errors grow with the root of it.
float level_at(std::span<const float> y, std::size_t length, std::size_t season) {
  std::size_t count = std::min(length, std::max<std::size_t>(season, 4));
  float sum = 0;
  for (std::size_t t = length - count; t < length; ++t) sum += y[t];
  return std::clamp(sum / static_cast<float>(count), 0.1F, 10.0F);
}

}  // namespace

Pool::Pool(std::span<const ModelInfo* const> named, std::size_t horizon, std::size_t origins)
    : named_(!named.empty()), horizon_(horizon), row_(std::max(horizon, kStepsCompared)), max_origins_(origins) {
  for (const ModelInfo& model : models())
    if (!model.intermittent && (named_ ? std::ranges::find(named, &model) != named.end() : model.routes != kOnlyNamed))
      models_.push_back(&model);
  parameters_.resize(models_.size());
  learnt_.resize(models_.size());
  weights_.resize(models_.size());
  for (const ModelInfo* model : models_) places_.push_back(learned_place(model->name));
  forecasts_.resize(models_.size() * row_);
}

// The oldest leaves half of the series; they are spread evenly over at most three horizons. Each is where a value is known: a line over a
// gap would tell of what came after.
void Pool::choose_origins(const Cleaned& series) {
  const std::size_t length = series.y.size() - series.unknown_end();
  std::size_t least = std::max({length / 2, periods_.season > 1 ? least_length(periods_.season) : 0, std::size_t{5}});
  const std::size_t reach = length > least ? std::min(length - least, kReach * horizon_) : 0;
  for (std::size_t j = 0; j < std::min(reach, max_origins_); ++j) {
    std::size_t origin = length - after_origin(reach, max_origins_, j);
    while (origin > least && series.is_guess(origin - 1)) --origin;
    origins_.push_back(origin);
  }
}

bool Pool::fits(const ModelInfo& model, bool positive, std::size_t length) const {
  if (model.input == Input::kLogAdjusted && !positive) return false;
  if (length < static_cast<std::size_t>(model.minimum_length)) return false;
  if (model.input == Input::kOriginal && (periods_.season < 2 || length < 2 * periods_.season)) return false;
  return named_ || (model.routes & route_of(periods_.season, periods_.longer));
}

void Pool::adjust(std::span<const float> y, SeasonKind kind, std::vector<float>& indices, std::vector<float>& adjusted) const {
  adjusted.resize(y.size());
  indices.assign(periods_.length(), 0);
  if (kind != SeasonKind::kNone) season_indices(y, periods_, kind, indices);
  remove_season(y, indices, kind, adjusted);
}

void Pool::run_models(const Cleaned& series, std::size_t length, bool learn, std::size_t steps) {
  std::span<const float> y = std::span(series.y).first(length);
  periods_.longer = longer_season(periods_.season, length);
  const bool seasonal = periods_.season > 1;
  const SeasonKind kind = !seasonal ? SeasonKind::kNone : series.non_negative ? SeasonKind::kMultiplicative : SeasonKind::kAdditive;
  const SeasonKind log_kind = seasonal ? SeasonKind::kAdditive : SeasonKind::kNone;
  adjust(y, kind, indices_, adjusted_);
  auto reads_logs = [&](const ModelInfo* model) { return model->input == Input::kLogAdjusted && fits(*model, series.positive, length); };
  if (std::ranges::any_of(models_, reads_logs)) {
    for (std::size_t t = logs_.size(); t < length; ++t) logs_.push_back(std::log(y[t]));
    adjust(std::span(logs_).first(length), log_kind, log_indices_, log_adjusted_);
  }
  for (std::size_t i = 0; i < models_.size(); ++i) {
    const ModelInfo& model = *models_[i];
    std::span<float> out = std::span(forecasts_).subspan(i * row_, std::max(steps, kStepsCompared));
    History history{y,        static_cast<int>(periods_.season),  static_cast<int>(periods_.longer), series.positive,
                    indices_, kind == SeasonKind::kMultiplicative};
    if (model.input == Input::kAdjusted) history.y = adjusted_;
    if (model.input == Input::kLogAdjusted) history.y = log_adjusted_;
    if (learn) learnt_[i] = fits(model, series.positive, length) && (!model.fit || model.fit(history, scratch_, parameters_[i]));
    if (!learnt_[i]) {
      std::ranges::fill(out, kNone);
      continue;
    }
    model.predict(history, parameters_[i], scratch_, out);
    if (model.input == Input::kAdjusted) restore_season(out, length, indices_, kind);
    if (model.input == Input::kLogAdjusted) {
      restore_season(out, length, log_indices_, log_kind);
      for (float& value : out) value = std::exp(std::min(value, kLargestLog));
    }
  }
}

bool Pool::weigh(std::size_t length) {
  std::ranges::fill(weights_, 0.0F);
  if (named_ || length < kLeastTold || !has_weights(periods_.season)) return false;
  weighed_.clear();
  for (std::size_t i = 0; i < models_.size(); ++i)
    if (learnt_[i]) weighed_.push_back(i);
  if (weighed_.size() < kLeastModels) return false;
  const auto count = static_cast<float>(weighed_.size());
  float deviation = 0;
  for (std::size_t k = 0; k < kStepsCompared; ++k) {
    float sum = 0, squares = 0;
    for (std::size_t i : weighed_) {
      const float value = forecasts_[i * row_ + k] - forecasts_[weighed_[0] * row_ + k];
      sum += value;
      squares += value * value;
    }
    deviation += std::sqrt(std::max(0.0F, squares / count - sum / count * sum / count));
  }
  traits_ = traits_of(std::span(adjusted_).first(length), periods_.season);
  add_disagreement(traits_, deviation / static_cast<float>(kStepsCompared));
  std::erase_if(weighed_, [&](std::size_t i) { return places_[i] < 0; });
  if (weighed_.empty()) return false;
  for (std::size_t i : weighed_) weights_[i] = log_weight(places_[i], traits_);
  float most = weights_[weighed_[0]];
  for (std::size_t i : weighed_) most = std::max(most, weights_[i]);
  float sum = 0;
  for (std::size_t i : weighed_) sum += weights_[i] = std::exp(weights_[i] - most);
  for (std::size_t i : weighed_) weights_[i] *= kWeighted / sum;
  return true;
}

void Pool::combine(float last, std::size_t length, std::size_t steps, std::span<float> out) {
  out = out.first(steps);
  weighted_ = weigh(length);
  rows_.clear();
  bool finite = true;
  for (std::size_t i = 0; i < models_.size(); ++i) {
    if (!learnt_[i]) continue;
    const std::span<const float> row = std::span(forecasts_).subspan(i * row_, steps);
    finite = finite && std::ranges::all_of(row, [](float v) { return std::isfinite(v); });
    rows_.push_back(row.data());
  }
  if (finite && !rows_.empty()) {
    medians(rows_, out);
  } else {
    for (std::size_t k = 0; k < steps; ++k) {
      values_.clear();
      for (const float* row : rows_) values_.push_back(row[k]);
      const float median = median_of_known(values_);
      out[k] = std::isfinite(median) ? median : last;
    }
  }
  if (!weighted_) return;
  for (std::size_t k = 0; k < steps; ++k) {
    float mean = 0;
    for (std::size_t i : weighed_)
      if (const float value = forecasts_[i * row_ + k]; std::isfinite(value)) mean += weights_[i] * value;
    out[k] = (1 - kWeighted) * out[k] + mean;
  }
}

void Pool::forecast(const Cleaned& series, std::size_t season, PoolForecast& out, const KnownErrors& known) {
  std::size_t length = series.y.size();
  periods_ = {};
  if (long_enough(length, season)) periods_.season = season;
  out.season = periods_.season;
  out.point.assign(horizon_, 0);
  out.errors.assign(max_origins_ * horizon_, kNone);
  out.after.assign(max_origins_, 0);
  out.growth.assign(max_origins_, 1);
  out.reach = 0;
  out.only = nullptr;
  out.weighted = weighted_ = false;
  std::ranges::fill(weights_, 0.0F);

  asked_ = std::ranges::any_of(series.y, [&](float v) { return v != series.y.front(); });
  if (!asked_) {
    std::ranges::fill(out.point, series.y.front());
    std::ranges::fill(out.errors, 0.0F);
    return;
  }
  logs_.clear();
  out.level = series.non_negative ? level_at(series.y, length, season) : 1;
  origins_.clear();
  if (known.errors.empty()) choose_origins(series);
  out.reach = origins_.empty() ? known.reach : static_cast<std::uint32_t>(length - origins_.front());
  for (std::size_t e = 0; e < known.errors.size(); ++e) out.errors[e] = known.errors[e] * std::sqrt(out.level / known.level);
  for (std::size_t j = 0; j < origins_.size(); ++j) {
    std::size_t steps = std::min(horizon_, length - origins_[j]);
    run_models(series, origins_[j], j == 0, steps);
    std::span<float> errors = std::span(out.errors).subspan(j * horizon_, steps);
    combine(series.y[origins_[j] - 1], origins_[j], steps, errors);
    const float growth = series.non_negative ? std::sqrt(out.level / level_at(series.y, origins_[j], season)) : 1;
    out.after[j] = static_cast<std::uint32_t>(length - origins_[j]);
    out.growth[j] = growth;
    for (std::size_t k = 0; k < steps; ++k)
      errors[k] = series.is_guess(origins_[j] + k) ? kNone : growth * (series.y[origins_[j] + k] - errors[k]);
  }
  run_models(series, length, true, horizon_);
  combine(series.y.back(), length, horizon_, out.point);
  out.weighted = weighted_;
  std::size_t used = 0;
  for (std::size_t i = 0; i < models_.size(); ++i)
    if (std::isfinite(forecasts_[i * row_])) ++used, out.only = models_[i];
  if (used != 1) out.only = nullptr;
}

}  // namespace sinan::forecasting
