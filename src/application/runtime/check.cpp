// `sinan check`: every room says what it finds wrong with its section, all at once.
#include <unistd.h>

#include <array>
#include <deque>

#include "application/runtime/policies.hpp"
#include "application/runtime/runtime.hpp"
#include "data/quality/quarantine.hpp"
#include "data/sync/definition.hpp"
#include "operations/reports/collect.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::runtime {
namespace {

// A state folder that is gone after the check: proving a workspace leaves nothing behind.
class ScratchState {
 public:
  ScratchState() : path_(std::filesystem::temp_directory_path() / ("sinan-check-" + secrets::random_token(8))) {}
  ~ScratchState() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// What quality rules may name: the tables of sources, asked once.
class SourceTables final : public quality::TableLookup {
 public:
  void add(const std::string& source, const sources::TableInfo& info) { schemas_[source + "." + info.name] = info.schema; }
  void add_unknown(const std::string& source, const sources::SourceConfig& config) {
    for (const auto& [table, ignored] : config.tables) schemas_.try_emplace(source + "." + table, std::nullopt);
  }

  std::vector<std::string> tables() const override {
    std::vector<std::string> out;
    for (const auto& [name, schema] : schemas_) out.push_back(name);
    return out;
  }
  std::optional<Schema> schema(const std::string& table) const override {
    auto found = schemas_.find(table);
    return found == schemas_.end() ? std::nullopt : found->second;
  }

 private:
  std::map<std::string, std::optional<Schema>> schemas_;
};

// A folder is checked against those before it here, so that what a mistake leads to comes after it.
std::vector<Diagnostic> causes_first(std::vector<Diagnostic> found) {
  static constexpr std::array<std::string_view, 5> kOrder = {"sinan.yaml", "sources", "model", "entities", "quality"};
  auto rank = [](const Diagnostic& d) {
    return std::ranges::find(kOrder, std::string_view(d.place.file).substr(0, d.place.file.find('/'))) - kOrder.begin();
  };
  std::ranges::stable_sort(found, {}, rank);
  return found;
}

class Checking {
 public:
  Checking(bool online, const CancelToken* cancel) : online_(online), cancel_(cancel) {}

  Result<std::vector<Diagnostic>> run(const std::filesystem::path& directory) {
    SINAN_TRY(auto root, find_workspace(directory));
    SINAN_TRY(workspace_, Workspace::open(root, out_));
    const identity::Directory people = identity::Directory::read(*workspace_, out_);
    check_policy_keys(*workspace_, out_);
    configs_ = sources::read_configs(*workspace_, out_);
    SINAN_CHECK(check_sources());
    auto rules = quality::read_config(*workspace_, out_);
    SINAN_TRY(auto sql, quality::make_sql_check());
    quality::check_config(rules, tables_, sql.get(), out_);
    entities_ = master::read_config(*workspace_, out_);
    forecast_ = demand::read_config(*workspace_, out_);
    inventory::read_plan(*workspace_, out_);
    reports::read_report_config(*workspace_, out_);
    decisions::read_automation(*workspace_, people.role_names(), out_);
    SINAN_CHECK(check_views());
    SINAN_CHECK(check_workflows());
    return causes_first(out_.sorted());
  }

 private:
  sources::OpenContext context() const {
    sources::OpenContext out;
    out.base_dir = workspace_->root();
    out.zone = workspace_->zone();
    out.timeout = std::chrono::seconds{10};
    out.cancel = cancel_;
    return out;
  }

  Status check_sources() {
    for (const sources::SourceConfig& config : configs_) {
      if (cancel_) SINAN_CHECK(cancel_->check());
      tables_.add_unknown(config.name, config);
      sources::SourceConfig& usable = usable_.emplace_back(config);
      if (!online_) continue;
      sources::check_source(config, context(), out_);
      for (sources::TableInfo& table : tables_of(usable)) {
        tables_.add(config.name, table);
        found_.emplace_back(sync::lake_table(config.name, table.name), std::move(table));
      }
    }
    return {};
  }

  // As the workspace names them. Where something is wrong with keys, columns or some of the tables (check_source has said what), the
  // configuration is cut down to what there is, as the source has it.
  std::vector<sources::TableInfo> tables_of(sources::SourceConfig& config) const {
    if (auto source = sources::open_source(config, context()))
      if (auto tables = (*source)->discover()) return *tables;
    for (auto& [name, table] : config.tables) {
      table.key.clear();
      table.cursor = {};
      table.columns.clear();
      table.types.clear();
    }
    std::vector<sources::TableInfo> out;
    auto source = sources::open_source(config, context());
    if (!source) return out;
    std::erase_if(config.tables, [&](const auto& entry) {
      auto table = (*source)->describe(entry.first);
      if (table) out.push_back(*std::move(table));
      return !table;
    });
    return out;
  }

  // The tables that the first cycle will make, empty, so that views can be tried on them.
  Status lay_out_lake() {
    std::vector<lake::Lake::Load> loads;
    auto add = [&](const std::string& name, const Schema& schema, const std::vector<std::string>& key) -> Status {
      SINAN_TRY(auto staged, lake_->stage(name, schema, key));
      loads.push_back({.staged = std::move(staged), .mode = lake::Mode::kReplace, .table = {}, .deleted_keys = {}, .present_keys = {}});
      return {};
    };
    for (const auto& [name, table] : found_) SINAN_CHECK(add(name, sync::definition_of(table, {}).schema, table.key));
    for (const master::Entity& entity : entities_)
      for (const auto& [name, schema] : master::tables_of(entity)) SINAN_CHECK(add(name, schema, {}));
    SINAN_CHECK(add("quality.quarantine", quality::quarantine_schema(), {}));
    SINAN_TRY([[maybe_unused]] auto version, lake_->commit(std::move(loads)));
    return {};
  }

  // Views and policies are tried by a fabric over the live sources and a lake of empty tables.
  Status check_views() {
    SINAN_TRY(store_, storage::Store::open(scratch_.path() / "state.db"));
    SINAN_TRY(lake_, lake::Lake::open(scratch_.path() / "lake", *store_, clock_));
    if (online_) SINAN_CHECK(lay_out_lake());
    fabric::FabricContext fabric;
    fabric.workspace = &*workspace_;
    for (const sources::SourceConfig& config : usable_)
      fabric.sources.push_back(
          {config.name, config.kind.value, [this, &config](const CancelToken*) { return sources::open_source(config, context()); }});
    fabric.lake = lake_.get();
    fabric.lake_dir = scratch_.path() / "lake";
    fabric.clock = &clock_;
    fabric.mask_key = secrets::random_token();
    SINAN_TRY(fabric_, fabric::open(std::move(fabric), out_));
    if (!online_) return {};
    fabric::check(*workspace_, *fabric_, out_);
    if (auto tables = fabric_->tables(owner_principal())) {
      master::check_config(entities_, *tables, out_);
      demand::check_config(forecast_, *workspace_, *tables, out_);
    }
    return {};
  }

  Status check_workflows() {
    auto all = tasks::make_tasks(nullptr);
    std::vector<workflow::Task*> known;
    for (auto& task : all) known.push_back(task.get());
    workflow::read_workflows(*workspace_, known, out_);
    return {};
  }

  bool online_;
  const CancelToken* cancel_;
  Diagnostics out_;
  SystemClock clock_;
  ScratchState scratch_;
  std::optional<Workspace> workspace_;
  std::vector<sources::SourceConfig> configs_;
  std::vector<master::Entity> entities_;
  demand::ForecastConfig forecast_;
  SourceTables tables_;
  std::deque<sources::SourceConfig> usable_;
  std::vector<std::pair<std::string, sources::TableInfo>> found_;  // by the name that the lake gives them
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<lake::Lake> lake_;
  std::unique_ptr<fabric::Fabric> fabric_;
};

}  // namespace

Result<std::vector<Diagnostic>> check(const std::filesystem::path& directory, bool online, const CancelToken* cancel) {
  return Checking(online, cancel).run(directory);
}

}  // namespace sinan::runtime
