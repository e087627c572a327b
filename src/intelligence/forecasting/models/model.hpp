// A forecast model: one file in models/, one line in models.inc.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace sinan::forecasting {

struct ModelInfo {
  std::string_view name;     // as in the literature
  std::string_view summary;  // one sentence with the source
  int min_length;            // values that it needs; fewer leave it out
  bool intermittent;         // for series with many zeros; the others are for the rest
  // Fits `y` (no missing values; without its season) and fills `out` with the next out.size() periods. Must accept any finite values,
  // constants included, and scale with them.
  void (*forecast)(std::span<const double> y, std::span<double> out);
};

const std::vector<ModelInfo>& models();

}  // namespace sinan::forecasting
