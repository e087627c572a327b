// The pool, from its manifest.
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {

#define SINAN_MODEL(name) ModelInfo name();
#include "intelligence/forecasting/models.inc"
#undef SINAN_MODEL

const std::vector<ModelInfo>& models() {
  static const std::vector<ModelInfo> kModels{
#define SINAN_MODEL(name) name(),
#include "intelligence/forecasting/models.inc"
#undef SINAN_MODEL
  };
  return kModels;
}

}  // namespace sinan::forecasting
