// Holt-Winters with a damped trend, additive or multiplicative, whichever explains the history better.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "intelligence/forecasting/kernels/lanes.hpp"
#include "intelligence/forecasting/kernels/line.hpp"
#include "intelligence/forecasting/kernels/season.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

struct Constants {
  float alpha = 0.2F;
  float beta = 0.05F;
  float gamma = 0.1F;
  float phi = 0.95F;
  float loss = std::numeric_limits<float>::infinity();
};

struct Grid {
  Lanes alpha, beta, gamma, phi;
};
// The first states: the season's indices, and the line through the first two seasons without them. Of factors, what they add at the mean of
// the series is where an additive season begins.
struct Start {
  std::span<float> indices;
  Line line;
};

Start start_of(const History& history, bool multiplicative, Scratch& scratch) {
  std::size_t m = static_cast<std::size_t>(history.season);
  std::span<float> indices = scratch.floats(0, m);
  std::ranges::fill(indices, 0.0F);
  const float share = static_cast<float>(m) / static_cast<float>(history.indices.size());
  for (std::size_t p = 0; p < history.indices.size(); ++p) indices[p % m] += share * history.indices[p];
  if (history.factors && !multiplicative)
    for (float& index : indices) index -= 1;
  std::span<float> first = scratch.floats(2, std::min(history.y.size(), std::max<std::size_t>(2 * m, 8)));
  remove_season(history.y.first(first.size()), indices, multiplicative ? SeasonKind::kMultiplicative : SeasonKind::kAdditive, first);
  return {indices, fit_line(first)};
}

// What eight sets of constants have come to.
struct States {
  Lanes level, slope, loss, gain, turn;
};

[[gnu::always_inline]] inline void begin(const Start& start, const Grid& grid, States& out) {
  out.level = Lanes{} + start.line.intercept - start.line.slope;
  out.slope = Lanes{} + start.line.slope;
  out.loss = Lanes{};
  out.gain = grid.alpha * grid.beta;
  out.turn = grid.gamma * (1 - grid.alpha);
}

// Error-correction form (Hyndman et al. 2008, table 2.1).
[[gnu::always_inline]] inline void step(bool multiplicative, float value, const Grid& grid, States& s, float* index) {
  const Lanes floor = Lanes{} + 0.05F;
  Lanes season;
  load(index, season);
  const Lanes step = grid.phi * s.slope;
  const Lanes base = s.level + step;
  if (multiplicative) {
    const Lanes error = value - base * season;
    s.loss += error * error;
    const Lanes safe = base > floor ? base : floor;
    const Lanes by_season = error / season;
    s.level = base + grid.alpha * by_season;
    s.slope = step + s.gain * by_season;
    season += s.turn * error / safe;
    season = season > floor ? season : floor;
  } else {
    const Lanes error = value - base - season;
    s.loss += error * error;
    s.level = base + grid.alpha * error;
    s.slope = step + s.gain * error;
    season += s.turn * error;
  }
  store(index, season);
}

// `seasons` holds season × 8 floats.
SINAN_LANES void loss_of(bool multiplicative, std::span<const float> y, const Start& start, const Grid& grid, std::span<float> seasons,
                         Lanes& loss) {
  const std::size_t m = start.indices.size();
  for (std::size_t p = 0; p < m; ++p) store(&seasons[p * kLanes], Lanes{} + start.indices[p]);
  States states;
  begin(start, grid, states);
  std::size_t p = 0;
  for (float value : y) {
    step(multiplicative, value, grid, states, &seasons[p * kLanes]);
    if (++p == m) p = 0;
  }
  loss = states.loss;
}

// Two of them side by side, with an added season: each step of one waits for the one before, so the other comes almost free. `seasons`
// holds 2 × season × 8 floats.
SINAN_LANES void losses_of(std::span<const float> y, const Start& start, std::span<const Grid, 2> grids, std::span<float> seasons,
                           std::span<Lanes, 2> losses) {
  const std::size_t m = start.indices.size();
  for (std::size_t p = 0; p < m; ++p)
    for (std::size_t g = 0; g < 2; ++g) store(&seasons[(2 * p + g) * kLanes], Lanes{} + start.indices[p]);
  States first, second;
  begin(start, grids[0], first);
  begin(start, grids[1], second);
  std::size_t p = 0;
  for (float value : y) {
    step(false, value, grids[0], first, &seasons[2 * p * kLanes]);
    step(false, value, grids[1], second, &seasons[(2 * p + 1) * kLanes]);
    if (++p == m) p = 0;
  }
  losses[0] = first.loss;
  losses[1] = second.loss;
}

bool fit(const History& history, Scratch& scratch, Parameters& p) {
  std::span<float> seasons = scratch.floats(1, 2 * static_cast<std::size_t>(history.season) * kLanes);
  Constants best;
  auto keep_best = [&](bool multiplicative, const Grid& grid, const Lanes& loss) {
    const std::size_t i = smallest(loss);
    if (loss[i] >= best.loss) return;
    best = {grid.alpha[i], grid.beta[i], grid.gamma[i], grid.phi[i], loss[i]};
    p[4] = multiplicative ? 1 : 0;
  };
  auto consider = [&](bool multiplicative, const Start& start, const Grid& grid) {
    Lanes loss;
    loss_of(multiplicative, history.y, start, grid, seasons, loss);
    keep_best(multiplicative, grid, loss);
  };
  const Lanes alpha{0.02F, 0.07F, 0.14F, 0.24F, 0.36F, 0.5F, 0.7F, 0.9F};
  Start start = start_of(history, false, scratch);
  for (float gamma : {0.01F, 0.1F, 0.3F}) {
    std::array<Grid, 2> grids;
    std::array<Lanes, 2> losses;
    for (std::size_t g = 0; g < 2; ++g) grids[g] = {alpha, Lanes{} + (g == 0 ? 0.01F : 0.12F), Lanes{} + gamma, Lanes{} + 0.94F};
    losses_of(history.y, start, grids, seasons, losses);
    for (std::size_t g = 0; g < 2; ++g) keep_best(false, grids[g], losses[g]);
  }
  // What a season multiplied does with the best trend and season constants decides the kind; then once more around the best, twice.
  if (history.positive && history.factors) {
    start = start_of(history, true, scratch);
    consider(true, start, {alpha, Lanes{} + best.beta, Lanes{} + best.gamma, Lanes{} + 0.94F});
    if (p[4] == 0) start = start_of(history, false, scratch);
  }
  for (float width : {0.4F, 0.2F}) {
    Grid grid;
    for (std::size_t i = 0; i < kLanes; ++i) {
      grid.alpha[i] = std::clamp(best.alpha * (1 + (i & 1U ? width : -width)), 0.01F, 0.98F);
      grid.beta[i] = std::clamp(best.beta * (1 + (i & 2U ? 2 * width : -width)), 0.002F, 0.9F);
      grid.gamma[i] = std::clamp(best.gamma * (1 + (i & 4U ? 2 * width : -width)), 0.002F, 0.9F);
      grid.phi[i] = i & 1U ? 0.98F : 0.88F;
    }
    consider(p[4] == 1, start, grid);
  }
  p[0] = best.alpha;
  p[1] = best.beta;
  p[2] = best.gamma;
  p[3] = best.phi;
  return true;
}

void predict(const History& history, const Parameters& p, Scratch& scratch, std::span<float> out) {
  bool multiplicative = p[4] == 1;
  Start start = start_of(history, multiplicative, scratch);
  std::span<float> season = start.indices;
  std::size_t m = season.size();
  auto [alpha, beta, gamma, phi] = std::array{p[0], p[1], p[2], p[3]};
  float level = start.line.intercept - start.line.slope;
  float slope = start.line.slope;
  std::size_t at = 0;
  for (float value : history.y) {
    float base = level + phi * slope;
    float& index = season[at];
    float error = multiplicative ? value - base * index : value - base - index;
    float by_season = multiplicative ? error / index : error;
    level = base + alpha * by_season;
    slope = phi * slope + alpha * beta * by_season;
    index += gamma * (1 - alpha) * (multiplicative ? error / std::max(base, 0.05F) : error);
    if (multiplicative) index = std::max(index, 0.05F);
    if (++at == m) at = 0;
  }
  float power = 1;
  float weight = 0;
  for (std::size_t k = 0; k < out.size(); ++k) {
    power *= phi;
    weight += power;
    float base = level + weight * slope;
    float index = season[(history.y.size() + k) % m];
    out[k] = multiplicative ? base * index : base + index;
  }
}

}  // namespace

ModelInfo holt_winters() {
  return {.name = "holt_winters",
          .summary = "Level, damped trend and season, added or multiplied (Holt & Winters 1960)",
          .minimum_length = 8,
          .input = Input::kOriginal,
          .routes = kShortSeason | kWeek,
          .fit = fit,
          .predict = predict};
}

}  // namespace sinan::forecasting
