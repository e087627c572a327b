// Reconciliation against its definition, solved densely, and what must hold for any forecasts.
#include "intelligence/forecasting/hierarchy/reconciliation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace sinan::forecasting {
namespace {

// Forecasts of a small company: parts × categories × places × all; one place has nothing to do with categories.
struct Case {
  Sums sums;
  std::vector<double> parts, part_variances, of_sums, sum_variances;

  explicit Case(std::uint32_t seed, std::size_t count = 12) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform(0.2, 4);
    sums.parts = count;
    sums.levels.resize(3);
    sums.levels[0] = {std::vector<std::uint32_t>(count, 0), 1};
    for (std::size_t i = 0; i < count; ++i) {
      sums.levels[1].group_of.push_back(static_cast<std::uint32_t>(random() % 3));
      sums.levels[2].group_of.push_back(i == 0 ? Sums::kNone : static_cast<std::uint32_t>(i % 4));
      parts.push_back(uniform(random));
      part_variances.push_back(uniform(random));
    }
    sums.levels[1].groups = 3;
    sums.levels[2].groups = 4;
    for (std::size_t s = 0; s < sums.size(); ++s) {
      of_sums.push_back(uniform(random) * static_cast<double>(count) / 2);
      sum_variances.push_back(uniform(random));
    }
  }
  Reconciler::Base base() const { return {parts, part_variances, of_sums, sum_variances}; }
  std::pair<std::vector<double>, std::vector<double>> run(Reconciliation how, bool non_negative = false) const {
    std::vector<double> low(parts.size()), high(of_sums.size());
    Reconciler().reconcile(sums, base(), how, non_negative, low, high);
    return {low, high};
  }
  // Row s: the parts that are in sum s.
  std::vector<std::vector<double>> matrix() const {
    std::vector<std::vector<double>> out;
    for (const auto& level : sums.levels)
      for (std::size_t g = 0; g < level.groups; ++g) {
        out.emplace_back(parts.size(), 0.0);
        for (std::size_t i = 0; i < parts.size(); ++i) out.back()[i] = level.group_of[i] == g;
      }
    return out;
  }
};

// x of m x = v, by elimination.
std::vector<double> solved(std::vector<std::vector<double>> m, std::vector<double> v) {
  const std::size_t n = v.size();
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c; r < n; ++r)
      if (std::abs(m[r][c]) > std::abs(m[pivot][c])) pivot = r;
    std::swap(m[c], m[pivot]);
    std::swap(v[c], v[pivot]);
    for (std::size_t r = 0; r < n; ++r) {
      if (r == c) continue;
      const double factor = m[r][c] / m[c][c];
      for (std::size_t k = c; k < n; ++k) m[r][k] -= factor * m[c][k];
      v[r] -= factor * v[c];
    }
  }
  for (std::size_t c = 0; c < n; ++c) v[c] /= m[c][c];
  return v;
}

// The forecasts of parts that lie nearest: (Sᵀ W⁻¹ S) b = Sᵀ W⁻¹ ŷ with S the parts and their sums.
TEST(Reconciliation, IsTheWeightedLeastSquaresSolution) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    Case c(seed);
    const std::size_t n = c.parts.size();
    std::vector<std::vector<double>> normal(n, std::vector<double>(n, 0));
    std::vector<double> right(n);
    for (std::size_t i = 0; i < n; ++i) normal[i][i] = 1 / c.part_variances[i], right[i] = c.parts[i] / c.part_variances[i];
    const auto rows = c.matrix();
    for (std::size_t s = 0; s < rows.size(); ++s)
      for (std::size_t i = 0; i < n; ++i) {
        right[i] += rows[s][i] * c.of_sums[s] / c.sum_variances[s];
        for (std::size_t j = 0; j < n; ++j) normal[i][j] += rows[s][i] * rows[s][j] / c.sum_variances[s];
      }
    const auto expected = solved(normal, right);
    const auto [parts, sums] = c.run(Reconciliation::kWls);
    for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(parts[i], expected[i], 1e-9) << "seed " << seed;
  }
}

// Two parts and their sum, equally sure: each takes a third of what is missing.
TEST(Reconciliation, OfTwoPartsAndTheirSumIsKnown) {
  Sums sums{2, {{{0, 0}, 1}}};
  const std::vector<double> parts{3, 4}, one{1, 1}, total{10}, sure{1};
  std::vector<double> low(2), high(1);
  Reconciler().reconcile(sums, {parts, one, total, sure}, Reconciliation::kWls, true, low, high);
  EXPECT_NEAR(low[0], 4, 1e-12);
  EXPECT_NEAR(low[1], 5, 1e-12);
  EXPECT_NEAR(high[0], 9, 1e-12);
  Reconciler().reconcile(sums, {parts, one, total, sure}, Reconciliation::kTopDown, true, low, high);
  EXPECT_NEAR(low[0], 30.0 / 7, 1e-12);
  EXPECT_NEAR(high[0], 10, 1e-12);
  Reconciler().reconcile(sums, {parts, one, total, sure}, Reconciliation::kBottomUp, true, low, high);
  EXPECT_EQ(high[0], 7);
}

TEST(Reconciliation, AlwaysAddsUpAndLeavesWhatAddsUp) {
  for (std::uint32_t seed = 1; seed <= 10; ++seed)
    for (Reconciliation how : {Reconciliation::kWls, Reconciliation::kTopDown, Reconciliation::kBottomUp}) {
      Case c(seed, 200);
      auto [parts, sums] = c.run(how);
      std::vector<double> again(sums.size());
      c.sums.add_up(parts, again);
      for (std::size_t s = 0; s < sums.size(); ++s) EXPECT_NEAR(sums[s], again[s], 1e-9);
      c.of_sums = sums;
      c.parts = parts;
      auto same = c.run(how).first;
      for (std::size_t i = 0; i < parts.size(); ++i) EXPECT_NEAR(same[i], parts[i], 1e-8);
    }
}

// A total far below its parts pulls some below zero; held there, the others carry it, and it is met better than by cutting off.
TEST(Reconciliation, PartsStayAtOrAboveZeroWhereDemandDoes) {
  Case c(4);
  c.part_variances.assign(c.parts.size(), 1);
  c.part_variances[2] = 400;
  c.of_sums[0] = 1;
  c.sum_variances.assign(c.sum_variances.size(), 100);
  c.sum_variances[0] = 0.01;
  const auto [free, free_sums] = c.run(Reconciliation::kWls, false);
  EXPECT_LT(*std::ranges::min_element(free), 0);
  const auto [parts, sums] = c.run(Reconciliation::kWls, true);
  EXPECT_GE(*std::ranges::min_element(parts), 0);
  double cut = 0;
  for (double v : free) cut += std::max(v, 0.0);
  EXPECT_LT(std::abs(sums[0] - 1), 0.5 * std::abs(cut - 1));
}

TEST(Reconciliation, WhatIsCertainStays) {
  Case c(7);
  c.part_variances[3] = 0;
  EXPECT_EQ(c.run(Reconciliation::kWls).first[3], c.parts[3]);
  c.part_variances.assign(c.parts.size(), 0);
  c.sum_variances.assign(c.sum_variances.size(), 0);
  EXPECT_EQ(c.run(Reconciliation::kWls).first, c.parts);
  c.parts.assign(c.parts.size(), 0);
  const auto [parts, sums] = c.run(Reconciliation::kTopDown);
  EXPECT_NEAR(sums[0], c.of_sums[0], 1e-9) << "divided evenly where the parts say nothing";
}

}  // namespace
}  // namespace sinan::forecasting
