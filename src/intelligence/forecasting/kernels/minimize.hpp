// The smallest value of a function of a few dozen numbers, near where the search begins, without derivatives (Rowan 1990, Subplex, as in
// the library NLopt).
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace sinan::forecasting {

struct Search {
  std::vector<double> at;     // where it begins; where it ended
  std::vector<double> least;  // bounds of each number
  std::vector<double> most;
  std::vector<double> step;  // the first one, above 0
  int evaluations = 1000;    // at most
  double tolerance = 1e-8;   // it ends when a round gains less than this part of the value
};

// Returns the value at search.at, never more than at the start. `value` may return infinity where nothing can be. Same numbers, same
// bits. Throws where bounds, steps and start do not fit together.
double minimize(Search& search, const std::function<double(std::span<const double>)>& value);

}  // namespace sinan::forecasting
