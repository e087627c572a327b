// A picture of a decision tree: questions from left to right, answers at the ends, the way of one series marked. SVG without script.
#pragma once

#include <map>

#include "intelligence/forecasting/explanation/surrogate.hpp"

namespace sinan::demand {

// `categories`: driver → its texts by code. `series`: any bytes. A file of its own.
std::string draw_tree(const forecasting::Surrogate& tree, const std::string& series,
                      const std::map<std::string, std::vector<std::string>>& categories);

}  // namespace sinan::demand
