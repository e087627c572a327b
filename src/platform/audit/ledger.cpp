#include "platform/audit/ledger.hpp"

#include <algorithm>

#include "base/kill_point.hpp"
#include "platform/audit/lock.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::audit {
namespace {

constexpr std::string_view kColumns = "chain, seq, at, actor, subject, kind, body, digests, prev, hash, seal";

const storage::Migrations& migrations() {
  static const storage::Migrations all{
      "audit",
      {
          R"(CREATE TABLE audit_records (
               chain TEXT NOT NULL, seq BIGINT NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, subject TEXT NOT NULL, kind TEXT NOT NULL,
               body TEXT NOT NULL, digests TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL, seal TEXT NOT NULL,
               PRIMARY KEY (chain, seq));
             CREATE INDEX audit_records_by_subject ON audit_records (chain, subject, seq);
             CREATE TABLE audit_chains (chain TEXT NOT NULL PRIMARY KEY);
             CREATE TABLE audit_instance (id TEXT NOT NULL PRIMARY KEY))",
          // The names that the store has had, in order.
          "ALTER TABLE audit_instance ADD COLUMN number BIGINT NOT NULL DEFAULT 0",
      },
  };
  return all;
}

Record record_from(const storage::Row& row) {
  return Record{row.text(0), row.integer(1), row.text(2), row.text(3), row.text(4), row.text(5),
                row.text(6), row.text(7),    row.text(8), row.text(9), row.text(10)};
}

Result<bool> chain_known(storage::Session& session, std::string_view chain) {
  bool known = false;
  SINAN_CHECK(session.query("SELECT 1 FROM audit_chains WHERE chain = ?", {std::string(chain)}, [&](const storage::Row&) -> Status {
    known = true;
    return {};
  }));
  return known;
}

Result<ChainEnd> stored_end(storage::Session& session, std::string_view chain) {
  ChainEnd end{0, genesis(chain)};
  SINAN_CHECK(session.query("SELECT seq, hash FROM audit_records WHERE chain = ? ORDER BY seq DESC LIMIT 1", {std::string(chain)},
                            [&](const storage::Row& row) -> Status {
                              end = {row.integer(0), row.text(1)};
                              return {};
                            }));
  return end;
}

std::string drawn_instance() {
  constexpr std::string_view kLetters = "abcdefghjkmnpqrstuvwxyz23456789";  // none that are mistaken for another
  std::string hex = secrets::random_token(16);
  std::string out;
  for (std::size_t i = 0; i + 3 < hex.size(); i += 4) out += kLetters[std::stoul(hex.substr(i, 4), nullptr, 16) % kLetters.size()];
  return out;
}

Status add_instance(storage::Session& session, std::vector<std::string>& instances) {
  instances.push_back(drawn_instance());
  SINAN_CHECK(session.execute("INSERT INTO audit_instance (id, number) VALUES (?, ?)",
                              {instances.back(), static_cast<std::int64_t>(instances.size())}));
  return {};
}

Status ensure_instance(storage::Session& session, std::vector<std::string>& instances) {
  SINAN_CHECK(session.query("SELECT id FROM audit_instance ORDER BY number", {}, [&](const storage::Row& row) -> Status {
    instances.push_back(row.text(0));
    return {};
  }));
  return instances.empty() ? add_instance(session, instances) : Status{};
}

}  // namespace

std::string_view name(Finding::Class what) {
  switch (what) {
    case Finding::Class::kChanged: return "changed";
    case Finding::Class::kMissing: return "missing";
    case Finding::Class::kInserted: return "inserted";
    case Finding::Class::kMoved: return "moved";
    case Finding::Class::kCutOff: return "cut_off";
    case Finding::Class::kHead: return "head";
    case Finding::Class::kState: return "state";
  }
  return "";
}

Result<std::unique_ptr<Ledger>> Ledger::open(storage::Store& store, const std::filesystem::path& state_dir, const Clock& clock) {
  std::unique_ptr<Ledger> ledger(new Ledger(store, state_dir / "heads", clock));
  std::error_code error;
  for (const auto& folder : {ledger->heads_, state_dir / "keys"}) {
    std::filesystem::create_directories(folder, error);
    if (error) return fail(ErrorCode::kUnavailable, fmt::format("cannot make a folder: {}", error.message()), folder.string());
  }
  const std::filesystem::path key = state_dir / "keys" / "chain";
  // A new key where records have been sealed with another would make forgeries of them all.
  if (!std::filesystem::exists(key, error))
    for (const auto& head : std::filesystem::directory_iterator(ledger->heads_, error))
      if (head.path().extension() == ".json")
        return fail(ErrorCode::kCorrupt,
                    "the key that seals the audit records is gone, so nothing can be proved or recorded; put it back, or restore a backup "
                    "(sinan restore)",
                    key.string());
  SINAN_TRY(ledger->key_, secrets::key_file(key));
  SINAN_CHECK(store.migrate(migrations()));
  SINAN_CHECK(store.transact([&](storage::Session& session) { return ensure_instance(session, ledger->instances_); }));
  std::vector<std::string> chains;
  SINAN_CHECK(store.read([&](storage::Session& session) {
    return session.query("SELECT chain FROM audit_chains ORDER BY chain", {}, [&](const storage::Row& row) -> Status {
      chains.push_back(row.text(0));
      return {};
    });
  }));
  for (const std::string& chain : chains) SINAN_CHECK(ledger->settle(chain));
  return ledger;
}

std::filesystem::path Ledger::head_file(std::string_view chain) const { return heads_ / fmt::format("{}.json", chain); }

// After a crash between announcing an end and committing it, writes down which of the two became true. Says nothing about a head that
// fits neither: that is for verify() to name, and for writers to refuse.
Status Ledger::settle(std::string_view chain) {
  return store_.read([&](storage::Session& session) -> Status {
    SINAN_TRY(FileLock lock, FileLock::take(heads_ / "lock"));
    Result<std::optional<Head>> head = read_head(head_file(chain), chain, key_);
    if (!head || !*head || !(*head)->next) return {};
    SINAN_TRY(ChainEnd end, stored_end(session, chain));
    if (end != (*head)->last && end != *(*head)->next) return {};
    return write_head(head_file(chain), chain, Head{end, std::nullopt}, key_);
  });
}

Status Ledger::transact(const std::function<Status(storage::Session&, Writer&)>& body) {
  std::scoped_lock alone(writing_);
  SINAN_TRY(FileLock lock, FileLock::take(heads_ / "lock"));
  std::vector<std::pair<std::string, ChainEnd>> written;
  SINAN_CHECK(store_.transact([&](storage::Session& session) -> Status {
    Writer writer(*this, session);
    SINAN_CHECK(body(session, writer));
    for (const auto& [chain, ends] : writer.chains_) {
      if (ends.end == ends.before) continue;
      SINAN_CHECK(write_head(head_file(chain), chain, Head{ends.before, ends.end}, key_));
      written.emplace_back(chain, ends.end);
    }
    kill_point("audit.transact.head_announced");
    return {};
  }));
  kill_point("audit.transact.committed");
  // What was written is durable. A head that cannot be put to rest now still names this end; the next writer settles it.
  for (const auto& [chain, end] : written) (void)write_head(head_file(chain), chain, Head{end, std::nullopt}, key_);
  return {};
}

Status Ledger::append(std::string_view chain, const Entry& entry) {
  return transact([&](storage::Session&, Writer& writer) -> Status {
    SINAN_CHECK(writer.append(chain, entry));
    return {};
  });
}

Status Ledger::begin_anew(const std::string& actor, Json why) {
  std::vector<std::string> instances;
  SINAN_CHECK(transact([&](storage::Session& session, Writer& writer) -> Status {
    instances = instances_;
    SINAN_CHECK(add_instance(session, instances));
    why["instance"] = instances.back();
    SINAN_CHECK(writer.append("audit", {actor, "state", "restored", why}));
    return {};
  }));
  instances_ = std::move(instances);
  return {};
}

bool Ledger::issued(std::string_view identifier) const {
  return std::ranges::any_of(
      instances_, [&](const std::string& name) { return identifier.starts_with(name) && identifier.substr(name.size()).starts_with('-'); });
}

Result<Ledger::Writer::Open*> Ledger::Writer::open(std::string_view chain) {
  if (auto found = chains_.find(chain); found != chains_.end()) return &found->second;
  SINAN_TRY(bool known, chain_known(session_, chain));
  SINAN_TRY(std::optional<Head> head, read_head(ledger_.head_file(chain), chain, ledger_.key_));
  SINAN_TRY(ChainEnd end, stored_end(session_, chain));
  bool fits = head ? end == head->last || (head->next && end == *head->next) : !known && end.seq == 0;
  if (!fits)
    return fail(
        ErrorCode::kCorrupt,
        fmt::format("the chain '{}' does not end where its head says; nothing is written on top of it. Run `sinan decisions verify` "
                    "to see the place, and restore the state folder from a backup",
                    chain));
  if (!known) SINAN_CHECK(session_.execute("INSERT INTO audit_chains (chain) VALUES (?)", {std::string(chain)}));
  return &chains_.emplace(std::string(chain), Open{end, end}).first->second;
}

Result<std::int64_t> Ledger::Writer::next_seq(std::string_view chain) {
  SINAN_TRY(Open * open_chain, open(chain));
  return open_chain->end.seq + 1;
}

Result<Record> Ledger::Writer::append(std::string_view chain, const Entry& entry) {
  SINAN_TRY(Open * open_chain, open(chain));
  Record record;
  record.chain = chain;
  record.seq = open_chain->end.seq + 1;
  record.at = format_rfc3339(ledger_.clock_.now());
  record.actor = entry.actor;
  record.subject = entry.subject;
  record.kind = entry.kind;
  record.prev = open_chain->end.hash;
  close_record(record, entry.body, ledger_.key_);
  SINAN_CHECK(session_.execute(fmt::format("INSERT INTO audit_records ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", kColumns),
                               {record.chain, record.seq, record.at, record.actor, record.subject, record.kind, record.body, record.digests,
                                record.prev, record.hash, record.seal}));
  open_chain->end = {record.seq, record.hash};
  return record;
}

Status Ledger::read(storage::Session& session, std::string_view chain, std::string_view subject,
                    const std::function<Status(const Record&)>& each) const {
  auto hand_on = [&](const storage::Row& row) { return each(record_from(row)); };
  if (subject.empty())
    return session.query(fmt::format("SELECT {} FROM audit_records WHERE chain = ? ORDER BY seq", kColumns), {std::string(chain)}, hand_on);
  return session.query(fmt::format("SELECT {} FROM audit_records WHERE chain = ? AND subject = ? ORDER BY seq", kColumns),
                       {std::string(chain), std::string(subject)}, hand_on);
}

Result<ChainEnd> Ledger::end(std::string_view chain) const {
  ChainEnd out;
  SINAN_CHECK(store_.read([&](storage::Session& session) -> Status {
    SINAN_TRY(out, stored_end(session, chain));
    return {};
  }));
  return out;
}

Result<std::vector<std::string>> Ledger::subjects(storage::Session& session, std::string_view chain, const std::string& after,
                                                  std::int64_t limit) const {
  std::vector<std::string> out;
  SINAN_CHECK(session.query("SELECT DISTINCT subject FROM audit_records WHERE chain = ? AND subject > ? ORDER BY subject LIMIT ?",
                            {std::string(chain), after, limit}, [&](const storage::Row& row) -> Status {
                              out.push_back(row.text(0));
                              return {};
                            }));
  return out;
}

namespace {

// Compares each record of a chain with itself and with the one before it.
class Walk {
 public:
  Walk(Verification& out, std::string_view key) : out_(out), key_(key), end_{0, genesis(out.chain)} {}

  void step(const Record& record) {
    if (record.seq > end_.seq + 1) missing(end_.seq + 1, record.seq - 1);
    std::vector<std::string> fields = broken_fields(record, key_);
    bool follows = record.seq == end_.seq + 1;
    if (!fields.empty()) {
      broken(record, fields);
    } else if (follows && whole_ && record.prev != end_.hash) {
      add(Finding::Class::kInserted, record.seq, record.subject, "prev",
          fmt::format("record {} does not follow the record before it: that one was put in its place", record.seq));
    }
    whole_ = fields.empty();
    end_ = {record.seq, record.hash};
    ++out_.records;
  }

  void finish(const Result<std::optional<Head>>& head, bool known) {
    out_.end = end_;
    if (!known && end_.seq > 0)
      add(Finding::Class::kHead, end_.seq, "", "chain", fmt::format("the list of chains does not name '{}' any more", out_.chain));
    if (!head) return add(Finding::Class::kHead, end_.seq, "", "", head.error().message);
    if (!*head) {
      if (known || end_.seq > 0)
        add(Finding::Class::kHead, end_.seq, "", "", "the head of the chain is gone, so its newest records cannot be vouched for");
      return;
    }
    const Head& sealed = **head;
    if (end_ == sealed.last || (sealed.next && end_ == *sealed.next)) return;
    ChainEnd longest = sealed.next && sealed.next->seq <= end_.seq ? *sealed.next : sealed.last;
    if (end_.seq < longest.seq)
      add(Finding::Class::kCutOff, end_.seq + 1, "", "",
          fmt::format("the newest records are cut off: {} to {} are gone", end_.seq + 1, longest.seq));
    else if (end_.seq > longest.seq)
      add(Finding::Class::kInserted, longest.seq + 1, "", "",
          fmt::format("records {} to {} were added behind the sealed end", longest.seq + 1, end_.seq));
    else if (whole_)
      add(Finding::Class::kHead, end_.seq, "", "hash", fmt::format("the last record, {}, is not the one that was sealed", end_.seq));
  }

 private:
  void missing(std::int64_t from, std::int64_t to) {
    add(Finding::Class::kMissing, from, "", "",
        from == to ? fmt::format("record {} is gone", from) : fmt::format("records {} to {} are gone", from, to));
    whole_ = false;
  }

  void broken(const Record& record, const std::vector<std::string>& fields) {
    auto only = [&](std::string_view field) { return fields.size() == 1 && fields.front() == field; };
    if (only("seq"))
      return add(Finding::Class::kMoved, record.seq, record.subject, "seq",
                 fmt::format("record {} was written for another place in the chain", record.seq));
    if (only("seal"))
      return add(Finding::Class::kInserted, record.seq, record.subject, "seal",
                 fmt::format("record {} was not written by Sinan: inserted, or rewritten as a whole", record.seq));
    for (const std::string& field : fields)
      add(Finding::Class::kChanged, record.seq, record.subject, field,
          fmt::format("record {} ('{}' of {}): the field '{}' is not what was written", record.seq, record.kind, record.subject, field));
  }

  void add(Finding::Class what, std::int64_t seq, const std::string& subject, std::string field, std::string message) {
    if (out_.findings.size() < kMaxFindings)
      out_.findings.push_back({out_.chain, seq, subject, what, std::move(field), std::move(message)});
  }

  Verification& out_;
  std::string_view key_;
  ChainEnd end_;
  bool whole_ = true;  // the record before is as it was written
};

}  // namespace

Result<Verification> Ledger::verify(storage::Session& session, std::string_view chain,
                                    const std::function<Status(const Record&)>& each) const {
  Verification out{std::string(chain), 0, {}, {}};
  bool known = false;
  Result<std::optional<Head>> head = std::nullopt;
  {
    // The first query fixes what the session sees; under the lock, so that the head belongs to it.
    SINAN_TRY(FileLock lock, FileLock::take(heads_ / "lock"));
    SINAN_TRY(known, chain_known(session, chain));
    head = read_head(head_file(chain), chain, key_);
  }
  if (!head && head.error().code != ErrorCode::kCorrupt) return std::unexpected(head.error());
  Walk walk(out, key_);
  SINAN_CHECK(read(session, chain, {}, [&](const Record& record) -> Status {
    walk.step(record);
    return each ? each(record) : Status{};
  }));
  walk.finish(head, known);
  return out;
}

Result<Verification> Ledger::verify(std::string_view chain) const {
  Result<Verification> out = Verification{};
  SINAN_CHECK(store_.read([&](storage::Session& session) -> Status {
    out = verify(session, chain);
    return {};
  }));
  return out;
}

}  // namespace sinan::audit
