// custom_sql: a condition that every row must satisfy, or a query that yields the keys of bad rows.
#include "data/quality/rule.hpp"
#include "data/quality/sql.hpp"

namespace sinan::quality {
namespace {

struct CustomOptions : RuleSettings {
  Located<std::string> expression;
  Located<std::string> query;
  std::vector<Located<std::string>> columns;
  std::vector<Located<std::string>> reads;
};

const Shape<CustomOptions>& shape_of(const CustomOptions*) {
  static const auto shape =
      rule_shape<CustomOptions>("custom_sql", "A condition that every row satisfies, or a query for the bad rows.")
          .optional("expression", &CustomOptions::expression,
                    "SQL condition over the row (alias t): a row for which it is false is bad; unknown (null) is good")
          .optional("query", &CustomOptions::query,
                    "A SELECT over lake.* that yields the keys of bad rows: columns named as the table's key")
          .optional("columns", &CustomOptions::columns, "Columns by which rows of `query` are found in the table; default: its key")
          .optional("reads", &CustomOptions::reads, "Other tables that `query` reads (SOURCE.TABLE): they are judged first")
          .check([](const CustomOptions& options, const YamlNode& node, Diagnostics& out) {
            if (options.expression.value.empty() == options.query.value.empty())
              out.add(node.place, "missing_key", "custom_sql needs either 'expression' or 'query'", "write expression: CONDITION");
            if (options.id.empty())
              out.add(node.place, "missing_key", "custom_sql needs an 'id', so that reports can name it", "write id: NAME");
          });
  return shape;
}

class CustomSql final : public RowRule {
 public:
  explicit CustomSql(const CustomOptions& options) : RowRule(options), options_(options) {}

  void check(const RuleCheck& check) const override {
    check.condition(options_.expression);
    for (const auto& column : options_.columns) check.column(column);
    for (const auto& table : options_.reads) check.known_table(table);
  }

  std::vector<std::string> references() const override {
    std::vector<std::string> out;
    for (const auto& table : options_.reads) out.push_back(table.value);
    return out;
  }

  Result<RowTest> test(const PlanContext& context) const override {
    RowTest out;
    if (!options_.expression.value.empty()) {
      out.broken = fmt::format("NOT CAST(({}\n) AS BOOLEAN)", options_.expression.value);
      return out;
    }
    std::vector<std::string> by = context.key;
    if (!options_.columns.empty()) {
      by.clear();
      for (const auto& column : options_.columns) by.push_back(column.value);
    }
    if (by.empty())
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("{} has no key, so the rows of a query cannot be found in it; name 'columns'", context.table),
                  options_.query.place.text());
    std::string name = context.prefix + "bad";
    std::vector<std::string> selected;
    std::vector<std::string> joined;
    for (const std::string& column : by) {
      selected.push_back(sql::name(column));
      joined.push_back(fmt::format("{} = {}.{}", sql::column(column), name, sql::name(column)));
    }
    out.tables.push_back(
        fmt::format("{} AS (SELECT DISTINCT {}, true AS found FROM ({}\n))", name, fmt::join(selected, ", "), options_.query.value));
    out.joins.push_back(fmt::format("LEFT JOIN {} ON {}", name, fmt::join(joined, " AND ")));
    out.broken = fmt::format("{}.found IS NOT NULL", name);
    return out;
  }

  Text reason(const BadRow&) const override {
    const std::string& test = options_.expression.value;
    if (test.empty())
      return words(settings(), fmt::format("the query of rule {} names this row", settings().id),
                   fmt::format("规则 {} 的查询结果包含此行", settings().id));
    return words(settings(), "this does not hold: " + shown_value(test), "不满足条件：" + shown_value(test));
  }

  Text advice(const std::string& source) const override {
    return {fmt::format("Correct these rows in {}.", source), fmt::format("请在 {} 中更正这些行。", source)};
  }

 private:
  CustomOptions options_;
};

std::vector<std::unique_ptr<Rule>> read(const YamlNode& node, Diagnostics& out) {
  CustomOptions options;
  std::vector<std::unique_ptr<Rule>> rules;
  if (!shape_of(&options).read(node, options, out)) return rules;
  finish(options, node, "", true, out);
  rules.push_back(std::make_unique<CustomSql>(options));
  return rules;
}

}  // namespace

RuleInfo custom_sql() {
  return {"custom_sql", "A condition that every row must satisfy, or a query for bad rows",
          shape_of(static_cast<const CustomOptions*>(nullptr)).schema(), true, read};
}

}  // namespace sinan::quality
