// Which words of events trees may learn from: those that go with what trees without words leave unexplained.
//
// Events have many words, most of them noise, and a demand that rises by chance after five events would pass for the doing of a word they
// share. So words are judged by the periods in which they count rather than by rows: all rows of some weeks share their luck.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/cancel.hpp"
#include "intelligence/forecasting/drivers/drivers.hpp"
#include "intelligence/learning/boosting.hpp"

namespace sinan::forecasting {

// A table of rows × `width` cells, of which the columns first … first + count − 1 are words, mostly zero.
struct WordTable {
  std::span<const float> cells;
  std::size_t width = 0;
  std::size_t first = 0, count = 0;
};

// Columns of the table, in the order chosen. `unexplained` and `cluster`: one for each row. Forward selection: the word whose t statistic
// is largest, robust to clusters of rows (Liang & Zeger 1986, section 2; Cameron & Miller 2015, equation 11), is chosen and what it
// explains taken off, as long as there is one beyond 1.8, and at most 20.
std::vector<std::size_t> choose_words(const WordTable& table, std::span<const float> unexplained, std::span<const std::uint32_t> cluster);

// What trees are taught.
struct TaughtRows {
  learning::Table table;
  std::vector<float> target;
  std::vector<float> weights;           // none: all alike
  std::vector<std::uint32_t> clusters;  // cluster_of() each
  std::vector<std::uint8_t> halves;     // 0 or 1: in which half of the series each lies; or none
};

// Makes zero all words but those that tell what a few trees do not know without them, so that no tree asks for them; `how`: of all trees.
Status keep_telling_words(TaughtRows& rows, Words words, learning::BoostingOptions how, const CancelToken* cancel);

}  // namespace sinan::forecasting
