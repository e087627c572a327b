// Resolves an entity: records in, golden records, links and history out.
#include <chrono>

#include "data/master/identity.hpp"
#include "data/master/master.hpp"
#include "data/master/survivorship.hpp"
#include "data/master/writer.hpp"
#include "intelligence/matching/clustering.hpp"

namespace sinan::master {
namespace {

constexpr std::size_t kMaxShared = 50;   // records that share a key; more, and it is a placeholder such as info@ or 000000
constexpr std::size_t kMaxEvents = 100;  // told one by one in the report

// The key of a record under one list of `same`; "" when an attribute is missing.
std::string joined_key(const Entity& entity, const EntityRecords& records, const std::vector<std::size_t>& attributes, std::size_t record) {
  std::string out;
  for (std::size_t attribute : attributes) {
    std::string normal = matching::normalize(entity.attributes[attribute].kind, records.values[attribute][record]);
    if (normal.empty()) return {};
    out += normal;
    out += '\x1f';
  }
  return out;
}

std::size_t index_of(const Entity& entity, const std::string& attribute) {
  for (std::size_t i = 0; i < entity.attributes.size(); ++i)
    if (entity.attributes[i].name == attribute) return i;
  broken("the configuration names only known attributes");
}

// Pairs of records that agree on a key, each record with the one before it.
std::vector<matching::Pair> agreed_pairs(const Entity& entity, EntityRecords& records) {
  std::vector<matching::Pair> out;
  for (const auto& list : entity.same) {
    std::vector<std::size_t> attributes;
    for (const std::string& name : list) attributes.push_back(index_of(entity, name));
    std::unordered_map<std::string, std::vector<std::uint32_t>> groups;
    for (std::uint32_t record = 0; record < records.size(); ++record) {
      std::string key = joined_key(entity, records, attributes, record);
      if (!key.empty()) groups[std::move(key)].push_back(record);
    }
    std::size_t placeholders = 0;
    std::size_t most = 0;
    for (const auto& [key, members] : groups) {
      if (members.size() > kMaxShared) {
        ++placeholders;
        most = std::max(most, members.size());
        continue;
      }
      for (std::size_t i = 1; i < members.size(); ++i) out.push_back({members[i - 1], members[i], 1});
    }
    if (placeholders > 0)
      records.notes.push_back(fmt::format("{} values of {} are shared by more than {} records (one by {}) and do not count as keys",
                                          placeholders, fmt::join(list, " + "), kMaxShared, most));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return std::tie(a.left, a.right) < std::tie(b.left, b.right); });
  return out;
}

struct Groups {
  std::vector<std::vector<std::uint32_t>> members;  // in order of their first record
  std::vector<double> probability;                  // of each record: of its best link, 1 when it is alone
};

Result<Groups> group(const Entity& entity, EntityRecords& records, const Options& options) {
  std::vector<matching::Pair> pairs = agreed_pairs(entity, records);
  std::vector<std::uint32_t> cluster;
  if (entity.similar.empty()) {
    cluster = matching::cluster(records.size(), pairs);
  } else {
    matching::Records compared;
    for (const std::string& name : entity.similar) {
      std::size_t attribute = index_of(entity, name);
      compared.fields.push_back({name, entity.attributes[attribute].kind});
      compared.values.push_back(records.values[attribute]);
    }
    compared.source = records.origin;
    matching::Options match;
    match.relation = entity.one_per_source ? matching::Relation::kOneToOne : matching::Relation::kAny;
    match.threshold = entity.above;
    match.known = std::move(pairs);
    match.threads = options.threads;
    match.cancel = options.cancel;
    SINAN_TRY(auto matches, matching::match(compared, match));
    pairs = std::move(matches.pairs);
    cluster = std::move(matches.cluster);
  }
  Groups out;
  out.probability.assign(records.size(), 0);
  for (const matching::Pair& pair : pairs) {
    if (cluster[pair.left] != cluster[pair.right]) continue;
    for (std::uint32_t record : {pair.left, pair.right}) out.probability[record] = std::max(out.probability[record], pair.probability);
  }
  std::vector<std::size_t> group_of(records.size());
  for (std::uint32_t record = 0; record < records.size(); ++record) {
    if (cluster[record] == record) {
      group_of[record] = out.members.size();
      out.members.emplace_back();
    }
    out.members[group_of[cluster[record]]].push_back(record);
  }
  for (const auto& members : out.members)
    if (members.size() == 1) out.probability[members[0]] = 1;
  return out;
}

// Writes everything about one entity at one moment.
class Writers {
 public:
  static Result<Writers> start(const Entity& entity, lake::Lake& lake, const Options& options) {
    std::string table = "master." + entity.name;
    SINAN_TRY(auto golden, TableWriter::start(lake, table, golden_schema(entity), {"golden_id"}));
    SINAN_TRY(auto links, TableWriter::start(lake, table + "_links", links_schema(), {"source", "table", "key"}));
    SINAN_TRY(auto history, TableWriter::start(lake, table + "_history", history_schema(), {}));
    return Writers(std::move(golden), std::move(links), std::move(history), options);
  }

  Status change(const std::string& id, const std::string& attribute, const std::string& old_value, const std::string& new_value,
                std::string_view kind, const RecordName& from = {}) {
    return history_.text(id)
        .text(attribute)
        .text(old_value)
        .text(new_value)
        .text(kind)
        .text(from.source)
        .text(from.table)
        .text(from.key)
        .text(options_.run_id)
        .whole(options_.now.time_since_epoch().count())
        .end_row();
  }
  TableWriter& golden() { return golden_; }
  TableWriter& links() { return links_; }

  Result<lake::Version> commit(lake::Lake& lake) {
    std::vector<lake::Lake::Load> loads;
    SINAN_TRY(auto golden, golden_.finish(lake::Mode::kMerge));
    SINAN_TRY(auto links, links_.finish(lake::Mode::kMerge));
    SINAN_TRY(auto history, history_.finish(lake::Mode::kAppend));
    loads.push_back(std::move(golden));
    loads.push_back(std::move(links));
    loads.push_back(std::move(history));
    return lake.commit(std::move(loads));
  }

 private:
  Writers(TableWriter golden, TableWriter links, TableWriter history, const Options& options)
      : golden_(std::move(golden)), links_(std::move(links)), history_(std::move(history)), options_(options) {}

  TableWriter golden_;
  TableWriter links_;
  TableWriter history_;
  const Options& options_;
};

std::string sources_of(const EntityRecords& records, const std::vector<std::uint32_t>& members) {
  std::set<std::string> sources;
  for (std::uint32_t member : members) sources.insert(records.names[member].source);
  return fmt::format("{}", fmt::join(sources, ", "));
}

// One golden record: its row, its links, and what changed.
Status write_group(const Entity& entity, const EntityRecords& records, const Groups& groups, const Earlier& earlier,
                   const Identities& identities, std::size_t group, Writers& writers, EntityReport& report) {
  const auto& members = groups.members[group];
  const std::string& id = identities.id[group];
  bool created = identities.created[group];
  auto before = earlier.attributes.find(id);
  bool changed = false;
  bool told = false;
  writers.golden().text(id);
  for (std::size_t attribute = 0; attribute < entity.attributes.size(); ++attribute) {
    auto from = survivor(entity, attribute, records, members);
    std::string value = from ? records.values[attribute][*from] : std::string();
    std::string old_value = before == earlier.attributes.end() ? std::string() : before->second[attribute];
    writers.golden().text(value);
    if (value == old_value) continue;
    changed = told = true;
    SINAN_CHECK(writers.change(id, entity.attributes[attribute].name, old_value, value, created ? "created" : "changed",
                               from ? records.names[*from] : RecordName{}));
  }
  if (created && !told) SINAN_CHECK(writers.change(id, "", "", "", "created", records.names[members.front()]));
  double weakest = 1;
  for (std::uint32_t member : members) weakest = std::min(weakest, groups.probability[member]);
  SINAN_CHECK(writers.golden().whole(static_cast<std::int64_t>(members.size())).text(sources_of(records, members)).real(weakest).end_row());
  for (std::uint32_t member : members) {
    const RecordName& name = records.names[member];
    SINAN_CHECK(writers.links().text(id).text(name.source).text(name.table).text(name.key).real(groups.probability[member]).end_row());
  }
  report.created += created;
  report.changed += changed && !created;
  return {};
}

Status write_events(const Identities& identities, Writers& writers, EntityReport& report) {
  for (const Event& event : identities.events) {
    ++(event.kind == "merged" ? report.merged : report.split);
    if (report.events.size() < kMaxEvents) report.events.push_back(event);
    bool merged = event.kind == "merged";
    SINAN_CHECK(
        writers.change(event.golden_id, "", merged ? event.golden_id : event.other, merged ? event.other : event.golden_id, event.kind));
  }
  for (const std::string& id : identities.retired) SINAN_CHECK(writers.change(id, "", "", "", "retired"));
  report.retired = static_cast<std::int64_t>(identities.retired.size());
  return {};
}

}  // namespace

Result<EntityReport> resolve(const Entity& entity, fabric::Fabric& fabric, const Options& options) {
  auto started = std::chrono::steady_clock::now();
  lake::Version at = fabric.lake().current();
  SINAN_TRY(EntityRecords records, read_records(entity, fabric, at, options));
  SINAN_TRY(Earlier earlier, read_earlier(entity, fabric, at, options));
  SINAN_TRY(Groups groups, group(entity, records, options));

  std::vector<std::vector<std::string>> before;
  for (const auto& members : groups.members) {
    auto& ids = before.emplace_back();
    for (std::uint32_t member : members) {
      auto it = earlier.golden_of.find(records.names[member]);
      ids.push_back(it == earlier.golden_of.end() ? std::string() : it->second);
    }
  }
  std::vector<std::string> known;
  for (const auto& [id, values] : earlier.attributes) known.push_back(id);
  Identities identities = assign_ids(entity.name, before, known, earlier.last_number);

  EntityReport report;
  report.entity = entity.name;
  report.records = static_cast<std::int64_t>(records.size());
  report.golden = static_cast<std::int64_t>(groups.members.size());
  report.without_key = records.without_key;
  report.notes = records.notes;
  SINAN_TRY(Writers writers, Writers::start(entity, fabric.lake(), options));
  for (std::size_t i = 0; i < groups.members.size(); ++i)
    SINAN_CHECK(write_group(entity, records, groups, earlier, identities, i, writers, report));
  SINAN_CHECK(write_events(identities, writers, report));
  SINAN_TRY(report.version, writers.commit(fabric.lake()));
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return report;
}

Json to_json(const EntityReport& report) {
  Json events = Json::array();
  for (const Event& event : report.events) events.push_back({{"kind", event.kind}, {"golden_id", event.golden_id}, {"other", event.other}});
  return Json{{"entity", report.entity},           {"records", report.records},   {"golden", report.golden}, {"created", report.created},
              {"changed", report.changed},         {"retired", report.retired},   {"merged", report.merged}, {"split", report.split},
              {"without_key", report.without_key}, {"events", std::move(events)}, {"notes", report.notes},   {"version", report.version},
              {"seconds", report.seconds}};
}

}  // namespace sinan::master
