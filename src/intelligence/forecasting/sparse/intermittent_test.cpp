// The negative binomial against its definition, and the properties of forecasts of rare demand.
#include "intelligence/forecasting/sparse/intermittent.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace sinan::forecasting {
namespace {

// P(X ≤ k) from the probability of each count, by the gamma function.
double cumulative(double mean, double dispersion, int k) {
  const double r = mean / (dispersion - 1);
  double sum = 0;
  for (int x = 0; x <= k; ++x)
    sum +=
        std::exp(std::lgamma(r + x) - std::lgamma(r) - std::lgamma(x + 1.0) - r * std::log(dispersion) + x * std::log(1 - 1 / dispersion));
  return sum;
}

TEST(NegativeBinomial, QuantilesAreTheSmallestCountsThatReachThem) {
  const std::vector<double> levels{0.05, 0.5, 0.8, 0.9, 0.99, 0.999};
  for (double mean : {0.01, 0.3, 2.0, 17.0, 90.0})
    for (double dispersion : {1.05, 1.5, 4.0, 30.0}) {
      std::vector<double> found(levels.size());
      negative_binomial_quantiles(mean, dispersion, levels, found);
      for (std::size_t q = 0; q < levels.size(); ++q) {
        const int k = static_cast<int>(found[q]);
        EXPECT_GE(cumulative(mean, dispersion, k), levels[q] - 1e-9) << mean << " " << dispersion << " " << levels[q];
        if (k > 0) EXPECT_LT(cumulative(mean, dispersion, k - 1), levels[q] + 1e-9) << mean << " " << dispersion << " " << levels[q];
      }
    }
}

// With dispersion 2 and mean 1, r = 1: the geometric distribution, P(X ≤ k) = 1 − 2^−(k+1).
TEST(NegativeBinomial, OfOneIsGeometric) {
  double found[4];
  negative_binomial_quantiles(1, 2, std::vector<double>{0.49, 0.74, 0.87, 0.99}, found);
  EXPECT_EQ(std::vector<double>(found, found + 4), (std::vector<double>{0, 1, 2, 6}));
}

TEST(NegativeBinomial, OfLargeMeansIsNormal) {
  double found[3];
  negative_binomial_quantiles(1e6, 4, std::vector<double>{0.025, 0.5, 0.975}, found);
  EXPECT_NEAR(found[0], 1e6 - 1.959964 * 2000, 1);
  EXPECT_NEAR(found[1], 1e6, 1);
  EXPECT_NEAR(found[2], 1e6 + 1.959964 * 2000, 1);
}

IntermittentForecast forecast_of(const std::vector<double>& values, std::size_t horizon, std::span<const double> levels) {
  Cleaned cleaned;
  clean(values, {}, 1, cleaned);
  IntermittentForecast out;
  Intermittent({}, horizon, levels, true).forecast(cleaned, {}, out);
  for (auto* part : {&out.mean, &out.median, &out.at_quantile, &out.total_at_quantile})
    for (float& v : *part) v *= static_cast<float>(cleaned.scale);
  return out;
}

// Demand that is what the model says: the rate, and how often sums of four periods stay within the quantiles.
TEST(Intermittent, CoversWhatItSays) {
  std::mt19937 random(5);
  std::bernoulli_distribution some(0.2);
  std::poisson_distribution<int> size(1.0);
  const std::vector<double> levels{0.5, 0.8, 0.95};
  std::vector<double> inside(3, 0);
  double mean = 0;
  const int count = 400;
  for (int i = 0; i < count; ++i) {
    std::vector<double> values;
    for (int t = 0; t < 84; ++t) values.push_back(some(random) ? 1 + size(random) : 0);
    values[0] = 1;
    double sum = 0;
    for (int t = 80; t < 84; ++t) sum += values[static_cast<std::size_t>(t)];
    values.resize(80);
    auto found = forecast_of(values, 4, levels);
    for (std::size_t q = 0; q < 3; ++q) inside[q] += sum <= found.total_at_quantile[9 + q] + 1e-3;
    mean += found.mean[0] / count;
  }
  EXPECT_NEAR(mean, 0.4, 0.03);
  // Counts: at least as often as said, and not always.
  EXPECT_GT(inside[0] / count, 0.47);
  EXPECT_GT(inside[1] / count, 0.77);
  EXPECT_GT(inside[2] / count, 0.92);
  EXPECT_LT(inside[1] / count, 0.95);
}

TEST(Intermittent, FollowsARateThatChanges) {
  std::vector<double> dying, steady;
  std::mt19937 random(2);
  for (int t = 0; t < 72; ++t) {
    const double demand = random() % 3 == 0 ? 1 + random() % 3 : 0;
    steady.push_back(demand);
    dying.push_back(t < 54 ? demand : 0);
  }
  const std::vector<double> levels{0.9};
  EXPECT_LT(forecast_of(dying, 1, levels).mean[0], 0.25F * forecast_of(steady, 1, levels).mean[0]);
}

TEST(Intermittent, IsMultipliedByFactors) {
  Cleaned series;
  for (int t = 0; t < 90; ++t) series.y.push_back(t % 4 == 0 ? 1.0F : 0.0F);
  const std::vector<double> levels{0.5, 0.9, 0.99};
  Intermittent intermittent({}, 3, levels, true);
  IntermittentForecast plain, ones, moved;
  RateMemory memory;
  intermittent.forecast(series, {}, plain, {}, &memory);
  intermittent.resume(memory, {}, ones, std::vector<double>{1, 1, 1});
  EXPECT_EQ(plain.mean, ones.mean);
  EXPECT_EQ(plain.at_quantile, ones.at_quantile);
  EXPECT_EQ(plain.total_at_quantile, ones.total_at_quantile);
  EXPECT_EQ(plain.variance, ones.variance);
  intermittent.resume(memory, {}, moved, std::vector<double>{1, 10, 0.1});
  EXPECT_EQ(moved.mean[0], plain.mean[0]);
  EXPECT_FLOAT_EQ(moved.mean[1], 10 * plain.mean[1]);
  EXPECT_FLOAT_EQ(moved.mean[2], plain.mean[2] / 10);
  EXPECT_EQ(moved.at_quantile[0], plain.at_quantile[0]);
  // About Poisson's: counts of mean 2.5 have a median of 2, and a quantile .9 of 5.
  EXPECT_EQ(moved.median[1], 2);
  EXPECT_NEAR(moved.at_quantile[4], 5, 1);
  EXPECT_EQ(moved.at_quantile[7], 0);
  EXPECT_GE(moved.total_at_quantile[7], moved.at_quantile[4]);
  EXPECT_NEAR(moved.variance / plain.variance, 3.7, 0.3);  // the mean of the factors
}

// Followed value by value, as forecast from each beginning.
TEST(Intermittent, RatesAreThoseOfEachBeginning) {
  std::mt19937 random(4);
  Cleaned series;
  for (int t = 0; t < 200; ++t) series.y.push_back(random() % 10 < (t < 120 ? 1 : 5) ? 1.0F : 0.0F);
  std::vector<float> rates;
  rates_of(series.y, {}, counting_of(series.y, {}), rates);
  ASSERT_EQ(rates.size(), 201U);
  Intermittent intermittent({}, 1, std::vector<double>{0.5}, false);
  for (std::size_t known : {60U, 110U, 150U, 200U}) {
    Cleaned beginning;
    beginning.y.assign(series.y.begin(), series.y.begin() + static_cast<std::ptrdiff_t>(known));
    IntermittentForecast found;
    intermittent.forecast(beginning, {}, found);
    EXPECT_NEAR(rates[known] / found.rate, 1, 0.1) << known;
  }
}

TEST(Intermittent, ScalesWithWhatItCounts) {
  std::vector<double> small, large, odd;
  std::mt19937 random(9);
  for (int t = 0; t < 60; ++t) {
    const double demand = random() % 4 == 0 ? 1 + random() % 5 : 0;
    small.push_back(demand);
    large.push_back(demand * 6000);
    odd.push_back(demand * 0.37);
  }
  const std::vector<double> levels{0.5, 0.9, 0.999};
  auto a = forecast_of(small, 3, levels), b = forecast_of(large, 3, levels), c = forecast_of(odd, 3, levels);
  for (std::size_t k = 0; k < a.total_at_quantile.size(); ++k) {
    EXPECT_NEAR(a.total_at_quantile[k], std::round(a.total_at_quantile[k]), 1e-4);  // whole demands
    EXPECT_NEAR(b.total_at_quantile[k] / 6000, a.total_at_quantile[k], 1e-3);
    EXPECT_NEAR(c.total_at_quantile[k] / 0.37, a.total_at_quantile[k], 1e-3);
  }
}

// With one half-life (three periods or fewer) the mean is that of a gamma distribution after Poisson counts: (κ μ + Σ w x) / (κ + Σ w), the
// weights w falling by half in three periods.
TEST(Intermittent, IsBetweenItsPriorAndItsHistory) {
  const std::vector<double> values{2, 0, 1};
  Cleaned cleaned;
  clean(values, {}, 1, cleaned);
  const double fade = std::pow(0.5, 1.0 / 3);
  for (double periods : {0.5, 4.0, 1e6}) {
    IntermittentForecast out;
    Intermittent({}, 1, std::vector<double>{0.5}, false).forecast(cleaned, {}, out, {.mean = 5, .periods = periods, .dispersion = 1});
    const double weights = fade * fade + fade + 1;
    EXPECT_NEAR(out.mean[0] * cleaned.scale, (5 * periods + 2 * fade * fade + 1) / (periods + weights), 1e-4);
  }
}

// Of a prior that is as good as certain, quantiles are those of the negative binomial with its mean and dispersion.
TEST(Intermittent, OfACertainPriorIsItsDistribution) {
  const std::vector<double> values{2, 0, 1};
  Cleaned cleaned;
  clean(values, {}, 1, cleaned);
  const std::vector<double> levels{0.1, 0.5, 0.9, 0.99};
  IntermittentForecast out;
  Intermittent({}, 1, levels, false).forecast(cleaned, {}, out, {.mean = 4, .periods = 1e9, .dispersion = 2});  // to a mean size of 1.5
  std::vector<double> expected(4);
  negative_binomial_quantiles(4, 3, levels, expected);
  for (std::size_t q = 0; q < 4; ++q) EXPECT_NEAR(out.at_quantile[q] * cleaned.scale, expected[q], 1e-4);
}

}  // namespace
}  // namespace sinan::forecasting
