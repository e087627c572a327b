#include "operations/models/cycle.hpp"

#include <chrono>
#include <numeric>

#include "operations/demand/demand_bursts.hpp"
#include "operations/models/backtest.hpp"
#include "operations/models/contest.hpp"
#include "operations/models/scoring.hpp"
#include "operations/models/tables.hpp"
#include "operations/models/version.hpp"
#include "operations/models/warm_table.hpp"
#include "operations/models/watch.hpp"

namespace sinan::models {
namespace {

const std::string kTable = "ops.forecasts";
const std::string kChallengerTable = "ops.challenger_forecasts";
const std::string kBurstTable = "ops.demand_bursts";
const std::string kSumsTable = "ops.forecast_sums";
constexpr std::int64_t kRunsLooked = 400;
constexpr int kDaysScored = 60;   // at once, after a long rest
constexpr int kDaysJudged = 400;  // of scores, by tests and the watch

bool has_named_parts(const forecasting::Forecasts& f, std::size_t i) {  // as forecasting::explain()
  using enum forecasting::DemandClass;
  const forecasting::DemandClass c = f.classes[i];
  return c == kSmooth || c == kErratic || c == kShort || (!f.tree_shares.empty() && f.tree_shares[i] > 0);
}

}  // namespace

double explained_share(const forecasting::Forecasts& f) {
  const auto horizon = static_cast<std::size_t>(f.horizon);
  double all = 0;
  double explained = 0;
  for (std::size_t i = 0; i < f.classes.size(); ++i) {
    std::span<const double> means = std::span(f.mean).subspan(i * horizon, horizon);
    double volume = std::max(0.0, std::accumulate(means.begin(), means.end(), 0.0));
    all += volume;
    if (has_named_parts(f, i)) explained += volume;
  }
  return all > 0 ? explained / all : 0;
}

namespace {

class Cycle {
 public:
  Cycle(fabric::Fabric& fabric, Registry& registry, const ForecastRequest& request)
      : fabric_(fabric), registry_(registry), request_(request) {
    report_.read_version = request.at ? *request.at : fabric.lake().current();
  }

  Result<ForecastReport> run() {
    SINAN_TRY(State before, registry_.state());
    SINAN_TRY(contenders_, contenders_of(request_.config, before));
    SINAN_CHECK(read());
    SINAN_CHECK(register_new(before));
    SINAN_CHECK(score_past());
    for (std::size_t c = 0; c < contenders_.size(); ++c) SINAN_CHECK(forecast_one(c));
    SINAN_CHECK(clear_challengers());
    SINAN_CHECK(clear_sums());
    SINAN_CHECK(look_for_bursts());
    SINAN_CHECK(commit());
    SINAN_CHECK(judge());
    report_.champion = contenders_.front().version;
    for (std::size_t c = 1; c < contenders_.size(); ++c) report_.challengers.push_back(contenders_[c].version);
    return std::move(report_);
  }

 private:
  Status read() {
    demand::PanelRequest request{.at = report_.read_version, .now = request_.now, .zone = request_.zone, .cancel = request_.cancel};
    request.history_days = 0;
    for (const Contender& c : contenders_) request.history_days = std::max(request.history_days, c.method.history_days);
    history_days_ = request.history_days;
    SINAN_TRY(panel_, demand::read_panel(fabric_, request));
    report_.series = static_cast<std::int64_t>(panel_.panel.size());
    report_.values = static_cast<std::int64_t>(panel_.panel.values.size());
    SINAN_TRY(hierarchy_, demand::read_hierarchy(fabric_, request, contenders_.front().method.hierarchy, panel_));
    const bool embedded = std::ranges::any_of(contenders_, [](const Contender& c) { return !c.method.embedding_model.empty(); });
    SINAN_TRY(drivers_,
              demand::read_drivers(fabric_, request, contenders_.front().method.holidays, embedded ? request_.embed : demand::Embed()));
    if (drivers_.no_vectors.empty()) return {};
    report_.notes.push_back("events were read by their words alone: " + drivers_.no_vectors);
    SINAN_TRY(contenders_, without_embeddings(std::move(contenders_)));
    return {};
  }

  Status register_new(const State& before) {
    if (panel_.panel.size() == 0) return {};
    for (const Contender& c : contenders_) {
      const ModelVersion* known = before.find(c.version);
      if (known && known->name != c.method.name) SINAN_CHECK(registry_.rename(c.version, c.method.name, request_.run_id));
      if (known && !known->measure_again) continue;
      ModelVersion fresh{
          .id = c.version, .name = c.method.name, .registered_at = {}, .run_id = request_.run_id, .parameters = c.parameters};
      SINAN_TRY(fresh.measurement, measure(panel_, drivers_, hierarchy_, c.method, request_.threads, request_.cancel));
      fresh.measurement.lake_version = report_.read_version;
      SINAN_CHECK(registry_.add(fresh));
      report_.registered.push_back(c.version);
    }
    return {};
  }

  Status score_past() {
    SINAN_TRY(std::vector<Run> runs, registry_.runs(kRunsLooked));
    std::optional<Date> until = last_common_day(panel_);
    if (runs.empty() || !until) return {};
    SINAN_TRY(std::optional<Date> from, registry_.scored_until());
    Date first = std::max(from.value_or(runs.front().origin), *until - std::chrono::days{kDaysScored});
    SINAN_TRY(scores_, score(fabric_, panel_, runs, first, *until, request_.cancel));
    for (const Score& s : scores_) report_.scored += s.points;
    return {};
  }

  Status forecast_one(std::size_t c) {
    const Contender& contender = contenders_[c];
    auto started = std::chrono::steady_clock::now();
    forecasting::Options options = demand::options_of(contender.method, request_.threads);
    SINAN_TRY(WarmStart start, read_warm(fabric_, contender.version, report_.read_version, request_.cancel));
    options.warm = start.state;
    warm_damaged_ = warm_damaged_ || start.damaged;
    options.keep = true;
    Progress progress;
    if (request_.progress)
      progress = [&, c](std::uint64_t done, std::uint64_t total) { request_.progress(c * total + done, contenders_.size() * total); };
    bool whole = contender.method.history_days == history_days_;
    Panel part = whole ? Panel{} : demand::newest(panel_.panel, contender.method.history_days);
    const Panel& panel = whole ? panel_.panel : part;
    std::vector<std::size_t> all(panel.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    forecasting::Drivers drivers;
    if (contender.method.drivers) {
      drivers = demand::drivers_of(drivers_, panel_, all, panel, 0, static_cast<std::size_t>(contender.method.horizon_days),
                                   !contender.method.embedding_model.empty());
      if (!drivers.empty()) options.drivers = &drivers;
    }
    SINAN_TRY(auto forecasts, forecasting::forecast(panel, {}, options, request_.cancel, progress));
    if (!hierarchy_.empty() && panel.size() > 0) {
      SINAN_TRY(const demand::SumForecasts sums,
                demand::forecast_sums(hierarchy_, all, panel, options, contender.method.reconciliation, forecasts, request_.cancel));
      if (c == 0) SINAN_CHECK(stage_sums(sums, contender.version));
    }
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    made_.push_back({contender.version, took.count(), explained_share(forecasts)});
    warm_.push_back(forecasts.warm);
    learnt_ += forecasts.counts.learnt;
    if (c == 0) {
      report_.counts = forecasts.counts;
      if (start.state && forecasts.warm->learnt != start.state->learnt) start.cold = "all is learnt anew on schedule";
      report_.cold = start.cold;
      for (std::size_t i = 0; i < panel_.panel.size(); ++i) {
        ++report_.classes[std::string(forecasting::name(forecasts.classes[i]))];
        ++report_.models[forecasts.models[i]];
      }
    }
    std::unique_ptr<lake::Staged>& staged = c == 0 ? champion_ : challengers_;
    if (!staged) {
      std::vector<std::string> key{"item_id", "location_id", "ds"};
      if (c > 0) key.insert(key.begin(), "model_version");
      SINAN_TRY(staged, fabric_.lake().stage(c == 0 ? kTable : kChallengerTable, demand::forecast_schema(), key));
    }
    return demand::append_forecasts(*staged, panel_, forecasts, contender.version, request_.run_id, request_.cancel);
  }

  Status stage_sums(const demand::SumForecasts& sums, const std::string& version) {
    SINAN_TRY(sums_, fabric_.lake().stage(kSumsTable, demand::forecast_sums_schema(), {"level", "name", "ds"}));
    report_.sums = static_cast<std::int64_t>(sums.names.size());
    return demand::append_sums(*sums_, sums, version, request_.run_id);
  }

  // Sums that are not asked for any more go.
  Status clear_sums() { return sums_ ? Status() : clear(kSumsTable, sums_); }

  // What the next night goes on from, unless it is what this one went on from.
  Result<std::unique_ptr<lake::Staged>> keep_warm() {
    if (learnt_ == 0) return nullptr;
    SINAN_TRY(auto staged, stage_warm(fabric_.lake()));
    for (std::size_t c = 0; c < warm_.size(); ++c) SINAN_CHECK(append_warm(*staged, panel_, contenders_[c].version, *warm_[c]));
    return staged;
  }

  // Nobody challenges any more: what the last challengers said goes.
  Status clear_challengers() { return challengers_ ? Status() : clear(kChallengerTable, challengers_); }

  // Stages a table without rows in the place of one that has some.
  Status clear(const std::string& name, std::unique_ptr<lake::Staged>& staged) {
    auto table = fabric_.lake().table(name, fabric_.lake().current());
    if (!table || table->rows == 0) return {};
    SINAN_TRY(staged, fabric_.lake().stage(name, table->schema, table->key));
    return {};
  }

  Status look_for_bursts() {
    SINAN_TRY(auto found, demand::recent_bursts(panel_, drivers_, request_.cancel));
    SINAN_TRY(bursts_, fabric_.lake().stage(kBurstTable, demand::burst_schema(), {"item_id", "location_id", "started_on"}));
    report_.bursts = static_cast<std::int64_t>(found.size());
    return demand::append_bursts(*bursts_, panel_, found, request_.run_id);
  }

  Status commit() {
    std::vector<lake::Lake::Load> loads;
    auto add = [&](std::unique_ptr<lake::Staged> staged, lake::Mode mode) {
      if (!staged) return;
      lake::Lake::Load& load = loads.emplace_back();
      load.staged = std::move(staged);
      load.mode = mode;
    };
    add(std::move(champion_), lake::Mode::kReplace);
    add(std::move(challengers_), lake::Mode::kReplace);
    add(std::move(bursts_), lake::Mode::kReplace);
    add(std::move(sums_), lake::Mode::kReplace);
    SINAN_TRY(auto states, keep_warm());
    add(std::move(states), warm_damaged_ ? lake::Mode::kReplace : lake::Mode::kMerge);
    SINAN_TRY(State now, registry_.state());
    SINAN_TRY(auto tables, stage_tables(fabric_.lake(), now, scores_));
    add(std::move(tables.versions), lake::Mode::kReplace);
    add(std::move(tables.metrics), lake::Mode::kReplace);
    add(std::move(tables.scores), lake::Mode::kAppend);
    Run run{.run_id = request_.run_id, .made_at = request_.now, .series = report_.series, .made = made_};
    bool any = panel_.panel.size() > 0;
    if (any) run.origin = Date{std::chrono::days{panel_.panel.latest_end()}};
    SINAN_TRY(report_.version, fabric_.lake().commit(std::move(loads), [&](storage::Session& session, lake::Version version) -> Status {
      run.version = version;
      SINAN_CHECK(Registry::keep(session, scores_));
      return any ? Registry::keep(session, run) : Status{};
    }));
    return {};
  }

  // Tests and alarms follow from the scores alone: cut off here, the next cycle finds the same.
  Status judge() {
    SINAN_TRY(std::optional<Date> until, registry_.scored_until());
    if (!until) return {};
    SINAN_TRY(State state, registry_.state());
    SINAN_TRY(std::vector<Score> scores, registry_.scores(*until - std::chrono::days{kDaysJudged}));
    const ModelVersion* champion = state.find(contenders_.front().version);
    std::vector<std::string> challengers;
    for (std::size_t c = 1; c < contenders_.size(); ++c) challengers.push_back(contenders_[c].version);
    for (const Test& test : due_tests(request_.config.contest, contenders_.front().version, challengers, scores, state)) {
      SINAN_CHECK(registry_.add(test));
      ++report_.tests;
      report_.winners += test.better ? 1 : 0;
    }
    if (!champion) return {};
    for (const Alarm& alarm : alarms_of(*champion, watch(*champion, scores))) {
      SINAN_CHECK(registry_.add(alarm));
      ++report_.alarms;
    }
    return {};
  }

  fabric::Fabric& fabric_;
  Registry& registry_;
  const ForecastRequest& request_;
  ForecastReport report_;
  std::vector<Contender> contenders_;
  int history_days_ = 0;
  demand::DemandPanel panel_;
  demand::DemandDrivers drivers_;
  demand::Hierarchy hierarchy_;
  std::vector<Score> scores_;
  std::vector<RunVersion> made_;
  std::vector<std::shared_ptr<const forecasting::WarmState>> warm_;  // of each contender
  bool warm_damaged_ = false;
  std::size_t learnt_ = 0;  // series, by any of them
  std::unique_ptr<lake::Staged> champion_, challengers_, bursts_, sums_;
};

}  // namespace

Result<std::vector<Contender>> contenders_of(const demand::ForecastConfig& config, const State& state) {
  std::vector<Contender> out;
  for (demand::Method& method : demand::methods_of(config)) {
    SINAN_TRY(Json parameters, parameters_of(method));
    std::string version = version_id(parameters);
    if (std::ranges::find(out, version, &Contender::version) != out.end()) continue;  // the same by another name
    out.push_back({std::move(method), std::move(parameters), std::move(version)});
  }
  for (auto promotion = state.promotions.rbegin(); promotion != state.promotions.rend(); ++promotion) {
    auto found = std::ranges::find(out, promotion->version, &Contender::version);
    if (found == out.end()) continue;
    std::rotate(out.begin(), found, found + 1);
    break;
  }
  return out;
}

Result<std::vector<Contender>> without_embeddings(std::vector<Contender> contenders) {
  std::vector<Contender> out;
  for (Contender& contender : contenders) {
    contender.method.embedding_model.clear();
    SINAN_TRY(contender.parameters, parameters_of(contender.method));
    contender.version = version_id(contender.parameters);
    if (std::ranges::find(out, contender.version, &Contender::version) == out.end()) out.push_back(std::move(contender));
  }
  return out;
}

Result<ForecastReport> forecast(fabric::Fabric& fabric, Registry& registry, const ForecastRequest& request) {
  return Cycle(fabric, registry, request).run();
}

}  // namespace sinan::models
