#include "intelligence/forecasting/demand_class.hpp"

#include <algorithm>
#include <cmath>

namespace sinan::forecasting {

std::string_view name(DemandClass demand_class) {
  switch (demand_class) {
    case DemandClass::kSmooth: return "smooth";
    case DemandClass::kErratic: return "erratic";
    case DemandClass::kIntermittent: return "intermittent";
    case DemandClass::kLumpy: return "lumpy";
    case DemandClass::kShort: return "short";
    case DemandClass::kDead: return "dead";
  }
  return "";
}

DemandClass classify(std::span<const double> y, int season) {
  constexpr std::size_t kShortest = 4;
  if (y.size() < kShortest) return DemandClass::kShort;
  double demands = 0;
  double sum = 0;
  double squares = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] < 0) return DemandClass::kSmooth;  // no demand, but a figure: the models for levels and trends are its own
    if (y[i] == 0) continue;
    demands += 1;
    sum += y[i];
    squares += y[i] * y[i];
    last = i;
  }
  if (demands == 0) return DemandClass::kDead;
  double interval = static_cast<double>(last + 1) / demands;
  double mean = sum / demands;
  double cv2 = std::max(0.0, squares / demands / (mean * mean) - 1);
  double quiet = static_cast<double>(y.size() - 1 - last);
  if (quiet > std::max({5 * interval, static_cast<double>(season), 12.0})) return DemandClass::kDead;
  if (interval >= 1.32) return cv2 < 0.49 ? DemandClass::kIntermittent : DemandClass::kLumpy;
  return cv2 < 0.49 ? DemandClass::kSmooth : DemandClass::kErratic;
}

}  // namespace sinan::forecasting
