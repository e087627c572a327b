// unique: no two rows may have the same values in these columns.
#include "data/quality/rule.hpp"
#include "data/quality/sql.hpp"

namespace sinan::quality {
namespace {

struct UniqueOptions : RuleSettings {
  Located<std::string> column;
  std::vector<Located<std::string>> columns;
  std::string keep = "first";
};

const Shape<UniqueOptions>& shape_of(const UniqueOptions*) {
  static const auto shape =
      rule_shape<UniqueOptions>("unique", "No two rows have the same values in these columns; rows with an empty one are not compared.")
          .optional("column", &UniqueOptions::column, "The column whose values must differ")
          .optional("columns", &UniqueOptions::columns, "Columns that together must differ")
          .optional("keep", &UniqueOptions::keep, "Which row of equal ones is good: the one read first, the one read last, or none",
                    {{"first", "last", "none"}})
          .check([](const UniqueOptions& options, const YamlNode& node, Diagnostics& out) {
            if (options.column.value.empty() == options.columns.empty())
              out.add(node.place, "missing_key", "unique needs either 'column' or 'columns'", "write columns: [NAME, …]");
          });
  return shape;
}

class Unique final : public RowRule {
 public:
  explicit Unique(const UniqueOptions& options)
      : RowRule(options), columns_(options.columns.empty() ? std::vector{options.column} : options.columns), keep_(options.keep) {}

  void check(const RuleCheck& check) const override {
    for (const auto& column : columns_) check.column(column);
  }

  // Groups with more than one row are few; joining them back costs one hash lookup a row.
  Result<RowTest> test(const PlanContext& context) const override {
    std::vector<std::string> selected;
    std::vector<std::string> present;
    std::vector<std::string> joined;
    std::string name = context.prefix + "twice";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      SINAN_CHECK(context.has(columns_[i]));
      selected.push_back(fmt::format("{} AS k{}", sql::column(columns_[i].value), i));
      present.push_back(sql::column(columns_[i].value) + " IS NOT NULL");
      joined.push_back(fmt::format("{} = {}.k{}", sql::column(columns_[i].value), name, i));
    }
    if (!settings().where.value.empty()) present.push_back("(" + settings().where.value + "\n)");
    std::string groups;
    for (std::size_t i = 0; i < columns_.size(); ++i) groups += (i ? ", k" : "k") + std::to_string(i);
    RowTest out;
    out.tables.push_back(fmt::format("{} AS (SELECT {}, {}(t._row) AS good FROM {} AS t WHERE {} GROUP BY {} HAVING count(*) > 1)", name,
                                     fmt::join(selected, ", "), keep_ == "last" ? "max" : "min", PlanContext::from(context.table),
                                     fmt::join(present, " AND "), groups));
    out.joins.push_back(fmt::format("LEFT JOIN {} ON {}", name, fmt::join(joined, " AND ")));
    out.broken = keep_ == "none" ? name + ".good IS NOT NULL" : fmt::format("{0}.good IS NOT NULL AND {0}.good <> t._row", name);
    return out;
  }

  Text reason(const BadRow& row) const override {
    std::string values;
    for (const auto& column : columns_) values += (values.empty() ? "" : ", ") + row.value(column.value);
    std::string names = join_columns(columns_);
    return words(settings(), fmt::format("another row has the same {}: {}", names, values),
                 fmt::format("另有一行的 {} 与此相同：{}", names, values));
  }

  Text advice(const std::string& source) const override {
    std::string names = join_columns(columns_);
    return {fmt::format("Remove or merge the rows in {} that share their {}, and let the system refuse a second one.", source, names),
            fmt::format("请在 {} 中删除或合并 {} 相同的行，并在系统中禁止重复。", source, names)};
  }

 private:
  std::vector<Located<std::string>> columns_;
  std::string keep_;
};

std::vector<std::unique_ptr<Rule>> read(const YamlNode& node, Diagnostics& out) {
  UniqueOptions options;
  std::vector<std::unique_ptr<Rule>> rules;
  if (!shape_of(&options).read(node, options, out)) return rules;
  finish(options, node, options.columns.empty() ? options.column.value : join_columns(options.columns, ","), true, out);
  rules.push_back(std::make_unique<Unique>(options));
  return rules;
}

}  // namespace

RuleInfo unique() {
  return {"unique", "No two rows may share their values", shape_of(static_cast<const UniqueOptions*>(nullptr)).schema(), true, read};
}

}  // namespace sinan::quality
