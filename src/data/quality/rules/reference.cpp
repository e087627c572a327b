// reference: what a row points at must exist in another table, of the same source or another, or in the same table.
#include "data/quality/rule.hpp"
#include "data/quality/sql.hpp"

namespace sinan::quality {
namespace {

struct ReferenceOptions : RuleSettings {
  Located<std::string> column;
  std::vector<Located<std::string>> columns;
  Located<std::string> to;
  Located<std::string> to_column;
  std::vector<Located<std::string>> to_columns;
};

const Shape<ReferenceOptions>& shape_of(const ReferenceOptions*) {
  static const auto shape =
      rule_shape<ReferenceOptions>("reference",
                                   "What the row points at is an accepted row of another table; an empty pointer is not judged.")
          .optional("column", &ReferenceOptions::column, "The column that points")
          .optional("columns", &ReferenceOptions::columns, "Columns that point together")
          .required("to", &ReferenceOptions::to, "The table pointed at: SOURCE.TABLE")
          .optional("to_column", &ReferenceOptions::to_column, "The column there; default: the same name")
          .optional("to_columns", &ReferenceOptions::to_columns, "The columns there, in the same order; default: the same names")
          .check([](const ReferenceOptions& options, const YamlNode& node, Diagnostics& out) {
            if (options.column.value.empty() == options.columns.empty())
              out.add(node.place, "missing_key", "reference needs either 'column' or 'columns'", "write column: NAME");
            std::size_t from = options.columns.empty() ? 1 : options.columns.size();
            std::size_t to = options.to_columns.empty() ? (options.to_column.value.empty() ? from : 1) : options.to_columns.size();
            if (from != to)
              out.add(node.place, "invalid_value", "as many columns must point as are pointed at", "list them in the same order");
          });
  return shape;
}

class Reference final : public RowRule {
 public:
  explicit Reference(const ReferenceOptions& options)
      : RowRule(options), columns_(options.columns.empty() ? std::vector{options.column} : options.columns), to_(options.to) {
    to_columns_ = !options.to_columns.empty()        ? options.to_columns
                  : !options.to_column.value.empty() ? std::vector{options.to_column}
                                                     : columns_;
  }

  void check(const RuleCheck& check) const override {
    for (const auto& column : columns_) check.column(column);
    if (!check.known_table(to_)) return;
    for (const auto& column : to_columns_) check.column_of(to_.value, column);
  }

  std::vector<std::string> references() const override { return {to_.value}; }

  Result<RowTest> test(const PlanContext& context) const override {
    auto schema = context.tables.schema(to_.value);
    if (!schema)
      return fail(ErrorCode::kPrecondition,
                  fmt::format("{} has not been read yet, so references to it cannot be judged; sync it first", to_.value),
                  to_.place.text());
    PlanContext other{to_.value, *schema, {}, context.prefix, context.now, context.zone, context.tables};
    std::string name = context.prefix + "known";
    std::vector<std::string> selected;
    std::vector<std::string> joined;
    std::vector<std::string> present;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      SINAN_TRY(Type from_type, context.type_of(columns_[i]));
      SINAN_TRY(Type to_type, other.type_of(to_columns_[i]));
      auto [from, to] = sql::comparable(sql::column(columns_[i].value), from_type, sql::name(to_columns_[i].value), to_type);
      selected.push_back(fmt::format("{} AS k{}", to, i));
      joined.push_back(fmt::format("{} = {}.k{}", from, name, i));
      present.push_back(sql::column(columns_[i].value) + " IS NOT NULL");
    }
    RowTest out;
    out.tables.push_back(
        fmt::format("{} AS (SELECT DISTINCT {}, true AS found FROM {})", name, fmt::join(selected, ", "), PlanContext::from(to_.value)));
    out.joins.push_back(fmt::format("LEFT JOIN {} ON {}", name, fmt::join(joined, " AND ")));
    out.broken = fmt::format("{} AND {}.found IS NULL", fmt::join(present, " AND "), name);
    return out;
  }

  Text reason(const BadRow& row) const override {
    std::string values;
    for (const auto& column : columns_) values += (values.empty() ? "" : ", ") + row.value(column.value);
    return words(settings(), fmt::format("{} '{}' is not in {}", join_columns(columns_), values, to_.value),
                 fmt::format("{} 的值“{}”在 {} 中不存在", join_columns(columns_), values, to_.value));
  }

  Text advice(const std::string& source) const override {
    std::string names = join_columns(columns_);
    return {fmt::format("Create the missing rows in {}, or correct {} in {}.", to_.value, names, source),
            fmt::format("请在 {} 中补建缺失的记录，或在 {} 中更正 {}。", to_.value, source, names)};
  }

 private:
  std::vector<Located<std::string>> columns_;
  Located<std::string> to_;
  std::vector<Located<std::string>> to_columns_;
};

std::vector<std::unique_ptr<Rule>> read(const YamlNode& node, Diagnostics& out) {
  ReferenceOptions options;
  std::vector<std::unique_ptr<Rule>> rules;
  if (!shape_of(&options).read(node, options, out)) return rules;
  finish(options, node, options.columns.empty() ? options.column.value : join_columns(options.columns, ","), true, out);
  rules.push_back(std::make_unique<Reference>(options));
  return rules;
}

}  // namespace

RuleInfo reference() {
  return {"reference", "What a row points at must exist", shape_of(static_cast<const ReferenceOptions*>(nullptr)).schema(), true, read};
}

}  // namespace sinan::quality
