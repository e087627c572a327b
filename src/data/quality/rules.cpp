// The kinds of rules, and what they share.
#include "base/text.hpp"
#include "data/quality/rule.hpp"
#include "data/quality/sql.hpp"

namespace sinan::quality {

#define SINAN_RULE(name) RuleInfo name();
#include "data/quality/rules.inc"
#undef SINAN_RULE

const std::vector<RuleInfo>& rules() {
#define SINAN_RULE(name) name(),
  static const std::vector<RuleInfo> kRules{
#include "data/quality/rules.inc"
  };
#undef SINAN_RULE
  return kRules;
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kWarn: return "warn";
    case Severity::kQuarantine: return "quarantine";
    case Severity::kStop: return "stop";
  }
  broken("unknown severity");
}

namespace {

std::vector<std::string> names_of(const Schema& schema) {
  std::vector<std::string> out;
  for (const Field& field : schema.fields) out.push_back(field.name);
  return out;
}

std::string way_out(std::string_view word, const std::vector<std::string>& known, std::string_view what) {
  if (auto near = nearest(word, known)) return fmt::format("did you mean '{}'?", *near);
  if (known.empty()) return fmt::format("there are no {} yet", what);
  constexpr std::size_t kShown = 20;
  std::vector<std::string> shown(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(std::min(known.size(), kShown)));
  return fmt::format("{} there are: {}{}", what, fmt::join(shown, ", "), known.size() > kShown ? ", …" : "");
}

bool column_in(const Schema* schema, const std::string& table, const Located<std::string>& name, Diagnostics& out) {
  if (!schema || schema->index_of(name.value)) return true;
  out.add(name.place, "unknown_column", fmt::format("{} has no column '{}'", table, name.value),
          way_out(name.value, names_of(*schema), "columns"));
  return false;
}

}  // namespace

bool TableLookup::knows(const std::string& table) const {
  auto known = tables();
  return std::find(known.begin(), known.end(), table) != known.end();
}

bool RuleCheck::column(const Located<std::string>& name) const { return column_in(schema, table, name, out); }
std::optional<Type> RuleCheck::type_of(const Located<std::string>& column) const {
  const auto index = schema ? schema->index_of(column.value) : std::nullopt;
  return index ? std::optional(schema->fields[*index].type) : std::nullopt;
}

bool RuleCheck::column_of(const std::string& other_table, const Located<std::string>& name) const {
  auto other = tables.schema(other_table);
  return column_in(other ? &*other : nullptr, other_table, name, out);
}

bool RuleCheck::known_table(const Located<std::string>& name) const {
  if (tables.knows(name.value)) return true;
  out.add(name.place, "unknown_table", fmt::format("no source has a table '{}'", name.value),
          way_out(name.value, tables.tables(), "tables"));
  return false;
}

bool RuleCheck::condition(const Located<std::string>& sql_text) const {
  if (sql_text.value.empty() || !sql || !schema) return true;
  auto tried = sql->try_select(fmt::format("SELECT CAST(({}\n) AS BOOLEAN) FROM t", sql_text.value), *schema);
  if (tried) return true;
  out.add(sql_text.place, "bad_sql", "the condition is not valid SQL: " + tried.error().message,
          fmt::format("write a condition over the columns of {}", table));
  return false;
}

std::string PlanContext::from(const std::string& table) {
  std::string lake_name = table;
  std::replace(lake_name.begin(), lake_name.end(), '.', '_');
  return "lake." + sql::name(lake_name);
}

Result<Type> PlanContext::type_of(const Located<std::string>& column) const {
  auto index = schema.index_of(column.value);
  if (!index)
    return fail(ErrorCode::kInvalidInput, fmt::format("{} has no column '{}'; run `sinan check`", table, column.value),
                column.place.text());
  return schema.fields[*index].type;
}

Status PlanContext::has(const Located<std::string>& column) const {
  SINAN_TRY([[maybe_unused]] Type type, type_of(column));
  return {};
}

bool BadRow::is_null(std::string_view column) const {
  auto index = schema_.index_of(column);
  return !index || batch_.columns[*index].is_null(row_);
}

std::string BadRow::value(std::string_view column) const {
  auto index = schema_.index_of(column);
  if (!index || batch_.columns[*index].is_null(row_)) return {};
  return shown_value(batch_.columns[*index].to_text(row_));
}

std::string shown_value(std::string_view value) {
  constexpr std::size_t kMaxCharacters = 60;
  std::string safe = visible(value);
  std::size_t characters = 0;
  for (std::size_t i = 0; i < safe.size(); ++i) {
    if ((static_cast<unsigned char>(safe[i]) & 0xC0U) == 0x80U) continue;
    if (++characters > kMaxCharacters) return safe.substr(0, i) + "…";
  }
  return safe;
}

std::string join_columns(const std::vector<Located<std::string>>& columns, std::string_view separator) {
  std::string out;
  for (const auto& column : columns) {
    if (!out.empty()) out += separator;
    out += column.value;
  }
  return out;
}

namespace {

const Shape<Text>& both_languages() {
  static const auto shape = Shape<Text>("words", "What people read, in both languages.")
                                .required("en", &Text::en, "In English")
                                .required("zh", &Text::zh, "In Chinese");
  return shape;
}

Text read_reason(const YamlNode& node, Diagnostics& out) {
  Text text;
  if (node.kind == YamlNode::Kind::kMap)
    both_languages().read(node, text, out);
  else if (shape_detail::read(node, {}, text.en, out))
    text.zh = text.en;
  return text;
}

}  // namespace

void finish(RuleSettings& settings, const YamlNode& node, const std::string& columns, bool judges_rows, Diagnostics& out) {
  if (settings.reason_node.kind != YamlNode::Kind::kNull) settings.reason = read_reason(settings.reason_node, out);
  settings.place = node.place;
  settings.named = !settings.id.empty();
  if (settings.id.empty()) settings.id = columns.empty() ? settings.kind : settings.kind + "." + columns;
  if (settings.severity_text.empty()) settings.severity_text = judges_rows ? "quarantine" : "warn";
  settings.severity = settings.severity_text == "warn"   ? Severity::kWarn
                      : settings.severity_text == "stop" ? Severity::kStop
                                                         : Severity::kQuarantine;
  if (!judges_rows && settings.severity == Severity::kQuarantine)
    out.add(node.place, "invalid_value", fmt::format("{} judges the whole table and cannot hold rows back", settings.kind),
            "use severity warn or stop");
  if (settings.warn_above_percent && settings.stop_above_percent && *settings.warn_above_percent > *settings.stop_above_percent)
    out.add(node.place, "invalid_value", "warn_above_percent is larger than stop_above_percent", "a table warns before it stops");
}

Json reason_schema(std::string description) {
  Json text = shape_detail::schema({}, static_cast<const std::string*>(nullptr));
  return Json{{"description", std::move(description)}, {"anyOf", Json::array({std::move(text), both_languages().schema()})}};
}

Text words(const RuleSettings& settings, std::string en, std::string zh) {
  if (!settings.reason.en.empty()) return settings.reason;
  return {std::move(en), std::move(zh)};
}

}  // namespace sinan::quality
