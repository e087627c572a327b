// row_count: a table must have about as many rows as another, or a number within bounds.
#include "data/quality/rule.hpp"
#include "data/quality/sql.hpp"

namespace sinan::quality {
namespace {

struct RowCountOptions : RuleSettings {
  Located<std::string> against;
  std::string against_where;
  bool live = false;
  double tolerance_percent = 0;
  std::optional<std::int64_t> min, max;
};

const Shape<RowCountOptions>& shape_of(const RowCountOptions*) {
  static const auto shape =
      rule_shape<RowCountOptions>("row_count", "The table has as many rows as another one, or a number within bounds.")
          .optional("against", &RowCountOptions::against, "The other table: SOURCE.TABLE")
          .optional("against_where", &RowCountOptions::against_where, "SQL condition: the rows counted there")
          .optional("live", &RowCountOptions::live, "Count the other table in its source now, not in the lake; default false")
          .optional("tolerance_percent", &RowCountOptions::tolerance_percent,
                    "Difference allowed, in percent of the other table; default 0", {{}, 0, 1000})
          .optional("min", &RowCountOptions::min, "Fewest rows allowed", {{}, 0, {}})
          .optional("max", &RowCountOptions::max, "Most rows allowed", {{}, 0, {}})
          .check([](const RowCountOptions& options, const YamlNode& node, Diagnostics& out) {
            if (options.against.value.empty() && !options.min && !options.max)
              out.add(node.place, "missing_key", "row_count needs 'against', 'min' or 'max'", "write against: SOURCE.TABLE");
          });
  return shape;
}

class RowCount final : public TableRule {
 public:
  explicit RowCount(const RowCountOptions& options) : TableRule(options), options_(options) {}

  void check(const RuleCheck& check) const override {
    if (!options_.against.value.empty()) check.known_table(options_.against);
  }

  std::vector<std::string> references() const override {
    if (options_.against.value.empty() || options_.live) return {};
    return {options_.against.value};
  }

  Result<std::vector<std::string>> measures(const PlanContext& context) const override {
    const std::string& where = settings().where.value;
    std::vector<std::string> out{where.empty() ? "count(*)" : fmt::format("count(*) FILTER (WHERE {}\n)", where)};
    if (options_.against.value.empty()) return out;
    std::string other = PlanContext::from(options_.against.value);
    if (options_.live) {
      std::size_t dot = options_.against.value.find('.');
      other = sql::name(options_.against.value.substr(0, dot)) + "." + sql::name(options_.against.value.substr(dot + 1));
    } else if (!context.tables.schema(options_.against.value)) {
      return fail(ErrorCode::kPrecondition, fmt::format("{} has not been read yet; sync it first", options_.against.value),
                  options_.against.place.text());
    }
    out.push_back(fmt::format("(SELECT count(*) FROM {} AS t{})", other,
                              options_.against_where.empty() ? "" : " WHERE " + options_.against_where + "\n"));
    return out;
  }

  TableFinding judge(const std::vector<std::optional<std::int64_t>>& measured, Instant) const override {
    std::int64_t rows = measured.at(0).value_or(0);
    if (options_.min && rows < *options_.min)
      return found(100.0 * static_cast<double>(*options_.min - rows) / static_cast<double>(*options_.min),
                   fmt::format("it has {} rows; at least {} are expected", rows, *options_.min),
                   fmt::format("有 {} 行，应不少于 {} 行", rows, *options_.min));
    if (options_.max && rows > *options_.max)
      return found(100, fmt::format("it has {} rows; at most {} are expected", rows, *options_.max),
                   fmt::format("有 {} 行，应不多于 {} 行", rows, *options_.max));
    if (options_.against.value.empty()) return {};
    std::int64_t other = measured.at(1).value_or(0);
    double difference = std::abs(static_cast<double>(rows) - static_cast<double>(other));
    double percent = other ? 100 * difference / static_cast<double>(other) : (rows ? 100.0 : 0.0);
    if (percent <= options_.tolerance_percent) return {};
    return found(percent,
                 fmt::format("it has {} rows and {} has {}: {:.2f} % apart, {} % are allowed", rows, options_.against.value, other, percent,
                             options_.tolerance_percent),
                 fmt::format("有 {} 行，而 {} 有 {} 行：相差 {:.2f}%，允许 {}%", rows, options_.against.value, other, percent,
                             options_.tolerance_percent));
  }

  Text advice(const std::string& source) const override {
    if (options_.against.value.empty())
      return {fmt::format("See whether {} delivered everything, or delivered twice.", source),
              fmt::format("请检查 {} 的数据是否完整或重复。", source)};
    return {
        fmt::format("See which rows are in only one of {} and {}; perhaps a transfer between them failed.", source, options_.against.value),
        fmt::format("请核对 {} 与 {} 之间缺失的记录，可能是传输失败。", source, options_.against.value)};
  }

 private:
  TableFinding found(double percent, std::string en, std::string zh) const {
    return {true, percent, words(settings(), std::move(en), std::move(zh))};
  }

  RowCountOptions options_;
};

std::vector<std::unique_ptr<Rule>> read(const YamlNode& node, Diagnostics& out) {
  RowCountOptions options;
  std::vector<std::unique_ptr<Rule>> rules;
  if (!shape_of(&options).read(node, options, out)) return rules;
  finish(options, node, options.against.value, false, out);
  rules.push_back(std::make_unique<RowCount>(options));
  return rules;
}

}  // namespace

RuleInfo row_count() {
  return {"row_count", "A table must have about as many rows as another, or a number within bounds",
          shape_of(static_cast<const RowCountOptions*>(nullptr)).schema(), false, read};
}

}  // namespace sinan::quality
