// range: a number or time must lie between bounds, which may be constants, the present, or other columns of the row.
#include "data/quality/rule.hpp"
#include "data/quality/sql.hpp"

namespace sinan::quality {
namespace {

struct RangeOptions : RuleSettings {
  Located<std::string> column;
  Located<std::string> min, max, above, below;
  Located<std::string> min_column, max_column;
};

const Shape<RangeOptions>& shape_of(const RangeOptions*) {
  static const auto shape =
      rule_shape<RangeOptions>("range", "The value lies between bounds; an empty value is not judged (use not_null).")
          .required("column", &RangeOptions::column, "The column that is judged")
          .optional("min", &RangeOptions::min,
                    "Smallest value allowed: a number, a date or time, or now, now-30d, now+1d; a date is compared with the day in the "
                    "workspace's time zone")
          .optional("max", &RangeOptions::max, "Largest value allowed; as min")
          .optional("above", &RangeOptions::above, "The value must be larger than this; as min")
          .optional("below", &RangeOptions::below, "The value must be smaller than this; as min")
          .optional("min_column", &RangeOptions::min_column, "A column of the same row that the value must not be below")
          .optional("max_column", &RangeOptions::max_column, "A column of the same row that the value must not be above")
          .check([](const RangeOptions& options, const YamlNode& node, Diagnostics& out) {
            bool any = false;
            for (const auto* bound : {&options.min, &options.max, &options.above, &options.below, &options.min_column, &options.max_column})
              any = any || !bound->value.empty();
            if (!any)
              out.add(node.place, "missing_key", "range needs a bound", "write min: or max: (or above, below, min_column, max_column)");
          });
  return shape;
}

// A bound as a person wrote it.
struct Bound {
  bool is_time = false;
  double number = 0;
  std::string number_text;
  Instant at;             // a fixed time
  bool from_now = false;  // now + offset
  std::chrono::microseconds offset{0};

  static Result<Bound> parse(const std::string& text);
  std::string sql(const PlanContext& context, const Type& column) const {
    if (!is_time) return number_text;
    if (from_now && column.id == TypeId::kDate) return fmt::format("DATE '{}'", format_date(context.zone.day_of(context.now + offset)));
    return fmt::format("TIMESTAMP '{}'", format_timestamp(from_now ? context.now + offset : at));
  }
};

Result<Bound> Bound::parse(const std::string& text) {
  Bound out;
  if (text.starts_with("now")) {
    out.is_time = out.from_now = true;
    std::string rest = text.substr(3);
    if (rest.empty()) return out;
    if (rest[0] != '+' && rest[0] != '-')
      return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is no time; write now, now-30d or now+12h", text));
    auto duration = parse_duration(std::string_view(rest).substr(1));
    if (!duration) return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is no time: {}", text, duration.error().message));
    out.offset = rest[0] == '-' ? -*duration : *duration;
    return out;
  }
  char* end = nullptr;
  out.number = std::strtod(text.c_str(), &end);
  if (end == text.c_str() + text.size() && std::isfinite(out.number)) {
    out.number_text = text;
    return out;
  }
  auto at = parse_instant(text);
  if (!at) return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is neither a number nor a date or time", text));
  out.is_time = true;
  out.at = *at;
  return out;
}

// One comparison that a good value satisfies: value op bound.
struct Comparison {
  const Located<std::string>* bound;
  std::string_view op;
  std::string_view en;
  std::string_view zh;
};

class Range final : public RowRule {
 public:
  explicit Range(const RangeOptions& options) : RowRule(options), options_(options) {}

  void check(const RuleCheck& check) const override {
    check.column(options_.column);
    for (const auto* other : {&options_.min_column, &options_.max_column})
      if (!other->value.empty()) check.column(*other);
    for (const Comparison& comparison : constants()) {
      auto bound = Bound::parse(comparison.bound->value);
      if (!bound) {
        check.out.add(comparison.bound->place, "invalid_value", bound.error().message, "write 0, 2024-01-31 or now-30d");
      } else if (const auto type = check.type_of(options_.column)) {
        check_type(check, comparison, *bound, *type);
      }
    }
  }

  Result<RowTest> test(const PlanContext& context) const override {
    SINAN_TRY(Type type, context.type_of(options_.column));
    std::vector<std::string> broken;
    std::string column = sql::column(options_.column.value);
    if (type.id == TypeId::kDouble) broken.push_back(fmt::format("isnan({})", column));
    for (const Comparison& comparison : constants()) {
      auto bound = Bound::parse(comparison.bound->value);
      if (!bound) return fail(ErrorCode::kInvalidInput, bound.error().message, comparison.bound->place.text());
      std::string value = column;
      bool converts = bound->is_time ? !sql::is_time(type) : !sql::is_number(type);
      if (converts) {
        value = fmt::format("TRY_CAST({} AS {})", column, bound->is_time ? "TIMESTAMP" : "DOUBLE");
        broken.push_back(fmt::format("{} IS NULL", value));
      }
      broken.push_back(fmt::format("NOT ({} {} {})", value, comparison.op, bound->sql(context, type)));
    }
    for (const Comparison& comparison : columns()) {
      SINAN_TRY(Type other, context.type_of(*comparison.bound));
      auto [left, right] = sql::comparable(column, type, sql::column(comparison.bound->value), other);
      broken.push_back(fmt::format("coalesce(NOT ({} {} {}), false)", left, comparison.op, right));
    }
    RowTest out;
    out.broken = fmt::format("{} IS NOT NULL AND ({})", column, fmt::join(broken, " OR "));
    return out;
  }

  Text reason(const BadRow& row) const override {
    std::vector<std::string> en;
    std::vector<std::string> zh;
    for (const Comparison& comparison : constants()) {
      en.push_back(fmt::format("{} {}", comparison.en, comparison.bound->value));
      zh.push_back(fmt::format("{} {}", comparison.zh, comparison.bound->value));
    }
    for (const Comparison& comparison : columns()) {
      std::string other = fmt::format("{} ({})", comparison.bound->value, row.value(comparison.bound->value));
      en.push_back(fmt::format("{} {}", comparison.en, other));
      zh.push_back(fmt::format("{} {}", comparison.zh, other));
    }
    const std::string& column = options_.column.value;
    return words(settings(), fmt::format("{} is {}; it must be {}", column, row.value(column), fmt::join(en, " and ")),
                 fmt::format("{} 为 {}，应{}", column, row.value(column), fmt::join(zh, "且")));
  }

  Text advice(const std::string& source) const override {
    return {fmt::format("Correct {} in {}; if such values are right, widen the bounds of the rule.", options_.column.value, source),
            fmt::format("请在 {} 中更正 {}；若这些值正确，请放宽规则的范围。", source, options_.column.value)};
  }

 private:
  std::vector<Comparison> constants() const {
    return filled({{&options_.min, ">=", "at least", "不小于"},
                   {&options_.max, "<=", "at most", "不大于"},
                   {&options_.above, ">", "more than", "大于"},
                   {&options_.below, "<", "less than", "小于"}});
  }
  std::vector<Comparison> columns() const {
    return filled({{&options_.min_column, ">=", "at least", "不小于"}, {&options_.max_column, "<=", "at most", "不大于"}});
  }
  static std::vector<Comparison> filled(std::vector<Comparison> all) {
    std::erase_if(all, [](const Comparison& comparison) { return comparison.bound->value.empty(); });
    return all;
  }

  void check_type(const RuleCheck& check, const Comparison& comparison, const Bound& bound, const Type& type) const {
    bool wrong = bound.is_time ? sql::is_number(type) : sql::is_time(type);
    if (wrong || type.id == TypeId::kBool)
      check.out.add(comparison.bound->place, "invalid_value",
                    fmt::format("{} is {} and cannot be compared with '{}'", options_.column.value, type.sql(), comparison.bound->value),
                    sql::is_time(type) ? "write a date or time, or now-30d" : "write a number");
  }

  RangeOptions options_;
};

std::vector<std::unique_ptr<Rule>> read(const YamlNode& node, Diagnostics& out) {
  RangeOptions options;
  std::vector<std::unique_ptr<Rule>> rules;
  if (!shape_of(&options).read(node, options, out)) return rules;
  finish(options, node, options.column.value, true, out);
  rules.push_back(std::make_unique<Range>(options));
  return rules;
}

}  // namespace

RuleInfo range() {
  return {"range", "A number or time must lie between bounds", shape_of(static_cast<const RangeOptions*>(nullptr)).schema(), true, read};
}

}  // namespace sinan::quality
