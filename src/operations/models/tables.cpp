#include "operations/models/tables.hpp"

#include <cmath>

namespace sinan::models {
namespace {

constexpr TypeId T = TypeId::kText;
constexpr TypeId I = TypeId::kInt;
constexpr TypeId D = TypeId::kDouble;

// A table and its rows, cell by cell.
class Rows {
 public:
  explicit Rows(const std::vector<std::pair<const char*, TypeId>>& columns) {
    for (const auto& [name, type] : columns) {
      schema_.fields.push_back({name, Type{type}});
      batch_.columns.emplace_back(Type{type});
    }
  }
  Rows& text(std::string_view value) {
    next().append_text(value);
    return *this;
  }
  Rows& integer(std::int64_t value) {
    next().append_int(value);
    return *this;
  }
  Rows& number(double value) {
    Column& column = next();
    if (std::isfinite(value))
      column.append_double(value);
    else
      column.append_null();
    return *this;
  }
  Result<std::unique_ptr<lake::Staged>> stage(lake::Lake& lake, const std::string& table, const std::vector<std::string>& key) const {
    SINAN_TRY(auto staged, lake.stage(table, schema_, key));
    SINAN_CHECK(staged->append(batch_));
    return staged;
  }

 private:
  Column& next() { return batch_.columns[at_++ % batch_.columns.size()]; }
  Schema schema_;
  Batch batch_;
  std::size_t at_ = 0;
};

// Metrics of every measurement would need a history; the newest of each version is what stands.
std::int64_t metric_rows(const State& state) {
  std::int64_t rows = 0;
  for (const ModelVersion& v : state.versions) rows += static_cast<std::int64_t>(v.measurement.metrics.size());
  return rows;
}

std::int64_t rows_in(lake::Lake& lake, const std::string& name) {
  auto table = lake.table(name, lake.current());
  return table ? table->rows : -1;
}

Rows versions_of(const State& state) {
  Rows rows({{"model_version", T},
             {"name", T},
             {"registered_at", T},
             {"run_id", T},
             {"parameters", T},
             {"measurements", I},
             {"measured_on", T},
             {"lake_version", I},
             {"series", I},
             {"days", I},
             {"data_hash", T}});
  for (const ModelVersion& v : state.versions) {
    const Measurement& m = v.measurement;
    rows.text(v.id).text(v.name).text(v.registered_at).text(v.run_id).text(canonical(v.parameters)).integer(v.measurements);
    rows.text(m.day).integer(m.lake_version).integer(m.series).integer(m.days).text(m.data_hash);
  }
  return rows;
}

Rows metrics_of(const State& state) {
  Rows rows({{"model_version", T},
             {"class", T},
             {"measured_on", T},
             {"series", I},
             {"points", I},
             {"wape", D},
             {"bias", D},
             {"mase", D},
             {"rmsse", D},
             {"owa", D},
             {"pinball", D},
             {"coverage80", D},
             {"coverage90", D},
             {"fit_us", D},
             {"day_error", D},
             {"day_error_sd", D},
             {"week_wape", D}});
  for (const ModelVersion& v : state.versions)
    for (const ClassMetrics& m : v.measurement.metrics) {
      rows.text(v.id).text(m.demand_class).text(v.measurement.day).integer(m.series).integer(m.points);
      for (double value : {m.wape, m.bias, m.mase, m.rmsse, m.owa, m.pinball, m.coverage80, m.coverage90, m.fit_us, m.day_error,
                           m.day_error_sd, m.week_wape})
        rows.number(value);
    }
  return rows;
}

Rows scores_of(const std::vector<Score>& scores) {
  Rows rows({{"model_version", T},
             {"day", TypeId::kDate},
             {"lead", I},
             {"class", T},
             {"points", I},
             {"sold", D},
             {"forecast", D},
             {"error", D},
             {"excess", D},
             {"pinball", D},
             {"inside80", I}});
  for (const Score& s : scores) {
    rows.text(s.version).integer(s.day.time_since_epoch().count()).integer(s.lead).text(s.demand_class).integer(s.points);
    rows.number(s.sold).number(s.forecast).number(s.error).number(s.excess).number(s.pinball).integer(s.inside);
  }
  return rows;
}

}  // namespace

Result<StagedTables> stage_tables(lake::Lake& lake, const State& state, const std::vector<Score>& scores) {
  StagedTables out;
  std::int64_t measurements = 0;
  bool renamed = false;
  for (const ModelVersion& v : state.versions) {
    measurements += v.measurements;
    renamed = renamed || v.renamed;
  }
  bool as_before = rows_in(lake, "ops.model_versions") == static_cast<std::int64_t>(state.versions.size()) &&
                   rows_in(lake, "ops.model_metrics") == metric_rows(state) &&
                   measurements == static_cast<std::int64_t>(state.versions.size()) && !renamed;
  if (!as_before) {
    SINAN_TRY(out.versions, versions_of(state).stage(lake, "ops.model_versions", {"model_version"}));
    SINAN_TRY(out.metrics, metrics_of(state).stage(lake, "ops.model_metrics", {"model_version", "class"}));
  }
  if (!scores.empty()) {
    SINAN_TRY(out.scores, scores_of(scores).stage(lake, "ops.model_scores", {"model_version", "day", "lead", "class"}));
  }
  return out;
}

}  // namespace sinan::models
