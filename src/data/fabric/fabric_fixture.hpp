// For tests of the rooms above: a workspace, a lake and a fabric in a folder of their own, and tables put into the lake by SQL.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/workspace.hpp"
#include "data/fabric/fabric.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::fabric {

class FabricFixture {
 public:
  // `files`: path in the workspace and its text, beside sinan.yaml.
  explicit FabricFixture(const std::map<std::string, std::string>& files = {}, Instant now = *parse_instant("2024-06-30T12:00:00Z"))
      : clock(now) {
    static int counter = 0;
    folder_ = std::filesystem::temp_directory_path() / fmt::format("sinan_fabric_{}_{}", ::getpid(), counter++);
    std::filesystem::remove_all(folder_);
    write("sinan.yaml", "name: Test\n");
    for (const auto& [path, text] : files) write(path, text);
    workspace = std::make_unique<Workspace>(must(Workspace::open(folder_ / "workspace", diagnostics)));
    store = must(storage::Store::open(folder_ / "state.db"));
    lake = must(lake::Lake::open(folder_ / "lake", *store, clock, {.memory_mb = 512, .threads = 2}));
    FabricContext context;
    context.workspace = workspace.get();
    context.lake = lake.get();
    context.lake_dir = folder_ / "lake";
    context.clock = &clock;
    context.mask_key = "0123456789abcdef";
    context.memory_mb = 512;
    context.threads = 2;
    fabric = must(open(std::move(context), diagnostics));
  }
  ~FabricFixture() {
    fabric.reset();
    lake.reset();
    store.reset();
    std::filesystem::remove_all(folder_);
  }
  FabricFixture(const FabricFixture&) = delete;
  FabricFixture& operator=(const FabricFixture&) = delete;

  // Commits the rows of a SELECT ("lake.erp_orders").
  lake::Version put(const std::string& table, const std::string& select, const std::vector<std::string>& key = {},
                    lake::Mode mode = lake::Mode::kReplace) {
    auto database = must(duck::Database::open({.memory_mb = 512, .threads = 2}));
    auto connection = must(database.connect());
    auto rows = must(connection.query(select));
    Schema schema = rows->schema();
    lake::Lake::Load load;
    load.staged = must(lake->stage(table, schema, key));
    load.mode = mode;
    Batch batch;
    while (must(rows->next(batch))) must_do(load.staged->append(batch));
    std::vector<lake::Lake::Load> loads;
    loads.push_back(std::move(load));
    return must(lake->commit(std::move(loads)));
  }

  // The rows of a query as text, cells joined by " | ".
  std::vector<std::string> rows(const std::string& sql) {
    Table table = must(query_table(*fabric, system_principal("test"), sql));
    std::vector<std::string> out;
    for (const Batch& batch : table.batches)
      for (std::size_t row = 0; row < batch.rows(); ++row) {
        std::string line;
        for (const Column& column : batch.columns) line += (line.empty() ? "" : " | ") + (column.is_null(row) ? "-" : column.to_text(row));
        out.push_back(std::move(line));
      }
    return out;
  }

  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((folder_ / "workspace" / path).parent_path());
    std::ofstream(folder_ / "workspace" / path) << text;
  }

  template <typename T>
  static T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().text());
    return std::move(*result);
  }
  static void must_do(const Status& status) {
    if (!status) throw std::runtime_error(status.error().text());
  }

  Diagnostics diagnostics;
  FixedClock clock;
  std::unique_ptr<Workspace> workspace;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<lake::Lake> lake;
  std::unique_ptr<Fabric> fabric;

 private:
  std::filesystem::path folder_;
};

}  // namespace sinan::fabric
