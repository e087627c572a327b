#include "intelligence/forecasting/windows.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "intelligence/forecasting/season.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kMaxWindows = 256;
constexpr double kHalfLife = 0.5;      // of the history's length
constexpr double kLeastHalfLife = 18;  // periods
constexpr double kTailPoints = 3;      // windows that must lie above a quantile for them to tell it

// Demand per phase against the mean, drawn towards 1 by one demand's worth.
void phase_indices(std::span<const float> y, std::span<float> indices) {
  std::size_t m = indices.size();
  double total = 0;
  double squares = 0;
  std::ranges::fill(indices, 0.0F);
  for (std::size_t t = 0; t < y.size(); ++t) {
    indices[t % m] += y[t];
    total += y[t];
    squares += static_cast<double>(y[t]) * y[t];
  }
  double per_phase = total / static_cast<double>(m);
  double prior = 2 * squares / total;
  for (float& index : indices) index = static_cast<float>((index + prior) / (per_phase + prior));
}

}  // namespace

Intermittent::Intermittent(std::span<const ModelInfo* const> members, std::size_t horizon, std::span<const double> quantiles, bool totals)
    : horizon_(horizon), quantiles_(quantiles.begin(), quantiles.end()), totals_(totals) {
  for (const ModelInfo& model : models()) {
    bool chosen = std::ranges::find(members, &model) != members.end();
    if (members.empty() ? model.intermittent && model.routes != kOnlyNamed : chosen && model.input == Input::kAdjusted)
      members_.push_back(&model);
  }
}

double Intermittent::collect(std::span<const float> y, std::size_t length) {
  windows_.clear();
  weight_ = 0;
  squares_ = 0;
  std::size_t count = y.size() >= length ? y.size() - length + 1 : 0;
  double half_life = std::max(kHalfLife * static_cast<double>(y.size()), kLeastHalfLife);
  std::size_t stride = std::max<std::size_t>(1, (count + kMaxWindows - 1) / kMaxWindows);
  double fade = std::pow(0.5, static_cast<double>(stride) / half_life);
  double weight = 1;
  double sum = 0;
  double mean = 0;
  for (std::size_t i = count; i-- > 0;) {
    if (i + 1 == count) {
      for (std::size_t t = 0; t < length; ++t) sum += y[i + t];
    } else {
      sum += static_cast<double>(y[i]) - y[i + length];
    }
    if ((count - 1 - i) % stride != 0) continue;
    float clean_sum = static_cast<float>(sum < 1e-6 ? 0 : sum);
    windows_.push_back({clean_sum, static_cast<float>(weight)});
    mean += weight * clean_sum;
    weight_ += weight;
    squares_ += weight * weight;
    weight *= fade;
  }
  std::ranges::sort(windows_, [](const Window& a, const Window& b) { return a.sum != b.sum ? a.sum < b.sum : a.weight < b.weight; });
  return weight_ > 0 ? mean / weight_ : 0;
}

void Intermittent::quantiles_of(std::span<const double> quantiles, double factor, std::span<float> out) const {
  double effective = weight_ * weight_ / squares_;
  double trusted = std::max(0.5, 1 - kTailPoints / effective);
  std::size_t next = 0;
  double passed = 0;
  double floor = 0;  // the quantile at `trusted`
  bool in_tail = false;
  double excess = 0;  // mean distance above it
  auto advance = [&](double p) {
    while (next + 1 < windows_.size() && passed + windows_[next].weight < p * weight_) passed += windows_[next++].weight;
    return static_cast<double>(windows_[next].sum);
  };
  float previous = 0;
  for (std::size_t q = 0; q < quantiles.size(); ++q) {
    double value = 0;
    if (quantiles[q] <= trusted) {
      value = advance(quantiles[q]);
    } else {
      if (!in_tail) {
        floor = advance(trusted);
        double above = 0;
        for (const Window& window : windows_) above += window.weight * std::max(0.0, window.sum - floor);
        excess = above / weight_ / (1 - trusted);
        in_tail = true;
      }
      value = floor + excess * std::log((1 - trusted) / (1 - quantiles[q]));
    }
    previous = out[q] = std::max(previous, static_cast<float>(value * factor));
  }
}

void Intermittent::forecast(const Cleaned& series, std::size_t season, IntermittentForecast& out) {
  std::span<const float> y = series.y;
  if (season > 1 && !has_season(y, static_cast<int>(season))) season = 1;
  indices_.assign(season, 1);
  if (season > 1) phase_indices(y, indices_);
  adjusted_.resize(y.size());
  remove_season(y, indices_, SeasonKind::kMultiplicative, adjusted_);

  double rate = 0;
  std::size_t used = 0;
  for (const ModelInfo* model : members_) {
    if (y.size() < static_cast<std::size_t>(model->minimum_length)) continue;
    float value = 0;
    const History history{adjusted_};
    if (model->fit) model->fit(history, scratch_, parameters_);
    model->predict(history, parameters_, scratch_, std::span(&value, 1));
    rate += std::max(value, 0.0F);
    out.only = model;
    ++used;
  }
  if (used > 1) out.only = nullptr;
  double single = collect(adjusted_, 1);
  rate = used ? rate / static_cast<double>(used) : single;
  // Half of the way, in ratio: the windows are as much evidence as the smoothed rate.
  double move = single > 0 ? std::clamp(std::sqrt(rate / single), 0.5, 2.0) : 1;

  std::size_t count = quantiles_.size();
  out.mean.resize(horizon_);
  out.median.resize(horizon_);
  out.at_quantile.resize(horizon_ * count);
  for (std::size_t k = 0; k < horizon_; ++k) {
    double index = indices_[(y.size() + k) % season];
    out.mean[k] = static_cast<float>(single * move * index);
    quantiles_of(std::array{0.5}, move * index, std::span(out.median).subspan(k, 1));
    quantiles_of(quantiles_, move * index, std::span(out.at_quantile).subspan(k * count, count));
  }
  if (!totals_) return;
  out.total_at_quantile.resize(horizon_ * count);
  double index_sum = 0;
  std::size_t longest = std::max<std::size_t>(1, y.size() / 2);
  for (std::size_t k = 0; k < horizon_; ++k) {
    index_sum += indices_[(y.size() + k) % season];
    // A window may not be longer than half of the history; beyond, the mean grows with the length and the spread with its root.
    std::size_t length = std::min(k + 1, longest);
    if (k + 1 <= longest) collect(adjusted_, length);
    double mean_index = index_sum / static_cast<double>(k + 1);
    std::span<float> to = std::span(out.total_at_quantile).subspan(k * count, count);
    quantiles_of(quantiles_, move * mean_index, to);
    if (k + 1 > longest) {
      double ratio = static_cast<double>(k + 1) / static_cast<double>(longest);
      double mean = single * move * mean_index;
      for (float& value : to) {
        double from_mean = value - mean * static_cast<double>(longest);
        value = static_cast<float>(std::max(0.0, mean * static_cast<double>(k + 1) + from_mean * std::sqrt(ratio)));
      }
    }
  }
}

}  // namespace sinan::forecasting
