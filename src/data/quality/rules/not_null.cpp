// not_null: a column must hold a value.
#include "data/quality/rule.hpp"
#include "data/quality/sql.hpp"

namespace sinan::quality {
namespace {

struct NotNullOptions : RuleSettings {
  Located<std::string> column;
  std::vector<Located<std::string>> columns;
  bool allow_blank = false;
};

const Shape<NotNullOptions>& shape_of(const NotNullOptions*) {
  static const auto shape =
      rule_shape<NotNullOptions>("not_null", "The columns must hold a value in every row.")
          .optional("column", &NotNullOptions::column, "The column that must hold a value")
          .optional("columns", &NotNullOptions::columns, "Several such columns; each is counted for itself")
          .optional("allow_blank", &NotNullOptions::allow_blank, "Text of nothing but spaces counts as a value; default false")
          .check([](const NotNullOptions& options, const YamlNode& node, Diagnostics& out) {
            if (options.column.value.empty() == options.columns.empty())
              out.add(node.place, "missing_key", "not_null needs either 'column' or 'columns'", "write column: NAME");
          });
  return shape;
}

class NotNull final : public RowRule {
 public:
  NotNull(const NotNullOptions& options, Located<std::string> column)
      : RowRule(options), column_(std::move(column)), allow_blank_(options.allow_blank) {}

  void check(const RuleCheck& check) const override { check.column(column_); }

  Result<RowTest> test(const PlanContext& context) const override {
    SINAN_TRY(Type type, context.type_of(column_));
    std::string column = sql::column(column_.value);
    RowTest out;
    out.broken = column + " IS NULL";
    if (type.id == TypeId::kText && !allow_blank_) out.broken = fmt::format("({} OR {})", out.broken, sql::is_blank(column));
    return out;
  }

  Text reason(const BadRow&) const override { return words(settings(), column_.value + " is empty", column_.value + " 为空"); }

  Text advice(const std::string& source) const override {
    return {fmt::format("Fill in {} in {}, and make the field mandatory there.", column_.value, source),
            fmt::format("请在 {} 中补填 {}，并把该字段设为必填。", source, column_.value)};
  }

 private:
  Located<std::string> column_;
  bool allow_blank_;
};

std::vector<std::unique_ptr<Rule>> read(const YamlNode& node, Diagnostics& out) {
  NotNullOptions options;
  std::vector<std::unique_ptr<Rule>> rules;
  if (!shape_of(&options).read(node, options, out)) return rules;
  auto columns = options.columns.empty() ? std::vector{options.column} : options.columns;
  for (const auto& column : columns) {
    NotNullOptions one = options;
    if (!one.id.empty() && columns.size() > 1) one.id += "." + column.value;
    finish(one, node, column.value, true, out);
    rules.push_back(std::make_unique<NotNull>(one, column));
  }
  return rules;
}

}  // namespace

RuleInfo not_null() {
  return {"not_null", "A column must hold a value", shape_of(static_cast<const NotNullOptions*>(nullptr)).schema(), true, read};
}

}  // namespace sinan::quality
