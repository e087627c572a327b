#include "intelligence/forecasting/intermittent.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "intelligence/forecasting/season.hpp"

namespace sinan::forecasting {
namespace {

constexpr double kFirstHalfLife = 3;     // periods; each next is twice as long
constexpr std::size_t kHalfLives = 10;   // at most, and those shorter than the history
constexpr std::size_t kFirstJudged = 6;  // periods before the first whose likelihood counts
constexpr double kPrior = 0.05;          // weight of the mean of the whole history in a rate, in periods
constexpr double kUnitsOfSize = 8;       // a demand of mean size is that many units, or fewer
constexpr double kLeastDispersion = 1.05;
constexpr double kMostDispersion = 1e4;
constexpr double kLargestExponent = 600;  // above, the probability of zero is no number any more

// Demand per phase against the mean, drawn towards 1 by one demand's worth.
void phase_indices(std::span<const float> y, std::span<float> indices) {
  std::size_t m = indices.size();
  double total = 0;
  double squares = 0;
  std::ranges::fill(indices, 0.0F);
  for (std::size_t t = 0; t < y.size(); ++t) {
    indices[t % m] += y[t];
    total += y[t];
    squares += static_cast<double>(y[t]) * y[t];
  }
  double per_phase = total / static_cast<double>(m);
  double prior = 2 * squares / total;
  for (float& index : indices) index = static_cast<float>((index + prior) / (per_phase + prior));
}

// The largest size of which all are multiples, by Euclid's algorithm; as far as single precision can tell.
double common_divisor(double a, double b) {
  const double nothing = 1e-3 * std::min(a, b);
  while (b > nothing) {
    double rest = std::fmod(a, b);
    if (b - rest < nothing) rest = 0;
    a = std::exchange(b, rest);
  }
  return a;
}

// What demand is counted in.
double unit_of(std::span<const float> y) {
  double sum = 0;
  std::size_t demands = 0;
  double unit = 0;
  for (float size : y) {
    if (size == 0) continue;
    sum += size;
    ++demands;
    unit = unit == 0 ? size : common_divisor(size, unit);
  }
  const double mean = sum / static_cast<double>(std::max<std::size_t>(demands, 1));
  return std::max(unit, mean / kUnitsOfSize);
}

// Variance to mean of the counts.
double dispersion_of(std::span<const float> y, double unit) {
  double sum = 0;
  double squares = 0;
  for (float v : y) {
    const double x = v / unit;
    sum += x;
    squares += x * x;
  }
  const double n = static_cast<double>(y.size());
  return std::clamp((squares / n - sum / n * (sum / n)) / (sum / n), kLeastDispersion, kMostDispersion);
}

// log P(x) of a negative binomial of that mean and dispersion.
double log_likelihood(double x, double mean, double dispersion) {
  const double r = mean / (dispersion - 1);
  const double zero = -r * std::log(dispersion);
  if (x == 0) return zero;
  return std::lgamma(r + x) - std::lgamma(r) - std::lgamma(x + 1) + zero + x * std::log(1 - 1 / dispersion);
}

// The inverse of the standard normal distribution, by bisection.
double normal_quantile(double p) {
  double low = -10;
  double high = 10;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

void negative_binomial_quantiles(double mean, double dispersion, std::span<const double> quantiles, std::span<double> out) {
  const double r = mean / (dispersion - 1);
  const double exponent = r * std::log(dispersion);
  if (exponent > kLargestExponent) {
    for (std::size_t q = 0; q < quantiles.size(); ++q)
      out[q] = std::max(0.0, std::ceil(mean + normal_quantile(quantiles[q]) * std::sqrt(mean * dispersion) - 0.5));
    return;
  }
  const double step = 1 - 1 / dispersion;
  double probability = std::exp(-exponent);
  double passed = probability;
  double count = 0;
  for (std::size_t q = 0; q < quantiles.size(); ++q) {
    // Where nothing is left to be added, what is missing to 1 is rounding.
    while (passed < quantiles[q] && (probability > 1e-17 || count < mean)) {
      count += 1;
      probability *= (r + count - 1) / count * step;
      passed += probability;
    }
    out[q] = count;
  }
}

Intermittent::Intermittent(std::span<const ModelInfo* const> named, std::size_t horizon, std::span<const double> quantiles, bool totals)
    : horizon_(horizon), quantiles_(quantiles.begin(), quantiles.end()), totals_(totals), found_(quantiles.size()) {
  for (const ModelInfo* model : named)
    if (model->input == Input::kAdjusted) named_.push_back(model);
}

double Intermittent::rate(double unit, double dispersion) {
  std::span<const float> y = adjusted_;
  only_ = nullptr;
  double sum = 0;
  std::size_t used = 0;
  for (const ModelInfo* model : named_) {
    if (y.size() < static_cast<std::size_t>(model->minimum_length)) continue;
    float value = 0;
    const History history{y};
    if (model->fit) model->fit(history, scratch_, parameters_);
    model->predict(history, parameters_, scratch_, std::span(&value, 1));
    sum += std::max(value, 0.0F) / unit;
    only_ = model;
    ++used;
  }
  if (used > 1) only_ = nullptr;
  if (used > 0) return sum / static_cast<double>(used);

  double mean = 0;
  for (float v : y) mean += v / unit / static_cast<double>(y.size());
  std::array<double, kHalfLives> likelihoods{};
  std::array<double, kHalfLives> rates{};
  std::size_t count = 0;
  double best = -std::numeric_limits<double>::infinity();
  for (double half_life = kFirstHalfLife; count < kHalfLives && (count == 0 || half_life < static_cast<double>(y.size())); half_life *= 2) {
    const double fade = std::pow(0.5, 1 / half_life);
    double weighted = kPrior * mean;
    double weight = kPrior;
    double likelihood = 0;
    for (std::size_t t = 0; t < y.size(); ++t) {
      const double x = y[t] / unit;
      if (t >= kFirstJudged) likelihood += log_likelihood(x, weighted / weight, dispersion);
      weighted = (weighted - kPrior * mean) * fade + x + kPrior * mean;
      weight = (weight - kPrior) * fade + 1 + kPrior;
    }
    likelihoods[count] = likelihood;
    rates[count] = (weighted - kPrior * mean) / (weight - kPrior);
    best = std::max(best, likelihood);
    ++count;
  }
  double total = 0;
  for (std::size_t h = 0; h < count; ++h) {
    const double weight = std::exp(likelihoods[h] - best);
    total += weight;
    sum += weight * rates[h];
  }
  return sum / total;
}

void Intermittent::forecast(const Cleaned& series, std::size_t season, IntermittentForecast& out) {
  std::span<const float> y = series.y;
  if (season > 1 && !has_season(y, static_cast<int>(season))) season = 1;
  indices_.assign(season, 1);
  if (season > 1) phase_indices(y, indices_);
  adjusted_.resize(y.size());
  remove_season(y, indices_, SeasonKind::kMultiplicative, adjusted_);

  const double unit = unit_of(y);
  const double dispersion = dispersion_of(adjusted_, unit);
  const double rate_of_one = rate(unit, dispersion);
  out.only = only_;
  const std::size_t count = quantiles_.size();
  out.mean.resize(horizon_);
  out.median.resize(horizon_);
  out.at_quantile.resize(horizon_ * count);
  if (totals_) out.total_at_quantile.resize(horizon_ * count);
  auto write = [&](double mean, std::span<float> to) {
    negative_binomial_quantiles(mean, dispersion, quantiles_, found_);
    for (std::size_t q = 0; q < count; ++q) to[q] = static_cast<float>(found_[q] * unit);
  };
  double total = 0;
  for (std::size_t k = 0; k < horizon_; ++k) {
    const double mean = rate_of_one * indices_[(y.size() + k) % season];
    total += mean;
    out.mean[k] = static_cast<float>(mean * unit);
    if (k > 0 && season == 1) {  // every period is like the first
      out.median[k] = out.median[0];
      std::copy_n(out.at_quantile.begin(), count, out.at_quantile.begin() + static_cast<std::ptrdiff_t>(k * count));
    } else {
      double median = 0;
      negative_binomial_quantiles(mean, dispersion, std::array{0.5}, std::span(&median, 1));
      out.median[k] = static_cast<float>(median * unit);
      write(mean, std::span(out.at_quantile).subspan(k * count, count));
    }
    if (totals_) write(total, std::span(out.total_at_quantile).subspan(k * count, count));
  }
}

}  // namespace sinan::forecasting
