// Exponential smoothing with its constants found by least squares of one-step errors: a grid in lanes, then once more around the best. The
// first states are those with the least errors, in closed form: forecasts are linear in them.
#pragma once

#include <span>

namespace sinan::forecasting {

struct Level {
  float alpha = 0;
  float first = 0;  // before the first value
  float loss = 0;   // sum of squared one-step errors
};

// Simple exponential smoothing (Brown 1959). y must not be empty.
Level fit_level(std::span<const float> y);
// The level after the last value.
float last_level(std::span<const float> y, const Level& level);

struct Trend {
  float alpha = 0;
  float beta = 0;  // of the level's gain: b += alpha·beta·e
  float phi = 1;
  float level = 0;  // of fit_trend: before the first value; of last_trend: after the last
  float slope = 0;
  float loss = 0;
};

// Holt's linear trend (1957), or with `damped` Gardner & McKenzie's (1985), in error-correction form: e = y − (l + φb);
// l += φb + αe; b = φb + αβe. y has two values or more.
Trend fit_trend(std::span<const float> y, bool damped);
Trend last_trend(std::span<const float> y, Trend trend);
// out[k] = l + (φ + … + φ^(k+1)) b.
void extend_trend(const Trend& trend, std::span<float> out);

}  // namespace sinan::forecasting
