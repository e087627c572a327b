#include "intelligence/forecasting/models/holt_winters.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "intelligence/forecasting/lanes.hpp"
#include "intelligence/forecasting/line.hpp"
#include "intelligence/forecasting/season.hpp"

namespace sinan::forecasting {
namespace {

struct Parameters {
  float alpha = 0.2F;
  float beta = 0.05F;
  float gamma = 0.1F;
  float phi = 0.95F;
  float loss = std::numeric_limits<float>::infinity();
};

struct Grid {
  Lanes alpha, beta, gamma, phi;
};

struct State {
  Lanes level, slope, loss;
};

// Smooths the series with eight parameter sets; `states` holds season × 8 floats, which begin at the indices.
template <bool kMultiplicative>
State run(std::span<const float> y, std::span<const float> indices, const Line& start, const Grid& grid, std::span<float> states) {
  std::size_t m = indices.size();
  for (std::size_t p = 0; p < m; ++p) store(&states[p * kLanes], lanes(indices[p]));
  State s{lanes(start.intercept - start.slope), lanes(start.slope), lanes(0)};
  const Lanes gain = grid.alpha * grid.beta;
  const Lanes turn = grid.gamma * (1 - grid.alpha);
  const Lanes floor = lanes(0.05F);
  std::size_t p = 0;
  for (float value : y) {
    Lanes season = load(&states[p * kLanes]);
    Lanes step = grid.phi * s.slope;
    Lanes base = s.level + step;
    if constexpr (kMultiplicative) {
      Lanes error = value - base * season;
      s.loss += error * error;
      Lanes by_season = error / season;
      Lanes safe = base > floor ? base : floor;
      s.level = base + grid.alpha * by_season;
      s.slope = step + gain * by_season;
      season += turn * error / safe;
      season = season > floor ? season : floor;
    } else {
      Lanes error = value - base - season;
      s.loss += error * error;
      s.level = base + grid.alpha * error;
      s.slope = step + gain * error;
      season += turn * error;
    }
    store(&states[p * kLanes], season);
    if (++p == m) p = 0;
  }
  return s;
}

template <bool kMultiplicative>
void fit(const History& history, Scratch& scratch, std::span<float> out) {
  std::span<const float> y = history.y;
  std::size_t m = static_cast<std::size_t>(history.season);
  std::span<float> indices = scratch.floats(0, m);
  std::span<float> states = scratch.floats(1, m * kLanes);
  std::span<float> first = scratch.floats(2, std::min(y.size(), 2 * m));
  const SeasonKind kind = kMultiplicative ? SeasonKind::kMultiplicative : SeasonKind::kAdditive;
  season_indices(y, history.season, kind, indices);
  remove_season(y.first(first.size()), indices, kind, first);
  const Line start = fit_line(first);

  Parameters best;
  auto consider = [&](const Grid& grid) {
    State s = run<kMultiplicative>(y, indices, start, grid, states);
    std::size_t i = smallest(s.loss);
    if (s.loss[i] < best.loss) best = {grid.alpha[i], grid.beta[i], grid.gamma[i], grid.phi[i], s.loss[i]};
  };
  const Lanes alpha{0.02F, 0.07F, 0.14F, 0.24F, 0.36F, 0.5F, 0.7F, 0.9F};
  for (float beta : {0.01F, 0.12F})
    for (float gamma : {0.01F, 0.1F, 0.3F})
      for (float phi : {0.88F, 0.98F}) consider({alpha, lanes(beta), lanes(gamma), lanes(phi)});
  for (float width : {0.4F, 0.2F}) {
    Grid grid;
    for (std::size_t i = 0; i < kLanes; ++i) {
      grid.alpha[i] = std::clamp(best.alpha * (1 + (i & 1U ? width : -width)), 0.01F, 0.98F);
      grid.beta[i] = std::clamp(best.beta * (1 + (i & 2U ? 2 * width : -width)), 0.002F, 0.9F);
      grid.gamma[i] = std::clamp(best.gamma * (1 + (i & 4U ? 2 * width : -width)), 0.002F, 0.9F);
      grid.phi[i] = best.phi;
    }
    consider(grid);
  }

  State s = run<kMultiplicative>(y, indices, start, {lanes(best.alpha), lanes(best.beta), lanes(best.gamma), lanes(best.phi)}, states);
  float power = 1;
  float weight = 0;
  for (std::size_t k = 0; k < out.size(); ++k) {
    power *= best.phi;
    weight += power;
    float base = s.level[0] + weight * s.slope[0];
    float season = states[((y.size() + k) % m) * kLanes];
    out[k] = kMultiplicative ? base * season : base + season;
  }
}

}  // namespace

void forecast_holt_winters(const History& history, bool multiplicative, Scratch& scratch, std::span<float> out) {
  if (multiplicative && history.positive)
    fit<true>(history, scratch, out);
  else
    fit<false>(history, scratch, out);
}

ModelInfo holt_winters_additive() {
  return {"holt_winters_additive",
          "Level, damped trend and season, added (Holt & Winters 1960)",
          8,
          true,
          false,
          [](const History& history, Scratch& scratch, std::span<float> out) { forecast_holt_winters(history, false, scratch, out); }};
}

ModelInfo holt_winters_multiplicative() {
  return {"holt_winters_multiplicative",
          "Level and damped trend, times season; additive where values reach zero",
          8,
          true,
          false,
          [](const History& history, Scratch& scratch, std::span<float> out) { forecast_holt_winters(history, true, scratch, out); }};
}

}  // namespace sinan::forecasting
