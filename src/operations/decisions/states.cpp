#include "operations/decisions/states.hpp"

#include <charconv>

namespace sinan::decisions {
namespace {

using Get = std::string (*)(const Decision&);
using Set = bool (*)(Decision&, const std::string&);

struct ColumnOfState {
  std::string name;
  bool integer;
  Get get;
  Set set;
};

std::string text_of(const std::string& value) { return value; }
std::string text_of(std::int64_t value) { return std::to_string(value); }
std::string text_of(Decimal value) { return value.text(); }
std::string text_of(State value) { return std::string(name(value)); }
std::string text_of(Instant value) { return format_rfc3339(value); }
std::string text_of(const std::optional<Instant>& value) { return value ? format_rfc3339(*value) : ""; }
std::string text_of(const Json& value) { return value.is_null() ? "" : canonical(value); }

bool set_from(std::string& value, const std::string& text) {
  value = text;
  return true;
}
bool set_from(std::int64_t& value, const std::string& text) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}
template <typename T>
bool take(T& value, Result<T> parsed) {
  if (parsed) value = std::move(*parsed);
  return parsed.has_value();
}
bool set_from(Decimal& value, const std::string& text) { return take(value, Decimal::parse(text)); }
bool set_from(State& value, const std::string& text) {
  std::optional<State> state = parse_state(text);
  if (state) value = *state;
  return state.has_value();
}
bool set_from(Instant& value, const std::string& text) { return take(value, parse_instant(text)); }
bool set_from(std::optional<Instant>& value, const std::string& text) {
  value.reset();
  return text.empty() || take(value.emplace(), parse_instant(text));
}
bool set_from(Json& value, const std::string& text) {
  value = nullptr;
  return text.empty() || take(value, parse_json(text));
}

template <typename T>
constexpr bool kIsInteger = std::is_same_v<T, std::int64_t>;

#define SINAN_STATE_COLUMN(column, member)                                                                                     \
  ColumnOfState {                                                                                                              \
    column, kIsInteger<std::remove_cvref_t<decltype(Decision{}.member)>>, [](const Decision& d) { return text_of(d.member); }, \
        [](Decision& d, const std::string& text) { return set_from(d.member, text); }                                          \
  }

const std::vector<ColumnOfState>& columns() {
  static const std::vector<ColumnOfState> kAll{
      SINAN_STATE_COLUMN("id", id),
      SINAN_STATE_COLUMN("number", number),
      SINAN_STATE_COLUMN("kind", kind),
      SINAN_STATE_COLUMN("topic", topic),
      SINAN_STATE_COLUMN("status", state),
      SINAN_STATE_COLUMN("item_id", item_id),
      SINAN_STATE_COLUMN("location_id", location_id),
      SINAN_STATE_COLUMN("from_location_id", from_location_id),
      SINAN_STATE_COLUMN("supplier_id", supplier_id),
      SINAN_STATE_COLUMN("item_class", item_class),
      SINAN_STATE_COLUMN("quantity", quantity.amount),
      SINAN_STATE_COLUMN("unit", quantity.unit),
      SINAN_STATE_COLUMN("unit_price", unit_price),
      SINAN_STATE_COLUMN("amount", amount.amount),
      SINAN_STATE_COLUMN("currency", amount.currency),
      SINAN_STATE_COLUMN("verdict", verdict),
      SINAN_STATE_COLUMN("rule", rule),
      SINAN_STATE_COLUMN("rule_place", rule_place),
      SINAN_STATE_COLUMN("verdict_reason", verdict_reason),
      SINAN_STATE_COLUMN("role", role),
      SINAN_STATE_COLUMN("proposer", proposer),
      SINAN_STATE_COLUMN("approver", approver),
      SINAN_STATE_COLUMN("note", note),
      SINAN_STATE_COLUMN("run_id", run_id),
      SINAN_STATE_COLUMN("created_at", created_at),
      SINAN_STATE_COLUMN("day", day),
      SINAN_STATE_COLUMN("expected_at", expected_at),
      SINAN_STATE_COLUMN("expires_at", expires_at),
      SINAN_STATE_COLUMN("decided_at", decided_at),
      SINAN_STATE_COLUMN("executed_at", executed_at),
      SINAN_STATE_COLUMN("approved_seq", approved_seq),
      SINAN_STATE_COLUMN("attempts", attempts),
      SINAN_STATE_COLUMN("error", error),
      SINAN_STATE_COLUMN("effect", effect),
      SINAN_STATE_COLUMN("outcome", outcome),
      SINAN_STATE_COLUMN("superseded_by", superseded_by),
      SINAN_STATE_COLUMN("seq", seq),
  };
  return kAll;
}

#undef SINAN_STATE_COLUMN

const std::string& column_list() {
  static const std::string kList = fmt::format("{}", fmt::join(state_columns(), ", "));
  return kList;
}

// What "proposed" carries: every column that is set by then, under the column's name.
const std::vector<std::string> kProposedColumns{
    "kind", "topic",      "item_id", "location_id", "from_location_id", "supplier_id", "item_class", "quantity",
    "unit", "unit_price", "amount",  "currency",    "verdict",          "rule",        "rule_place", "verdict_reason",
    "role", "proposer",   "run_id",  "day",         "expected_at",      "expires_at"};

const ColumnOfState& column(std::string_view name) {
  auto found = std::ranges::find(columns(), name, &ColumnOfState::name);
  if (found == columns().end()) broken("columns of states are looked up by names that there are");
  return *found;
}

std::string body_text(const Json& body, std::string_view key) {
  auto found = body.find(key);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::unexpected<Error> misfit(const audit::Record& record, std::string_view why) {
  return fail(ErrorCode::kCorrupt, fmt::format("the event '{}' does not fit: {}", record.kind, why),
              fmt::format("decision {}, record {}", record.subject, record.seq));
}

Status fold_proposed(std::optional<Decision>& decision, const audit::Record& record, const Json& body, Instant at) {
  Decision d;
  d.id = record.subject;
  d.number = record.seq;
  d.created_at = at;
  for (const std::string& name : kProposedColumns)
    if (!column(name).set(d, body_text(body, name))) return misfit(record, fmt::format("'{}' is unreadable", name));
  decision = std::move(d);
  return {};
}

// Which states an event may find a decision in.
bool may_follow(std::string_view kind, State state) {
  using enum State;
  if (kind == "approved" || kind == "rejected" || kind == "expired" || kind == "superseded") return state == kProposed;
  if (kind == "intended" || kind == "executed" || kind == "failed") return state == kApproved || state == kFailed;
  return kind == "measured" && state == kExecuted;
}

bool is_final(const Json& body) {
  auto found = body.find("final");
  return found == body.end() || !found->is_boolean() || found->get<bool>();
}

void fold_step(Decision& d, const audit::Record& record, const Json& body, Instant at) {
  if (record.kind == "approved" || record.kind == "rejected") {
    d.state = record.kind == "approved" ? State::kApproved : State::kRejected;
    d.approver = record.actor;
    d.note = body_text(body, "note");
    d.decided_at = at;
    if (record.kind == "approved") d.approved_seq = record.seq;
  } else if (record.kind == "intended") {
    ++d.attempts;
  } else if (record.kind == "executed") {
    d.state = State::kExecuted;
    d.effect = body;
    d.executed_at = at;
    d.error.clear();
  } else if (record.kind == "failed") {
    d.state = State::kFailed;
    d.error = body_text(body, "message");
  } else if (record.kind == "measured") {
    if (is_final(body)) d.state = State::kMeasured;
    d.outcome = body;
  } else if (record.kind == "expired") {
    d.state = State::kExpired;
  } else {
    d.state = State::kSuperseded;
    d.superseded_by = body_text(body, "by");
  }
}

}  // namespace

audit::Entry proposed_event(const Decision& decision, const Evidence& evidence) {
  Json body = Json::object();
  for (const std::string& name : kProposedColumns) body[name] = column(name).get(decision);
  body["evidence"] = to_json(evidence);
  return {decision.proposer, decision.id, "proposed", std::move(body)};
}

Status fold(std::optional<Decision>& decision, const audit::Record& record) {
  Result<Json> body = parse_json(record.body);
  if (!body || !body->is_object()) return misfit(record, "its body is unreadable");
  return fold(decision, record, *body);
}

Status fold(std::optional<Decision>& decision, const audit::Record& record, const Json& body) {
  Result<Instant> at = parse_instant(record.at);
  if (!at) return misfit(record, "its time is unreadable");
  if (record.kind == "proposed") {
    if (decision) return misfit(record, "the decision was proposed before");
    SINAN_CHECK(fold_proposed(decision, record, body, *at));
  } else {
    if (!decision) return misfit(record, "nobody proposed the decision");
    if (!may_follow(record.kind, decision->state)) return misfit(record, fmt::format("the decision is '{}'", name(decision->state)));
    fold_step(*decision, record, body, *at);
  }
  decision->seq = record.seq;
  return {};
}

const std::vector<std::string>& state_columns() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> out;
    for (const ColumnOfState& c : columns()) out.push_back(c.name);
    return out;
  }();
  return kNames;
}

std::vector<std::string> state_row(const Decision& decision) {
  std::vector<std::string> out;
  out.reserve(columns().size());
  for (const ColumnOfState& c : columns()) out.push_back(c.get(decision));
  return out;
}

const storage::Migrations& state_migrations() {
  static const storage::Migrations kAll = [] {
    std::string table = "CREATE TABLE decisions (";
    for (const ColumnOfState& c : columns())
      table += fmt::format("{} {} NOT NULL{}, ", c.name, c.integer ? "BIGINT" : "TEXT", c.name == "id" ? " PRIMARY KEY" : "");
    table.resize(table.size() - 2);
    table +=
        "); CREATE UNIQUE INDEX decisions_by_number ON decisions (number);"
        " CREATE INDEX decisions_by_status ON decisions (status, number);"
        " CREATE INDEX decisions_by_run ON decisions (run_id, number);"
        " CREATE INDEX decisions_by_target ON decisions (kind, item_id, location_id, number);"
        " CREATE INDEX decisions_by_day ON decisions (day, verdict)";
    return storage::Migrations{"decisions", {table}};
  }();
  return kAll;
}

Status keep_state(storage::Session& session, const Decision& decision) {
  static const std::string kUpsert = [] {
    std::string marks;
    std::string sets;
    for (const ColumnOfState& c : columns()) {
      marks += marks.empty() ? "?" : ", ?";
      if (c.name != "id") sets += fmt::format("{}{} = excluded.{}", sets.empty() ? "" : ", ", c.name, c.name);
    }
    return fmt::format("INSERT INTO decisions ({}) VALUES ({}) ON CONFLICT (id) DO UPDATE SET {}", column_list(), marks, sets);
  }();
  std::vector<storage::Cell> cells;
  for (const ColumnOfState& c : columns()) {
    std::string text = c.get(decision);
    if (c.integer)
      cells.emplace_back(static_cast<std::int64_t>(std::stoll(text)));
    else
      cells.emplace_back(std::move(text));
  }
  SINAN_CHECK(session.execute(kUpsert, cells));
  return {};
}

Status load_states(storage::Session& session, std::string_view where, const std::vector<storage::Cell>& parameters,
                   const std::function<Status(Decision)>& each) {
  return session.query(
      fmt::format("SELECT {} FROM decisions {}", column_list(), where), parameters, [&](const storage::Row& row) -> Status {
        Decision d;
        for (std::size_t i = 0; i < columns().size(); ++i)
          if (!columns()[i].set(d, row.text(static_cast<int>(i))))
            return fail(ErrorCode::kCorrupt,
                        fmt::format("the field '{}' of a decision is unreadable; run `sinan decisions verify` to see what was changed",
                                    columns()[i].name),
                        fmt::format("decision {}", row.text(0)));
        return each(std::move(d));
      });
}

Result<std::optional<std::vector<std::string>>> load_state_row(storage::Session& session, const std::string& id) {
  std::optional<std::vector<std::string>> out;
  SINAN_CHECK(
      session.query(fmt::format("SELECT {} FROM decisions WHERE id = ?", column_list()), {id}, [&](const storage::Row& row) -> Status {
        out.emplace();
        for (std::size_t i = 0; i < columns().size(); ++i) out->push_back(row.text(static_cast<int>(i)));
        return {};
      }));
  return out;
}

}  // namespace sinan::decisions
