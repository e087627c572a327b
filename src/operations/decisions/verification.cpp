// Proves the record of decisions: the chain by itself, and the table of current states against the chain.
#include "operations/decisions/decisions.hpp"
#include "operations/decisions/states.hpp"

namespace sinan::decisions {
namespace {

constexpr std::int64_t kPage = 1000;

class Comparison {
 public:
  Comparison(const audit::Ledger& ledger, storage::Session& session, audit::Verification& out)
      : ledger_(ledger), session_(session), out_(out) {}

  // Folds the events of every decision in the chain and compares the row that they give. Pages keep memory bounded.
  Status chain_against_table() {
    std::string after;
    for (;;) {
      SINAN_TRY(std::vector<std::string> page, ledger_.subjects(session_, kChain, after, kPage));
      if (page.empty()) return {};
      for (const std::string& id : page) SINAN_CHECK(compare(id));
      after = page.back();
    }
  }

  Status table_against_chain() {
    std::int64_t rows = 0;
    SINAN_CHECK(session_.query("SELECT count(*) FROM decisions", {}, [&](const storage::Row& row) -> Status {
      rows = row.integer(0);
      return {};
    }));
    if (rows == matched_) return {};
    std::string after;
    for (;;) {
      std::vector<std::string> page;
      SINAN_CHECK(session_.query("SELECT id FROM decisions WHERE id > ? ORDER BY id LIMIT ?", {after, kPage},
                                 [&](const storage::Row& row) -> Status {
                                   page.push_back(row.text(0));
                                   return {};
                                 }));
      if (page.empty()) return {};
      for (const std::string& id : page) SINAN_CHECK(expect_events(id));
      after = page.back();
    }
  }

 private:
  Status compare(const std::string& id) {
    std::optional<Decision> state;
    std::optional<Error> misfit;
    SINAN_CHECK(ledger_.read(session_, kChain, id, [&](const audit::Record& record) -> Status {
      last_seq_ = record.seq;
      if (Status folded = fold(state, record); !folded && !misfit) misfit = folded.error();
      return {};
    }));
    if (misfit) add(last_seq_, id, "", misfit->text());
    SINAN_TRY(std::optional<std::vector<std::string>> row, load_state_row(session_, id));
    if (!row) {
      add(last_seq_, id, "", fmt::format("decision {} is in the chain, but not in the table of states", id));
      return {};
    }
    ++matched_;
    if (!state) return {};
    std::vector<std::string> expected = state_row(*state);
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (expected[i] != (*row)[i])
        add(last_seq_, id, state_columns()[i],
            fmt::format("decision {}: the table of states and the chain disagree on '{}': '{}' and '{}'", id, state_columns()[i], (*row)[i],
                        expected[i]));
    if (!ledger_.issued(id))
      add(last_seq_, id, "instance", fmt::format("decision {} does not carry the name of this store, '{}'", id, ledger_.instance()));
    return {};
  }

  Status expect_events(const std::string& id) {
    bool found = false;
    SINAN_CHECK(ledger_.read(session_, kChain, id, [&](const audit::Record&) -> Status {
      found = true;
      return {};
    }));
    if (!found) add(0, id, "", fmt::format("decision {} is in the table of states, but not in the chain", id));
    return {};
  }

  void add(std::int64_t seq, const std::string& subject, std::string field, std::string message) {
    if (out_.findings.size() < audit::kMaxFindings)
      out_.findings.push_back({std::string(kChain), seq, subject, audit::Finding::Class::kState, std::move(field), std::move(message)});
  }

  const audit::Ledger& ledger_;
  storage::Session& session_;
  audit::Verification& out_;
  std::int64_t matched_ = 0;
  std::int64_t last_seq_ = 0;
};

}  // namespace

Result<audit::Verification> Decisions::verify() const {
  audit::Verification out;
  SINAN_CHECK(ledger_.store().read([&](storage::Session& session) -> Status {
    SINAN_TRY(out, ledger_.verify(session, kChain));
    Comparison comparison(ledger_, session, out);
    SINAN_CHECK(comparison.chain_against_table());
    return comparison.table_against_chain();
  }));
  return out;
}

Status Decisions::rebuild(const Principal& principal) {
  if (std::ranges::find(principal.roles, "owner") == principal.roles.end())
    return fail(ErrorCode::kDenied, fmt::format("only the owner may rebuild the table of states; you are {}", principal.user));
  SINAN_TRY(audit::Verification chain, ledger_.verify(kChain));
  if (!chain.ok())
    return fail(ErrorCode::kCorrupt,
                fmt::format("the chain itself is damaged, so nothing is rebuilt from it: {}", chain.findings.front().message));
  return ledger_.transact([&](storage::Session& session, audit::Ledger::Writer& writer) -> Status {
    SINAN_CHECK(session.execute("DELETE FROM decisions"));
    std::string after;
    for (;;) {
      SINAN_TRY(std::vector<std::string> page, ledger_.subjects(session, kChain, after, kPage));
      if (page.empty()) break;
      for (const std::string& id : page) {
        std::optional<Decision> state;
        SINAN_CHECK(ledger_.read(session, kChain, id, [&](const audit::Record& record) { return fold(state, record); }));
        if (state) SINAN_CHECK(keep_state(session, *state));
      }
      after = page.back();
    }
    SINAN_CHECK(writer.append("audit", {principal.user, "decisions", "rebuilt", Json{{"records", chain.records}}}));
    return {};
  });
}

}  // namespace sinan::decisions
