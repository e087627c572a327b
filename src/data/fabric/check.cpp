// What `sinan check` says about the views and the policies of a workspace.
#include <fmt/ranges.h>

#include "data/fabric/engine.hpp"
#include "platform/identity/identity.hpp"

namespace sinan::fabric {

namespace {

class Checker {
 public:
  Checker(const Workspace& workspace, Fabric& fabric, Diagnostics& diagnostics)
      : workspace_(workspace), fabric_(fabric), out_(diagnostics) {}

  Status run() {
    SINAN_TRY(auto database, duck::Database::open({.memory_mb = 256, .threads = 1}));
    SINAN_TRY(engine_, database.connect());
    Diagnostics known;  // read_views() and Policies::read() have been asked by open()
    views_ = catalog::read_views(workspace_, known);
    if (auto tables = fabric_.tables(owner_principal()))
      for (const auto& table : *tables) names_.push_back(table.name);
    check_views();
    auto directory = identity::Directory::read(workspace_, known);
    for (const auto& [role, summary] : directory.roles()) roles_.push_back(role);
    Policies policies = Policies::read(workspace_, *engine_, known);
    for (const Grant& grant : policies.grants()) check_grant(grant);
    return {};
  }

 private:
  void check_views() {
    for (const catalog::View& view : views_)
      if (auto entry = fabric_.describe(owner_principal(), view.name); !entry && !waits_for_the_lake(entry.error()))
        out_.add(view.place, "bad_view", entry.error().text(), "mend the SELECT; `sinan query` shows what it yields");
  }

  // Before the first sync, the tables of the lake are not there.
  static bool waits_for_the_lake(const Error& error) {
    for (const Error* at = &error; at; at = at->cause.get())
      if (at->code == ErrorCode::kNotFound && (at->message.contains("'lake.") || at->message.contains("'master.") ||
                                               at->message.contains("'quality.") || at->message.contains("'ops.")))
        return true;
    return false;
  }

  void check_grant(const Grant& grant) {
    if (grant.role == "owner") {
      out_.add(grant.role_place, "needless_grant", "the owner sees everything already", "remove this line");
    } else if (std::ranges::find(roles_, grant.role) == roles_.end()) {
      out_.add(grant.role_place, "unknown_role", fmt::format("there is no role '{}'", grant.role),
               catalog::suggestion(grant.role, roles_) + "; roles are described under `roles:`");
    }
    for (const catalog::View& view : views_)
      if (catalog::same_name(view.name, grant.pattern))
        return out_.add(grant.pattern_place, "policy_on_view", fmt::format("{} is a view, and views run as the caller", view.name),
                        "grant the tables that it reads instead");
    bool pattern = grant.pattern.contains('*');
    bool matched = false;
    for (const std::string& name : names_) {
      if (!catalog::matches(grant.pattern, name) || is_view(name)) continue;
      matched = true;
      if (auto entry = fabric_.describe(owner_principal(), name)) check_columns(grant, *entry, pattern);
    }
    if (!matched && !pattern && !later(grant.pattern))
      out_.add(grant.pattern_place, "unknown_table", fmt::format("there is no table '{}'", grant.pattern),
               catalog::suggestion(grant.pattern, names_));
  }

  bool is_view(std::string_view name) const {
    return std::ranges::any_of(views_, [&](const catalog::View& view) { return catalog::same_name(view.name, name); });
  }

  // Tables that cycles make.
  static bool later(std::string_view name) {
    for (std::string_view schema : {"lake.", "master.", "quality.", "ops."})
      if (catalog::fold(name).starts_with(schema)) return true;
    return false;
  }

  void check_columns(const Grant& grant, const catalog::TableEntry& table, bool pattern) {
    std::vector<std::string> columns;
    for (const Field& field : table.schema.fields) columns.push_back(field.name);
    auto known = [&](const std::string& name) {
      return std::ranges::any_of(columns, [&](const std::string& column) { return catalog::same_name(column, name); });
    };
    auto unknown = [&](const std::string& name, const Place& place) {
      // A pattern may name columns that only some of its tables have.
      if (!pattern && !known(name))
        out_.add(place, "unknown_column", fmt::format("{} has no column '{}'", table.name, name), catalog::suggestion(name, columns));
    };
    if (grant.rule.columns)
      for (const auto& column : *grant.rule.columns) unknown(column.value, column.place);
    for (const auto& [column, mask] : grant.rule.masks) unknown(column, mask.place);
    if (!grant.rule.rows.value.empty()) check_rows(grant, table);
  }

  void check_rows(const Grant& grant, const catalog::TableEntry& table) {
    std::string list;
    for (const Field& field : table.schema.fields)
      list += fmt::format("{}CAST(NULL AS {}) AS {}", list.empty() ? "" : ", ", field.type.sql(), duck::quote_name(field.name));
    duck::QueryOptions options;
    if (!parameters_of(grant.condition).empty()) options.parameters.emplace_back("user", "somebody");
    auto reader = engine_->query(
        fmt::format("SELECT (\n{}\n) FROM (SELECT {}) WHERE (\n{}\n)", grant.rule.rows.value, list, grant.rule.rows.value), options);
    if (!reader)
      return out_.add(grant.rule.rows.place, "bad_row_filter",
                      fmt::format("the row filter does not fit {}: {}", table.name, reader.error().text()),
                      "write a condition on the columns of the table");
    if ((*reader)->schema().fields.at(0).type.id != TypeId::kBool)
      out_.add(grant.rule.rows.place, "bad_row_filter",
               fmt::format("the row filter of {} is no condition: it yields {}", table.name, (*reader)->schema().fields[0].type.sql()),
               "write a comparison: region = 'EU'");
  }

  const Workspace& workspace_;
  Fabric& fabric_;
  Diagnostics& out_;
  std::optional<duck::Connection> engine_;
  std::vector<catalog::View> views_;
  std::vector<std::string> names_;
  std::vector<std::string> roles_;
};

}  // namespace

void check(const Workspace& workspace, Fabric& fabric, Diagnostics& diagnostics) {
  if (auto done = Checker(workspace, fabric, diagnostics).run(); !done)
    diagnostics.add({"policies", 0, 0}, "not_checked", done.error().text(), "mend this, then check again");
}

}  // namespace sinan::fabric
