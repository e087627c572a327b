// A source under the names that its workspace gives: tables renamed, columns chosen, keys stated.
#pragma once

#include "data/sources/source.hpp"

namespace sinan::sources {

// Wraps a connector's source. Tables that `config` lists are the only ones; without a list, all are there as they are.
std::unique_ptr<Source> configured(std::unique_ptr<Source> inner, const SourceConfig& config);

}  // namespace sinan::sources
