// Tamper-evident, append-only records in the store, in named chains ("audit", "decisions"); one implementation serves all of them.
//
// Records are written inside the store transaction that changes what they speak of, so that both are there or neither. Ledger is
// thread-safe; writers of several processes are serialised by the store. What it cannot see: somebody who puts back an old store together
// with its old head files; compare `end()` with a copy kept elsewhere (the daily report prints it).
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "base/time.hpp"
#include "platform/audit/chain.hpp"
#include "platform/audit/head.hpp"
#include "platform/identity/principal.hpp"
#include "platform/storage/store.hpp"

namespace sinan::audit {

// What verify() found.
struct Finding {
  enum class Class : std::uint8_t {
    kChanged,   // a stored field is not what was written
    kMissing,   // records are gone from the middle
    kInserted,  // a record that the chain's writer did not write
    kMoved,     // a record stands at another place
    kCutOff,    // the newest records are gone
    kHead,      // the head file is missing, changed, or of another chain
    kState,     // a table derived from the chain says something else (its room fills this in)
  };
  std::string chain;
  std::int64_t seq = 0;  // the record, or the first of those that are gone
  std::string subject;   // the record's subject, where it can be read
  Class what = Class::kChanged;
  std::string field;    // "body.amount", "actor", …; empty when it is no single field
  std::string message;  // for people
};
std::string_view name(Finding::Class what);

struct Verification {
  std::string chain;
  std::int64_t records = 0;
  ChainEnd end;
  std::vector<Finding> findings;  // at most kMaxFindings, in order of seq
  bool ok() const { return findings.empty(); }
};
inline constexpr std::size_t kMaxFindings = 100;

class Ledger {
 public:
  // `state_dir` is the workspace's state folder: heads in `heads/`, the key in `keys/`. Makes the tables.
  static Result<std::unique_ptr<Ledger>> open(storage::Store& store, const std::filesystem::path& state_dir, const Clock& clock);

  // One write transaction. `body` appends through Writer and may change other tables; all of it commits or nothing does.
  // kCorrupt when a chain does not end where its head says: nothing is written on top of a broken chain.
  class Writer;
  Status transact(const std::function<Status(storage::Session&, Writer&)>& body);

  // Appends one entry in a transaction of its own.
  Status append(std::string_view chain, const Entry& entry);

  // Reads a chain in order; `subject` empty: all of it.
  Status read(storage::Session& session, std::string_view chain, std::string_view subject,
              const std::function<Status(const Record&)>& each) const;

  // The last record of a chain as it stands in the store; genesis when it is empty.
  Result<ChainEnd> end(std::string_view chain) const;

  // The next `limit` subjects of a chain behind `after`, in byte order.
  Result<std::vector<std::string>> subjects(storage::Session& session, std::string_view chain, const std::string& after,
                                            std::int64_t limit) const;

  // Walks a chain and checks every record, every link and the end; also hands every record to `each`, broken ones too.
  // Memory does not grow with the chain. Must be the first thing done in `session`, and not inside transact().
  Result<Verification> verify(storage::Session& session, std::string_view chain,
                              const std::function<Status(const Record&)>& each = {}) const;
  Result<Verification> verify(std::string_view chain) const;

  // Eight letters and digits, drawn when the tables were made: part of identifiers that must not repeat in another workspace.
  const std::string& instance() const { return instances_.back(); }
  // For a store that goes on from an older copy of itself: draws a new instance, so that no identifier repeats one that was given after the
  // copy was made, and records it with `why` in the chain "audit". Nobody else may use the ledger meanwhile.
  Status begin_anew(const std::string& actor, Json why);
  // Whether "INSTANCE-…" carries a name that this store has, or had before it was restored.
  bool issued(std::string_view identifier) const;
  const Clock& clock() const { return clock_; }
  storage::Store& store() { return store_; }

 private:
  Ledger(storage::Store& store, std::filesystem::path heads, const Clock& clock) : store_(store), heads_(std::move(heads)), clock_(clock) {}
  std::filesystem::path head_file(std::string_view chain) const;
  Status settle(std::string_view chain);

  storage::Store& store_;
  std::filesystem::path heads_;
  const Clock& clock_;
  std::string key_;
  std::vector<std::string> instances_;  // the newest last
  std::mutex writing_;                  // one transaction of this process at a time; a lock file in heads/ for the other processes
};

class Ledger::Writer {
 public:
  Writer(const Ledger& ledger, storage::Session& session) : ledger_(ledger), session_(session) {}
  Result<Record> append(std::string_view chain, const Entry& entry);
  // The number that the next record of the chain will get.
  Result<std::int64_t> next_seq(std::string_view chain);

 private:
  friend class Ledger;
  struct Open {
    ChainEnd before;
    ChainEnd end;
  };
  Result<Open*> open(std::string_view chain);

  const Ledger& ledger_;
  storage::Session& session_;
  std::map<std::string, Open, std::less<>> chains_;
};

}  // namespace sinan::audit
