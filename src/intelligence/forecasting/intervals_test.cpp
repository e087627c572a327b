// Intervals whose errors have widths; those without are measured through forecast().
#include "intelligence/forecasting/intervals.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sinan::forecasting {
namespace {

constexpr std::size_t kOrigins = 4;
constexpr std::size_t kHorizon = 6;
constexpr std::size_t kErrors = kOrigins * kHorizon;

// Normal errors of 300 series, `wide` times as large in every third step.
struct Errors {
  std::vector<float> errors, down, up;
  explicit Errors(float wide, float unit = 1) {
    std::mt19937 random(4);
    std::normal_distribution<float> normal;
    for (std::size_t i = 0; i < 300; ++i)
      for (std::size_t e = 0; e < kErrors; ++e) {
        const float width = e % 3 == 2 ? wide : 1;
        errors.push_back(width * normal(random));
        down.push_back(width * unit), up.push_back(width * unit);
      }
  }
  OwnErrors of(std::size_t i, bool widths) const {
    auto part = [i](const std::vector<float>& values) { return std::span(values).subspan(i * kErrors, kErrors); };
    OwnErrors out{.errors = part(errors), .down = {}, .up = {}, .reach = 60, .noise = 1};
    if (widths) out.down = part(down), out.up = part(up);
    return out;
  }
  Intervals learnt(bool widths) const {
    Intervals out(1, kOrigins, kHorizon);
    for (std::size_t i = 0; i < 300; ++i) out.add(0, of(i, widths));
    out.finish();
    return out;
  }
};

// All series err alike, which their few errors do not show: with widths these count as little as that.
TEST(Intervals, WidthsOfOneChangeNothingButHowFarScalesAreTheirOwn) {
  const Errors errors(1);
  const Intervals plain = errors.learnt(false), with = errors.learnt(true);
  struct Scales {
    double mean = 0, apart = 0;
  };
  auto scales = [&](const Intervals& found, bool widths) {
    Scales out;
    for (std::size_t i = 0; i < 300; ++i) out.mean += found.scale(0, errors.of(i, widths)) / 300;
    for (std::size_t i = 0; i < 300; ++i) out.apart += std::abs(found.scale(0, errors.of(i, widths)) - out.mean) / 300;
    return out;
  };
  const Scales before = scales(plain, false), now = scales(with, true);
  EXPECT_LT(now.apart, before.apart / 2);
  for (std::size_t k = 0; k < kHorizon; ++k)
    for (double q : {0.1, 0.5, 0.9}) {
      EXPECT_NEAR(before.mean * plain.offset(0, k, q), now.mean * with.offset(0, k, q), 0.08) << k << " " << q;
      EXPECT_NEAR(before.mean * plain.total_offset(0, k, q), now.mean * with.total_offset(0, k, q), 0.08 * std::sqrt(k + 1.0))
          << k << " " << q;
    }
}

// The quantile .9 of a normal distribution is 1.2816 deviations.
TEST(Intervals, ErrorsAreAsFarOffAsTheirWidthsSay) {
  const Errors errors(8);
  const Intervals found = errors.learnt(true);
  double there = 0;
  for (std::size_t i = 0; i < 300; ++i) there += found.scale(0, errors.of(i, true)) / 300;
  for (std::size_t k = 0; k < kHorizon; ++k) EXPECT_NEAR(there * found.offset(0, k, 0.9), 1.2816, 0.1) << k;
}

TEST(Intervals, AWidthThatIsNotKnownHidesItsError) {
  Errors errors(1);
  const double before = errors.learnt(true).offset(0, 0, 0.9);
  for (std::size_t e = 0; e < errors.errors.size(); e += kErrors) {
    for (std::size_t k = 0; k < kHorizon; ++k) errors.errors[e + k] = 1e6F, errors.down[e + k] = errors.up[e + k] = 0;
  }
  EXPECT_NEAR(errors.learnt(true).offset(0, 0, 0.9), before, 0.1 * before);
}

// All series sold more than was thought, three times: that may be so again, or the other way round.
TEST(Intervals, WhatLeansToOneSideIsExpectedOnEither) {
  Errors errors(1);
  for (float& error : errors.errors) error += 1;
  const Intervals plain = errors.learnt(false), with = errors.learnt(true);
  EXPECT_GT(plain.offset(0, 0, 0.9), -2 * plain.offset(0, 0, 0.1));
  for (double q : {0.01, 0.1, 0.3}) EXPECT_NEAR(with.offset(0, 0, q), -with.offset(0, 0, 1 - q), 1e-3);
  EXPECT_NEAR(with.mean_offset(0, 0, 1, 1), plain.mean_offset(0, 0, 1, 1), 0.1);
}

// Exponential errors of mean 1 below and 3 above zero, the median: one step's are told by its widths, and a sum's too.
TEST(Intervals, SumsOfSkewedErrorsAreAsFarOffAsTheySay) {
  Errors errors(1);
  std::mt19937 random(6);
  std::exponential_distribution<float> size;
  auto draw = [&] { return random() % 2 == 0 ? -size(random) : 3 * size(random); };
  for (float& error : errors.errors) error = draw();
  std::ranges::fill(errors.up, 3.0F);
  const Intervals found = errors.learnt(true);
  double scale = 0;
  for (std::size_t i = 0; i < 300; ++i) scale += found.scale(0, errors.of(i, true)) / 300;
  double mean = 0;
  WidthOfSums widths;
  for (std::size_t k = 0; k < kHorizon; ++k) mean += scale * found.mean_offset(0, k, 1, 3), widths.add(1, 3);
  EXPECT_NEAR(mean, kHorizon * 1.0, 0.15 * kHorizon);
  const double low = mean + scale * widths.down() * found.total_offset(0, kHorizon - 1, 0.1);
  const double high = mean + scale * widths.up() * found.total_offset(0, kHorizon - 1, 0.9);
  int inside = 0;
  constexpr int kDraws = 20'000;
  for (int i = 0; i < kDraws; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < kHorizon; ++k) sum += draw();
    inside += sum >= low && sum <= high;
  }
  EXPECT_NEAR(inside / static_cast<double>(kDraws), 0.8, 0.02);
}

// The fourth step of every origin fell into a period in which all series erred three times as far: the next one need not.
TEST(Intervals, OnePeriodMakesNoStepWider) {
  Errors errors(1);
  for (std::size_t e = 3; e < errors.errors.size(); e += kHorizon) errors.errors[e] *= 3;
  const Intervals plain = errors.learnt(false), with = errors.learnt(true);
  EXPECT_GT(plain.offset(0, 3, 0.9), 2 * plain.offset(0, 2, 0.9));
  for (std::size_t k = 1; k < kHorizon; ++k) EXPECT_NEAR(with.offset(0, k, 0.9) / with.offset(0, k - 1, 0.9), 1.05, 0.06) << k;
}

TEST(Intervals, TheWidthOfASumIsThatOfItsSteps) {
  WidthOfSums sums;
  sums.add(1, 3);
  EXPECT_EQ(sums.down(), 1);
  EXPECT_EQ(sums.up(), 3);
  sums.add(7, 3);
  EXPECT_EQ(sums.down(), 5);
  EXPECT_EQ(sums.up(), 3);
}

}  // namespace
}  // namespace sinan::forecasting
