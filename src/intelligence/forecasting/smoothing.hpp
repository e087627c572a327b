// Exponential smoothing with its parameters found by least squares of one-step errors: a grid in lanes, then once more around the best.
#pragma once

#include <span>

namespace sinan::forecasting {

struct Level {
  float alpha = 0;
  float level = 0;  // after the last value
  float loss = 0;   // sum of squared one-step errors
};

// Simple exponential smoothing (Brown 1959). The first level is the mean of the first values. y must not be empty.
Level smooth_level(std::span<const float> y);

struct Trend {
  float alpha = 0;
  float beta = 0;  // of the level's gain: b += alpha·beta·e
  float phi = 1;
  float level = 0;
  float slope = 0;
  float loss = 0;
};

// Holt's linear trend (1957), or with `damped` Gardner & McKenzie's (1985), in error-correction form: e = y − (l + φb);
// l += φb + αe; b = φb + αβe. y has two values or more.
Trend smooth_trend(std::span<const float> y, bool damped);

}  // namespace sinan::forecasting
