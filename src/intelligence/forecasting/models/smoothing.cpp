#include "intelligence/forecasting/models/smoothing.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace sinan::forecasting {
namespace {

constexpr std::size_t kLanes = 16;

// Parameter sets that run side by side; unused lanes repeat the first.
struct Lanes {
  alignas(64) std::array<float, kLanes> alpha, beta, phi, level, trend, sse;
};

void run(std::span<const float> y, Lanes& lanes) {
  for (float value : y) {
    for (std::size_t k = 0; k < kLanes; ++k) {
      float step = lanes.phi[k] * lanes.trend[k];
      float error = value - lanes.level[k] - step;
      lanes.level[k] += step + lanes.alpha[k] * error;
      lanes.trend[k] = step + lanes.beta[k] * error;
      lanes.sse[k] += error * error;
    }
  }
}

struct Parameters {
  double alpha, beta, phi;
};

// Level and trend before the first value: from the first few, so that one odd value does not decide.
struct Start {
  double level, trend;
};

Start start_of(std::span<const double> y, Trend kind) {
  std::size_t few = std::min<std::size_t>(y.size(), 10);
  if (kind == Trend::kNone || few < 3) {
    std::size_t k = std::min<std::size_t>(y.size(), 4);
    double sum = 0;
    for (std::size_t i = 0; i < k; ++i) sum += y[i];
    return {sum / static_cast<double>(k), 0};
  }
  // Least squares through the first values (time 1…few); level is its value at time 0.
  double n = static_cast<double>(few);
  double mean_t = (n + 1) / 2;
  double mean_y = 0;
  for (std::size_t i = 0; i < few; ++i) mean_y += y[i] / n;
  double up = 0;
  double down = 0;
  for (std::size_t i = 0; i < few; ++i) {
    double t = static_cast<double>(i + 1) - mean_t;
    up += t * (y[i] - mean_y);
    down += t * t;
  }
  double slope = up / down;
  return {mean_y - slope * mean_t, slope};
}

// The best of `candidates`, by one-step squared error in single precision on data scaled to its mean size.
Parameters best(std::span<const float> y, const std::vector<Parameters>& candidates, Start start) {
  Parameters found = candidates.front();
  float least = INFINITY;
  for (std::size_t from = 0; from < candidates.size(); from += kLanes) {
    Lanes lanes;
    for (std::size_t k = 0; k < kLanes; ++k) {
      const Parameters& p = candidates[std::min(from + k, candidates.size() - 1)];
      lanes.alpha[k] = static_cast<float>(p.alpha);
      lanes.beta[k] = static_cast<float>(p.beta);
      lanes.phi[k] = static_cast<float>(p.phi);
      lanes.level[k] = static_cast<float>(start.level);
      lanes.trend[k] = static_cast<float>(start.trend);
      lanes.sse[k] = 0;
    }
    run(y, lanes);
    for (std::size_t k = 0; k < kLanes && from + k < candidates.size(); ++k)
      if (lanes.sse[k] < least) {
        least = lanes.sse[k];
        found = candidates[from + k];
      }
  }
  return found;
}

std::vector<Parameters> coarse_grid(Trend kind) {
  std::vector<Parameters> out;
  if (kind == Trend::kNone) {
    for (double alpha : {0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.27, 0.35, 0.43, 0.52, 0.61, 0.7, 0.79, 0.88, 0.95, 0.99})
      out.push_back({alpha, 0, 0});
    return out;
  }
  for (double alpha : {0.05, 0.15, 0.35, 0.6, 0.9})
    for (double share : {0.02, 0.1, 0.35}) {
      if (kind == Trend::kAdditive)
        out.push_back({alpha, alpha * share, 1});
      else
        for (double phi : {0.82, 0.92, 0.98}) out.push_back({alpha, alpha * share, phi});
    }
  return out;
}

std::vector<Parameters> fine_grid(const Parameters& at, Trend kind) {
  std::vector<Parameters> out{at};
  auto clamp = [](double v, double low, double high) { return std::clamp(v, low, high); };
  if (kind == Trend::kNone) {
    for (int i = -7; i <= 7; ++i)
      if (i != 0) out.push_back({clamp(at.alpha + i * 0.012, 0.002, 0.999), 0, 0});
    return out;
  }
  for (double a : {0.75, 1.0, 1.3})
    for (double b : {0.4, 1.0, 2.0}) {
      double alpha = clamp(at.alpha * a, 0.01, 0.99);
      out.push_back({alpha, clamp(at.beta * b, 0.0005, alpha), at.phi});
    }
  if (kind == Trend::kDamped)
    for (double shift : {-0.04, 0.01}) out.push_back({at.alpha, at.beta, clamp(at.phi + shift, 0.8, 0.99)});
  return out;
}

}  // namespace

SmoothingState run_smoothing(std::span<const double> y, double alpha, double beta, double phi, double level, double trend) {
  SmoothingState state{alpha, beta, phi, level, trend, 0};
  for (double value : y) {
    double step = phi * state.trend;
    double error = value - state.level - step;
    state.level += step + alpha * error;
    state.trend = step + beta * error;
    state.sse += error * error;
  }
  return state;
}

SmoothingState fit_smoothing(std::span<const double> y, Trend kind) {
  double size = 0;
  for (double value : y) size += std::abs(value);
  size /= static_cast<double>(y.size());
  if (size == 0) return {0.1, 0, 0, 0, 0, 0};
  std::vector<float> scaled(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) scaled[i] = static_cast<float>(y[i] / size);
  Start start = start_of(y, kind);
  Start scaled_start{start.level / size, start.trend / size};
  Parameters found = best(scaled, coarse_grid(kind), scaled_start);
  found = best(scaled, fine_grid(found, kind), scaled_start);
  return run_smoothing(y, found.alpha, found.beta, found.phi, start.level, start.trend);
}

}  // namespace sinan::forecasting
