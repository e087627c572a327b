// A small company for the fabric's tests: sources in memory that answer filters exactly, roughly or not at all, or the same tables in real
// servers; and a lake of SQL texts.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "data/fabric/fabric.hpp"
#include "platform/duck/duck.hpp"
#include "tests/servers/servers.hpp"

namespace sinan::fabric::test {

inline Table table_of(const std::string& sql) {
  static auto database = *duck::Database::open({.threads = 1});
  auto connection = *database.connect();
  auto table = connection.table(sql);
  if (!table) throw std::runtime_error(sql + ": " + table.error().text());
  return *std::move(table);
}

inline std::string cell(const Column& column, std::size_t row) { return column.is_null(row) ? "NULL" : column.to_text(row); }

// One line a row, cells apart by '|'.
inline std::string text_of(const Table& table) {
  std::string out;
  for (const Batch& batch : table.batches)
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      for (std::size_t i = 0; i < batch.columns.size(); ++i) out += (i ? "|" : "") + cell(batch.columns[i], row);
      out += "\n";
    }
  return out;
}

struct MemoryTables {
  std::map<std::string, Table> tables;
  std::vector<sources::ScanRequest> scans;  // in order
  int snapshots = 0;
  int listed = 0;
  std::int64_t fails_after = -1;  // rows, then the server is gone
};

// Answers filters on integers and dates exactly, on text as a superset (every row), on other types not at all.
class MemorySource final : public sources::Source {
 public:
  explicit MemorySource(MemoryTables& data) : data_(data) {}

  Result<std::vector<sources::TableInfo>> discover() override {
    ++data_.listed;
    std::vector<sources::TableInfo> out;
    for (const auto& [name, table] : data_.tables) out.push_back({name, table.schema, {}, table.rows(), {}});
    return out;
  }
  Result<sources::TableInfo> describe(const std::string& table) override {
    auto found = data_.tables.find(table);
    if (found == data_.tables.end()) return fail(ErrorCode::kNotFound, "no table " + table);
    return sources::TableInfo{table, found->second.schema, {}, found->second.rows(), {}};
  }
  Result<std::unique_ptr<sources::Snapshot>> snapshot() override {
    ++data_.snapshots;
    return std::make_unique<View>(data_);
  }
  Pushdown pushdown(const std::string& table, const Filter& filter) const override {
    const Schema& schema = data_.tables.at(table).schema;
    switch (schema.fields.at(*schema.index_of(filter.column)).type.id) {
      case TypeId::kInt:
      case TypeId::kDate: return Pushdown::kExact;
      case TypeId::kText: return Pushdown::kSuperset;
      default: return Pushdown::kNone;
    }
  }
  std::string explain(const sources::ScanRequest& request) const override {
    std::string out = "read " + request.table;
    for (const Filter& filter : request.filters) out += " where " + duck::condition(filter);
    return out;
  }

 private:
  class Stream final : public sources::Scan {
   public:
    Stream(MemoryTables& data, sources::ScanRequest request)
        : data_(data), request_(std::move(request)), table_(data.tables.at(request_.table)) {}
    Result<bool> next(Batch& batch) override {
      batch.columns.clear();
      for (const std::string& name : request_.columns)
        batch.columns.emplace_back(table_.schema.fields.at(*table_.schema.index_of(name)).type);
      if (at_ == table_.batches.size()) return false;
      const Batch& from = table_.batches[at_++];
      for (std::size_t row = 0; row < from.rows(); ++row) {
        if (data_.fails_after >= 0 && ++read_ > data_.fails_after)
          return fail(ErrorCode::kUnavailable, "the server at 10.1.2.3 went away with secret-value");
        if (passes(from, row)) copy(from, row, batch);
      }
      return true;
    }

   private:
    bool passes(const Batch& from, std::size_t row) const {
      return std::ranges::all_of(request_.filters, [&](const Filter& filter) {
        auto index = *table_.schema.index_of(filter.column);
        const Column& column = from.columns[index];
        if (column.type.id == TypeId::kText) return true;
        if (filter.op == CompareOp::kIsNull) return column.is_null(row);
        if (column.is_null(row)) return false;
        std::int64_t value = column.ints[row];
        auto other = [&] { return filter.values.at(0).integer; };
        switch (filter.op) {
          case CompareOp::kEqual: return value == other();
          case CompareOp::kNotEqual: return value != other();
          case CompareOp::kLess: return value < other();
          case CompareOp::kLessEqual: return value <= other();
          case CompareOp::kGreater: return value > other();
          case CompareOp::kGreaterEqual: return value >= other();
          case CompareOp::kIn: return std::ranges::any_of(filter.values, [&](const Value& v) { return v.integer == value; });
          default: return true;
        }
      });
    }
    void copy(const Batch& from, std::size_t row, Batch& out) const {
      for (std::size_t i = 0; i < request_.columns.size(); ++i) {
        const Column& column = from.columns[*table_.schema.index_of(request_.columns[i])];
        Column& target = out.columns[i];
        if (column.is_null(row)) {
          target.append_null();
        } else if (column.type.id == TypeId::kText || column.type.id == TypeId::kBinary) {
          target.append_text(column.text(row));
        } else if (column.type.id == TypeId::kDouble) {
          target.append_double(column.doubles[row]);
        } else if (column.type.id == TypeId::kDecimal) {
          target.append_decimal(column.decimals[row]);
        } else {
          target.append_int(column.ints[row]);
        }
      }
    }
    MemoryTables& data_;
    sources::ScanRequest request_;
    const Table& table_;
    std::size_t at_ = 0;
    std::int64_t read_ = 0;
  };
  class View final : public sources::Snapshot {
   public:
    explicit View(MemoryTables& data) : data_(data) {}
    bool consistent() const override { return true; }
    Result<std::unique_ptr<sources::Scan>> scan(const sources::ScanRequest& request) override {
      data_.scans.push_back(request);
      return std::make_unique<Stream>(data_, request);
    }

   private:
    MemoryTables& data_;
  };

  MemoryTables& data_;
};

// Tables as SQL; what is staged and committed becomes a table too. Versions count commits; old ones stay readable.
class TextLake final : public lake::Lake {
 public:
  void put(const std::string& name, const std::string& sql) {
    tables_[name].push_back({++version_, sql, table_of("SELECT * FROM (" + sql + ") LIMIT 0").schema, {}});
  }

  lake::Version current() const override { return version_; }
  Result<std::vector<lake::TableVersion>> tables(lake::Version at) const override {
    std::vector<lake::TableVersion> out;
    for (const auto& [name, versions] : tables_)
      if (auto found = table(name, at)) out.push_back(*found);
    return out;
  }
  Result<lake::TableVersion> table(const std::string& name, lake::Version at) const override {
    const Entry* entry = find(name, at);
    if (!entry) return fail(ErrorCode::kNotFound, "no lake table " + name);
    return lake::TableVersion{name, entry->version, entry->schema, entry->key, 0, 0, {}};
  }
  Result<std::string> scan_sql(const std::string& name, lake::Version at, bool with_rejected) const override {
    const Entry* entry = find(name, at);
    if (!entry) return fail(ErrorCode::kNotFound, "no lake table " + name);
    std::string extra = with_rejected ? fmt::format(" UNION ALL BY NAME (SELECT * FROM ({}) LIMIT 1)", entry->sql) : "";
    return fmt::format("(SELECT *, row_number() OVER () AS _row FROM (({}){}))", entry->sql, extra);
  }
  Result<std::unique_ptr<lake::Staged>> stage(const std::string& name, const Schema& schema, const std::vector<std::string>& key) override {
    return std::make_unique<Rows>(name, schema, key);
  }
  Result<lake::Version> commit(std::vector<Load> loads, const std::function<Status(storage::Session&, lake::Version)>&) override {
    ++version_;
    for (Load& load : loads) {
      auto& rows = dynamic_cast<Rows&>(*load.staged);
      std::string sql = rows.sql.empty() ? "SELECT 1 WHERE false" : rows.sql;
      tables_[rows.name].push_back({version_, sql, rows.schema, rows.key});
    }
    return version_;
  }
  Result<lake::Version> reject(const std::string&, const std::vector<std::int64_t>&,
                               const std::function<Status(storage::Session&, lake::Version)>&) override {
    return version_;
  }
  Status vacuum(std::chrono::seconds) override { return {}; }

 private:
  struct Entry {
    lake::Version version;
    std::string sql;
    Schema schema;
    std::vector<std::string> key;
  };
  struct Rows final : lake::Staged {
    Rows(std::string n, Schema s, std::vector<std::string> k) : name(std::move(n)), schema(std::move(s)), key(std::move(k)) {}
    Status append(const Batch& batch) override {
      for (std::size_t row = 0; row < batch.rows(); ++row) {
        sql += sql.empty() ? "SELECT " : " UNION ALL SELECT ";
        for (std::size_t i = 0; i < batch.columns.size(); ++i) {
          const Column& column = batch.columns[i];
          sql += fmt::format("{}CAST({} AS {}) AS {}", i ? ", " : "", column.is_null(row) ? "NULL" : duck::quote_text(column.to_text(row)),
                             column.type.sql(), duck::quote_name(schema.fields[i].name));
        }
        ++count;
      }
      return {};
    }
    std::int64_t rows() const override { return count; }
    std::string name;
    Schema schema;
    std::vector<std::string> key;
    std::string sql;
    std::int64_t count = 0;
  };

  const Entry* find(const std::string& name, lake::Version at) const {
    auto found = tables_.find(name);
    if (found == tables_.end()) return nullptr;
    const Entry* best = nullptr;
    for (const Entry& entry : found->second)
      if (entry.version <= at) best = &entry;
    return best;
  }

  std::map<std::string, std::vector<Entry>> tables_;
  lake::Version version_ = 0;
};

// Files of a workspace, the sources, the lake, and the fabric over them.
class Company {
 public:
  explicit Company(const std::map<std::string, std::string>& files) {
    root_ = std::filesystem::temp_directory_path() / fmt::format("sinan_fabric_test_{}_{}", getpid(), ++count_);
    std::filesystem::create_directories(root_);
    std::ofstream(root_ / "sinan.yaml") << "name: acme\n";
    for (const auto& [name, text] : files) {
      std::filesystem::create_directories((root_ / name).parent_path());
      std::ofstream(root_ / name) << text;
    }
    reopen();
  }
  ~Company() { std::filesystem::remove_all(root_); }

  // Puts the tables of a source into an empty database of a server, from which the fabric reads them. Before fabric().
  void move_to(const std::string& source, const std::string& kind, testing::Server& server) {
    std::string database = server.fresh_database();
    auto session = server.connect(database);
    for (const auto& [name, table] : sources.at(source).tables) {
      std::string columns;
      for (const Field& field : table.schema.fields) {
        std::string type = field.type.id == TypeId::kText     ? "TEXT"
                           : field.type.id == TypeId::kDouble ? "DOUBLE PRECISION"
                                                              : field.type.sql();
        columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", field.name, type);
      }
      session->execute(fmt::format("CREATE TABLE {} ({})", name, columns));
      for (const Batch& batch : table.batches) insert(*session, name, batch, kind == "postgres");
    }
    std::filesystem::create_directories(root_ / "sources");
    std::ofstream(root_ / "sources" / (source + ".yaml")) << fmt::format("kind: {}\nconnection: '{}'\n", kind, server.url(database));
    reopen();
    servers_ = sources::read_configs(*workspace_, diagnostics);
    EXPECT_TRUE(diagnostics.ok());
  }

  // After the tables are there.
  Fabric& fabric() {
    if (!fabric_) {
      FabricContext context;
      context.workspace = workspace_.get();
      for (auto& [name, data] : sources) {
        auto real = std::ranges::find(servers_, name, &sources::SourceConfig::name);
        if (real == servers_.end())
          context.sources.push_back({name, "memory", [&tables = data](const CancelToken*) -> Result<std::unique_ptr<sources::Source>> {
                                       return std::make_unique<MemorySource>(tables);
                                     }});
        else
          context.sources.push_back({name, real->kind.value, [this, &config = *real](const CancelToken* cancel) {
                                       sources::OpenContext opening;
                                       opening.base_dir = root_;
                                       opening.cancel = cancel;
                                       return sources::open_source(config, opening);
                                     }});
      }
      context.lake = &lake;
      context.clock = &clock;
      context.mask_key = "a key of the tests";
      context.threads = threads;
      context.memory_mb = 512;
      context.push = push;
      auto made = open(std::move(context), diagnostics);
      EXPECT_TRUE(made) << made.error().text();
      fabric_ = *std::move(made);
    }
    return *fabric_;
  }
  const Workspace& workspace() const { return *workspace_; }

  std::string ask(const Principal& principal, const std::string& sql, const QueryOptions& options = {}) {
    auto table = query_table(fabric(), principal, sql, options);
    return table ? text_of(*table) : "error: " + table.error().text();
  }

  std::map<std::string, MemoryTables> sources;
  TextLake lake;
  FixedClock clock{*parse_instant("2026-03-01T08:15:00Z")};
  Diagnostics diagnostics;
  std::int64_t threads = 0;
  bool push = true;

 private:
  void reopen() {
    auto workspace = Workspace::open(root_, diagnostics);
    EXPECT_TRUE(workspace);
    workspace_ = std::make_unique<Workspace>(*std::move(workspace));
  }

  static std::string literal(const Column& column, std::size_t row, bool has_nan) {
    if (column.is_null(row)) return "NULL";
    std::string text = column.to_text(row);
    if (column.type.id == TypeId::kBool) return text;
    if (column.type.id == TypeId::kDouble && !has_nan && !std::isfinite(column.doubles[row])) return "NULL";
    return duck::quote_text(text);
  }

  static void insert(testing::Session& session, const std::string& table, const Batch& batch, bool has_nan) {
    std::string rows;
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      rows += rows.empty() ? "(" : ", (";
      for (std::size_t i = 0; i < batch.columns.size(); ++i) rows += (i ? ", " : "") + literal(batch.columns[i], row, has_nan);
      rows += ")";
    }
    if (!rows.empty()) session.execute(fmt::format("INSERT INTO {} VALUES {}", table, rows));
  }

  static inline int count_ = 0;
  std::filesystem::path root_;
  std::vector<sources::SourceConfig> servers_;
  std::unique_ptr<Workspace> workspace_;
  std::unique_ptr<Fabric> fabric_;
};

}  // namespace sinan::fabric::test
