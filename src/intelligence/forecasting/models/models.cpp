// The manifest of forecast models.
#include <array>

#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {

#define SINAN_MODEL(name) ModelInfo name();
#include "intelligence/forecasting/models.inc"
#undef SINAN_MODEL

std::span<const ModelInfo> models() {
  static const ModelInfo kModels[] = {
#define SINAN_MODEL(name) name(),
#include "intelligence/forecasting/models.inc"
#undef SINAN_MODEL
  };
  return kModels;
}

}  // namespace sinan::forecasting
