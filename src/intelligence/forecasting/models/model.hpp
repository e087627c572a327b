// A forecast model: one function on flat arrays, one file in models/, one line in models.inc.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sinan::forecasting {

// What a model is given. Values are divided by the series' mean size, have no gaps, and are oldest first. A model that is not seasonal
// gets the seasonally adjusted series.
struct History {
  std::span<const float> y;
  int season = 1;         // 1: none
  bool positive = false;  // all original values are above zero: ratios make sense
};

// Working memory of one thread, kept from series to series so that none allocates once it has grown.
class Scratch {
 public:
  // `count` floats of any content, valid until the model returns. At most kSlots per call of a model.
  std::span<float> floats(std::size_t slot, std::size_t count) {
    if (slots_[slot].size() < count) slots_[slot].resize(count);
    return std::span(slots_[slot]).first(count);
  }
  static constexpr std::size_t kSlots = 4;

 private:
  std::vector<float> slots_[kSlots];
};

struct ModelInfo {
  std::string_view name;     // as in the literature
  std::string_view summary;  // one line, with the source of the method
  int minimum_length;        // values; with a season, that many whole seasons in addition if `seasonal`
  bool seasonal;             // models the season itself: gets the raw series, and only series that have a season
  bool intermittent;         // for demand with many zeros; others are for regular demand
  // Writes out[k], the forecast k + 1 periods ahead, for all k < out.size(). Must be finite for finite input, and depend on nothing else.
  void (*forecast)(const History& history, Scratch& scratch, std::span<float> out);
};

// In the order of models.inc.
std::span<const ModelInfo> models();

}  // namespace sinan::forecasting
