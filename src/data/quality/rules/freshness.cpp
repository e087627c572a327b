// freshness: the newest row of a table must not be older than a given time.
#include "data/quality/rule.hpp"
#include "data/quality/sql.hpp"

namespace sinan::quality {
namespace {

struct FreshnessOptions : RuleSettings {
  Located<std::string> column;
  std::chrono::microseconds within{0};
};

const Shape<FreshnessOptions>& shape_of(const FreshnessOptions*) {
  static const auto shape = rule_shape<FreshnessOptions>("freshness", "The newest row is not older than a given time.")
                                .required("column", &FreshnessOptions::column, "The time of a row")
                                .required("within", &FreshnessOptions::within, "Age allowed of the newest row: 36h, 2d", {{}, 1, {}});
  return shape;
}

class Freshness final : public TableRule {
 public:
  explicit Freshness(const FreshnessOptions& options) : TableRule(options), options_(options) {}

  void check(const RuleCheck& check) const override {
    if (!check.column(options_.column)) return;
    const auto type = check.type_of(options_.column);
    if (type && !sql::is_time(*type) && type->id != TypeId::kText)
      check.out.add(options_.column.place, "invalid_value", fmt::format("{} is {}, not a time", options_.column.value, type->sql()),
                    "name a column that holds a date or time");
  }

  // A row that claims to come from the future says nothing about how fresh the table is.
  Result<std::vector<std::string>> measures(const PlanContext& context) const override {
    SINAN_TRY(const Type type, context.type_of(options_.column));
    // A date is a day in the workspace's zone.
    const auto offset = type.id == TypeId::kDate ? context.zone.offset_at(context.now) : std::chrono::microseconds{0};
    std::string time = fmt::format("TRY_CAST({} AS TIMESTAMP)", sql::column(options_.column.value));
    std::string condition = fmt::format("{} <= TIMESTAMP '{}'", time, format_timestamp(context.now + offset));
    if (!settings().where.value.empty()) condition += fmt::format(" AND ({}\n)", settings().where.value);
    return std::vector<std::string>{fmt::format("epoch_us(max({}) FILTER (WHERE {})) - {}", time, condition, offset.count())};
  }

  TableFinding judge(const std::vector<std::optional<std::int64_t>>& measured, Instant now) const override {
    if (!measured.at(0))
      return {true, 100,
              words(settings(), fmt::format("no row has a {} that lies in the past", options_.column.value),
                    fmt::format("没有任何行的 {} 早于现在", options_.column.value))};
    Instant newest{std::chrono::microseconds(*measured[0])};
    if (now - newest <= options_.within) return {};
    return {true, 100,
            words(settings(),
                  fmt::format("the newest row is of {}; none came for longer than {}", format_timestamp(newest),
                              format_duration(options_.within)),
                  fmt::format("最新一行的时间为 {}，已超过 {} 没有新数据", format_timestamp(newest), format_duration(options_.within)))};
  }

  Text advice(const std::string& source) const override {
    return {fmt::format("See whether {} still receives data, and whether its last export or transfer ran.", source),
            fmt::format("请检查 {} 是否仍在接收数据，最近一次导出或传输是否成功。", source)};
  }

 private:
  FreshnessOptions options_;
};

std::vector<std::unique_ptr<Rule>> read(const YamlNode& node, Diagnostics& out) {
  FreshnessOptions options;
  std::vector<std::unique_ptr<Rule>> rules;
  if (!shape_of(&options).read(node, options, out)) return rules;
  finish(options, node, options.column.value, false, out);
  rules.push_back(std::make_unique<Freshness>(options));
  return rules;
}

}  // namespace

RuleInfo freshness() {
  return {"freshness", "The newest row must not be too old", shape_of(static_cast<const FreshnessOptions*>(nullptr)).schema(), false, read};
}

}  // namespace sinan::quality
