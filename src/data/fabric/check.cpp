// What `sinan check` says about the views and the policies of a workspace.
#include <fmt/ranges.h>

#include <regex>

#include "base/text.hpp"
#include "data/catalog/canonical.hpp"
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
    for (const catalog::View& view : views_) {
      auto entry = fabric_.describe(owner_principal(), view.name);
      if (entry)
        check_canonical(view, *entry);
      else if (!waits_for_the_lake(entry.error()))
        out_.add(place_of(view, entry.error()), "bad_view", message_of(entry.error()),
                 "mend the SELECT; `sinan query` shows what it yields");
    }
  }

  // A view of the canonical model has the columns that planners rely on.
  void check_canonical(const catalog::View& view, const catalog::TableEntry& entry) {
    std::string name = view.name.substr(view.name.find('.') + 1);
    auto model = catalog::required_columns().find(name);
    if (model == catalog::required_columns().end()) return;
    std::vector<std::string> missing;
    std::vector<std::string> spare;
    for (const std::string& column : model->second)
      if (!has_column(entry, column)) missing.push_back(column);
    if (missing.empty()) return;
    for (const Field& field : entry.schema.fields)
      if (std::ranges::none_of(model->second, [&](const std::string& column) { return catalog::same_name(column, field.name); }))
        spare.push_back(field.name);
    std::string hint = fmt::format("add {} to the SELECT; docs/canonical-model.md says what {} for", missing.size() == 1 ? "it" : "them",
                                   missing.size() == 1 ? "it is" : "they are");
    for (const std::string& column : missing)
      if (auto near = nearest(column, spare)) hint = fmt::format("write {} AS {}; ", duck::quote_name(*near), column) + hint;
    out_.add(place_of_word(view, "select"), "missing_column",
             fmt::format("{} lacks {} {}", view.name, missing.size() == 1 ? "the column" : "the columns", fmt::join(missing, ", ")), hint);
  }

  static bool has_column(const catalog::TableEntry& entry, const std::string& name) {
    return std::ranges::any_of(entry.schema.fields, [&](const Field& field) { return catalog::same_name(field.name, name); });
  }

  // Where in its file the mistake of a view is: as the parser says, or at the first name that the message quotes; else where it begins.
  Place place_of(const catalog::View& view, const Error& error) const {
    std::string message = message_of(error);
    std::smatch found;
    static const std::regex kPosition(R"(SQL, line (\d+), column (\d+))");
    if (std::regex_search(message, found, kPosition)) {
      int above = static_cast<int>(std::ranges::count(text_before(view), '\n'));
      return {view.place.file, above + std::stoi(found[1]), std::stoi(found[2])};
    }
    static const std::regex kQuoted(R"(["']([A-Za-z_][\w.]*)["'])");
    for (std::sregex_iterator at(message.begin(), message.end(), kQuoted), end; at != end; ++at)
      if (Place place = place_of_word(view, (*at)[1].str()); place.line > 0) return place;
    return place_of_word(view, "select");
  }

  // The first place of a word outside of line comments; line 0 if it is not there.
  Place place_of_word(const catalog::View& view, const std::string& word) const {
    auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    std::string wanted = catalog::fold(word);
    int number = 0;
    std::string_view rest = text_of(view);
    while (!rest.empty()) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      ++number;
      std::string code = catalog::fold(line.substr(0, line.find("--")));
      for (std::size_t at = code.find(wanted); at != std::string::npos; at = code.find(wanted, at + 1)) {
        bool whole = (at == 0 || !is_part(code[at - 1])) && (at + wanted.size() == code.size() || !is_part(code[at + wanted.size()]));
        if (whole) return {view.place.file, number, static_cast<int>(utf8_length(line.substr(0, at))) + 1};
      }
    }
    return {view.place.file, 0, 0};
  }

  std::string_view text_of(const catalog::View& view) const {
    for (const WorkspaceFile* file : workspace_.files("model"))
      if (file->shown_path == view.place.file) return file->text;
    return {};
  }

  // What stands before the SELECT that the engine is given.
  std::string_view text_before(const catalog::View& view) const {
    std::string_view text = text_of(view);
    return text.substr(0, std::min(text.find(view.sql), text.size()));
  }

  // The file is named by the place already.
  static std::string message_of(const Error& error) {
    Error copy = error;
    copy.place.clear();
    return copy.text();
  }

  // Before the first sync the lake has no tables, unless the check has laid out those of the sources that answer: then a table that is not
  // there will not come.
  bool waits_for_the_lake(const Error& error) const {
    static const std::regex kTable(R"('((lake|master|quality|ops)\.[^']*)')");
    for (const Error* at = &error; at; at = at->cause.get()) {
      std::smatch found;
      if (at->code != ErrorCode::kNotFound || !std::regex_search(at->message, found, kTable)) continue;
      return !is_laid_out(catalog::fold(found[1].str()));
    }
    return false;
  }

  bool is_laid_out(std::string_view table) const {
    if (!table.starts_with("lake.")) return false;
    bool of_a_source = false;
    for (const WorkspaceFile* file : workspace_.files("sources")) {
      std::string prefix = "lake." + catalog::fold(file->name) + "_";
      if (!table.starts_with(prefix)) continue;
      of_a_source = true;
      if (std::ranges::any_of(names_, [&](const std::string& name) { return catalog::fold(name).starts_with(prefix); })) return true;
    }
    return !of_a_source && fabric_.lake().current() > 0;
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
    if (matched || later(grant.pattern)) return;
    if (!pattern)
      out_.add(grant.pattern_place, "unknown_table", fmt::format("there is no table '{}'", grant.pattern),
               catalog::suggestion(grant.pattern, names_));
    else if (const std::string schema = grant.pattern.substr(0, grant.pattern.find('.')); !schema.contains('*') && !is_source(schema))
      out_.add(grant.pattern_place, "unknown_table", fmt::format("no table is like '{}': there is no source '{}'", grant.pattern, schema),
               catalog::suggestion(schema, schemas()));
  }

  // Tables of a source that does not answer may be there.
  bool is_source(std::string_view schema) const {
    const auto names = workspace_.files("sources");
    return std::ranges::any_of(names, [&](const WorkspaceFile* file) { return catalog::same_name(file->name, schema); });
  }
  std::vector<std::string> schemas() const {
    std::vector<std::string> out{"lake", "master", "ops", "quality"};
    for (const WorkspaceFile* file : workspace_.files("sources")) out.push_back(file->name);
    return out;
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
