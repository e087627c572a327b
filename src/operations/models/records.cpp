#include "operations/models/records.hpp"

#include <cmath>

namespace sinan::models {
namespace {

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

double number_in(const Json& json, const char* key) {
  auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : std::nan("");
}

// Name and place of every number of a class's metrics.
const std::vector<std::pair<const char*, double ClassMetrics::*>>& numbers() {
  static const std::vector<std::pair<const char*, double ClassMetrics::*>> kNumbers{
      {"wape", &ClassMetrics::wape},
      {"bias", &ClassMetrics::bias},
      {"mase", &ClassMetrics::mase},
      {"rmsse", &ClassMetrics::rmsse},
      {"owa", &ClassMetrics::owa},
      {"pinball", &ClassMetrics::pinball},
      {"coverage80", &ClassMetrics::coverage80},
      {"coverage90", &ClassMetrics::coverage90},
      {"fit_us", &ClassMetrics::fit_us},
      {"day_error", &ClassMetrics::day_error},
      {"day_error_sd", &ClassMetrics::day_error_sd},
      {"week_wape", &ClassMetrics::week_wape},
  };
  return kNumbers;
}

Test test_from(const Json& body, const std::string& at) {
  return {body.value("champion", ""),          body.value("challenger", ""),       at,
          body.value("first_day", ""),         body.value("last_day", ""),         body.value("look", std::int64_t{0}),
          body.value("days", std::int64_t{0}), number_in(body, "champion_loss"),   number_in(body, "challenger_loss"),
          number_in(body, "champion_wape"),    number_in(body, "challenger_wape"), number_in(body, "p"),
          number_in(body, "needed"),           body.value("better", false)};
}

Alarm alarm_from(const Json& body, const std::string& at) {
  return {body.value("version", ""), body.value("class", ""), at, body.value("since", ""), body.value("day", ""), number_in(body, "usual"),
          number_in(body, "now"),    number_in(body, "bias")};
}

}  // namespace

const ClassMetrics* Measurement::of(const std::string& demand_class) const {
  for (const ClassMetrics& m : metrics)
    if (m.demand_class == demand_class) return &m;
  return nullptr;
}

const ModelVersion* State::find(const std::string& id) const {
  for (const ModelVersion& v : versions)
    if (v.id == id) return &v;
  return nullptr;
}

Json to_json(const Measurement& measurement) {
  Json classes = Json::array();
  for (const ClassMetrics& m : measurement.metrics) {
    Json row{{"class", m.demand_class}, {"series", m.series}, {"points", m.points}};
    for (const auto& [name, member] : numbers()) row[name] = number(m.*member);
    row["watch_days"] = m.watch_days;
    classes.push_back(std::move(row));
  }
  return Json{{"day", measurement.day},       {"lake_version", measurement.lake_version}, {"series", measurement.series},
              {"days", measurement.days},     {"data_hash", measurement.data_hash},       {"sampled", measurement.sampled},
              {"metrics", std::move(classes)}};
}

Measurement measurement_from(const Json& json) {
  Measurement out;
  out.day = json.value("day", "");
  out.lake_version = json.value("lake_version", std::int64_t{0});
  out.series = json.value("series", std::int64_t{0});
  out.days = json.value("days", std::int64_t{0});
  out.data_hash = json.value("data_hash", "");
  out.sampled = json.value("sampled", std::int64_t{0});
  for (const Json& row : json.value("metrics", Json::array())) {
    ClassMetrics& m = out.metrics.emplace_back();
    m.demand_class = row.value("class", "");
    m.series = row.value("series", std::int64_t{0});
    m.points = row.value("points", std::int64_t{0});
    for (const auto& [name, member] : numbers()) m.*member = number_in(row, name);
    m.watch_days = row.value("watch_days", std::int64_t{0});
  }
  return out;
}

Json to_json(const ModelVersion& version) {
  return Json{{"version", version.id},
              {"name", version.name},
              {"registered_at", version.registered_at},
              {"run_id", version.run_id},
              {"parameters", version.parameters},
              {"measurements", version.measurements},
              {"measure_again", version.measure_again},
              {"measurement", to_json(version.measurement)}};
}

Json to_json(const Test& test) {
  return Json{{"champion", test.champion},
              {"challenger", test.challenger},
              {"look", test.look},
              {"days", test.days},
              {"first_day", test.first_day},
              {"last_day", test.last_day},
              {"champion_loss", number(test.champion_loss)},
              {"challenger_loss", number(test.challenger_loss)},
              {"champion_wape", number(test.champion_wape)},
              {"challenger_wape", number(test.challenger_wape)},
              {"p", number(test.p)},
              {"needed", number(test.needed)},
              {"better", test.better}};
}

Json to_json(const Alarm& alarm) {
  return Json{{"version", alarm.version},     {"class", alarm.demand_class}, {"since", alarm.since},      {"day", alarm.day},
              {"usual", number(alarm.usual)}, {"now", number(alarm.now)},    {"bias", number(alarm.bias)}};
}

Status fold(State& state, const audit::Record& record) {
  SINAN_TRY(Json body, parse_json(record.body, "the chain \"models\""));
  auto known = std::ranges::find(state.versions, record.subject, &ModelVersion::id);
  if (record.kind == "registered") {
    state.versions.push_back({record.subject, body.value("name", ""), record.at, body.value("run_id", ""),
                              body.value("parameters", Json::object()), measurement_from(body.value("measurement", Json::object())), false,
                              1});
  } else if (record.kind == "tested") {
    state.tests.push_back(test_from(body, record.at));
  } else if (record.kind == "alarm") {
    state.alarms.push_back(alarm_from(body, record.at));
  } else if (known == state.versions.end()) {
    return fail(ErrorCode::kCorrupt, fmt::format("record {} speaks of a model version that was never registered", record.seq),
                "the chain \"models\"");
  } else if (record.kind == "renamed") {
    known->name = body.value("name", "");
    known->renamed = true;
  } else if (record.kind == "measured") {
    known->measurement = measurement_from(body.value("measurement", Json::object()));
    known->measure_again = false;
    ++known->measurements;
  } else if (record.kind == "promoted") {
    state.promotions.push_back({record.subject, body.value("decision", ""), record.actor, record.at});
  } else if (record.kind == "reviewed") {
    known->measure_again = true;
  }
  return {};
}

}  // namespace sinan::models
