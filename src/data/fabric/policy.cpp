#include "data/fabric/policy.hpp"

#include <fmt/ranges.h>

#include "data/catalog/catalog.hpp"
#include "data/fabric/fabric.hpp"

namespace sinan::fabric {

namespace {

// As written; masks are read apart, because `null` is a word of YAML.
struct RuleEntry {
  std::optional<std::vector<Located<std::string>>> columns;
  Located<std::string> rows;
  YamlNode masks;
};

const Shape<RuleEntry>& shape_of(const RuleEntry*) {
  static const auto shape =
      Shape<RuleEntry>("a rule", "What a role sees of a table. The word `all` instead: everything.")
          .optional("columns", &RuleEntry::columns, "The columns that exist for the role; default: all")
          .optional("rows", &RuleEntry::rows, "A SQL condition on the table's columns; $user is who asks; default: every row")
          .optional("masks", &RuleEntry::masks, "Column: null, hash, partial or constant");
  return shape;
}

void read_masks(const YamlNode& node, Rule& rule, Diagnostics& diagnostics) {
  if (node.kind == YamlNode::Kind::kNull || !shape_detail::expect(node, YamlNode::Kind::kMap, "a map of masks", diagnostics)) return;
  for (const YamlNode::Entry& entry : node.entries) {
    bool null = entry.value.kind == YamlNode::Kind::kNull;
    auto mask = null ? Result<Mask>(Mask::kNull) : parse_mask(entry.value.scalar);
    if (mask && (null || entry.value.kind == YamlNode::Kind::kScalar)) {
      rule.masks[entry.key] = {*mask, entry.key_place};
    } else {
      diagnostics.add(entry.value.place, "unknown_mask", fmt::format("'{}' is no mask", entry.value.scalar),
                      "use null, hash, partial or constant");
    }
  }
}

// False if there was a mistake: then nothing is granted.
bool read_rule(const YamlNode& node, Rule& rule, Diagnostics& diagnostics) {
  if (node.kind == YamlNode::Kind::kScalar) {
    rule.all = node.scalar == "all";
    if (!rule.all)
      diagnostics.add(node.place, "bad_rule", fmt::format("'{}' is no rule", node.scalar),
                      "write `all`, or a map with columns, rows and masks");
    return rule.all;
  }
  std::size_t before = diagnostics.size();
  RuleEntry entry;
  shape_detail::read(node, {}, entry, diagnostics);
  rule.columns = std::move(entry.columns);
  rule.rows = std::move(entry.rows);
  read_masks(entry.masks, rule, diagnostics);
  return diagnostics.size() == before;
}

void read_table(const YamlNode::Entry& table, duck::Connection& parser, std::vector<Grant>& grants, Diagnostics& diagnostics) {
  if (!shape_detail::expect(table.value, YamlNode::Kind::kMap, "a map of roles", diagnostics)) return;
  for (const YamlNode::Entry& entry : table.value.entries) {
    Grant grant{table.key, entry.key, {}, {}, table.key_place, entry.key_place};
    if (!read_rule(entry.value, grant.rule, diagnostics)) continue;
    if (!grant.rule.rows.value.empty()) {
      auto condition = inspect_condition(parser, grant.rule.rows.value);
      if (!condition) {
        diagnostics.add(grant.rule.rows.place, "bad_row_filter", condition.error().text(),
                        "write one condition, as after WHERE: region = 'EU'");
        continue;
      }
      grant.condition = *std::move(condition);
      if (auto names = parameters_of(grant.condition); !names.empty() && names != std::set<std::string>{"user"}) {
        diagnostics.add(grant.rule.rows.place, "bad_row_filter", "a row filter knows no parameter but $user", "write $user, or a constant");
        continue;
      }
    }
    grants.push_back(std::move(grant));
  }
}

std::string constant_sql(const Type& type) {
  switch (type.id) {
    case TypeId::kText: return "'***'";
    case TypeId::kBool: return "false";
    case TypeId::kDate: return "DATE '1970-01-01'";
    case TypeId::kTimestamp: return "TIMESTAMP '1970-01-01 00:00:00'";
    case TypeId::kBinary: return "''::BLOB";
    default: return "0";
  }
}

Mask mask_of(const Rule& rule, const std::string& column) {
  for (const auto& [name, mask] : rule.masks)
    if (catalog::same_name(name, column)) return mask.value;
  return Mask::kNone;
}

bool has_column(const Rule& rule, const std::string& column) {
  return !rule.columns || std::ranges::any_of(*rule.columns, [&](const auto& name) { return catalog::same_name(name.value, column); });
}

}  // namespace

Result<Mask> parse_mask(std::string_view text) {
  if (text == "null") return Mask::kNull;
  if (text == "hash") return Mask::kHash;
  if (text == "partial") return Mask::kPartial;
  if (text == "constant") return Mask::kConstant;
  return fail(ErrorCode::kInvalidInput, "a mask is null, hash, partial or constant");
}

Policies Policies::read(const Workspace& workspace, duck::Connection& parser, Diagnostics& diagnostics) {
  Policies out;
  for (const WorkspaceFile* file : workspace.files("policies")) {
    const YamlNode* tables = file->yaml ? file->yaml->find("tables") : nullptr;
    if (!tables || !shape_detail::expect(*tables, YamlNode::Kind::kMap, "a map of tables", diagnostics)) continue;
    for (const YamlNode::Entry& table : tables->entries) read_table(table, parser, out.grants_, diagnostics);
  }
  return out;
}

std::vector<const Grant*> Policies::of(const Principal& principal, std::string_view table) const {
  std::vector<const Grant*> out;
  for (const std::string& role : principal.roles) {
    const Grant* best = nullptr;
    for (const Grant& grant : grants_)
      if (grant.role == role && catalog::matches(grant.pattern, table) &&
          (!best || catalog::rank(grant.pattern) > catalog::rank(best->pattern)))
        best = &grant;
    if (best) out.push_back(best);
  }
  return out;
}

std::optional<Access> combine(const std::vector<const Grant*>& grants, const Schema& raw) {
  Access out;
  for (std::size_t i = 0; i < raw.fields.size(); ++i) {
    const Field& field = raw.fields[i];
    std::optional<Mask> weakest;
    for (const Grant* grant : grants) {
      if (!has_column(grant->rule, field.name)) continue;
      Mask mask = mask_of(grant->rule, field.name);
      if (!weakest || mask < *weakest) weakest = mask;
    }
    if (!weakest) continue;
    out.columns.push_back({i, *weakest});
    out.schema.fields.push_back({field.name, masked_type(field.type, *weakest), true});
  }
  if (out.columns.empty()) return std::nullopt;
  for (const Grant* grant : grants) {
    if (grant->rule.rows.value.empty()) {
      out.rows.clear();
      out.total = true;
      out.asks_user = false;
      return out;
    }
    out.rows.push_back(grant->rule.rows.value);
    out.total = out.total && is_total(grant->condition, raw);
    out.asks_user = out.asks_user || !parameters_of(grant->condition).empty();
  }
  return out;
}

Type masked_type(const Type& raw, Mask mask) { return mask == Mask::kPartial || mask == Mask::kHash ? Type{TypeId::kText} : raw; }

std::string masked_sql(const Field& raw, Mask mask) {
  std::string column = duck::quote_name(raw.name);
  switch (mask) {
    case Mask::kNone: return fmt::format("CAST({} AS {})", column, raw.type.sql());
    case Mask::kPartial:
      return fmt::format(
          "CASE WHEN length(CAST({0} AS VARCHAR)) > 3 THEN left(CAST({0} AS VARCHAR), 2) || '***' WHEN {0} IS NOT NULL THEN '***' END",
          column);
    case Mask::kHash: return fmt::format("sinan_mask(CAST({} AS VARCHAR))", column);
    case Mask::kConstant: return fmt::format("CAST({} AS {})", constant_sql(raw.type), raw.type.sql());
    case Mask::kNull: return fmt::format("CAST(NULL AS {})", raw.type.sql());
  }
  broken("a mask is one of Mask");
}

std::string row_filter_sql(const Access& access) {
  std::string out;
  for (const std::string& rows : access.rows) {
    if (!out.empty()) out += " OR ";
    // Ends with a line break: the condition may end with a comment. What cannot be computed denies.
    out += access.total ? fmt::format("(\n{}\n)", rows) : fmt::format("coalesce(TRY(\n{}\n), false)", rows);
  }
  return out;
}

Json policy_schema() {
  Json rule = shape_of(static_cast<const RuleEntry*>(nullptr)).schema();
  rule["properties"]["masks"] = Json{{"type", "object"},
                                     {"additionalProperties", {{"enum", {nullptr, "null", "hash", "partial", "constant"}}}},
                                     {"description", rule["properties"]["masks"]["description"]}};
  Json one_of{{"oneOf", Json::array({Json{{"const", "all"}}, std::move(rule)})}};
  return Json{{"type", "object"},
              {"description", "SOURCE.TABLE, or a pattern such as \"erp.*\": who sees what. A table that none names is closed"},
              {"additionalProperties",
               {{"type", "object"}, {"description", "Role: what it sees of the table"}, {"additionalProperties", std::move(one_of)}}}};
}

}  // namespace sinan::fabric
