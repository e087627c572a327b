// For tests: two forecasts of the same panel, bit for bit.
#pragma once

#include <gtest/gtest.h>

#include "intelligence/forecasting/forecast.hpp"

namespace sinan::forecasting {

inline void expect_same(const Forecasts& a, const Forecasts& b) {
  EXPECT_EQ(a.median, b.median);
  EXPECT_EQ(a.quantiles, b.quantiles);
  EXPECT_EQ(a.mean, b.mean);
  EXPECT_EQ(a.sums, b.sums);
  EXPECT_EQ(a.variance, b.variance);
  EXPECT_EQ(a.classes, b.classes);
  EXPECT_EQ(a.seasons, b.seasons);
  EXPECT_EQ(a.models, b.models);
}

}  // namespace sinan::forecasting
