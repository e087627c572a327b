// What a daily report says, as plain values: filled by collect(), drawn by render_html(). No number without its origin.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/money.hpp"
#include "base/time.hpp"

namespace sinan::reports {

// The same words in both languages of the house.
struct Text {
  std::string en;
  std::string zh;
  bool empty() const { return en.empty() && zh.empty(); }
};

// Where the numbers of a section come from: a query at a lake version, or a command that shows them.
struct Origin {
  Text what;
  std::string query;  // SQL as it was run, or the command
};

// Why a section has nothing to show although it should: what failed, in place of its numbers.
struct Section {
  std::vector<Origin> origins;
  std::string problem;
};

struct StepLine {
  std::string id;
  std::string task;
  std::string status;  // as workflow::name(StepStatus)
  double start_s = 0;  // after the run's beginning
  double duration_s = 0;
  int attempts = 0;
  std::string message;
  bool waiting = false;  // done, and something waits for people
};

struct RunSection : Section {
  std::string id;
  std::string status;  // as workflow::name(RunStatus); "running" while the report step itself runs
  std::string message;
  std::optional<Instant> started_at;
  double duration_s = 0;
  bool dry_run = false;
  std::vector<StepLine> steps;
};

struct ReadLine {
  std::string source;
  std::string table;
  std::int64_t rows_read = 0;
  std::int64_t inserted = 0;
  std::int64_t changed = 0;
  std::int64_t deleted = 0;
  double duration_s = 0;
  std::string problem;
  std::string note;  // what was noticed: a new column, values that could not be read as they are
};
struct ReadSection : Section {
  std::vector<ReadLine> lines;
  bool known = false;  // there was a sync in this run
};

struct RefusedRule {
  std::string table;
  std::string rule;
  std::int64_t rows = 0;  // held back, or only named when `warning`
  bool warning = false;
  std::vector<std::pair<std::string, Text>> examples;  // key, reason; at most three
  Text recommendation;
};
struct RefusedSection : Section {
  std::int64_t rows_judged = 0;  // 0: not known
  std::int64_t rows_refused = 0;
  bool stopped = false;            // quality stopped the cycle
  std::vector<RefusedRule> rules;  // most rows first
};

struct GoldenEntity {
  std::string entity;
  std::int64_t records = 0;
  std::int64_t source_records = 0;  // that they were made from
  std::int64_t created = 0;         // by this run
  std::int64_t changes = 0;         // attributes changed by this run
  std::int64_t merged = 0;          // records that turned out to be one, by this run
  std::int64_t split = 0;
  struct Change {
    std::string golden_id, attribute, before, after, source;
  };
  std::vector<Change> examples;
};
struct GoldenSection : Section {
  std::vector<GoldenEntity> entities;
};

// One day of a series; a missing value is NaN.
struct DayPoint {
  Date day;
  double actual;
  double forecast;
  double low;   // 10 %
  double high;  // 90 %
};
struct ForecastError {
  std::string item_id;
  Text item_name;
  std::string location_id;
  double actual = 0;
  double forecast = 0;
};
struct ForecastSection : Section {
  std::vector<DayPoint> days;  // oldest first: actual days, then the days ahead
  std::int64_t series = 0;     // item-places with a forecast
  std::int64_t horizon_days = 0;
  std::optional<double> wape;  // of earlier forecasts against what happened since, 0…; nullopt: nothing to compare yet
  std::int64_t days_compared = 0;
  std::vector<ForecastError> worst;
  std::vector<std::pair<std::string, std::int64_t>> models;  // model, series; most first
};

// An item at a place that sold far more than expected.
struct BurstLine {
  std::string item_id;
  Text item_name;
  std::string location_id;
  Date first, last;
  bool running = false;
  bool promotion = false;
  double demand = 0;      // of its days
  double expected = 0;    // of the same days, from the days before
  double confidence = 0;  // 0…1
};
struct BurstSection : Section {
  std::vector<BurstLine> lines;  // the largest surplus over expectation first; not all
  std::int64_t bursts = 0;
  std::int64_t promotions = 0;
  std::int64_t outliers = 0;  // of a single day, not listed
  bool known = false;         // a forecast has looked for them
};

// What a version of the forecast model is worth; missing numbers are NaN.
struct ModelLine {
  std::string version, name;
  std::string role;    // "champion", "challenger", "next"
  double wape_before;  // in the backtest before it was used
  double wape_since;   // of its forecasts, over the days that are over
  std::int64_t days = 0;
  double inside80;     // share of those days between its 10 % and 90 % quantiles
  double seconds = 0;  // of its newest forecast of everything
  double explained;    // share of that forecast's volume which named parts explain
};
// How a challenger stands against the version in use, on the same items, places and days.
struct ContestLine {
  std::string champion, challenger;  // names
  std::int64_t days = 0;
  double gain = 0;             // share of the loss that the challenger saves; below zero: it loses more
  double p = 1;                // of such a gain by luck, looked at once
  std::int64_t next_test = 0;  // at so many days
  bool tested = false;         // at least once
  bool won = false;            // the newest test called it better
  std::string decision;        // that waits for somebody
};
// A class of demand under watch.
struct DriftLine {
  Text demand;
  std::int64_t days = 0;
  double usual, now, bias;
  double pressure = 0;        // from 1 on it is sure
  std::optional<Date> since;  // it is worse than usual
  std::optional<Date> sure;
};
struct ModelSection : Section {
  std::vector<ModelLine> lines;  // the one in use first; those in use in the last cycle only
  std::vector<ContestLine> contests;
  std::vector<DriftLine> drift;
  std::string review;  // the decision to measure anew that waits
  bool known = false;  // the registry was asked
};

struct RiskLine {
  std::string item_id;
  Text item_name;
  std::string location_id;
  double on_hand = 0;
  double on_order = 0;
  double daily_demand = 0;
  double cover_days = 0;
  double lead_time_days = 0;
  std::optional<Date> runs_out_on;
  std::optional<Date> next_arrival;  // of what is ordered
  std::optional<Money> at_stake;     // sales value of expected shortage until help can arrive
  bool decided = false;              // an order is approved or placed, but the ERP does not show it yet
};
struct SurplusLine {
  std::string item_id;
  Text item_name;
  std::string location_id;
  double on_hand = 0;
  double cover_days = 0;
  Money tied_up;  // cost of what is beyond the order-up-to level
};
struct RiskSection : Section {
  std::int64_t run_out_items = 0;    // items that run out within a week somewhere
  std::int64_t run_out_covered = 0;  // of these, items with an order on its way that waits for nobody
  std::vector<RiskLine> run_out;     // worst first; not all
  std::int64_t run_out_lines = 0;    // all
  std::optional<Money> at_stake;     // total
  std::vector<SurplusLine> surplus;
  std::int64_t surplus_lines = 0;
  std::optional<Money> tied_up;
  std::vector<Origin> surplus_origins;
};

struct DecisionLine {
  std::string id, kind, state, item_id;
  Text item_name;
  std::string location_id, supplier_id;
  Quantity quantity;
  Money amount;
  std::string role;  // who may approve
  Text reason;
  std::string rule;  // of the policy
  std::string error;
  std::optional<Instant> expected_at;
};
// What one rule of the automation boundary decided.
struct RuleLine {
  std::string name;   // empty: the default
  std::string place;  // "policies/people.yaml:16:7"
  std::int64_t count = 0;
  std::vector<Money> totals;
};
struct DecisionGroup {
  std::vector<DecisionLine> lines;  // largest amount first; not all
  std::int64_t count = 0;
  std::vector<Money> totals;    // one per currency
  std::vector<RuleLine> rules;  // most decisions first
};
// The end of the record of decisions when the report was written.
struct ChainEndLine {
  std::int64_t number = 0;
  std::string hash;
};
struct DecisionSection : Section {
  DecisionGroup waiting;
  std::vector<std::pair<std::string, std::int64_t>> waiting_by_role;
  DecisionGroup automatic;        // of this run
  DecisionGroup failed;           // approved, but the effect failed; will be tried again
  DecisionGroup forbidden;        // of this run
  DecisionGroup alerts;           // of this run; what the budget left out is only counted, below
  std::int64_t over_budget = 0;   // orders that the day's budget left out
  std::optional<Money> left_out;  // what they would have cost
  std::optional<ChainEndLine> end;
};

struct SpendLine {
  std::string supplier_id, supplier_name;
  Money amount;
  std::int64_t orders = 0;
};
struct CostSection : Section {
  bool known = true;                   // the workspace tells of its orders (ops.purchase_orders)
  std::optional<Money> month_to_date;  // ordered this month
  std::optional<Money> last_month;     // ordered until the same day of last month
  std::optional<Money> budget;         // of the month
  std::vector<SpendLine> suppliers;    // most first
};

struct ReportData {
  std::string company;
  std::string language = "en";  // shown first
  std::string currency = "EUR";
  Zone zone;
  Date day;  // that the report is about: of the run's logical time
  Instant generated_at;
  std::int64_t lake_version = 0;
  std::string version;  // of Sinan
  RunSection run;
  DecisionSection decisions;
  RiskSection risk;
  ForecastSection forecast;
  BurstSection bursts;
  ModelSection models;
  CostSection cost;
  ReadSection read;
  RefusedSection refused;
  GoldenSection golden;
  std::vector<Text> assumptions;
};

}  // namespace sinan::reports
