// The forecast models: what the one in use is worth, how challengers stand against it, and whether it has become worse.
#include <fmt/format.h>

#include <cmath>

#include "operations/models/contest.hpp"
#include "operations/models/proposals.hpp"
#include "operations/models/scorecard.hpp"
#include "operations/models/watch.hpp"
#include "operations/reports/reading.hpp"

namespace sinan::reports {
namespace {

constexpr int kDaysJudged = 400;

// The decision about a version that waits.
std::string waiting_decision(const decisions::Decisions* record, const std::string& kind, const std::string& version) {
  if (!record) return "";
  auto found = record->list({.states = {decisions::State::kProposed}, .kind = kind});
  if (!found) return "";
  for (const decisions::Decision& d : *found)
    if (d.topic == version) return d.id;
  return "";
}

ModelLine line_of(const models::Scorecard& card) {
  const models::ClassMetrics* before = card.version.measurement.of("all");
  auto since = card.realised.find("all");
  bool scored = since != card.realised.end();
  return {.version = card.version.id,
          .name = card.version.name,
          .role = std::string(models::name(card.role)),
          .wape_before = before ? before->wape : std::nan(""),
          .wape_since = scored ? since->second.wape() : std::nan(""),
          .days = scored ? since->second.days : 0,
          .inside80 = scored ? since->second.coverage80() : std::nan(""),
          .seconds = card.seconds,
          .explained = card.explained};
}

ContestLine contest_of(const CollectContext& context, const models::Scorecard& champion, const models::Scorecard& challenger,
                       const std::vector<models::Score>& scores, const models::State& state) {
  const models::Standing s = models::compare(scores, champion.version.id, challenger.version.id);
  ContestLine out{.champion = champion.version.name,
                  .challenger = challenger.version.name,
                  .days = s.days,
                  .gain = s.gain(),
                  .p = s.p,
                  .next_test = models::next_look(context.contest, s.days)};
  for (const models::Test& test : state.tests)
    if (test.champion == s.champion && test.challenger == s.challenger) out.tested = true, out.won = test.better;
  out.decision = waiting_decision(context.decisions, "model_change", s.challenger);
  return out;
}

Status collect_all(const CollectContext& context, ModelSection& section) {
  SINAN_TRY(auto cards, models::scorecards(*context.models));
  SINAN_TRY(models::State state, context.models->state());
  SINAN_TRY(std::optional<Date> until, context.models->scored_until());
  std::vector<models::Score> scores;
  if (until) {
    SINAN_TRY(scores, context.models->scores(*until - std::chrono::days{kDaysJudged}));
  }
  std::erase_if(cards, [](const models::Scorecard& card) { return card.role == models::Role::kRetired; });
  if (cards.empty()) return {};
  const models::Scorecard& champion = cards.front();
  for (const models::Scorecard& card : cards) {
    section.lines.push_back(line_of(card));
    if (&card != &champion) section.contests.push_back(contest_of(context, champion, card, scores, state));
  }
  for (const models::WatchedClass& w : models::watch(champion.version, scores)) {
    const decisions::Text words = models::class_words(w.demand_class);
    section.drift.push_back({.demand = {words.en, words.zh},
                             .days = w.days,
                             .usual = w.usual,
                             .now = w.now,
                             .bias = w.bias,
                             .pressure = w.pressure,
                             .since = w.since,
                             .sure = w.sure});
  }
  section.review = waiting_decision(context.decisions, "model_review", champion.version.id);
  return {};
}

}  // namespace

void collect_models(const Reader& reader, ReportData& data) {
  const CollectContext& context = reader.context();
  if (!context.models) return;
  data.models.known = true;
  data.models.origins = {{{"The versions of the forecast model", "预测模型版本"}, "sinan models list --json"},
                         {{"What forecasts were worth, day by day", "每日预测效果"},
                          "SELECT model_version, day, sum(error) / sum(sold) AS wape FROM ops.model_scores GROUP BY ALL ORDER BY day"},
                         {{"What was measured before", "使用前的测量"}, "SELECT * FROM ops.model_metrics"}};
  if (Status read = collect_all(context, data.models); !read) data.models.problem = read.error().text();
}

}  // namespace sinan::reports
