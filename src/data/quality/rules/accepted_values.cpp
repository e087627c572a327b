// accepted_values: only the listed values may occur.
#include "data/quality/rule.hpp"
#include "data/quality/sql.hpp"

namespace sinan::quality {
namespace {

struct AcceptedOptions : RuleSettings {
  Located<std::string> column;
  std::vector<Located<std::string>> values;
  bool ignore_case = false;
};

const Shape<AcceptedOptions>& shape_of(const AcceptedOptions*) {
  static const auto shape =
      rule_shape<AcceptedOptions>("accepted_values", "Only the listed values occur; an empty value is not judged (use not_null).")
          .required("column", &AcceptedOptions::column, "The column that is judged")
          .required("values", &AcceptedOptions::values, "The values that may occur")
          .optional("ignore_case", &AcceptedOptions::ignore_case, "Small and capital letters are the same; default false")
          .check([](const AcceptedOptions& options, const YamlNode& node, Diagnostics& out) {
            if (options.values.empty())
              out.add(node.place, "invalid_value", "'values' is empty: every row would be refused", "list the values");
          });
  return shape;
}

bool is_number_text(const std::string& text) {
  char* end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  return !text.empty() && end == text.c_str() + text.size() && std::isfinite(value);
}

class AcceptedValues final : public RowRule {
 public:
  explicit AcceptedValues(const AcceptedOptions& options) : RowRule(options), options_(options) {}

  void check(const RuleCheck& check) const override {
    if (!check.column(options_.column) || !check.schema) return;
    const Type& type = check.schema->fields[*check.schema->index_of(options_.column.value)].type;
    if (!sql::is_number(type)) return;
    for (const auto& value : options_.values)
      if (!is_number_text(value.value))
        check.out.add(value.place, "invalid_value",
                      fmt::format("'{}' is no number, but {} is {}", value.value, options_.column.value, type.sql()), "write a number");
  }

  Result<RowTest> test(const PlanContext& context) const override {
    SINAN_TRY(Type type, context.type_of(options_.column));
    bool numbers = sql::is_number(type);
    std::string column = sql::column(options_.column.value);
    if (!numbers && type.id != TypeId::kText) column = fmt::format("CAST({} AS VARCHAR)", column);
    if (!numbers && options_.ignore_case) column = fmt::format("lower({})", column);
    std::vector<std::string> values;
    for (const auto& value : options_.values) {
      if (numbers && !is_number_text(value.value))
        return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is no number; run `sinan check`", value.value), value.place.text());
      std::string constant = numbers ? value.value : sql::text(value.value);
      values.push_back(!numbers && options_.ignore_case ? fmt::format("lower({})", constant) : constant);
    }
    RowTest out;
    out.broken = fmt::format("{0} IS NOT NULL AND {0} NOT IN ({1})", column, fmt::join(values, ", "));
    return out;
  }

  Text reason(const BadRow& row) const override {
    const std::string& column = options_.column.value;
    std::string value = row.value(column);
    std::vector<std::string> values;
    for (const auto& accepted : options_.values) values.push_back(accepted.value);
    auto near = nearest(value, values);
    return words(settings(),
                 fmt::format("{} '{}' is not one of {}{}", column, value, shown_value(join_columns(options_.values)),
                             near ? fmt::format("; perhaps '{}' is meant", *near) : ""),
                 fmt::format("{} 的值“{}”不在允许的范围内（{}）{}", column, value, shown_value(join_columns(options_.values)),
                             near ? fmt::format("，可能应为“{}”", *near) : ""));
  }

  Text advice(const std::string& source) const override {
    return {fmt::format("Correct {} in {}; if a value is new and right, add it to the rule.", options_.column.value, source),
            fmt::format("请在 {} 中更正 {}；若为新的合法取值，请加入规则。", source, options_.column.value)};
  }

 private:
  AcceptedOptions options_;
};

std::vector<std::unique_ptr<Rule>> read(const YamlNode& node, Diagnostics& out) {
  AcceptedOptions options;
  std::vector<std::unique_ptr<Rule>> rules;
  if (!shape_of(&options).read(node, options, out)) return rules;
  finish(options, node, options.column.value, true, out);
  rules.push_back(std::make_unique<AcceptedValues>(options));
  return rules;
}

}  // namespace

RuleInfo accepted_values() {
  return {"accepted_values", "Only the listed values may occur", shape_of(static_cast<const AcceptedOptions*>(nullptr)).schema(), true,
          read};
}

}  // namespace sinan::quality
