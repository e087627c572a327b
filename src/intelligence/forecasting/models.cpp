// The manifest of forecast models.
#include <array>

#include "intelligence/forecasting/model.hpp"

namespace sinan::forecasting {

#define SINAN_FORECAST_MODEL(name) ModelInfo name();
#include "intelligence/forecasting/models.inc"
#undef SINAN_FORECAST_MODEL

std::span<const ModelInfo> models() {
  static const ModelInfo kModels[] = {
#define SINAN_FORECAST_MODEL(name) name(),
#include "intelligence/forecasting/models.inc"
#undef SINAN_FORECAST_MODEL
  };
  return kModels;
}

}  // namespace sinan::forecasting
