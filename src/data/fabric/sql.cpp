#include "data/fabric/sql.hpp"

#include <fmt/ranges.h>

#include "base/text.hpp"
#include "data/catalog/catalog.hpp"

namespace sinan::fabric {

namespace {

const std::unordered_set<std::string_view>& allowed_functions() {
  static const std::unordered_set<std::string_view> names{
#include "data/fabric/functions.inc"
  };
  return names;
}

const std::unordered_set<std::string_view>& allowed_table_functions() {
  static const std::unordered_set<std::string_view> names{"range",     "generate_series", "unnest",    "json_each",
                                                          "json_tree", "repeat",          "repeat_row"};
  return names;
}

std::string text_at(const Json& object, const char* key) {
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// "line 2, column 7" of a byte offset.
std::string place_of(std::string_view sql, std::size_t offset) {
  auto before = sql.substr(0, std::min(offset, sql.size()));
  auto line = std::ranges::count(before, '\n') + 1;
  auto start = before.rfind('\n');
  auto column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return fmt::format("line {}, column {}", line, column);
}

Result<Json> parse(duck::Connection& parser, std::string_view sql) {
  // The parser reads up to a NUL; what follows it must not be taken for looked at.
  if (sql.contains('\0')) return fail(ErrorCode::kInvalidInput, "the SQL holds a NUL character; remove it");
  if (sql.size() > 1'000'000) return fail(ErrorCode::kLimit, "the SQL is longer than 1,000,000 bytes; put long lists into a table");
  SINAN_TRY(auto reader, parser.query("SELECT json_serialize_sql($sql::VARCHAR)::VARCHAR", {{{"sql", std::string(sql)}}, nullptr}));
  Batch batch;
  SINAN_TRY(bool more, reader->next(batch));
  if (!more) broken("the parser answers with one row");
  Json tree = Json::parse(batch.columns.at(0).text(0), nullptr, false);
  if (!tree.is_object()) broken("the parser answers with JSON");
  if (!tree.value("error", true)) return tree;
  if (text_at(tree, "error_type") != "parser")
    return fail(ErrorCode::kDenied, "only one SELECT can be run here; nothing that writes, attaches, sets or loads");
  std::string position = text_at(tree, "position");
  return fail(ErrorCode::kInvalidInput, text_at(tree, "error_message"),
              position.empty() ? "SQL" : "SQL, " + place_of(sql, std::stoul(position)));
}

// Looks at every object of the tree.
class Walk {
 public:
  Status run(const Json& root) {
    std::vector<const Json*> open{&root};
    while (!open.empty()) {
      const Json& node = *open.back();
      open.pop_back();
      if (node.is_object()) SINAN_CHECK(visit(node, open));
      if (node.is_structured())
        for (const Json& child : node)
          if (child.is_structured()) open.push_back(&child);
    }
    return {};
  }

  std::vector<Mention> tables() const {
    std::vector<Mention> out;
    std::set<std::string> seen;
    for (const Mention& mention : mentions_)
      if ((mention.parts.size() > 1 || !ctes_.contains(catalog::fold(mention.parts[0]))) &&
          seen.insert(catalog::fold(mention.text())).second)
        out.push_back(mention);
    return out;
  }
  bool has_queries() const { return has_queries_; }

 private:
  Status visit(const Json& node, std::vector<const Json*>& open) {
    std::string type = text_at(node, "type");
    if (type == "BASE_TABLE") return table(node);
    if (type == "TABLE_FUNCTION" && node.contains("function")) return table_function(node, open);
    if (type == "SHOW_REF")
      return fail(ErrorCode::kDenied,
                  "DESCRIBE, SHOW and SUMMARIZE are not part of a query; `SELECT * FROM TABLE LIMIT 1` shows a table's columns");
    if (type == "COLUMN_DATA" || type == "DELIM_GET" || type == "BOUND_TABLE_REF")
      return fail(ErrorCode::kDenied, "this form of table cannot be queried");
    if (type.ends_with("_NODE")) has_queries_ = true;
    if (type == "RECURSIVE_CTE_NODE" || type == "CTE_NODE") SINAN_CHECK(cte(text_at(node, "cte_name")));
    if (node.contains("cte_map"))
      for (const Json& entry : node["cte_map"].value("map", Json::array())) SINAN_CHECK(cte(text_at(entry, "key")));
    // Functions called in place of tables are looked at by table_function().
    if (node.contains("function_name") && !table_functions_.contains(&node)) return function(node);
    return {};
  }

  Status table(const Json& node) {
    Mention mention;
    for (const char* key : {"catalog_name", "schema_name", "table_name"})
      if (auto part = text_at(node, key); !part.empty()) mention.parts.push_back(std::move(part));
    if (mention.parts.empty()) return fail(ErrorCode::kDenied, "a table without a name cannot be queried");
    mentions_.push_back(std::move(mention));
    return {};
  }

  Status table_function(const Json& node, std::vector<const Json*>&) {
    const Json& call = node["function"];
    std::string name = catalog::fold(text_at(call, "function_name"));
    if (!allowed_table_functions().contains(name) || !plain_schema(call)) return refused(name, "table function");
    table_functions_.insert(&call);
    return {};
  }

  Status function(const Json& node) const {
    std::string name = catalog::fold(text_at(node, "function_name"));
    if (!allowed_functions().contains(name) || !plain_schema(node)) return refused(name, "function");
    return {};
  }

  Status cte(const std::string& name) {
    if (is_system_name({{name}}))
      return fail(ErrorCode::kDenied, fmt::format("'{}' is a name of the engine; choose another one for WITH", name));
    ctes_.insert(catalog::fold(name));
    return {};
  }

  static bool plain_schema(const Json& call) {
    std::string schema = text_at(call, "schema");
    return (schema.empty() || schema == "main") && text_at(call, "catalog").empty();
  }

  static Status refused(const std::string& name, std::string_view what) {
    return fail(ErrorCode::kDenied,
                fmt::format("the {} '{}' cannot be called in a query: only those that compute from their arguments can; "
                            "files, settings, the catalogue and statistics are out of reach",
                            what, visible(name)));
  }

  std::vector<Mention> mentions_;
  std::set<std::string> ctes_;
  std::set<const Json*> table_functions_;
  bool has_queries_ = false;
};

bool has_class(const Json& node, std::string_view name) { return text_at(node, "class") == name; }

const Field* field_of(const Json& node, const Schema& schema) {
  if (!has_class(node, "COLUMN_REF") || !node.contains("column_names") || node["column_names"].size() != 1) return nullptr;
  std::string name = node["column_names"][0].get<std::string>();
  for (const Field& field : schema.fields)
    if (catalog::same_name(field.name, name)) return &field;
  return nullptr;
}

// A constant that compares with the column without a cast of the column.
bool fits(const Json& node, const Field& field) {
  if (has_class(node, "PARAMETER")) return field.type.id == TypeId::kText;
  if (!has_class(node, "CONSTANT") || !node.contains("value") || node["value"].value("is_null", true)) return false;
  std::string type = text_at(node["value"]["type"], "id");
  switch (field.type.id) {
    case TypeId::kText:
    case TypeId::kDate:
    case TypeId::kTimestamp: return type == "VARCHAR";
    case TypeId::kInt: return type == "INTEGER" || type == "BIGINT";
    case TypeId::kBool: return type == "BOOLEAN";
    default: return false;
  }
}

}  // namespace

std::string Mention::text() const { return fmt::format("{}", fmt::join(parts, ".")); }

bool is_system_name(const Mention& mention) {
  return std::ranges::any_of(mention.parts, [](const std::string& part) {
    std::string name = catalog::fold(part);
    for (std::string_view prefix : {"duckdb_", "pg_", "sqlite_", "pragma_", "sinan_"})
      if (name.starts_with(prefix)) return true;
    return name == "information_schema" || name == "system" || name == "temp" || name == "memory" || name == "main";
  });
}

namespace {

Result<Json> one_select(duck::Connection& parser, std::string_view sql) {
  SINAN_TRY(Json tree, parse(parser, sql));
  Json statements = tree.value("statements", Json::array());
  if (statements.empty()) return fail(ErrorCode::kInvalidInput, "there is no SQL to run; write one SELECT");
  if (statements.size() > 1) return fail(ErrorCode::kDenied, "only one SELECT can be run at a time");
  return statements;
}

// Names of tables, and the only constants of read_csv, below `node`.
void collect_names(const Json& node, std::vector<std::string>& out) {
  if (node.is_object()) {
    if (text_at(node, "type") == "BASE_TABLE") out.push_back(text_at(node, "table_name"));
    if (text_at(node, "function_name") == "read_csv" && node.contains("children") && node["children"].size() == 1) {
      const Json& argument = node["children"][0];
      if (has_class(argument, "CONSTANT") && argument.contains("value")) out.push_back(text_at(argument["value"], "value"));
    }
  }
  if (node.is_structured())
    for (const Json& child : node) collect_names(child, out);
}

}  // namespace

Result<std::vector<std::string>> inspect_free_select(duck::Connection& parser, std::string_view sql) {
  SINAN_TRY(Json statements, one_select(parser, sql));
  std::vector<std::string> out;
  collect_names(statements, out);
  return out;
}

Result<Inspection> inspect(duck::Connection& parser, std::string_view sql) {
  SINAN_TRY(Json statements, one_select(parser, sql));
  Walk walk;
  SINAN_CHECK(walk.run(statements));
  return Inspection{walk.tables()};
}

Result<Json> inspect_condition(duck::Connection& parser, std::string_view condition) {
  SINAN_TRY(Json tree, parse(parser, fmt::format("SELECT (\n{}\n)", condition)));
  Json statements = tree.value("statements", Json::array());
  if (statements.size() != 1) return fail(ErrorCode::kInvalidInput, "a row filter is one condition");
  const Json& node = statements[0]["node"];
  Json plain{{"type", text_at(node, "type")}, {"from", text_at(node["from_table"], "type")}, {"columns", node["select_list"].size()}};
  if (plain != Json{{"type", "SELECT_NODE"}, {"from", "EMPTY"}, {"columns", 1}} || !node["where_clause"].is_null() ||
      !node["modifiers"].empty())
    return fail(ErrorCode::kInvalidInput, "a row filter is one condition, as after WHERE");
  Json expression = node["select_list"][0];
  Walk walk;
  SINAN_CHECK(walk.run(expression));
  if (walk.has_queries() || !walk.tables().empty())
    return fail(ErrorCode::kInvalidInput, "a row filter sees only the columns of its own table; subqueries are not possible");
  return expression;
}

std::set<std::string> parameters_of(const Json& tree) {
  std::set<std::string> out;
  std::vector<const Json*> open{&tree};
  while (!open.empty()) {
    const Json& node = *open.back();
    open.pop_back();
    if (node.is_object() && has_class(node, "PARAMETER")) out.insert(catalog::fold(text_at(node, "identifier")));
    if (node.is_structured())
      for (const Json& child : node) open.push_back(&child);
  }
  return out;
}

bool is_total(const Json& node, const Schema& schema) {
  auto all = [&](const Json& children) {
    return std::ranges::all_of(children, [&](const Json& child) { return is_total(child, schema); });
  };
  if (has_class(node, "CONJUNCTION")) return all(node["children"]);
  if (has_class(node, "COMPARISON")) {
    if (const Field* field = field_of(node["left"], schema)) return fits(node["right"], *field);
    const Field* field = field_of(node["right"], schema);
    return field && fits(node["left"], *field);
  }
  if (has_class(node, "BETWEEN")) {
    const Field* field = field_of(node["input"], schema);
    return field && fits(node["lower"], *field) && fits(node["upper"], *field);
  }
  if (!has_class(node, "OPERATOR") || !node.contains("children") || node["children"].empty()) return false;
  const Field* field = field_of(node["children"][0], schema);
  if (!field) return false;
  std::string type = text_at(node, "type");
  if (type == "OPERATOR_IS_NULL" || type == "OPERATOR_IS_NOT_NULL") return true;
  if (type != "COMPARE_IN") return false;
  for (std::size_t i = 1; i < node["children"].size(); ++i)
    if (!fits(node["children"][i], *field)) return false;
  return true;
}

}  // namespace sinan::fabric
