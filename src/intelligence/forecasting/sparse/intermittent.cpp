#include "intelligence/forecasting/sparse/intermittent.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "base/log_gamma.hpp"
#include "intelligence/forecasting/kernels/season.hpp"
#include "intelligence/forecasting/sparse/empirical.hpp"

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

// Goes through the phases of a season, period by period.
class Phase {
 public:
  explicit Phase(std::span<const float> indices, std::size_t first = 0) : indices_(indices), at_(first) {}
  double next() {
    if (indices_.empty()) return 1;
    const float index = indices_[at_];
    at_ = at_ + 1 == indices_.size() ? 0 : at_ + 1;
    return index;
  }

 private:
  std::span<const float> indices_;
  std::size_t at_;
};

double mean_of(std::span<const float> y) {
  double out = 0;
  for (float v : y) out += v / static_cast<double>(y.size());
  return out;
}

// Few values cannot tell how demand varies: the dispersion is what they and the prior say together.
Counting with_prior(Counting counting, std::span<const float> y, const Prior& prior) {
  if (!(prior.periods > 0)) return counting;
  double demands = 0;
  for (float v : y) demands += v != 0;
  const auto length = static_cast<double>(y.size());
  const double size = mean_of(y) * length / demands / counting.unit;
  const double together = (length * counting.dispersion + prior.periods * prior.dispersion * size) / (length + prior.periods);
  counting.dispersion = std::clamp(together, kLeastDispersion, kMostDispersion);
  return counting;
}

// log P(x) of negative binomials of one dispersion.
class LogLikelihood {
 public:
  explicit LogLikelihood(double dispersion)
      : dispersion_(dispersion), log_dispersion_(std::log(dispersion)), log_step_(std::log(1 - 1 / dispersion)) {}
  double operator()(double x, double mean) const {
    const double r = mean / (dispersion_ - 1);
    const double zero = -r * log_dispersion_;
    if (x == 0) return zero;
    return log_gamma(r + x) - log_gamma(r) - log_gamma(x + 1) + zero + x * log_step_;
  }

 private:
  double dispersion_, log_dispersion_, log_step_;
};

// What a half-life remembers of a series: in RateMemory::sums, one after the other.
struct Fading {
  double weighted = 0, weight = 0;
  double squares = 0;  // of weights
  double likelihood = 0;
};
constexpr std::size_t kSums = 4;
Fading fading_at(const std::vector<double>& sums, std::size_t h) {
  return {sums[h * kSums], sums[h * kSums + 1], sums[h * kSums + 2], sums[h * kSums + 3]};
}
// How many half-lives a history of that length is followed with.
std::size_t half_lives(std::size_t length) {
  std::size_t count = 1;
  while (count < kHalfLives && kFirstHalfLife * std::exp2(static_cast<double>(count)) < static_cast<double>(length)) ++count;
  return count;
}
double fade_of(std::size_t h) { return std::pow(0.5, 1 / (kFirstHalfLife * std::exp2(static_cast<double>(h)))); }

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

Counting counting_of(std::span<const float> y, std::span<const float> indices) {
  Counting out{.unit = unit_of(y)};
  double sum = 0;
  double weight = 0;
  Phase weights(indices);
  for (float v : y) sum += v / out.unit, weight += weights.next();
  const double rate = sum / weight;
  double squares = 0;
  Phase means(indices);
  for (float v : y) {
    const double error = v / out.unit - rate * means.next();
    squares += error * error;
  }
  out.dispersion = std::clamp(squares / sum, kLeastDispersion, kMostDispersion);
  return out;
}

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

void follow(RateMemory& memory, std::span<const float> values) {
  const LogLikelihood log_likelihood(memory.counting.dispersion);
  const std::size_t season = std::max<std::size_t>(memory.indices.size(), 1);
  const double prior = std::max(memory.periods, kPrior);
  for (std::size_t h = 0; h * kSums < memory.sums.size(); ++h) {
    Fading f = fading_at(memory.sums, h);
    const double fade = fade_of(h);
    Phase phase(memory.indices, memory.values % season);
    for (std::size_t t = 0; t < values.size(); ++t) {
      const double x = values[t] / memory.counting.unit;
      const double index = phase.next();
      if (memory.values + t >= kFirstJudged)
        f.likelihood += log_likelihood(x, (f.weighted + prior * memory.mean) / (f.weight + prior) * index);
      f.weighted = f.weighted * fade + x;
      f.weight = f.weight * fade + index;
      f.squares = f.squares * fade * fade + index;
    }
    std::ranges::copy(std::array{f.weighted, f.weight, f.squares, f.likelihood},
                      memory.sums.begin() + static_cast<std::ptrdiff_t>(h * kSums));
  }
  memory.values += values.size();
}

void rates_of(std::span<const float> y, std::span<const float> indices, const Counting& counting, std::vector<float>& out) {
  const double whole = mean_of(y);
  struct HalfLife {
    double fade = 0;
    Fading seen;
  };
  std::vector<HalfLife> all(half_lives(y.size()));
  for (std::size_t h = 0; h < all.size(); ++h) all[h].fade = fade_of(h);
  const LogLikelihood log_likelihood(counting.dispersion);
  Phase phase(indices);
  out.resize(y.size() + 1);
  for (std::size_t t = 0;; ++t) {
    double best = -std::numeric_limits<double>::infinity(), total = 0, mean = 0;
    for (const HalfLife& h : all) best = std::max(best, h.seen.likelihood);
    for (const HalfLife& h : all) {
      const double weight = std::exp(h.seen.likelihood - best);
      total += weight;
      mean += weight * (h.seen.weighted + kPrior * whole) / (h.seen.weight + kPrior);
    }
    out[t] = static_cast<float>(mean / total);
    if (t == y.size()) return;
    const double x = y[t], index = phase.next();
    for (auto& [fade, f] : all) {
      if (t >= kFirstJudged)
        f.likelihood += log_likelihood(x / counting.unit, (f.weighted + kPrior * whole) / (f.weight + kPrior) * index / counting.unit);
      f.weighted = f.weighted * fade + x;
      f.weight = f.weight * fade + index;
    }
  }
}

bool gives_rate(const ModelInfo& model, std::size_t length) {
  return model.input == Input::kAdjusted && length >= static_cast<std::size_t>(model.minimum_length);
}

Intermittent::Intermittent(std::span<const ModelInfo* const> named, std::size_t horizon, std::span<const double> quantiles, bool totals)
    : named_(named.begin(), named.end()),
      horizon_(horizon),
      quantiles_(quantiles.begin(), quantiles.end()),
      totals_(totals),
      found_(quantiles.size()) {}

double Intermittent::named_rate(std::span<const float> y, std::span<const float> indices, double unit) {
  adjusted_.resize(y.size());
  remove_season(y, indices, indices.empty() ? SeasonKind::kNone : SeasonKind::kMultiplicative, adjusted_);
  double sum = 0;
  std::size_t used = 0;
  for (const ModelInfo* model : named_) {
    if (!gives_rate(*model, y.size())) continue;
    float value = 0;
    const History history{adjusted_, std::max(static_cast<int>(indices.size()), 1)};
    if (model->fit) model->fit(history, scratch_, parameters_);
    model->predict(history, parameters_, scratch_, std::span(&value, 1));
    sum += std::max(value, 0.0F) / unit;
    only_ = model;
    ++used;
  }
  if (used != 1) only_ = nullptr;
  return used > 0 ? sum / static_cast<double>(used) : -1;
}

Intermittent::Rate Intermittent::rate(const RateMemory& memory) {
  double best = -std::numeric_limits<double>::infinity();
  const std::size_t count = memory.sums.size() / kSums;
  for (std::size_t h = 0; h < count; ++h) best = std::max(best, fading_at(memory.sums, h).likelihood);
  double total = 0;
  Rate out;
  double squares = 0;
  for (std::size_t h = 0; h < count; ++h) {
    const Fading f = fading_at(memory.sums, h);
    const double weight = std::exp(f.likelihood - best);
    const double seen = f.weight + memory.periods;
    const double mean = (f.weighted + memory.periods * memory.mean) / seen;
    total += weight;
    out.mean += weight * mean;
    out.variance += weight * memory.counting.dispersion * mean * (f.squares + memory.periods) / (seen * seen);
    squares += weight * mean * mean;
  }
  out.mean /= total;
  out.variance = out.variance / total + std::max(0.0, squares / total - out.mean * out.mean);
  return out;
}

void Intermittent::forecast(const Cleaned& series, std::span<const float> indices, IntermittentForecast& out, const Prior& prior,
                            RateMemory* memory, std::span<const double> factors) {
  std::span<const float> y = series.y;
  RateMemory& kept = memory ? *memory : memory_;
  kept.counting = with_prior(counting_of(y, indices), y, prior);
  kept.indices.assign(indices.begin(), indices.end());
  kept.values = 0;
  kept.sums.clear();
  Rate found{named_rate(y, indices, kept.counting.unit)};
  if (found.mean < 0) {
    kept.mean = (prior.periods > 0 ? prior.mean / series.scale : mean_of(y)) / kept.counting.unit;
    kept.periods = prior.periods;
    kept.sums.assign(half_lives(y.size()) * kSums, 0);
    follow(kept, y);
    found = rate(kept);
  }
  kept.values = y.size();
  out.only = only_;
  if (only_ && only_->window)
    spread_as_before(found.mean, kept, out, factors);
  else
    spread(found, kept, out, factors);
}

// The quantiles of the periods that follow those of adjusted_, as sums of these were.
void Intermittent::spread_as_before(double rate, const RateMemory& memory, IntermittentForecast& out, std::span<const double> factors) {
  const std::size_t season = std::max<std::size_t>(memory.indices.size(), 1);
  const std::size_t count = quantiles_.size();
  out.mean.resize(horizon_);
  out.median.resize(horizon_);
  out.at_quantile.resize(horizon_ * count);
  if (totals_) out.total_at_quantile.resize(horizon_ * count);
  auto newest = [&](std::size_t lead) {
    const std::span<const float> y = adjusted_;
    return y.last(std::min(y.size(), only_->window(season, lead)));
  };
  single_.resize(count);
  double median = 0;
  empirical_quantiles(newest(1), 1, quantiles_, sums_, single_);
  empirical_quantiles(newest(1), 1, std::array{0.5}, sums_, std::span(&median, 1));
  double total = 0;
  for (std::size_t k = 0; k < horizon_; ++k) {
    const double index = (memory.indices.empty() ? 1 : memory.indices[(memory.values + k) % season]) * (factors.empty() ? 1 : factors[k]);
    total += index;
    out.mean[k] = static_cast<float>(index * rate * memory.counting.unit);
    out.median[k] = static_cast<float>(index * median);
    for (std::size_t q = 0; q < count; ++q) out.at_quantile[k * count + q] = static_cast<float>(index * single_[q]);
    if (!totals_) continue;
    empirical_quantiles(newest(k + 1), k + 1, quantiles_, sums_, found_);
    for (std::size_t q = 0; q < count; ++q)
      out.total_at_quantile[k * count + q] = static_cast<float>(total / static_cast<double>(k + 1) * found_[q]);
  }
  out.rate = rate * memory.counting.unit;
  double squares = 0;
  for (float v : newest(1)) squares += (v - out.rate) * (v - out.rate) / static_cast<double>(newest(1).size());
  out.variance = squares;
}

void Intermittent::resume(const RateMemory& memory, std::span<const float> values, IntermittentForecast& out,
                          std::span<const double> factors) {
  memory_ = memory;
  follow(memory_, values);
  out.only = nullptr;
  spread(rate(memory_), memory_, out, factors);
}

// The quantiles of the periods that follow those seen.
void Intermittent::spread(const Rate& found, const RateMemory& memory, IntermittentForecast& out, std::span<const double> factors) {
  const std::vector<float>& indices = memory.indices;
  const std::size_t season = std::max<std::size_t>(indices.size(), 1);
  const double unit = memory.counting.unit;
  const std::size_t count = quantiles_.size();
  out.mean.resize(horizon_);
  out.median.resize(horizon_);
  out.at_quantile.resize(horizon_ * count);
  if (totals_) out.total_at_quantile.resize(horizon_ * count);
  auto dispersion = [&](double index) { return memory.counting.dispersion + (found.mean > 0 ? index * found.variance / found.mean : 0); };
  auto write = [&](double index, std::span<float> to) {
    negative_binomial_quantiles(index * found.mean, dispersion(index), quantiles_, found_);
    for (std::size_t q = 0; q < count; ++q) to[q] = static_cast<float>(found_[q] * unit);
  };
  double total = 0;
  for (std::size_t k = 0; k < horizon_; ++k) {
    const double index = (indices.empty() ? 1 : indices[(memory.values + k) % season]) * (factors.empty() ? 1 : factors[k]);
    total += index;
    out.mean[k] = static_cast<float>(index * found.mean * unit);
    if (k >= season && (factors.empty() || factors[k] == factors[k - season])) {  // as a season before
      out.median[k] = out.median[k - season];
      std::copy_n(out.at_quantile.begin() + static_cast<std::ptrdiff_t>((k - season) * count), count,
                  out.at_quantile.begin() + static_cast<std::ptrdiff_t>(k * count));
    } else {
      double median = 0;
      negative_binomial_quantiles(index * found.mean, dispersion(index), std::array{0.5}, std::span(&median, 1));
      out.median[k] = static_cast<float>(median * unit);
      write(index, std::span(out.at_quantile).subspan(k * count, count));
    }
    if (totals_) write(total, std::span(out.total_at_quantile).subspan(k * count, count));
  }
  out.rate = found.mean * unit;
  double usual = 1;  // factor
  for (double factor : factors) usual += (factor - 1) / static_cast<double>(horizon_);
  out.variance = usual * found.mean * dispersion(usual) * unit * unit;
}

}  // namespace sinan::forecasting
