// A source under the names that its workspace gives: tables renamed, columns chosen, keys stated.
#pragma once

#include "data/sources/source.hpp"

namespace sinan::sources {

// Wraps a connector's source. Tables that `config` lists are the only ones; without a list, all are there as they are.
// A table with columns that SQL here cannot tell apart is kUnsupported.
std::unique_ptr<Source> configured(std::unique_ptr<Source> inner, const SourceConfig& config);

// Two columns whose names differ in nothing but case, which SQL here takes for one: what is wrong, and the way out. Nullopt: there are
// none.
struct AlikeColumns {
  std::string message, hint;
};
std::optional<AlikeColumns> columns_alike(const std::string& table, const Schema& schema);

}  // namespace sinan::sources
