// Sparse series as they looked some periods ago: cleaned, with the season that all of them showed by then.
#pragma once

#include <map>
#include <vector>

#include "intelligence/forecasting/clean.hpp"
#include "intelligence/forecasting/run.hpp"
#include "intelligence/forecasting/sparse/intermittent.hpp"
#include "intelligence/forecasting/sparse/shared_season.hpp"

namespace sinan::forecasting {

// By the known season; 0: of series whose season is to be found.
using SparseSeasons = std::map<int, SharedSeason>;

struct SparseView {
  Cleaned cleaned;
  int season = 1;              // 1: none
  std::vector<float> indices;  // of the season, as in Intermittent; empty: none
  std::size_t length = 0;      // of the series, up to where it is seen

  // Where in the panel's series the cleaned history begins.
  std::size_t first() const { return length - cleaned.y.size(); }
  double index_at(std::size_t t) const { return indices.empty() ? 1 : indices[t % indices.size()]; }
};

// The newest `away` periods before the latest end of all series are not seen. The season in which the first pass cleaned a series is in
// Forecasts::seasons.
SparseSeasons learn_sparse_seasons(const Run& run, std::size_t away);

// Series i; false when it had no demand yet.
bool look_at(const Run& run, const SparseSeasons& seasons, std::size_t i, std::size_t away, SparseView& out);

}  // namespace sinan::forecasting
