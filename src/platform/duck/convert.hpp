// Between DuckDB's types, chunks and errors and those of base. Internal to platform/duck.
#pragma once

#include <duckdb.hpp>

#include "base/filter.hpp"
#include "base/table.hpp"

namespace sinan::duck {

duckdb::LogicalType to_duck(const Type& type);
// The base type in which values of this DuckDB type arrive (see Reader in duck.hpp).
Type from_duck(const duckdb::LogicalType& type);

// Appends all rows of `chunk` to `batch`, whose columns have the types from_duck() of the chunk's. Throws duckdb::Exception when a value
// does not fit (128-bit integers of more than 38 digits).
void append(duckdb::ClientContext& context, duckdb::DataChunk& chunk, Batch& batch);
// Writes rows [from, from + count) of a column into a flat vector of type to_duck(column.type). count ≤ 2,048.
void fill(const Column& column, std::size_t from, std::size_t count, duckdb::Vector& out);

duckdb::Value to_duck(const Value& value);
// A constant whose DuckDB type is exactly to_duck(type); nullopt if it is not, or null.
std::optional<Value> from_duck(const duckdb::Value& value, const Type& type);

Error to_error(const duckdb::ErrorData& error);

}  // namespace sinan::duck
