#include "intelligence/forecasting/evaluation/evaluation.hpp"

#include <algorithm>
#include <cmath>

#include "base/series.hpp"

namespace sinan::forecasting {
namespace {

// From the first known value to the last a line through each gap; beyond them the nearest.
void fill_gaps(std::span<const double> values, std::vector<double>& out) {
  out.assign(values.begin(), values.end());
  std::size_t known = out.size();  // the last one seen
  for (std::size_t t = 0; t < out.size(); ++t) {
    if (!std::isfinite(out[t])) continue;
    const bool first = known == out.size();
    const std::size_t from = first ? 0 : known + 1;
    const double before = first ? out[t] : out[known];
    const double span = first ? 1 : static_cast<double>(t - known);
    for (std::size_t i = from; i < t; ++i) out[i] = before + (out[t] - before) * (first ? 0 : static_cast<double>(i - known) / span);
    known = t;
  }
  if (known < out.size()) std::fill(out.begin() + static_cast<std::ptrdiff_t>(known), out.end(), out[known]);
}

bool passes_m4_test(std::span<const double> x, std::size_t m) {
  if (m <= 1 || x.size() < 3 * m) return false;
  const double n = static_cast<double>(x.size());
  double mean = 0;
  for (double v : x) mean += v / n;
  double variance = 0;
  for (double v : x) variance += (v - mean) * (v - mean);
  if (variance == 0) return false;
  double squares = 0;
  for (std::size_t lag = 1;; ++lag) {
    double r = 0;
    for (std::size_t t = lag; t < x.size(); ++t) r += (x[t] - mean) * (x[t - lag] - mean);
    r /= variance;
    if (lag == m) return std::abs(r) > 1.645 * std::sqrt((1 + 2 * squares) / n);
    squares += r * r;
  }
}

// Means by phase of the ratios to a centred moving average over one season; 1 where there is none that is finite.
std::vector<double> classical_indices(std::span<const double> x, std::size_t m) {
  std::vector<double> sums(m, 0);
  std::vector<std::size_t> counts(m, 0);
  const std::size_t half = m / 2;
  for (std::size_t t = half; t + half < x.size(); ++t) {
    double sum = 0;
    for (std::size_t i = t - half; i <= t + half; ++i) sum += x[i];
    if (m % 2 == 0) sum -= (x[t - half] + x[t + half]) / 2;
    const double ratio = x[t] / (sum / static_cast<double>(m));
    if (std::isnan(ratio)) continue;
    sums[t % m] += ratio;
    ++counts[t % m];
  }
  double total = 0;
  for (std::size_t p = 0; p < m; ++p) {
    sums[p] /= static_cast<double>(counts[p]);
    if (!std::isfinite(sums[p])) sums[p] = 1;
    total += sums[p];
  }
  for (double& index : sums) index *= static_cast<double>(m) / total;
  return sums;
}

// Means over the differences at a lag; NaN without any.
double mean_difference(std::span<const double> x, std::size_t lag, bool squared) {
  if (x.size() <= lag) return kMissing;
  double sum = 0;
  for (std::size_t t = lag; t < x.size(); ++t) {
    const double d = x[t] - x[t - lag];
    sum += squared ? d * d : std::abs(d);
  }
  return sum / static_cast<double>(x.size() - lag);
}

// The errors of one window's point forecasts.
struct Errors {
  double smape = 0, absolute = 0, squared = 0;  // means
  double distance = 0, excess = 0, size = 0;    // sums
  std::size_t count = 0;
};

Errors errors_of(std::span<const double> actual, std::span<const double> forecast) {
  Errors out;
  for (std::size_t k = 0; k < actual.size(); ++k) {
    const double y = actual[k];
    if (!std::isfinite(y)) continue;
    const double error = forecast[k] - y;
    const double both = std::abs(y) + std::abs(forecast[k]);
    if (both > 0) out.smape += 200 * std::abs(error) / both;
    out.distance += std::abs(error);
    out.squared += error * error;
    out.excess += error;
    out.size += std::abs(y);
    ++out.count;
  }
  const double n = static_cast<double>(out.count);
  out.smape /= n;
  out.absolute = out.distance / n;
  out.squared /= n;
  return out;
}

}  // namespace

std::vector<std::pair<std::size_t, std::size_t>> symmetric_pairs(const std::vector<double>& levels) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  for (std::size_t i = 0; i < levels.size(); ++i)
    for (std::size_t j = levels.size(); j-- > i + 1;)
      if (std::abs(levels[i] + levels[j] - 1) < 1e-9) out.emplace_back(i, j);
  return out;
}

void naive2(std::span<const double> history, std::size_t season, std::span<double> out) {
  std::ranges::fill(out, history.back());
  if (!passes_m4_test(history, season)) return;
  const std::vector<double> indices = classical_indices(history, season);
  const std::size_t last = history.size() - 1;
  if (indices[last % season] == 0) return;
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = history.back() / indices[last % season] * indices[(last + 1 + k) % season];
}

Evaluation::Evaluation(std::vector<double> quantiles)
    : quantiles_(std::move(quantiles)), pairs_(symmetric_pairs(quantiles_)), inside_(pairs_.size()) {}

double Evaluation::Mean::value() const { return count ? sum / static_cast<double>(count) : kMissing; }

void Evaluation::add(const Window& window) {
  const Errors errors = errors_of(window.actual, window.median);
  if (errors.count == 0) return;
  ++windows_;
  points_ += errors.count;
  size_ += errors.size;
  distance_ += errors.distance;
  excess_ += errors.excess;
  fill_gaps(window.history, history_);
  naive_.resize(window.actual.size());
  naive2(history_, window.season, naive_);
  const Errors naive = errors_of(window.actual, naive_);
  smape_.add(errors.smape);
  naive_smape_.add(naive.smape);

  const double scale = mean_difference(history_, history_.size() > window.season ? std::max<std::size_t>(window.season, 1) : 1, false);
  if (scale > 0) {
    mase_.add(errors.absolute / scale);
    naive_mase_.add(naive.absolute / scale);
  }
  const auto begun = std::ranges::find_if(history_, [](double v) { return v != 0; });
  const double square = mean_difference({begun, history_.end()}, 1, true);
  if (square > 0) rmsse_.add(std::sqrt(errors.squared / square));
  if (!(scale > 0) || !(square > 0)) ++unscaled_;
  add_intervals(window, scale);
}

void Evaluation::add_intervals(const Window& window, double scale) {
  const std::size_t levels = quantiles_.size();
  double score = 0;
  std::size_t count = 0;
  for (std::size_t k = 0; k < window.actual.size(); ++k) {
    const double y = window.actual[k];
    if (!std::isfinite(y)) continue;
    ++count;
    std::span<const double> at = window.quantiles.subspan(k * levels, levels);
    for (std::size_t q = 0; q < levels; ++q) pinball_.add(std::max(quantiles_[q] * (y - at[q]), (quantiles_[q] - 1) * (y - at[q])));
    for (std::size_t p = 0; p < pairs_.size(); ++p) {
      const double low = at[pairs_[p].first];
      const double high = at[pairs_[p].second];
      inside_[p].add(y >= low && y <= high ? 1 : 0);
      if (p == 0) score += (high - low) + 2 / (2 * quantiles_[pairs_[0].first]) * (std::max(low - y, 0.0) + std::max(y - high, 0.0));
    }
  }
  if (!pairs_.empty() && scale > 0) msis_.add(score / static_cast<double>(count) / scale);
}

Scores Evaluation::scores() const {
  Scores out{.windows = windows_, .points = points_, .unscaled = unscaled_};
  out.wape = size_ > 0 ? distance_ / size_ : kMissing;
  out.bias = size_ > 0 ? excess_ / size_ : kMissing;
  out.smape = smape_.value();
  out.mase = mase_.value();
  out.rmsse = rmsse_.value();
  const double ratio = naive_smape_.sum > 0 && naive_mase_.sum > 0
                           ? (smape_.value() / naive_smape_.value() + mase_.value() / naive_mase_.value()) / 2
                           : kMissing;
  out.owa = ratio;
  out.pinball = pinball_.value();
  out.msis = msis_.value();
  for (std::size_t p = 0; p < pairs_.size(); ++p)
    out.intervals.push_back({quantiles_[pairs_[p].second] - quantiles_[pairs_[p].first], inside_[p].value()});
  return out;
}

}  // namespace sinan::forecasting
