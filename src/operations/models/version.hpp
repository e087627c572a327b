// Model versions: what decides a forecast, and the name that follows from it.
//
// The id is a hash of all that decides the numbers: horizon, seasons, history, members of the pool, drivers, the model of embeddings, seed,
// and what the method makes of a few fixed series. So a change of the configuration and a change of the program's mathematics both give a
// new version, and nobody has to remember to count one up.
#pragma once

#include "base/json.hpp"
#include "operations/demand/demand.hpp"

namespace sinan::models {

// {"horizon_days", "seasons", "history_days", "members": […], "drivers": […], "tree_rows", "seed", "origins", "quantiles", "method"}, and
// "embeddings", the model, where events are read by them; `method` is a hash, 16 hexadecimal digits, of forecasts of fixed series, cut to
// five digits. Takes some hundredths of a second.
Result<Json> parameters_of(const demand::Method& method);

// "m" and 12 hexadecimal digits.
std::string version_id(const Json& parameters);

}  // namespace sinan::models
