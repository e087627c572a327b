// The registry: which model versions there are, what each learnt from and was worth, which is in use and who decided that.
//
// What happens to versions is an event in the chain "models" (platform/audit): registered, renamed, measured, promoted, reviewed, tested,
// alarm. The state is what the events give; they are few. What each cycle did, and what forecasts turned out to be worth, are rows beside
// it, written in the transaction that makes the forecasts visible. Thread-safe.
#pragma once

#include "data/lake/lake.hpp"
#include "platform/audit/ledger.hpp"

namespace sinan::models {

// What a class of demand gave in a backtest; class "all" is all of them. What could not be measured is NaN (null in JSON).
struct ClassMetrics {
  std::string demand_class;
  std::int64_t series = 0;
  std::int64_t points = 0;
  double wape = 0, bias = 0, mase = 0, rmsse = 0, owa = 0, pinball = 0;  // forecasting/evaluation/evaluation.hpp
  double coverage80 = 0, coverage90 = 0;
  double fit_us = 0;  // microseconds a series, on one thread
  // Of the error of a day (watch.hpp) over the first week ahead: what the drift watch compares with.
  double day_error = 0, day_error_sd = 0;
  double week_wape = 0;  // WAPE of the first week ahead
  std::int64_t watch_days = 0;
};

// A backtest, and the data that it, and the first forecast, learnt from.
struct Measurement {
  std::string day;  // the last day of the data
  lake::Version lake_version = 0;
  std::int64_t series = 0;
  std::int64_t days = 0;     // values of all series
  std::string data_hash;     // SHA-256 of keys, lengths and values
  std::int64_t sampled = 0;  // series in the backtest
  std::vector<ClassMetrics> metrics;
  const ClassMetrics* of(const std::string& demand_class) const;
};
Json to_json(const Measurement& measurement);
Measurement measurement_from(const Json& json);

struct ModelVersion {
  std::string id;
  std::string name;  // of the method in the configuration that used it last
  std::string registered_at;
  std::string run_id;
  Json parameters;             // version.hpp
  Measurement measurement;     // the newest
  bool measure_again = false;  // somebody approved that since
  std::int64_t measurements = 0;
  bool renamed = false;  // since it was registered
};
Json to_json(const ModelVersion& version);

struct Promotion {
  std::string version, decision, by, at;
};

// A test of a challenger against the champion of its time (contest.hpp).
struct Test {
  std::string champion, challenger, at;
  std::string first_day, last_day;
  std::int64_t look = 0;  // 1, 2, …
  std::int64_t days = 0;
  double champion_loss = 0, challenger_loss = 0;  // the mean over days of the mean pinball loss of a day
  double champion_wape = 0, challenger_wape = 0;
  double p = 1, needed = 0;
  bool better = false;  // with the confidence and gain that were asked for
};
Json to_json(const Test& test);

// Forecasts of a class became worse than measured (watch.hpp).
struct Alarm {
  std::string version, demand_class, at;
  std::string since, day;     // the day of the change, and the day on which it was sure
  double usual = 0, now = 0;  // WAPE
  double bias = 0;            // since then
};
Json to_json(const Alarm& alarm);

struct State {
  std::vector<ModelVersion> versions;  // in order of registration
  std::vector<Promotion> promotions;
  std::vector<Test> tests;
  std::vector<Alarm> alarms;
  const ModelVersion* find(const std::string& id) const;
};

// What one version did in one cycle.
struct RunVersion {
  std::string version;
  double seconds = 0;    // of all series, on the threads that there were
  double explained = 0;  // share of the forecast volume that has an explanation with named parts
};
struct Run {
  std::int64_t number = 0;
  std::string run_id;
  Instant made_at;
  Date origin;                // the last day that was over at some place: from the next on, every place has a forecast
  lake::Version version = 0;  // that holds its forecasts
  std::int64_t series = 0;
  std::vector<RunVersion> made;  // the champion first
};

// What forecasts of a version were worth: one day, one distance, one class.
struct Score {
  std::string version;
  Date day;
  int lead = 1;  // kLeads in scoring.hpp: the shortest distance, in days, of this bucket
  std::string demand_class;
  std::int64_t points = 0;
  double sold = 0, forecast = 0;  // sums
  double error = 0, excess = 0;   // Σ|y − f|, Σ(f − y)
  double pinball = 0;             // Σ over values of the mean over quantiles
  std::int64_t inside = 0;        // values between the 10 % and the 90 % quantile
};

class Registry {
 public:
  static Result<std::unique_ptr<Registry>> open(audit::Ledger& ledger);

  Result<State> state() const;

  // Does nothing when the version is there, unless it is to be measured again: then `version.measurement` is its new one.
  Status add(const ModelVersion& version);
  // The workspace calls the method so now. Does nothing when it did before; kNotFound without such a version.
  Status rename(const std::string& version, const std::string& name, const std::string& run_id);
  // Makes a version the champion for all cycles to come; false when this decision did so before. kNotFound without such a version.
  Result<bool> promote(const std::string& version, const std::string& decision, const std::string& by);
  // Asks the next cycle to measure it again, and the watch to start anew.
  Result<bool> review(const std::string& version, const std::string& decision, const std::string& by);
  // Does nothing when it is there.
  Status add(const Test& test);
  Status add(const Alarm& alarm);

  // Oldest first; the newest `limit`.
  Result<std::vector<Run>> runs(std::int64_t limit) const;
  // In order of day, lead, version and class.
  Result<std::vector<Score>> scores(Date from) const;
  Result<std::optional<Date>> scored_until() const;

  // Within a transaction, such as the lake's.
  static Status keep(storage::Session& session, const Run& run);
  static Status keep(storage::Session& session, const std::vector<Score>& scores);

  // Proves the chain.
  Result<audit::Verification> verify() const { return ledger_.verify("models"); }

 private:
  explicit Registry(audit::Ledger& ledger) : ledger_(ledger) {}
  Result<State> read(storage::Session& session) const;

  audit::Ledger& ledger_;
};

}  // namespace sinan::models
