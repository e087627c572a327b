#include "intelligence/forecasting/evaluation/drift.hpp"

#include <algorithm>
#include <cmath>

namespace sinan::forecasting {

Drift watch_drift(std::span<const double> errors, double mean, double deviation, const DriftOptions& options) {
  Drift out{.since = errors.size()};
  for (std::size_t t = 0; t < errors.size(); ++t) {
    if (!std::isfinite(errors[t])) continue;
    const double z = std::clamp((errors[t] - mean) / deviation, -options.most, options.most);
    const double next = std::max(0.0, out.sum + z - options.slack);
    if (out.sum == 0 && next > 0) out.since = t;
    if (next == 0) {
      out.since = errors.size();
      out.alarm.reset();
    } else if (next > options.limit && !out.alarm) {
      out.alarm = t;
    }
    out.sum = next;
  }
  return out;
}

}  // namespace sinan::forecasting
