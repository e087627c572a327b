// Reads and checks entities/*.yaml.
#include "data/master/master.hpp"

namespace sinan::master {
namespace {

struct RecordFile {
  std::vector<Located<std::string>> key;
  Located<std::string> updated_at;
  Located<std::string> where;
  YamlNode columns;
};

const Shape<RecordFile>& shape_of(const RecordFile*) {
  static const auto shape =
      Shape<RecordFile>("records", "Where records of the entity come from.")
          .optional("key", &RecordFile::key, "Columns that name a record; default: the table's key")
          .optional("updated_at", &RecordFile::updated_at, "Column with the time of the last change, for survivorship newest")
          .optional("where", &RecordFile::where, "SQL condition: the rows that are records of this entity")
          .required("columns", &RecordFile::columns, "ATTRIBUTE: the column that holds it");
  return shape;
}

struct AttributeFile {
  std::string kind = "text";
  std::string survivorship = "source_priority";
};

const Shape<AttributeFile>& shape_of(const AttributeFile*) {
  static const auto shape =
      Shape<AttributeFile>("attribute", "One attribute of the golden record.")
          .optional("kind", &AttributeFile::kind, "What it holds; decides how values are compared",
                    {{"text", "person", "company", "address", "email", "phone", "code", "number", "date"}})
          .optional("survivorship", &AttributeFile::survivorship, "Which value the golden record takes; default source_priority",
                    {{"source_priority", "newest", "longest", "most_frequent"}});
  return shape;
}

struct SimilarFile {
  std::vector<Located<std::string>> attributes;
  double above = 0.9;
};

const Shape<SimilarFile>& shape_of(const SimilarFile*) {
  static const auto shape =
      Shape<SimilarFile>("similar", "Records that look alike are compared, and judged by probability.")
          .required("attributes", &SimilarFile::attributes, "The attributes that are compared")
          .optional("above", &SimilarFile::above, "Probability from which two records are one; default 0.9", {{}, 0.5, 1});
  return shape;
}

struct MatchFile {
  std::vector<std::vector<Located<std::string>>> same;
  std::optional<SimilarFile> similar;
  bool one_per_source = false;
};

const Shape<MatchFile>& shape_of(const MatchFile*) {
  static const auto shape =
      Shape<MatchFile>("match", "When two records are one.")
          .optional("same", &MatchFile::same, "Lists of attributes: records that agree on all of one list, in normal form, are the same")
          .optional("similar", &MatchFile::similar, "Compare records that look alike")
          .optional("one_per_source", &MatchFile::one_per_source,
                    "No table holds a thing twice: a record has one partner in each other table at most")
          .check([](const MatchFile& match, const YamlNode& node, Diagnostics& out) {
            if (match.same.empty() && !match.similar)
              out.add(node.place, "missing_key", "match needs 'same' or 'similar'", "write same: [[email]]");
          });
  return shape;
}

struct EntityFile {
  YamlNode records;
  YamlNode attributes;
  std::vector<std::string> source_priority;
  MatchFile match;
};

const Shape<EntityFile>& shape_of(const EntityFile*) {
  static const auto shape = Shape<EntityFile>("entity", "A thing that several systems know: its golden records.")
                                .required("records", &EntityFile::records, "SOURCE.TABLE: which of its columns hold which attributes")
                                .required("attributes", &EntityFile::attributes, "NAME: kind and survivorship of each attribute")
                                .optional("source_priority", &EntityFile::source_priority, "Sources, the most trusted first")
                                .required("match", &EntityFile::match, "When two records are one");
  return shape;
}

template <typename T>
std::size_t index_in(const std::vector<std::string>& allowed, const T& value) {
  return static_cast<std::size_t>(std::find(allowed.begin(), allowed.end(), value) - allowed.begin());
}

bool known_attribute(const Entity& entity, const std::string& name, const Place& place, Diagnostics& out) {
  std::vector<std::string> names;
  for (const Attribute& attribute : entity.attributes) names.push_back(attribute.name);
  if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  out.add(place, "unknown_attribute", fmt::format("'{}' is not among the attributes of {}", name, entity.name),
          catalog::suggestion(name, names));
  return false;
}

void read_attributes(const YamlNode& node, Entity& entity, Diagnostics& out) {
  static const std::vector<std::string> kKinds{"text", "person", "company", "address", "email", "phone", "code", "number", "date"};
  static const std::vector<std::string> kSurvivorships{"source_priority", "newest", "longest", "most_frequent"};
  static const std::set<std::string> kTaken{"golden_id", "records", "sources", "confidence"};
  if (!shape_detail::expect(node, YamlNode::Kind::kMap, "attributes", out)) return;
  for (const YamlNode::Entry& entry : node.entries) {
    AttributeFile file;
    // One with a mistake still counts as an attribute, so that nothing is said twice.
    if (entry.value.kind != YamlNode::Kind::kNull && !shape_of(&file).read(entry.value, file, out)) file = {};
    if (kTaken.contains(entry.key))
      out.add(entry.key_place, "invalid_value", fmt::format("'{}' is a column that every golden record has", entry.key),
              "choose another name");
    entity.attributes.push_back({entry.key, static_cast<matching::Kind>(index_in(kKinds, file.kind)),
                                 static_cast<Survivorship>(index_in(kSurvivorships, file.survivorship))});
  }
  if (entity.attributes.empty()) out.add(node.place, "invalid_value", "an entity needs attributes", "write name: {kind: text}");
}

void read_records(const YamlNode& node, Entity& entity, Diagnostics& out) {
  if (!shape_detail::expect(node, YamlNode::Kind::kMap, "records", out)) return;
  for (const YamlNode::Entry& entry : node.entries) {
    RecordFile file;
    if (!shape_of(&file).read(entry.value, file, out)) continue;
    if (entry.key.find('.') == std::string::npos)
      out.add(entry.key_place, "invalid_value", fmt::format("'{}' does not name a table", entry.key),
              "write SOURCE.TABLE, such as crm.customers");
    RecordSource records{{entry.key, entry.key_place}, file.key, file.updated_at, file.where, {}};
    if (!shape_detail::expect(file.columns, YamlNode::Kind::kMap, "columns", out)) continue;
    for (const YamlNode::Entry& column : file.columns.entries) {
      Located<std::string> name;
      if (!shape_detail::read(column.value, {}, name, out)) continue;
      if (known_attribute(entity, column.key, column.key_place, out)) records.columns.emplace_back(column.key, std::move(name));
    }
    entity.records.push_back(std::move(records));
  }
}

void read_match(const EntityFile& file, Entity& entity, Diagnostics& out) {
  for (const auto& list : file.match.same) {
    auto& names = entity.same.emplace_back();
    for (const auto& name : list)
      if (known_attribute(entity, name.value, name.place, out)) names.push_back(name.value);
    if (names.empty()) entity.same.pop_back();
  }
  entity.one_per_source = file.match.one_per_source;
  if (!file.match.similar) return;
  entity.above = file.match.similar->above;
  for (const auto& name : file.match.similar->attributes)
    if (known_attribute(entity, name.value, name.place, out)) entity.similar.push_back(name.value);
}

const catalog::TableEntry* find_table(const std::vector<catalog::TableEntry>& tables, const std::string& name) {
  std::string in_lake = name;
  std::replace(in_lake.begin(), in_lake.end(), '.', '_');
  for (const std::string& wanted : {name, "lake." + in_lake})
    for (const catalog::TableEntry& entry : tables)
      if (catalog::same_name(entry.name, wanted)) return &entry;
  return nullptr;
}

void check_column(const catalog::TableEntry& table, const std::string& shown, const Located<std::string>& column, Diagnostics& out) {
  if (column.value.empty() || table.schema.fields.empty() || table.schema.index_of(column.value)) return;
  std::vector<std::string> names;
  for (const Field& field : table.schema.fields) names.push_back(field.name);
  out.add(column.place, "unknown_column", fmt::format("{} has no column '{}'", shown, column.value),
          catalog::suggestion(column.value, names));
}

}  // namespace

std::vector<Entity> read_config(const Workspace& workspace, Diagnostics& diagnostics) {
  std::vector<Entity> out;
  for (const auto& [file, content] : workspace.read_section<EntityFile>("entities", diagnostics)) {
    Entity entity;
    entity.name = file->name;
    entity.place = {file->shown_path, 1, 1};
    entity.source_priority = content.source_priority;
    read_attributes(content.attributes, entity, diagnostics);
    read_records(content.records, entity, diagnostics);
    read_match(content, entity, diagnostics);
    out.push_back(std::move(entity));
  }
  return out;
}

Json config_schema() {
  Json out = shape_of(static_cast<const EntityFile*>(nullptr)).schema();
  auto map_of = [](Json value) { return Json{{"type", "object"}, {"additionalProperties", std::move(value)}}; };
  Json records = shape_of(static_cast<const RecordFile*>(nullptr)).schema();
  records["properties"]["columns"] = map_of(Json{{"type", "string"}});
  out["properties"]["records"] = map_of(std::move(records));
  out["properties"]["attributes"] = map_of(shape_of(static_cast<const AttributeFile*>(nullptr)).schema());
  return out;
}

void check_config(const std::vector<Entity>& entities, const std::vector<catalog::TableEntry>& tables, Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const catalog::TableEntry& entry : tables)
    if (entry.kind == catalog::Kind::kSource) names.push_back(entry.name);
  for (const Entity& entity : entities) {
    for (const RecordSource& records : entity.records) {
      const catalog::TableEntry* table = find_table(tables, records.table.value);
      if (!table) {
        diagnostics.add(records.table.place, "unknown_table", fmt::format("no source has a table '{}'", records.table.value),
                        catalog::suggestion(records.table.value, names));
        continue;
      }
      for (const auto& column : records.key) check_column(*table, records.table.value, column, diagnostics);
      check_column(*table, records.table.value, records.updated_at, diagnostics);
      for (const auto& [attribute, column] : records.columns) check_column(*table, records.table.value, column, diagnostics);
      if (records.key.empty() && table->key.empty())
        diagnostics.add(records.table.place, "missing_key", fmt::format("{} has no key that is known", records.table.value),
                        "write key: [COLUMN], so that its records can be named");
    }
  }
}

}  // namespace sinan::master
