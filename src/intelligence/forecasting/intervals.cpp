#include "intelligence/forecasting/intervals.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "intelligence/forecasting/past_errors.hpp"

namespace sinan::forecasting {
namespace {

// Weights of the noise in a scale, in horizons of errors, of which the likeliest is taken.
constexpr std::array kPriorHorizons{1.0, 2.0, 4.0, 8.0, 16.0};
constexpr double kGainOfPrior = 5;        // in logarithms of likelihood, that makes it more than the first
constexpr double kPriorErrors = 40;       // weight of the prior growth, in errors
constexpr std::size_t kFewRatios = 3;     // of errors to noise in a group; where there are fewer, some are 1
constexpr std::size_t kPriorShape = 200;  // points of the prior shape

double prior_total_growth(std::size_t k) { return std::pow(static_cast<double>(k) + 1, 0.85) * std::sqrt(Intervals::usual_growth(k)); }

// Quantile of Student's t, five degrees of freedom, mean size 1: inverse of its closed distribution function by bisection.
double student_quantile(double p) {
  auto cdf = [](double t) {
    double x = t / std::sqrt(5.0);
    double c = 1 + x * x;
    return 0.5 + (x / c * (1 + 2.0 / (3 * c)) + std::atan(x)) / 3.14159265358979323846;
  };
  double low = -60;
  double high = 60;
  for (int i = 0; i < 60; ++i) (cdf((low + high) / 2) < p ? low : high) = (low + high) / 2;
  return (low + high) / 2 / 0.9490;
}

std::span<const float> prior_shape() {
  static const std::array<float, kPriorShape> kShape = [] {
    std::array<float, kPriorShape> out;
    for (std::size_t i = 0; i < kPriorShape; ++i)
      out[i] = static_cast<float>(student_quantile((static_cast<double>(i) + 0.5) / static_cast<double>(kPriorShape)));
    return out;
  }();
  return kShape;
}

// A mean whose last bits do not depend on the order of the values: they are added as whole numbers of 2⁻²⁴.
class ExactMean {
 public:
  void add(double value) {
    sum_ += std::llround(value * 0x1p24);
    ++count_;
  }
  double count() const { return static_cast<double>(count_); }
  double sum() const { return static_cast<double>(sum_) * 0x1p-24; }

 private:
  __int128 sum_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace

// A random walk with little drift, relative to its mean.
double Intervals::usual_growth(std::size_t k) { return std::sqrt(1 + 0.15 * static_cast<double>(k)); }

Intervals::Intervals(std::size_t groups, std::size_t origins, std::size_t horizon)
    : origins_(origins), horizon_(horizon), groups_(groups) {}

namespace {

// The errors of a series in widths.
std::vector<float> in_widths(const OwnErrors& own) {
  std::vector<float> out(own.errors.begin(), own.errors.end());
  for (std::size_t e = 0; e < own.down.size(); ++e) {
    const float width = out[e] < 0 ? own.down[e] : own.up[e];
    out[e] = width > 0 ? out[e] / width : std::numeric_limits<float>::quiet_NaN();
  }
  return out;
}

}  // namespace

void Intervals::add(std::size_t group, const OwnErrors& own) {
  Group& to = groups_[group];
  const std::vector<float> errors = in_widths(own);
  to.errors.insert(to.errors.end(), errors.begin(), errors.end());
  to.down.insert(to.down.end(), own.down.begin(), own.down.end());
  to.up.insert(to.up.end(), own.up.begin(), own.up.end());
  to.reaches.push_back(own.reach);
  to.noises.push_back(own.noise);
}

namespace {

struct Scale {
  double mean = 0;    // size of the errors in units of growth; 0 if there are none
  double weight = 0;  // in origins
};

// Of the origins of one series for which `counts` holds.
template <typename Counts>
Scale scale_of(std::span<const float> errors, std::span<const double> growth, const Counts& counts) {
  const std::size_t horizon = growth.size();
  double sum = 0;
  double weight = 0;
  for (std::size_t j = 0; j * horizon < errors.size(); ++j) {
    if (!counts(j)) continue;
    double size = 0;
    std::size_t count = 0;
    std::size_t steps = 0;
    for (std::size_t k = 0; k < horizon; ++k) {
      if (!std::isfinite(errors[j * horizon + k])) continue;
      size += std::abs(errors[j * horizon + k]) / growth[k];
      ++count;
      steps = k + 1;
    }
    if (count == 0) continue;
    // An origin counts less where it has gaps.
    const double known = static_cast<double>(count) / static_cast<double>(steps);
    sum += known * size / static_cast<double>(count);
    weight += known;
  }
  return {.mean = weight > 0 ? sum / weight : 0, .weight = weight};
}
bool all_origins(std::size_t) { return true; }

double with_noise(const Scale& own, double noise, double horizons) {
  return (own.mean * own.weight + noise * horizons) / (own.weight + horizons);
}

// Whether more than half of the periods that are forecast from origin j are forecast from origin i too.
bool shares_most(std::size_t reach, std::size_t origins, std::size_t horizon, std::size_t j, std::size_t i) {
  const auto from = static_cast<std::ptrdiff_t>(after_origin(reach, origins, j));
  const auto other = static_cast<std::ptrdiff_t>(after_origin(reach, origins, i));
  const auto steps = std::min(from, static_cast<std::ptrdiff_t>(horizon));
  const auto other_steps = std::min(other, static_cast<std::ptrdiff_t>(horizon));
  return 2 * (std::min(from, other) - std::max(from - steps, other - other_steps)) >= steps;
}

}  // namespace

namespace {

// The scale of a series by the origins that share at most half of their periods with origin j.
Scale scale_without(std::size_t j, std::span<const float> errors, std::span<const double> growth, std::size_t reach) {
  const std::size_t origins = errors.size() / growth.size();
  return scale_of(errors, growth, [&](std::size_t other) { return other != j && !shares_most(reach, origins, growth.size(), j, other); });
}

// Means over a few steps around each.
void smooth(std::span<const double> mean_sizes, std::span<double> growth) {
  const std::size_t reach = growth.size() / 16;
  for (std::size_t k = 0; k < growth.size(); ++k) {
    std::size_t from = k - std::min(k, reach);
    std::size_t to = std::min(growth.size() - 1, k + (k - from));
    double sum = 0;
    for (std::size_t i = from; i <= to; ++i) sum += mean_sizes[i];
    growth[k] = sum / static_cast<double>(to - from + 1);
  }
}

// Growth in proportion to a power, 0 … 1, of the usual one: the least squares of logarithms of the mean sizes, each of which counts as
// often as there were errors.
void fit_power(std::span<const double> mean_sizes, std::span<const ExactMean> errors, std::span<double> growth) {
  double weights = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (std::size_t k = 0; k < growth.size(); ++k) {
    const double weight = errors[k].count() + kPriorErrors;
    const double usual = std::log(growth[k]);
    const double size = std::log(mean_sizes[k]);
    weights += weight, x += weight * usual, y += weight * size, xx += weight * usual * usual, xy += weight * usual * size;
  }
  const double spread = xx - x * x / weights;
  const double power = spread > 0 ? std::clamp((xy - x * y / weights) / spread, 0.0, 1.0) : 0;
  for (double& g : growth) g = std::exp((y + power * (weights * std::log(g) - x)) / weights);
}

// Adds −u for every u.
void mirror(std::vector<float>& shape) {
  shape.reserve(2 * shape.size());
  for (std::size_t i = 0, count = shape.size(); i < count; ++i) shape.push_back(-shape[i]);
}

}  // namespace

// Growth and shape of one group, of single steps or of totals. `group.growth` must be known before totals are learnt.
void Intervals::learn(Group& group, bool totals) const {
  std::vector<double>& growth = totals ? group.total_growth : group.growth;
  std::vector<float>& shape = totals ? group.total_shape : group.shape;
  growth.resize(horizon_);
  for (std::size_t k = 0; k < horizon_; ++k) growth[k] = totals ? prior_total_growth(k) : usual_growth(k);
  const std::vector<double> scales_by = totals ? group.growth : growth;  // scales are always of single steps
  std::vector<ExactMean> sizes(horizon_);
  std::vector<std::pair<std::uint32_t, float>> scaled;
  for (std::size_t i = 0; i < group.reaches.size(); ++i) {
    const std::span<const float> errors = of(group.errors, i);
    const std::span<const float> down = of(group.down, i);
    const std::span<const float> up = of(group.up, i);
    for (std::size_t j = 0; j < origins_; ++j) {
      const double scale = with_noise(scale_without(j, errors, scales_by, group.reaches[i]), group.ratio * group.noises[i], group.prior);
      if (scale <= 1e-9) continue;
      double sum = 0;
      WidthOfSums width;
      for (std::size_t k = 0; k < horizon_; ++k) {
        const std::size_t e = j * horizon_ + k;
        double error = errors[e];
        if (!std::isfinite(error) && totals) break;
        if (!std::isfinite(error)) continue;
        if (totals) {
          const double below = down.empty() ? 1 : down[e];
          const double above = up.empty() ? 1 : up[e];
          width.add(below, above);
          sum += error * (error < 0 ? below : above);
          if (!down.empty()) sum -= scale * mean_offset(group, k, below, above);
          error = sum / (sum < 0 ? width.down() : width.up());
        }
        double relative = std::clamp(error / scale, -50.0 * growth[k], 50.0 * growth[k]);
        sizes[k].add(std::abs(relative));
        scaled.emplace_back(static_cast<std::uint32_t>(k), static_cast<float>(relative));
      }
    }
  }
  std::vector<double> raw(horizon_);
  for (std::size_t k = 0; k < horizon_; ++k) {
    // What few or no errors tell goes on from the step before.
    const double expected = k == 0 ? growth[0] : raw[k - 1] * growth[k] / growth[k - 1];
    raw[k] = (sizes[k].sum() + expected * kPriorErrors) / (sizes[k].count() + kPriorErrors);
  }
  if (group.down.empty()) {
    smooth(raw, growth);
  } else {
    fit_power(raw, sizes, growth);
  }
  shape.clear();
  for (auto [k, relative] : scaled) shape.push_back(static_cast<float>(relative / growth[k]));
  shape.insert(shape.end(), prior_shape().begin(), prior_shape().end());
  if (!totals) learn_means(group);
  if (!group.down.empty()) mirror(shape);
  std::ranges::sort(shape);
}

void Intervals::learn_means(Group& group) {
  ExactMean below, above;
  for (float u : group.shape) (u < 0 ? below : above).add(std::clamp(u, -5.0F, 5.0F));
  const auto count = static_cast<double>(group.shape.size());
  group.mean_below = below.sum() / count;
  group.mean_above = above.sum() / count;
}

void Intervals::finish(bool totals) {
  for (Group& group : groups_) {
    group.ratio = middle_ratio(group);
    // With widths, series differ less, and what all have in common may tell more of the next error than a series' own few ones.
    if (!group.down.empty()) group.prior = likeliest_prior(group);
    learn(group, false);
    if (totals) learn(group, true);
    group.errors = group.down = group.up = {};
  }
}

double Intervals::middle_ratio(const Group& group) const {
  std::vector<double> growth(horizon_);
  for (std::size_t k = 0; k < horizon_; ++k) growth[k] = usual_growth(k);
  std::vector<double> ratios;
  for (std::size_t i = 0; i < group.reaches.size(); ++i) {
    const Scale own = scale_of(of(group.errors, i), growth, all_origins);
    if (own.weight > 0 && group.noises[i] > 1e-9) ratios.push_back(own.mean / group.noises[i]);
  }
  // Of one series, whose few errors may be small by chance, it is not believed.
  if (ratios.size() < kFewRatios) ratios.resize(kFewRatios, 1);
  std::ranges::sort(ratios);
  return ratios[ratios.size() / 2];
}

double Intervals::likeliest_prior(const Group& group) const {
  std::vector<double> growth(horizon_);
  for (std::size_t k = 0; k < horizon_; ++k) growth[k] = usual_growth(k);
  std::array<ExactMean, kPriorHorizons.size()> losses;
  for (std::size_t i = 0; i < group.reaches.size(); ++i) {
    const std::span<const float> errors = of(group.errors, i);
    for (std::size_t j = 0; j < origins_; ++j) {
      const Scale here = scale_of(errors, growth, [j](std::size_t origin) { return origin == j; });
      const Scale others = scale_without(j, errors, growth, group.reaches[i]);
      if (here.weight == 0 || others.weight == 0) continue;
      for (std::size_t p = 0; p < losses.size(); ++p) {
        const double scale = with_noise(others, group.ratio * group.noises[i], kPriorHorizons[p]);
        if (scale > 1e-9) losses[p].add(here.weight * (std::log(scale) + std::min(here.mean / scale, 50.0)));
      }
    }
  }
  const auto best = std::ranges::min_element(losses, {}, &ExactMean::sum);
  const bool surely = best->sum() < losses.front().sum() - kGainOfPrior;
  return kPriorHorizons[surely ? static_cast<std::size_t>(best - losses.begin()) : 0];
}

double Intervals::scale(std::size_t group, const OwnErrors& own) const {
  const std::vector<double>& growth = groups_[group].growth;
  Scale scale = own.down.empty() ? scale_of(own.errors, growth, all_origins) : scale_of(in_widths(own), growth, all_origins);
  scale.weight = std::min(scale.weight, static_cast<double>(own.reach) / static_cast<double>(horizon_));
  return with_noise(scale, groups_[group].ratio * own.noise, groups_[group].prior);
}

double Intervals::shape(const std::vector<float>& sorted, double q) {
  auto at = [&](double p) {
    double rank = p * static_cast<double>(sorted.size()) - 0.5;
    double last = static_cast<double>(sorted.size() - 1);
    rank = std::clamp(rank, 0.0, last);
    std::size_t below = static_cast<std::size_t>(rank);
    std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (rank - static_cast<double>(below)) * (sorted[above] - sorted[below]);
  };
  // The forecast is the median: what bias there was counts less towards the middle.
  return at(q) - at(0.5) * (1 - std::abs(2 * q - 1));
}

}  // namespace sinan::forecasting
