#include "intelligence/forecasting/drivers/effects.hpp"

#include <algorithm>

namespace sinan::forecasting {
namespace {

constexpr int kRounds = 4;            // of backfitting
constexpr double kLeastNoise = 0.05;  // against the variance between the values of an attribute

}  // namespace

void Effects::add(std::span<const int> codes, std::span<const float> values) {
  codes_.insert(codes_.end(), codes.begin(), codes.end());
  codes_.push_back(-1);
  values_.insert(values_.end(), values.begin(), values.end());
}

double Effects::left(std::size_t row, std::size_t but, std::size_t place) const {
  double out = values_[row * width_ + place] - mean_[place];
  for (std::size_t k = 0; k < attributes_; ++k) {
    if (k == but || !found_[k].speaks) continue;
    if (auto value = found_[k].values.find(code(row, k)); value != found_[k].values.end()) out -= value->second.effect[place];
  }
  return out;
}

void Effects::finish() {
  const std::size_t n = rows();
  for (std::size_t row = 0; row < n; ++row)
    for (std::size_t d = 0; d < width_; ++d) mean_[d] += values_[row * width_ + d] / static_cast<double>(n);
  found_.resize(attributes_);
  for (int round = 0; round < kRounds; ++round)
    for (std::size_t k = 0; k < attributes_; ++k) estimate(k);
}

void Effects::estimate(std::size_t attribute) {
  Attribute& found = found_[attribute];
  for (auto& [ignored, value] : found.values) {
    std::ranges::fill(value.sum, 0.0);
    value.rows = 0;
  }
  double squares = 0;
  double known = 0;
  std::vector<double> all(width_, 0);
  for (std::size_t row = 0; row < rows(); ++row) {
    if (code(row, attribute) < 0) continue;
    Value& value = found.values[code(row, attribute)];
    value.sum.resize(width_, 0);
    value.rows += 1;
    known += 1;
    for (std::size_t d = 0; d < width_; ++d) {
      const double residual = left(row, attribute, d);
      value.sum[d] += residual;
      all[d] += residual;
      squares += residual * residual;
    }
  }
  // The analysis of variance with unequal groups.
  const auto groups = static_cast<double>(found.values.size());
  const auto width = static_cast<double>(width_);
  double between = 0;
  double rows_squared = 0;
  for (const auto& [ignored, value] : found.values) {
    const auto n = static_cast<double>(value.rows);
    rows_squared += n * n;
    for (double sum : value.sum) between += sum * sum / n;
  }
  const double within = std::max(0.0, squares - between);
  for (double sum : all) between -= sum * sum / std::max(1.0, known);
  found.speaks = false;
  if (groups >= 2 && known > groups) {
    const double noise = within / (known - groups) / width;
    const double usual = (known - rows_squared / known) / (groups - 1);
    const double signal = (between / (groups - 1) / width - noise) / usual;
    found.speaks = signal > 0;
    if (found.speaks) found.noise = std::max(noise / signal, kLeastNoise);
  }
  for (auto& [ignored, value] : found.values) {
    value.effect.assign(width_, 0);
    for (std::size_t d = 0; d < width_ && found.speaks; ++d)
      value.effect[d] = value.sum[d] / (static_cast<double>(value.rows) + found.noise);
  }
}

void Effects::expect(std::span<const int> codes, std::optional<std::size_t> without, std::span<double> out) const {
  const auto n = static_cast<double>(rows());
  for (std::size_t d = 0; d < width_; ++d) {
    out[d] = without ? (mean_[d] * n - values_[*without * width_ + d]) / (n - 1) : mean_[d];
    for (std::size_t k = 0; k < attributes_; ++k) {
      if (!found_[k].speaks) continue;
      auto value = found_[k].values.find(codes[k]);
      if (value == found_[k].values.end()) continue;
      double sum = value->second.sum[d];
      auto count = static_cast<double>(value->second.rows);
      if (without) sum -= left(*without, k, d), count -= 1;
      out[d] += sum / (count + found_[k].noise);
    }
  }
}

std::size_t Effects::behind(std::size_t attribute, int code) const {
  if (!found_[attribute].speaks) return 0;
  auto value = found_[attribute].values.find(code);
  return value == found_[attribute].values.end() ? 0 : value->second.rows;
}

}  // namespace sinan::forecasting
