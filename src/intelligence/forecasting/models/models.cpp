// The manifest of forecast models.
#include <array>

#include "base/text.hpp"
#include "base/yaml.hpp"
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

Result<std::vector<const ModelInfo*>> find_models(const std::vector<std::string>& names) {
  std::vector<const ModelInfo*> out;
  std::vector<std::string> known;
  for (const ModelInfo& model : models()) known.emplace_back(model.name);
  for (const std::string& name : names) {
    auto found = std::ranges::find(models(), name, &ModelInfo::name);
    if (found == models().end())
      return fail(ErrorCode::kInvalidInput, fmt::format("there is no forecast model '{}'; {}", visible(name), near_or_all(name, known)));
    out.push_back(&*found);
  }
  return out;
}

}  // namespace sinan::forecasting
