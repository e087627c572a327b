#include "intelligence/forecasting/kernels/regression.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace sinan::forecasting {

void Regression::reset(std::size_t columns) {
  columns_ = columns;
  rows_ = 0;
  squares_ = 0;
  products_.assign(columns * columns, 0);
  sums_.assign(columns, 0);
  row_.resize(columns);
  reduced_.assign(columns, 0);
}

void Regression::add(std::span<const float> row, double value) {
  ++rows_;
  squares_ += value * value;
  double* values = row_.data();
  for (std::size_t i = 0; i < columns_; ++i) values[i] = row[i];
  for (std::size_t i = 0; i < columns_; ++i) {
    const double x = values[i];
    sums_[i] += x * value;
    double* to = &products_[i * columns_];
    for (std::size_t j = 0; j <= i; ++j) to[j] += x * values[j];
  }
}

void Regression::add(std::size_t rows, std::span<const double> products) {
  rows_ += rows;
  squares_ += products[0];
  for (std::size_t i = 0; i < columns_; ++i) {
    sums_[i] += products[i + 1];
    for (std::size_t j = i; j < columns_; ++j) products_[j * columns_ + i] += products[(i + 1) * (columns_ + 1) + j + 1];
  }
}

void Regression::add(const Regression& other) {
  rows_ += other.rows_;
  squares_ += other.squares_;
  std::ranges::transform(products_, other.products_, products_.begin(), std::plus());
  std::ranges::transform(sums_, other.sums_, sums_.begin(), std::plus());
}

void Regression::solve(double ridge) {
  auto at = [&](std::size_t i, std::size_t j) -> double& { return products_[i * columns_ + j]; };
  double mean_square = rows_ ? squares_ / static_cast<double>(rows_) : 0;
  for (std::size_t i = 0; i < columns_; ++i) {
    double before = at(i, i) + (i > 0 ? ridge * mean_square : 0);
    double left = before;
    for (std::size_t k = 0; k < i; ++k) left -= at(i, k) * at(i, k);
    // A column that the ones before it explain has nothing left: it gets no weight.
    double root = left > 1e-9 * before && left > 1e-20 ? std::sqrt(left) : 0;
    at(i, i) = root;
    double z = sums_[i];
    for (std::size_t k = 0; k < i; ++k) z -= at(i, k) * reduced_[k];
    reduced_[i] = root > 0 ? z / root : 0;
    for (std::size_t j = i + 1; j < columns_; ++j) {
      double value = at(j, i);
      for (std::size_t k = 0; k < i; ++k) value -= at(j, k) * at(i, k);
      at(j, i) = root > 0 ? value / root : 0;
    }
  }
}

void Regression::coefficients(std::size_t columns, std::span<float> out) const {
  auto at = [&](std::size_t i, std::size_t j) { return products_[i * columns_ + j]; };
  for (std::size_t i = columns; i-- > 0;) {
    double value = reduced_[i];
    for (std::size_t j = i + 1; j < columns; ++j) value -= at(j, i) * static_cast<double>(out[j]);
    out[i] = at(i, i) > 0 ? static_cast<float>(value / at(i, i)) : 0;
  }
}

double Regression::loss(std::size_t columns) const {
  double left = squares_;
  for (std::size_t i = 0; i < columns; ++i) left -= reduced_[i] * reduced_[i];
  return std::max(left, 0.0);
}

}  // namespace sinan::forecasting
