#include "operations/models/scorecard.hpp"

#include <cmath>

#include "operations/models/scoring.hpp"

namespace sinan::models {
namespace {

constexpr std::int64_t kRunsLooked = 400;

double ratio(double part, double whole) { return whole > 0 ? part / whole : std::nan(""); }
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

void add(Realised& to, const Score& s) {
  std::string day = format_date(s.day);
  if (to.last_day != day) ++to.days;
  if (to.first_day.empty()) to.first_day = day;
  to.last_day = day;
  to.points += s.points;
  to.sold += s.sold;
  to.error += s.error;
  to.excess += s.excess;
  to.pinball += s.pinball;
  to.inside += s.inside;
}

Role role_of(const std::string& version, const std::vector<Run>& runs, const State& state) {
  const std::string promoted = state.promotions.empty() ? "" : state.promotions.back().version;
  if (runs.empty() || runs.back().made.empty()) return Role::kRetired;
  const std::vector<RunVersion>& made = runs.back().made;
  if (made.front().version == version) return Role::kChampion;
  bool ran = std::ranges::find(made, version, &RunVersion::version) != made.end();
  if (ran && promoted == version) return Role::kNext;
  return ran ? Role::kChallenger : Role::kRetired;
}

}  // namespace

double Realised::wape() const { return ratio(error, sold); }
double Realised::bias() const { return ratio(excess, sold); }
double Realised::pinball_mean() const { return ratio(pinball, static_cast<double>(points)); }
double Realised::coverage80() const { return ratio(static_cast<double>(inside), static_cast<double>(points)); }

Json to_json(const Realised& r) {
  return Json{{"first_day", r.first_day},
              {"last_day", r.last_day},
              {"days", r.days},
              {"points", r.points},
              {"wape", number(r.wape())},
              {"bias", number(r.bias())},
              {"pinball", number(r.pinball_mean())},
              {"coverage80", number(r.coverage80())}};
}

std::string_view name(Role role) {
  switch (role) {
    case Role::kChampion: return "champion";
    case Role::kChallenger: return "challenger";
    case Role::kNext: return "next";
    case Role::kRetired: return "retired";
  }
  return "";
}

Json to_json(const Scorecard& card) {
  Json out = to_json(card.version);
  out["role"] = name(card.role);
  out["runs"] = card.runs;
  out["last_run"] = card.last_run;
  out["seconds"] = card.seconds;
  out["explained"] = card.explained;
  Json classes = Json::object();
  for (const auto& [demand_class, realised] : card.realised) classes[demand_class] = to_json(realised);
  out["realised"] = std::move(classes);
  Json leads = Json::object();
  for (const auto& [lead, realised] : card.by_lead) leads[std::to_string(lead)] = to_json(realised);
  out["realised_by_lead"] = std::move(leads);
  Json alarms = Json::array();
  for (const Alarm& alarm : card.alarms) alarms.push_back(to_json(alarm));
  out["alarms"] = std::move(alarms);
  return out;
}

Result<std::vector<Scorecard>> scorecards(const Registry& registry) {
  SINAN_TRY(State state, registry.state());
  SINAN_TRY(std::vector<Run> runs, registry.runs(kRunsLooked));
  std::map<std::string, Scorecard> cards;
  for (const ModelVersion& v : state.versions) {
    Scorecard& card = cards[v.id];
    card.version = v;
    card.role = role_of(v.id, runs, state);
  }
  for (const Run& run : runs) {
    for (const RunVersion& made : run.made) {
      Scorecard& card = cards[made.version];
      ++card.runs;
      card.last_run = run.run_id;
      card.seconds = made.seconds;
      card.explained = made.explained;
    }
  }
  SINAN_TRY(std::optional<Date> until, registry.scored_until());
  if (until) {
    SINAN_TRY(std::vector<Score> scores, registry.scores(*until - std::chrono::days{kCardDays - 1}));
    for (const Score& s : scores) {
      Scorecard& card = cards[s.version];
      add(card.realised[s.demand_class], s);
      add(card.realised["all"], s);
      add(card.by_lead[s.lead], s);
    }
  }
  for (const Alarm& alarm : state.alarms) cards[alarm.version].alarms.push_back(alarm);
  std::vector<Scorecard> out;
  for (auto v = state.versions.rbegin(); v != state.versions.rend(); ++v) out.push_back(std::move(cards[v->id]));
  std::ranges::stable_sort(out, {}, [](const Scorecard& card) {
    return card.role == Role::kChampion ? 0 : card.role == Role::kNext ? 1 : card.role == Role::kChallenger ? 2 : 3;
  });
  return out;
}

}  // namespace sinan::models
