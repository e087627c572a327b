// `sinan models list|show|compare|verify`: which forecast models there are, what they learnt from, and what they are worth.
#include "application/cli/rows_output.hpp"
#include "application/cli/workspace_command.hpp"
#include "base/text.hpp"
#include "operations/models/contest.hpp"
#include "operations/models/scorecard.hpp"

namespace sinan::cli {
namespace {

using models::Realised;
using models::Scorecard;

std::string percent(double share) { return std::isfinite(share) ? fmt::format("{:.1f} %", 100 * share) : "–"; }
std::string decimals(double value, int digits) { return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : "–"; }

const Realised& all_of(const Scorecard& card) {
  static const Realised kNone;
  auto found = card.realised.find("all");
  return found == card.realised.end() ? kNone : found->second;
}

// A version by its id, the beginning of one, or the name of a method: the one in use by that name, else the newest. `cards` begin with
// those in use.
Result<const Scorecard*> find_card(const std::vector<Scorecard>& cards, const std::string& wanted) {
  const Scorecard* found = nullptr;
  std::vector<std::string> known;
  for (const Scorecard& card : cards) {
    known.push_back(card.version.name);
    known.push_back(card.version.id);
    if (card.version.id == wanted) return &card;
    if (!wanted.empty() && card.version.id.starts_with(wanted)) {
      if (found) return fail(ErrorCode::kInvalidInput, fmt::format("several model versions begin with '{}'", visible(wanted)));
      found = &card;
    }
  }
  if (found) return found;
  if (auto card = std::ranges::find(cards, wanted, [](const Scorecard& c) { return c.version.name; }); card != cards.end()) return &*card;
  if (cards.empty()) return fail(ErrorCode::kNotFound, "no model has forecast yet; `sinan run` registers the first");
  return fail(ErrorCode::kNotFound, fmt::format("there is no model version '{}'; {}", visible(wanted), near_or_all(wanted, known)));
}

Result<int> list_models(Invocation& invocation) {
  SINAN_TRY(auto workspace, open_workspace(invocation, identity::kReadReports));
  SINAN_TRY(auto cards, models::scorecards(workspace->models()));
  if (invocation.json) {
    Json out = Json::array();
    for (const Scorecard& card : cards) out.push_back(models::to_json(card));
    invocation.print_json(out);
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (const Scorecard& card : cards) {
    const models::ClassMetrics* measured = card.version.measurement.of("all");
    rows.push_back({card.version.id, visible(card.version.name), std::string(models::name(card.role)),
                    card.version.registered_at.substr(0, 10), percent(measured ? measured->wape : kMissing), percent(all_of(card).wape()),
                    std::to_string(all_of(card).days), percent(all_of(card).coverage80()), decimals(card.seconds, 2) + " s",
                    percent(card.explained)});
  }
  invocation.print(aligned({"version", "name", "role", "registered", "WAPE then", "WAPE since", "days", "inside 80 %", "took", "explained"},
                           rows, {false, false, false, false, true, true, true, true, true, true}));
  if (rows.empty()) invocation.say("no model has forecast yet; `sinan run` registers the first");
  return 0;
}

void print_metrics(const Invocation& invocation, const Scorecard& card) {
  std::vector<std::vector<std::string>> rows;
  for (const models::ClassMetrics& m : card.version.measurement.metrics)
    rows.push_back({m.demand_class, std::to_string(m.series), percent(m.wape), percent(m.bias), decimals(m.mase, 3), decimals(m.rmsse, 3),
                    decimals(m.pinball, 4), percent(m.coverage80), percent(m.coverage90), decimals(m.fit_us, 0)});
  invocation.print("\nmeasured before it was used:\n" +
                   aligned({"class", "series", "WAPE", "bias", "MASE", "RMSSE", "pinball", "inside 80 %", "inside 90 %", "µs a series"},
                           rows, {false, true, true, true, true, true, true, true, true, true}));
  rows.clear();
  auto add = [&](const std::string& what, const Realised& r) {
    rows.push_back({what, std::to_string(r.days), std::to_string(r.points), percent(r.wape()), percent(r.bias()),
                    decimals(r.pinball_mean(), 4), percent(r.coverage80())});
  };
  for (const auto& [demand_class, realised] : card.realised) add(demand_class, realised);
  for (const auto& [lead, realised] : card.by_lead) add(fmt::format("from {} days ahead", lead), realised);
  if (rows.empty()) {
    invocation.print("\nno day that it forecast is over and scored yet\n");
    return;
  }
  invocation.print("\nwhat came of its forecasts:\n" + aligned({"", "days", "values", "WAPE", "bias", "pinball", "inside 80 %"}, rows,
                                                               {false, true, true, true, true, true, true}));
}

Result<int> show_model(Invocation& invocation) {
  SINAN_TRY(auto workspace, open_workspace(invocation, identity::kReadReports));
  SINAN_TRY(auto cards, models::scorecards(workspace->models()));
  SINAN_TRY(const Scorecard* card, find_card(cards, invocation.text("version")));
  if (invocation.json) {
    invocation.print_json(models::to_json(*card));
    return 0;
  }
  const models::ModelVersion& v = card->version;
  invocation.print(fmt::format("{}  {}  {}\n", v.id, visible(v.name), models::name(card->role)));
  auto line = [&](std::string_view label, const std::string& text) {
    invocation.print(fmt::format("  {:<12} {}\n", label, visible(text)));
  };
  line("registered", fmt::format("{} by {}", v.registered_at, v.run_id));
  line("learnt from", fmt::format("lake version {}: {} series, {} days of demand until {}, hash {}", v.measurement.lake_version,
                                  v.measurement.series, v.measurement.days, v.measurement.day, v.measurement.data_hash));
  for (const auto& [name, value] : v.parameters.items()) line(name, value.is_string() ? value.get<std::string>() : dump(value));
  line("cycles", fmt::format("{}, the newest {} in {} s", card->runs, card->last_run, decimals(card->seconds, 2)));
  line("explained", fmt::format("{} of the volume of its newest forecast, by named parts", percent(card->explained)));
  for (const models::Alarm& alarm : card->alarms)
    line("drift", fmt::format("{} since {} (sure on {}): WAPE {} instead of {}", alarm.demand_class, alarm.since, alarm.day,
                              percent(alarm.now), percent(alarm.usual)));
  print_metrics(invocation, *card);
  return 0;
}

constexpr int kDaysCompared = 400;

void print_standing(const Invocation& invocation, const Scorecard& first, const Scorecard& second, const models::Standing& s,
                    std::int64_t next) {
  auto title = [](const Scorecard& card) { return fmt::format("{} {}", card.version.id, visible(card.version.name)); };
  std::vector<std::vector<std::string>> rows;
  auto row = [&](const std::string& what, const std::string& a, const std::string& b) { rows.push_back({what, a, b}); };
  auto measured = [](const Scorecard& card) {
    const models::ClassMetrics* m = card.version.measurement.of("all");
    return m ? *m : models::ClassMetrics{.wape = kMissing, .mase = kMissing};
  };
  row("measured before: WAPE", percent(measured(first).wape), percent(measured(second).wape));
  row("measured before: MASE", decimals(measured(first).mase, 3), decimals(measured(second).mase, 3));
  if (s.days > 0) {
    row(fmt::format("same {}: loss", counted(s.days, "day")), decimals(s.champion_loss, 4), decimals(s.challenger_loss, 4));
    row(fmt::format("same {}: WAPE", counted(s.days, "day")), percent(s.champion_wape), percent(s.challenger_wape));
  }
  row("took", decimals(first.seconds, 2) + " s", decimals(second.seconds, 2) + " s");
  row("explained", percent(first.explained), percent(second.explained));
  invocation.print(aligned({"", title(first), title(second)}, rows, {false, true, true}));
  if (s.days == 0) {
    invocation.print("\nno day that both forecast is over and scored yet\n");
    return;
  }
  invocation.print(fmt::format(
      "\nOn {} values of {} to {} the second loses {:.1f} % {} than the first. If it were no better, so much would come of luck with a "
      "chance of {}.\n",
      s.points, s.first_day, s.last_day, 100 * std::abs(s.gain()), s.gain() >= 0 ? "less" : "more",
      s.p < 0.0001 ? "less than 0.01 %" : fmt::format("{:.2f} %", 100 * s.p)));
  invocation.print(fmt::format("The next test that counts comes at {} common days.\n", next));
}

Result<int> compare_models(Invocation& invocation) {
  SINAN_TRY(auto workspace, open_workspace(invocation, identity::kReadReports));
  const std::vector<std::string> names = invocation.texts("versions");
  if (names.size() != 2) return fail(ErrorCode::kInvalidInput, fmt::format("two versions are compared, not {}", names.size()));
  SINAN_TRY(auto cards, models::scorecards(workspace->models()));
  SINAN_TRY(const Scorecard* first, find_card(cards, names[0]));
  SINAN_TRY(const Scorecard* second, find_card(cards, names[1]));
  if (first == second) return fail(ErrorCode::kInvalidInput, fmt::format("both are the version {}; name another one", first->version.id));
  SINAN_TRY(std::optional<Date> until, workspace->models().scored_until());
  std::vector<models::Score> scores;
  if (until) {
    SINAN_TRY(scores, workspace->models().scores(*until - std::chrono::days{kDaysCompared}));
  }
  const models::Standing standing = models::compare(scores, first->version.id, second->version.id);
  SINAN_TRY(models::State state, workspace->models().state());
  std::int64_t next = models::next_look(workspace->forecast().contest, standing.days);
  if (invocation.json) {
    Json tests = Json::array();
    for (const models::Test& test : state.tests)
      if (test.champion == first->version.id && test.challenger == second->version.id) tests.push_back(models::to_json(test));
    invocation.print_json(Json{{"first", models::to_json(*first)},
                               {"second", models::to_json(*second)},
                               {"same_days", models::to_json(standing)},
                               {"next_test_at_days", next},
                               {"tests", std::move(tests)}});
    return 0;
  }
  print_standing(invocation, *first, *second, standing, next);
  return 0;
}

Result<int> verify_models(Invocation& invocation) {
  SINAN_TRY(auto workspace, open_workspace(invocation, identity::kReadReports));
  SINAN_TRY(auto verification, workspace->models().verify());
  return say_verification(invocation, verification);
}

}  // namespace

CommandInfo models_compare() {
  return {
      .name = "models compare",
      .summary = "Compare two model versions on the items, places and days that both forecast",
      .details = "Loss: the mean pinball loss over all quantiles, what stock is planned on; smaller is better.",
      .options = {{.name = "versions",
                   .value = "VERSION",
                   .summary = "Two, each as of `models show`",
                   .required = true,
                   .repeated = true,
                   .positional = true}},
      .examples = {"sinan models compare default recent"},
      .run = compare_models,
  };
}

CommandInfo models_list() {
  return {
      .name = "models list",
      .summary = "List the versions of the forecast models, the one in use first",
      .details = "WAPE then: in the backtest when it was registered. WAPE since: of its forecasts, over the last 90 days that are over.",
      .options = {},
      .examples = {},
      .run = list_models,
  };
}

CommandInfo models_show() {
  return {
      .name = "models show",
      .summary = "Show one model version: what it is made of, learnt from, and is worth",
      .details = {},
      .options = {{.name = "version",
                   .value = "VERSION",
                   .summary = "Its id, the beginning of it, or its name",
                   .required = true,
                   .positional = true}},
      .examples = {"sinan models show default"},
      .run = show_model,
  };
}

CommandInfo models_verify() {
  return {
      .name = "models verify",
      .summary = "Prove that no record of model versions was changed, removed or cut off",
      .details = "What was registered, measured, tested and promoted. Exit code 1 names the places where something was.",
      .options = {},
      .examples = {},
      .run = verify_models,
  };
}

}  // namespace sinan::cli
