// pattern: text must have a form: a regular expression, or one of a few named ones.
#include "data/quality/rule.hpp"
#include "data/quality/sql.hpp"

namespace sinan::quality {
namespace {

struct Format {
  std::string_view name;
  std::string_view regex;
  std::string_view en;
  std::string_view zh;
};

// Forms, not proofs: an address of this form may still not exist.
constexpr std::array<Format, 6> kFormats{{
    {"email", R"re([^@\s,;<>"]+@[^@\s,;<>"]+\.[^@\s,;<>".]{2,})re", "an e-mail address", "电子邮箱地址"},
    {"phone", R"re(\+?[0-9][0-9 ()./-]{5,22}[0-9])re", "a phone number", "电话号码"},
    {"url", R"re((?i)https?://[^\s/$.?#].[^\s]*)re", "a web address", "网址"},
    {"uuid", R"re((?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})re", "a UUID", "UUID"},
    {"date", R"re([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))re", "a date such as 2024-01-31", "形如 2024-01-31 的日期"},
    {"digits", R"re([0-9]+)re", "digits only", "纯数字"},
}};

std::vector<std::string> format_names() {
  std::vector<std::string> out;
  for (const Format& format : kFormats) out.emplace_back(format.name);
  return out;
}

struct PatternOptions : RuleSettings {
  Located<std::string> column;
  Located<std::string> regex;
  std::string format;
  bool ignore_case = false;
};

const Shape<PatternOptions>& shape_of(const PatternOptions*) {
  static const auto shape =
      rule_shape<PatternOptions>("pattern", "The whole text has a form; an empty value is not judged (use not_null).")
          .required("column", &PatternOptions::column, "The column that is judged")
          .optional("regex", &PatternOptions::regex, "Regular expression (RE2) that the whole value must match; quote it")
          .optional("format", &PatternOptions::format, "A form with a name, in place of regex", {format_names()})
          .optional("ignore_case", &PatternOptions::ignore_case, "Small and capital letters are the same; default false")
          .check([](const PatternOptions& options, const YamlNode& node, Diagnostics& out) {
            if (options.regex.value.empty() == options.format.empty())
              out.add(node.place, "missing_key", "pattern needs either 'regex' or 'format'",
                      fmt::format("formats there are: {}", fmt::join(format_names(), ", ")));
          });
  return shape;
}

class Pattern final : public RowRule {
 public:
  explicit Pattern(const PatternOptions& options) : RowRule(options), options_(options) {
    for (const Format& format : kFormats)
      if (format.name == options_.format) format_ = &format;
  }

  void check(const RuleCheck& check) const override {
    check.column(options_.column);
    if (!check.sql || options_.regex.value.empty()) return;
    auto tried = check.sql->try_select(fmt::format("SELECT regexp_matches('', {})", sql::text(regex())), {});
    if (!tried)
      check.out.add(options_.regex.place, "bad_regex", "the regular expression is not valid: " + tried.error().message,
                    "see the RE2 syntax; quote the text in YAML with single quotes");
  }

  Result<RowTest> test(const PlanContext& context) const override {
    SINAN_TRY(Type type, context.type_of(options_.column));
    std::string column = sql::column(options_.column.value);
    if (type.id != TypeId::kText) column = fmt::format("CAST({} AS VARCHAR)", column);
    RowTest out;
    out.broken = fmt::format("{} IS NOT NULL AND NOT regexp_full_match({}, {})", column, column, sql::text(regex()));
    return out;
  }

  Text reason(const BadRow& row) const override {
    const std::string& column = options_.column.value;
    if (format_)
      return words(settings(), fmt::format("{} '{}' is not {}", column, row.value(column), format_->en),
                   fmt::format("{} 的值“{}”不是{}", column, row.value(column), format_->zh));
    return words(settings(), fmt::format("{} '{}' does not have the form {}", column, row.value(column), options_.regex.value),
                 fmt::format("{} 的值“{}”不符合格式 {}", column, row.value(column), options_.regex.value));
  }

  Text advice(const std::string& source) const override {
    return {fmt::format("Correct {} in {}, and check its form where it is typed in.", options_.column.value, source),
            fmt::format("请在 {} 中更正 {}，并在录入处校验格式。", source, options_.column.value)};
  }

 private:
  std::string regex() const {
    std::string text = format_ ? std::string(format_->regex) : options_.regex.value;
    return options_.ignore_case ? "(?i)" + text : text;
  }

  PatternOptions options_;
  const Format* format_ = nullptr;
};

std::vector<std::unique_ptr<Rule>> read(const YamlNode& node, Diagnostics& out) {
  PatternOptions options;
  std::vector<std::unique_ptr<Rule>> rules;
  if (!shape_of(&options).read(node, options, out)) return rules;
  finish(options, node, options.column.value, true, out);
  rules.push_back(std::make_unique<Pattern>(options));
  return rules;
}

}  // namespace

RuleInfo pattern() {
  return {"pattern", "Text must have a form", shape_of(static_cast<const PatternOptions*>(nullptr)).schema(), true, read};
}

}  // namespace sinan::quality
