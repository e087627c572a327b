// The forecast of a cycle: scores what earlier forecasts said of the days that are over, registers model versions that are new or go by
// another name now, forecasts with the champion into ops.forecasts and with the challengers into ops.challenger_forecasts; and what was
// sold suddenly in the last days goes to ops.demand_bursts. Where a hierarchy is configured, all forecasts are reconciled with those of its
// sums, which go to ops.forecast_sums.
//
// Forecasts, what the registry says in SQL (ops.model_versions, ops.model_metrics, ops.model_scores) and the record of the run become
// visible in one transaction.
#pragma once

#include "operations/demand/demand.hpp"
#include "operations/demand/events/event_vectors.hpp"
#include "operations/models/registry.hpp"

namespace sinan::models {

struct ForecastRequest {
  demand::ForecastConfig config;
  std::string run_id;
  std::optional<lake::Version> at;  // that sales are read at; default: the current one
  Instant now;
  Zone zone;  // of places that have none of their own
  int threads = 1;
  const CancelToken* cancel = nullptr;
  Progress progress = {};
  demand::Embed embed = {};  // vectors of the texts of events; empty: none
};

struct ForecastReport {
  lake::Version read_version = 0;
  lake::Version version = 0;  // that holds ops.forecasts
  std::int64_t series = 0;
  std::int64_t values = 0;  // days of history
  std::int64_t bursts = 0;  // of the last days
  std::int64_t sums = 0;    // that were forecast
  std::map<std::string, std::int64_t> classes;
  std::map<std::string, std::int64_t> models;
  std::string champion;  // model versions
  std::vector<std::string> challengers;
  std::vector<std::string> registered;  // for the first time, or measured again
  std::int64_t tests = 0, winners = 0;  // of challengers, in this cycle
  std::int64_t alarms = 0;              // of the drift watch that stand
  std::int64_t scored = 0;              // forecast values that were compared with what came
  forecasting::WarmCounts counts;       // of the champion's series: how many went on from the night before
  std::string cold;                     // why none did; empty: they did
  std::vector<std::string> notes;       // what was not as configured
};

// The same lake version, configuration, time and vectors give the same forecasts at any number of threads. Where vectors cannot be had, no
// event has one: the methods forecast from words alone, by versions that say so, and a note says why.
Result<ForecastReport> forecast(fabric::Fabric& fabric, Registry& registry, const ForecastRequest& request);

// The share of the volume that is forecast for series whose forecast has an explanation with named parts
// (forecasting/explanation/explain.hpp).
double explained_share(const forecasting::Forecasts& forecasts);

// The versions that a configuration asks for, the champion first: the one promoted last, if the configuration still has it; else the
// method "default".
struct Contender {
  demand::Method method;
  Json parameters;
  std::string version;
};
Result<std::vector<Contender>> contenders_of(const demand::ForecastConfig& config, const State& state);
// The same in the same order, each with words of events alone.
Result<std::vector<Contender>> without_embeddings(std::vector<Contender> contenders);

}  // namespace sinan::models
