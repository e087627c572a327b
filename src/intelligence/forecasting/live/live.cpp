#include "intelligence/forecasting/live/live.hpp"

#include <algorithm>
#include <cmath>

#include "base/result.hpp"

namespace sinan::forecasting {
namespace {

constexpr double kLeastShare = 0.05;  // of the night's variance, that the level has at least, and single sales: each can teach something
constexpr double kLookAgain = 1.5;    // times what was forecast: beyond it the detector is asked

}  // namespace

LiveSeries::LiveSeries(const LiveNight& night) : correlation_(night.correlation), promotion_(night.promotion) {
  if (night.mean.empty() || night.mean.size() != night.deviation.size())
    broken("a live series needs a mean and a deviation of each period");
  mean_ = night.mean[0];
  deviation_ = night.deviation[0];
  for (std::size_t h = 1; h < night.mean.size(); ++h) {
    later_mean_ += night.mean[h];
    later_deviation_ += night.deviation[h];
    later_squares_ += night.deviation[h] * night.deviation[h];
  }
  const double variance = deviation_ * deviation_;
  if (!(mean_ > 0 && variance > 0)) return;
  size_ = std::clamp(night.sale_size, kLeastShare * variance / mean_, (1 - kLeastShare) * variance / mean_);
  kappa_ = mean_ * mean_ / (variance - size_ * mean_);
}

bool LiveSeries::sell(double quantity, double elapsed, const BurstDetector& before, BurstDetector& scratch) {
  net_ += quantity;
  if (quantity > 0) gross_ += quantity, squares_ += quantity * quantity;
  elapsed_ = std::max(elapsed_, std::min(elapsed, 1.0));
  return judge(before, scratch);
}

bool LiveSeries::take_over(const LiveSeries& other, const BurstDetector& before, BurstDetector& scratch) {
  net_ += other.net_;
  gross_ += other.gross_;
  squares_ += other.squares_;
  elapsed_ = std::max(elapsed_, other.elapsed_);
  return judge(before, scratch);
}

bool LiveSeries::judge(const BurstDetector& before, BurstDetector& scratch) {
  const bool known = bursting();
  confidence_ = 0;
  const double sold = std::max(net_, 0.0);
  if (!(sold > kLookAgain * mean_)) return false;
  scratch = before;
  scratch.update(sold, promotion_);
  if (!scratch.burst() || !scratch.burst()->running) return false;
  confidence_ = scratch.burst()->confidence;
  burst_size_ = scratch.burst()->size();
  return !known;
}

double LiveSeries::variance_of(double first) const {
  return first * first + (1 - correlation_) * later_squares_ + correlation_ * later_deviation_ * (later_deviation_ + 2 * first);
}

LivePosition LiveSeries::position(double elapsed) const {
  LivePosition out;
  out.sold = std::max(net_, 0.0);
  out.elapsed = std::clamp(elapsed, elapsed_, 1.0);
  const double to_come = (1 - out.elapsed) * mean_;
  const double shape = kappa_ + out.sold / size_;
  out.level = shape / (kappa_ + out.elapsed * mean_ / size_);
  out.rest = out.level * to_come;
  out.rest_variance = size_ * out.rest + out.rest * out.rest / shape;
  if (bursting()) {
    const double size = std::max(size_, squares_ / gross_);
    const double burst_shape = 1 + out.sold / size;
    const double level = burst_shape / (1 + out.elapsed * mean_ / size);
    const double rest = level * to_come;
    const double apart = rest - out.rest;
    const double variance = size * rest + rest * rest / burst_shape;
    // Of a mixture: within the two, and between them.
    out.rest_variance += confidence_ * (variance - out.rest_variance) + confidence_ * (1 - confidence_) * apart * apart;
    out.rest += confidence_ * apart;
    out.level += confidence_ * (level - out.level);
  }
  const double surprise = deviation_ > 0 ? (out.sold + out.rest - mean_) / deviation_ : 0;
  out.lead = out.rest + std::max(0.0, later_mean_ + correlation_ * surprise * later_deviation_);
  out.lead_variance = variance_of(std::sqrt(out.rest_variance));
  return out;
}

void LiveSeries::quantiles(const LivePosition& now, std::span<const double> night, std::span<double> out) const {
  const double mean = mean_ + later_mean_;
  const double before = variance_of(deviation_);
  const double stretch = before > 0 ? std::sqrt(now.lead_variance / before) : 1;
  for (std::size_t q = 0; q < night.size(); ++q) out[q] = std::max(0.0, now.lead + (night[q] - mean) * stretch);
}

}  // namespace sinan::forecasting
