#include "intelligence/forecasting/pool/pooled_regression.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "intelligence/forecasting/kernels/lanes.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

constexpr double kRidge = 0.01;       // of the mean square of a row
constexpr float kLeastNoise = 0.02F;  // steadier series weigh no more
constexpr std::size_t kLeastSeries = 10;
constexpr std::size_t kRowsPerWeight = 10;

std::vector<std::size_t> up_to(std::size_t longest) {
  std::vector<std::size_t> out(longest);
  std::iota(out.begin(), out.end(), std::size_t{1});
  return out;
}

// The periods of two seasons, and around the same one of the days before, of a week ago and of two weeks ago.
std::vector<std::size_t> of_day(std::size_t season) {
  std::vector<std::size_t> out = up_to(std::min<std::size_t>(2 * season + 1, 49));
  auto around = [&](std::size_t middle, std::size_t reach) {
    for (std::size_t lag = middle - reach; lag <= middle + reach; ++lag)
      if (lag > out.back()) out.push_back(lag);
  };
  for (std::size_t day : {1, 2, 3, 4, 5}) around(day * season, 0);
  around(6 * season, 1);
  around(7 * season, 2);
  around(8 * season, 1);
  around(14 * season, 1);
  return out;
}

SINAN_LANES float weighted(const float* weights, const float* values, std::size_t count) {
  Lanes sums{}, w, v;
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    load(weights + i, w);
    load(values + i, v);
    sums += w * v;
  }
  float sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  for (; i < count; ++i) sum += weights[i] * values[i];
  return sum;
}

}  // namespace

PooledRegression::PooledRegression(std::size_t season) {
  if (season == 1) {
    add_memory(up_to(3), 3);
    add_memory(up_to(2), 2);
  } else if (season == 7) {
    add_memory(up_to(8 * 7 + 1), 8 * 7);
    add_memory(up_to(4 * 7 + 1), 4 * 7);
    add_memory(up_to(2 * 7 + 1), 2 * 7);
  } else if (season < 24) {
    for (std::size_t seasons : {4, 3, 2, 1})
      if (season <= 12 || seasons <= 2) add_memory(up_to(seasons * season + 1), season);
  } else if (is_day(season)) {
    add_memory(of_day(season), 7 * season);
  } else {
    std::vector<std::size_t> lags = up_to(8);
    for (std::size_t lag : {season - 1, season, season + 1}) lags.push_back(lag);
    add_memory(std::move(lags), season / 4);
  }
}

void PooledRegression::add_memory(std::vector<std::size_t> lags, std::size_t level) {
  Memory memory{.lags = std::move(lags), .level = level};
  memory.least = std::max(memory.lags.back(), level);
  for (std::size_t k = 0; k < memory.lags.size(); ++k) {
    const std::size_t lag = memory.lags[memory.lags.size() - 1 - k];
    if (k == 0 || lag + 1 != memory.lags[memory.lags.size() - k]) memory.pieces.push_back({k + 1, lag, 0});
    ++memory.pieces.back().count;
  }
  memory.regression.reset(memory.lags.size() + 1);
  memories_.push_back(std::move(memory));
}

void PooledRegression::add(std::span<const float> y, std::size_t from, std::size_t to, float noise) {
  const float weight = 1 / std::sqrt(std::max(noise, kLeastNoise));
  for (Memory& memory : memories_) {
    if (to <= memory.least) continue;
    ++memory.series;
    products_.add(y, std::max(from, memory.least), to, memory.lags, memory.level, weight, memory.regression);
  }
}

void PooledRegression::add(const PooledRegression& other) {
  for (std::size_t k = 0; k < memories_.size(); ++k) {
    memories_[k].series = std::max(memories_[k].series, other.memories_[k].series);
    memories_[k].regression.add(other.memories_[k].regression);
  }
}

// From the order of the lags to that of time; what the lags leave is the level's.
void PooledRegression::turn(Memory& memory) {
  std::reverse(memory.weights.begin() + 1, memory.weights.end());
  memory.of_level = 1 - std::accumulate(memory.weights.begin() + 1, memory.weights.end(), 0.0F);
}

void PooledRegression::finish() {
  products_ = {};
  for (Memory& memory : memories_) {
    const std::size_t columns = memory.lags.size() + 1;
    if (memory.series < kLeastSeries || memory.regression.rows() < kRowsPerWeight * columns) continue;
    memory.regression.solve(kRidge * static_cast<double>(memory.regression.rows()));
    memory.weights.resize(columns);
    memory.regression.coefficients(columns, memory.weights);
    turn(memory);
  }
}

// As they were solved for: the constant, then from the shortest lag to the longest.
void PooledRegression::write(std::vector<float>& numbers) const {
  for (const Memory& memory : memories_) {
    numbers.push_back(memory.weights.empty() ? 0 : 1);
    if (memory.weights.empty()) continue;
    numbers.push_back(memory.weights[0]);
    numbers.insert(numbers.end(), memory.weights.rbegin(), memory.weights.rend() - 1);
  }
}

bool PooledRegression::read(std::span<const float>& numbers) {
  for (Memory& memory : memories_) {
    if (numbers.empty()) return false;
    const std::size_t count = numbers[0] != 0 ? memory.lags.size() + 1 : 0;
    if (numbers.size() < 1 + count) return false;
    memory.weights.assign(numbers.begin() + 1, numbers.begin() + 1 + static_cast<std::ptrdiff_t>(count));
    if (count > 0) turn(memory);
    numbers = numbers.subspan(1 + count);
  }
  return true;
}

const PooledRegression::Memory* PooledRegression::memory_for(std::size_t length) const {
  for (const Memory& memory : memories_)
    if (!memory.weights.empty() && length >= memory.least) return &memory;
  return nullptr;
}

// What the values before *now say, a weight for each lag.
float PooledRegression::past_of(const Memory& memory, const float* now) {
  float sum = 0;
  for (const Piece& piece : memory.pieces) sum += weighted(&memory.weights[piece.weight], now - piece.lag, piece.count);
  return sum;
}

void PooledRegression::forecast(std::span<const float> y, std::vector<float>& path, std::span<float> out) const {
  const Memory& memory = *memory_for(y.size());
  auto [least, most] = std::ranges::minmax(y);
  const float beyond = most - least;
  path.resize(memory.least + out.size());
  std::ranges::copy(y.last(memory.least), path.begin());
  double sum = std::accumulate(path.begin() + static_cast<std::ptrdiff_t>(memory.least - memory.level),
                               path.begin() + static_cast<std::ptrdiff_t>(memory.least), 0.0);
  for (std::size_t k = 0; k < out.size(); ++k) {
    const std::size_t t = memory.least + k;
    const float start = memory.weights[0] + memory.of_level * static_cast<float>(sum / static_cast<double>(memory.level));
    out[k] = path[t] = std::clamp(start + past_of(memory, &path[t]), least - beyond, most + beyond);
    sum += static_cast<double>(path[t]) - static_cast<double>(path[t - memory.level]);
  }
}

}  // namespace sinan::forecasting
