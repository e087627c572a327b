// What the handles of duck.hpp hold. Internal to platform/duck.
#pragma once

#include <duckdb.hpp>
#include <duckdb/main/client_context_state.hpp>

#include "platform/duck/duck.hpp"

namespace sinan::duck {

// The tables that are streamed in, by number. Registrations end with their handle; queries that run keep their provider.
class TableRegistry {
 public:
  std::int64_t add(std::shared_ptr<const TableProvider> provider);
  void remove(std::int64_t id);
  std::shared_ptr<const TableProvider> find(std::int64_t id);

 private:
  std::mutex mutex_;
  std::int64_t next_ = 0;
  std::map<std::int64_t, std::shared_ptr<const TableProvider>> tables_;
};

struct Database::State {
  duckdb::unique_ptr<duckdb::DuckDB> duck;
  std::shared_ptr<TableRegistry> tables = std::make_shared<TableRegistry>();
};

// Carries the Error of a streamed-in table past DuckDB, which only knows texts.
class ForeignError final : public duckdb::ClientContextState {
 public:
  [[noreturn]] void raise(Error error);
  std::optional<Error> take();
  static ForeignError& of(duckdb::ClientContext& context);

 private:
  std::mutex mutex_;
  std::optional<Error> error_;
};

struct Connection::State {
  std::shared_ptr<Database::State> database;
  duckdb::unique_ptr<duckdb::Connection> duck;

  // The error of a failed query: a foreign one if a streamed-in table failed.
  Error error(const duckdb::ErrorData& data);
};

// A reader whose rows are chunks of DuckDB: one engine can hand them to another without a detour.
class ChunkReader : public Reader {
 public:
  // The next chunk, or null at the end. Types may differ from to_duck(schema()) where same_types() is false.
  virtual Result<duckdb::unique_ptr<duckdb::DataChunk>> next_chunk() = 0;
  virtual bool same_types() const = 0;
};

void register_stream_function(Database::State& database);

}  // namespace sinan::duck
