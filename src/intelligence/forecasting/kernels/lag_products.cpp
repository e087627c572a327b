#include "intelligence/forecasting/kernels/lag_products.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "intelligence/forecasting/kernels/lanes.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kSums = 4;  // side by side, so that a product is not one chain

SINAN_LANES double product(const double* a, const double* b, std::size_t count) {
  std::array<double, kSums> sums{};
  std::size_t t = 0;
  for (; t + kSums <= count; t += kSums)
    for (std::size_t i = 0; i < kSums; ++i) sums[i] += a[t + i] * b[t + i];
  for (; t < count; ++t) sums[0] += a[t] * b[t];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// What both lags a period older do to products: one value enters before the rows, one leaves at their end.
SINAN_LANES void shift(const double* younger, double enters, const double* all_enter, double leaves, const double* all_leave, double* out,
                       std::size_t count) {
  for (std::size_t j = 0; j < count; ++j) out[j] = younger[j] + enters * all_enter[j] - leaves * all_leave[j];
}

}  // namespace

// Around their mean where a level is taken away anyway: so the sums stay small.
void LagProducts::read(std::span<const float> y, std::size_t from, std::size_t to, std::size_t oldest, bool around_mean) {
  const std::span<const float> seen = y.subspan(from - oldest, to - from + oldest);
  const double mean = around_mean ? std::accumulate(seen.begin(), seen.end(), 0.0) / static_cast<double>(seen.size()) : 0;
  values_.resize(to);
  for (std::size_t t = from - oldest; t < to; ++t) values_[t] = y[t] - mean;
}

void LagProducts::read_levels(std::size_t from, std::size_t to, std::size_t window) {
  levels_.resize(to - from);
  double sum = 0;
  for (std::size_t t = from - window; t < from; ++t) sum += values_[t];
  for (std::size_t t = from; t < to; ++t) {
    levels_[t - from] = sum / static_cast<double>(window);
    sum += values_[t] - values_[t - window];
  }
}

void LagProducts::multiply(std::size_t from, std::size_t to) {
  const std::size_t count = lags_.size();
  enters_.resize(count);
  leaves_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    enters_[i] = values_[from - lags_[i]];
    leaves_[i] = i > 0 ? values_[to - lags_[i]] : 0;
  }
  plain_.resize(count * count);
  sums_.resize(count);
  auto follows = [&](std::size_t i) { return i > 0 && lags_[i] == lags_[i - 1] + 1; };
  for (std::size_t i = 0; i < count; ++i) {
    const double* at_lag = &values_[from - lags_[i]];
    sums_[i] = follows(i) ? sums_[i - 1] + enters_[i] - leaves_[i] : std::accumulate(at_lag, at_lag + (to - from), 0.0);
    for (std::size_t j = i; j < count;) {
      if (!follows(i) || !follows(j)) {
        plain_[i * count + j] = product(at_lag, &values_[from - lags_[j]], to - from);
        ++j;
        continue;
      }
      std::size_t end = j + 1;
      while (end < count && follows(end)) ++end;
      shift(&plain_[(i - 1) * count + j - 1], enters_[i], &enters_[j], leaves_[i], &leaves_[j], &plain_[i * count + j], end - j);
      j = end;
    }
  }
}

void LagProducts::add(std::span<const float> y, std::size_t from, std::size_t to, std::span<const std::size_t> lags, std::size_t window,
                      double weight, Regression& out) {
  if (from >= to) return;
  lags_.assign(1, 0);
  lags_.insert(lags_.end(), lags.begin(), lags.end());
  read(y, from, to, std::max(lags_.back(), window), window > 0);
  multiply(from, to);
  levels_.clear();
  with_level_.assign(lags_.size(), 0);
  if (window > 0) {
    read_levels(from, to, window);
    for (std::size_t i = 0; i < lags_.size(); ++i) with_level_[i] = product(levels_.data(), &values_[from - lags_[i]], levels_.size());
  }
  write(to - from, weight * weight);
  out.add(to - from, products_);
}

// Σ(x − l)(z − l) = Σxz − Σxl − Σzl + Σl².
void LagProducts::write(std::size_t rows, double square) {
  const std::size_t count = lags_.size();
  const double levels = std::accumulate(levels_.begin(), levels_.end(), 0.0);
  const double level_squares = product(levels_.data(), levels_.data(), levels_.size());
  products_.resize((count + 1) * (count + 1));
  auto at = [&](std::size_t i, std::size_t j) -> double& { return products_[i * (count + 1) + j]; };
  at(1, 1) = square * static_cast<double>(rows);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = i == 0 ? 0 : i + 1;
    (row < 1 ? at(row, 1) : at(1, row)) = square * (sums_[i] - levels);
    for (std::size_t j = i; j < count; ++j)
      at(row, j == 0 ? 0 : j + 1) = square * (plain_[i * count + j] - with_level_[i] - with_level_[j] + level_squares);
  }
}

}  // namespace sinan::forecasting
