#include "intelligence/forecasting/kernels/lag_products.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace sinan::forecasting {
namespace {

struct Case {
  const char* name;
  std::vector<std::size_t> lags;
  std::size_t window;
  std::size_t from, to;
};

const Case kCases[] = {
    {"one after the other", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, 12, 13, 100},
    {"with gaps", {1, 2, 3, 12, 13, 24}, 0, 24, 90},
    {"around days", {1, 2, 3, 7, 14, 15, 16, 20, 21, 22, 40}, 30, 45, 120},
    {"none is one", {3, 5, 6, 9}, 2, 20, 60},
    {"a window beyond the lags", {1, 2, 3}, 20, 20, 50},
    {"fewer rows than lags", {1, 2, 3, 4, 5, 6, 7, 8}, 4, 30, 33},
    {"a single row", {1, 2, 4}, 3, 10, 11},
};

std::vector<float> walk(unsigned seed, std::size_t length) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out;
  float level = 1;
  for (std::size_t t = 0; t < length; ++t) out.push_back(level += 0.1F * normal(random));
  return out;
}

// Row by row: the slow twin.
void add_rows(std::span<const float> y, const Case& c, double weight, Regression& out) {
  std::vector<float> row(c.lags.size() + 1, static_cast<float>(weight));
  for (std::size_t t = c.from; t < c.to; ++t) {
    double level = 0;
    for (std::size_t k = 1; k <= c.window; ++k) level += y[t - k] / static_cast<double>(c.window);
    for (std::size_t k = 0; k < c.lags.size(); ++k) row[k + 1] = static_cast<float>(weight * (y[t - c.lags[k]] - level));
    out.add(row, weight * (y[t] - level));
  }
}

TEST(LagProducts, AreThoseOfTheRowsOneByOne) {
  for (const Case& c : kCases) {
    const std::size_t columns = c.lags.size() + 1;
    Regression fast, slow;
    fast.reset(columns);
    slow.reset(columns);
    LagProducts products;
    for (unsigned seed = 1; seed <= 20; ++seed) {
      const std::vector<float> y = walk(seed, c.to);
      products.add(y, c.from, c.to, c.lags, c.window, 0.5 + seed, fast);
      add_rows(y, c, 0.5 + seed, slow);
    }
    ASSERT_EQ(fast.rows(), slow.rows()) << c.name;
    fast.solve(0.01);
    slow.solve(0.01);
    std::vector<float> found(columns), expected(columns);
    fast.coefficients(columns, found);
    slow.coefficients(columns, expected);
    for (std::size_t k = 0; k < columns; ++k) EXPECT_NEAR(found[k], expected[k], 1e-4) << c.name << ", column " << k;
    EXPECT_NEAR(fast.loss(columns), slow.loss(columns), 1e-5 * slow.loss(1)) << c.name;
  }
}

TEST(LagProducts, LookAtNothingBeyondTheRows) {
  for (const Case& c : kCases) {
    std::vector<float> y = walk(1, c.to + 50);
    Regression clean, dirty;
    clean.reset(c.lags.size() + 1);
    dirty.reset(c.lags.size() + 1);
    LagProducts products;
    products.add(y, c.from, c.to, c.lags, c.window, 1, clean);
    for (std::size_t t = c.to; t < y.size(); ++t) y[t] = std::numeric_limits<float>::quiet_NaN();
    products.add(y, c.from, c.to, c.lags, c.window, 1, dirty);
    clean.solve(0.01);
    dirty.solve(0.01);
    EXPECT_EQ(clean.loss(2), dirty.loss(2)) << c.name;
  }
}

}  // namespace
}  // namespace sinan::forecasting
