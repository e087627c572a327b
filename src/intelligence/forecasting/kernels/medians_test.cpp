#include "intelligence/forecasting/kernels/medians.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace sinan::forecasting {
namespace {

TEST(Medians, ManyPeriodsAtOnceAreTheMediansOfEach) {
  std::mt19937 random(3);
  for (std::size_t count = 1; count <= kMostRows; ++count)
    for (std::size_t steps : {1, 7, 8, 9, 30}) {
      std::vector<std::vector<float>> values(count, std::vector<float>(steps));
      std::vector<const float*> rows;
      for (std::vector<float>& row : values) {
        for (float& v : row) v = static_cast<float>(random() % 20) / 4 - 2;
        rows.push_back(row.data());
      }
      std::vector<float> found(steps);
      medians(rows, found);
      for (std::size_t k = 0; k < steps; ++k) {
        std::vector<float> column;
        for (const std::vector<float>& row : values) column.push_back(row[k]);
        EXPECT_EQ(found[k], median_of_known(column)) << count << " rows, period " << k;
      }
    }
}

TEST(Medians, WhatIsNotFiniteDoesNotCount) {
  const float none = std::numeric_limits<float>::quiet_NaN(), far = std::numeric_limits<float>::infinity();
  std::vector<float> some{none, 3, 1, far, 2, -far, 8};
  EXPECT_EQ(median_of_known(some), 2.5F);
  std::vector<float> nothing{none, far};
  EXPECT_TRUE(std::isnan(median_of_known(nothing)));
}

}  // namespace
}  // namespace sinan::forecasting
