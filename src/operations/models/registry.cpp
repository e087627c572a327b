#include "operations/models/registry.hpp"

#include <cmath>

#include "operations/models/records.hpp"

namespace sinan::models {
namespace {

constexpr std::string_view kChain = "models";
constexpr std::string_view kActor = "system:planner";

storage::Migrations migrations() {
  return {"models",
          {"CREATE TABLE model_runs (number INTEGER PRIMARY KEY, run_id TEXT NOT NULL, made_at TEXT NOT NULL, origin TEXT NOT NULL, "
           "lake_version BIGINT NOT NULL, series BIGINT NOT NULL, made TEXT NOT NULL);"
           "CREATE TABLE model_scores (version TEXT NOT NULL, day TEXT NOT NULL, lead INTEGER NOT NULL, class TEXT NOT NULL, points BIGINT "
           "NOT NULL, sold REAL NOT NULL, forecast REAL NOT NULL, error REAL NOT NULL, excess REAL NOT NULL, pinball REAL NOT NULL, inside "
           "BIGINT NOT NULL, PRIMARY KEY (day, lead, version, class))"}};
}

Date date_of(const std::string& text) {
  Result<Date> day = parse_date(text);
  return day ? *day : Date{};
}

}  // namespace

Result<std::unique_ptr<Registry>> Registry::open(audit::Ledger& ledger) {
  SINAN_CHECK(ledger.store().migrate(migrations()));
  return std::unique_ptr<Registry>(new Registry(ledger));
}

Result<State> Registry::read(storage::Session& session) const {
  State state;
  SINAN_CHECK(ledger_.read(session, kChain, "", [&](const audit::Record& record) { return fold(state, record); }));
  return state;
}

Result<State> Registry::state() const {
  State out;
  SINAN_CHECK(ledger_.store().read([&](storage::Session& session) -> Status {
    SINAN_TRY(out, read(session));
    return {};
  }));
  return out;
}

Status Registry::add(const ModelVersion& version) {
  return ledger_.transact([&](storage::Session& session, audit::Ledger::Writer& writer) -> Status {
    SINAN_TRY(State state, read(session));
    const ModelVersion* known = state.find(version.id);
    if (known && !known->measure_again) return {};
    Json body{{"run_id", version.run_id}, {"measurement", to_json(version.measurement)}};
    if (!known) {
      body["name"] = version.name;
      body["parameters"] = version.parameters;
    }
    SINAN_TRY(auto record, writer.append(kChain, {std::string(kActor), version.id, known ? "measured" : "registered", std::move(body)}));
    (void)record;
    return {};
  });
}

Status Registry::rename(const std::string& version, const std::string& name, const std::string& run_id) {
  return ledger_.transact([&](storage::Session& session, audit::Ledger::Writer& writer) -> Status {
    SINAN_TRY(State state, read(session));
    const ModelVersion* known = state.find(version);
    if (!known) return fail(ErrorCode::kNotFound, fmt::format("no model version has the id '{}'", version));
    if (known->name == name) return {};
    SINAN_TRY(auto record, writer.append(kChain, {std::string(kActor), version, "renamed", Json{{"run_id", run_id}, {"name", name}}}));
    (void)record;
    return {};
  });
}

Result<bool> Registry::promote(const std::string& version, const std::string& decision, const std::string& by) {
  bool fresh = true;
  SINAN_CHECK(ledger_.transact([&](storage::Session& session, audit::Ledger::Writer& writer) -> Status {
    SINAN_TRY(State state, read(session));
    if (!state.find(version)) return fail(ErrorCode::kNotFound, fmt::format("no model version has the id '{}'", version));
    fresh = std::ranges::none_of(state.promotions, [&](const Promotion& p) { return p.decision == decision; });
    if (!fresh) return {};
    SINAN_TRY(auto record, writer.append(kChain, {by, version, "promoted", Json{{"decision", decision}}}));
    (void)record;
    return {};
  }));
  return fresh;
}

Result<bool> Registry::review(const std::string& version, const std::string& decision, const std::string& by) {
  bool fresh = true;
  SINAN_CHECK(ledger_.transact([&](storage::Session& session, audit::Ledger::Writer& writer) -> Status {
    SINAN_TRY(State state, read(session));
    if (!state.find(version)) return fail(ErrorCode::kNotFound, fmt::format("no model version has the id '{}'", version));
    SINAN_CHECK(ledger_.read(session, kChain, version, [&](const audit::Record& record) -> Status {
      SINAN_TRY(Json body, parse_json(record.body));
      if (record.kind == "reviewed" && body.value("decision", "") == decision) fresh = false;
      return {};
    }));
    if (!fresh) return {};
    SINAN_TRY(auto record, writer.append(kChain, {by, version, "reviewed", Json{{"decision", decision}}}));
    (void)record;
    return {};
  }));
  return fresh;
}

Status Registry::add(const Test& test) {
  return ledger_.transact([&](storage::Session& session, audit::Ledger::Writer& writer) -> Status {
    SINAN_TRY(State state, read(session));
    for (const Test& t : state.tests)
      if (t.champion == test.champion && t.challenger == test.challenger && t.look == test.look) return {};
    SINAN_TRY(auto record, writer.append(kChain, {std::string(kActor), test.challenger, "tested", to_json(test)}));
    (void)record;
    return {};
  });
}

Status Registry::add(const Alarm& alarm) {
  return ledger_.transact([&](storage::Session& session, audit::Ledger::Writer& writer) -> Status {
    SINAN_TRY(State state, read(session));
    for (const Alarm& a : state.alarms)
      if (a.version == alarm.version && a.demand_class == alarm.demand_class && a.since == alarm.since) return {};
    SINAN_TRY(auto record, writer.append(kChain, {std::string(kActor), alarm.version, "alarm", to_json(alarm)}));
    (void)record;
    return {};
  });
}

Result<std::vector<Run>> Registry::runs(std::int64_t limit) const {
  std::vector<Run> out;
  SINAN_CHECK(ledger_.store().read([&](storage::Session& session) -> Status {
    return session.query("SELECT number, run_id, made_at, origin, lake_version, series, made FROM model_runs ORDER BY number DESC LIMIT ?",
                         {limit}, [&](const storage::Row& row) -> Status {
                           SINAN_TRY(Instant made_at, parse_instant(row.text(2)));
                           SINAN_TRY(Json made, parse_json(row.text(6)));
                           Run run{row.integer(0), row.text(1), made_at, date_of(row.text(3)), row.integer(4), row.integer(5), {}};
                           for (const Json& m : made)
                             run.made.push_back({m.value("version", ""), m.value("seconds", 0.0), m.value("explained", 0.0)});
                           out.push_back(std::move(run));
                           return {};
                         });
  }));
  std::ranges::reverse(out);
  return out;
}

Result<std::vector<Score>> Registry::scores(Date from) const {
  std::vector<Score> out;
  SINAN_CHECK(ledger_.store().read([&](storage::Session& session) -> Status {
    return session.query(
        "SELECT version, day, lead, class, points, sold, forecast, error, excess, pinball, inside FROM model_scores WHERE day >= ? ORDER "
        "BY day, lead, version, class",
        {format_date(from)}, [&](const storage::Row& row) -> Status {
          out.push_back({row.text(0), date_of(row.text(1)), static_cast<int>(row.integer(2)), row.text(3), row.integer(4), row.real(5),
                         row.real(6), row.real(7), row.real(8), row.real(9), row.integer(10)});
          return {};
        });
  }));
  return out;
}

Result<std::optional<Date>> Registry::scored_until() const {
  std::optional<Date> out;
  SINAN_CHECK(ledger_.store().read([&](storage::Session& session) -> Status {
    return session.query("SELECT max(day) FROM model_scores", {}, [&](const storage::Row& row) -> Status {
      if (!row.is_null(0)) out = date_of(row.text(0));
      return {};
    });
  }));
  return out;
}

Status Registry::keep(storage::Session& session, const Run& run) {
  Json made = Json::array();
  for (const RunVersion& m : run.made) made.push_back(Json{{"version", m.version}, {"seconds", m.seconds}, {"explained", m.explained}});
  SINAN_TRY(std::int64_t rows,
            session.execute("INSERT INTO model_runs (run_id, made_at, origin, lake_version, series, made) VALUES (?, ?, ?, ?, ?, ?)",
                            {run.run_id, format_rfc3339(run.made_at), format_date(run.origin), run.version, run.series, dump(made)}));
  (void)rows;
  return {};
}

Status Registry::keep(storage::Session& session, const std::vector<Score>& scores) {
  for (const Score& s : scores) {
    SINAN_TRY(
        std::int64_t rows,
        session.execute("INSERT INTO model_scores (version, day, lead, class, points, sold, forecast, error, excess, pinball, inside) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        {s.version, format_date(s.day), static_cast<std::int64_t>(s.lead), s.demand_class, s.points, s.sold, s.forecast,
                         s.error, s.excess, s.pinball, s.inside}));
    (void)rows;
  }
  return {};
}

}  // namespace sinan::models
