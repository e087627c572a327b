// Linear least squares by normal equations: for regressions of a series on its own past, with tens of columns at most.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace sinan::forecasting {

// Sums of products of rows (1, x1, …, xk) and of the value they explain. Keeps its memory.
class Regression {
 public:
  // `columns` with the constant.
  void reset(std::size_t columns);
  void add(std::span<const float> row, double value);
  // Adds `rows` rows at once, by the sums of products of (value, 1, x1, …, xk): (columns + 1)² numbers, row by row, the upper triangle.
  void add(std::size_t rows, std::span<const double> products);
  // Joins the rows of another with as many columns.
  void add(const Regression& other);

  // Factorises, once all rows are in; `ridge` is added to the diagonal but for the constant's, relative to the values' mean square: 0 is
  // least squares. What follows is of the model with the first `columns` columns alone.
  void solve(double ridge);

  // The coefficients; of a column that those before it explain, 0.
  void coefficients(std::size_t columns, std::span<float> out) const;
  // The sum of squared errors, where there was no ridge.
  double loss(std::size_t columns) const;
  std::size_t rows() const { return rows_; }

 private:
  std::size_t columns_ = 0;
  std::size_t rows_ = 0;
  double squares_ = 0;
  std::vector<double> products_;  // columns × columns, lower triangle; its Cholesky factor after solve()
  std::vector<double> sums_;      // with the value
  std::vector<double> row_;
  std::vector<double> reduced_;  // sums_ in the factor's coordinates
};

}  // namespace sinan::forecasting
