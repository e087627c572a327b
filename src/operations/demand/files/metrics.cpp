#include "operations/demand/files/metrics.hpp"

#include <algorithm>
#include <cmath>

#include "base/json.hpp"
#include "base/whole_file.hpp"
#include "operations/demand/files/row_file.hpp"

namespace sinan::demand {
namespace {

constexpr std::size_t kAll = 100;  // after every class

}  // namespace

FileMetrics::FileMetrics(const FilePanel& file, std::vector<double> quantiles) : file_(file), quantiles_(std::move(quantiles)) {
  group(kAll);
}

FileMetrics::Group& FileMetrics::group(std::size_t number) {
  auto [found, is_new] = groups_.try_emplace(number, Group{.evaluation = forecasting::Evaluation(quantiles_), .series = {}});
  if (is_new) found->second.series.resize(file_.panel.size());
  return found->second;
}

void FileMetrics::add(const forecasting::Forecasts& f, const std::vector<std::size_t>& kept, std::span<const int> seasons,
                      std::size_t periods) {
  const auto horizon = static_cast<std::size_t>(f.horizon);
  const std::size_t levels = quantiles_.size();
  for (std::size_t row = 0; row < kept.size(); ++row) {
    std::span<const double> values = file_.panel.series(kept[row]);
    const int given = seasons.empty() ? 0 : seasons[row];
    const forecasting::Window window{
        .history = values.first(values.size() - periods),
        .season = static_cast<std::size_t>(std::max(1, given > 0 ? given : f.seasons[row])),
        .actual = values.subspan(values.size() - periods, std::min(horizon, periods)),
        .median = std::span(f.median).subspan(row * horizon, horizon),
        .quantiles = std::span(f.quantiles).subspan(row * horizon * levels, horizon * levels),
    };
    const double nanoseconds = f.nanoseconds.empty() ? 0 : static_cast<double>(f.nanoseconds[row]);
    add(group(static_cast<std::size_t>(f.classes[row])), window, kept[row], nanoseconds);
    add(group(kAll), window, kept[row], nanoseconds);
  }
}

void FileMetrics::add(Group& into, const forecasting::Window& window, std::size_t series, double nanoseconds) {
  into.evaluation.add(window);
  for (double y : window.actual)
    if (std::isfinite(y)) into.series[series] = 1;
  into.nanoseconds += nanoseconds;
  ++into.fits;
  into.periods += window.median.size();
}

FileMetrics::Row FileMetrics::row(std::size_t group) const {
  const Group& from = groups_.at(group);
  const forecasting::Scores s = from.evaluation.scores();
  auto count = [](std::size_t n) { return static_cast<double>(n); };
  Row out{group == kAll ? "all" : std::string(forecasting::name(static_cast<forecasting::DemandClass>(group))), {}};
  out.cells = {{"series", count(static_cast<std::size_t>(std::ranges::count(from.series, 1)))},
               {"windows", count(s.windows)},
               {"points", count(s.points)},
               {"wape", s.wape},
               {"mase", s.mase},
               {"rmsse", s.rmsse},
               {"owa", s.owa},
               {"bias", s.bias},
               {"pinball", s.pinball}};
  auto percent = [](double probability) { return fmt::format("{:.10g}", 100 * probability); };
  if (!s.intervals.empty()) out.cells.emplace_back("msis" + percent(s.intervals.front().probability), s.msis);
  for (const auto& interval : s.intervals) out.cells.emplace_back("coverage" + percent(interval.probability), interval.coverage);
  out.cells.emplace_back("unscaled", count(s.unscaled));
  out.cells.emplace_back("fit_us", from.nanoseconds / 1e3 / count(from.fits));
  return out;
}

namespace {

// Counts are whole.
Json json_number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value == std::floor(value) && std::abs(value) < 1e15 ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

}  // namespace

Status FileMetrics::write(const std::filesystem::path& path) const {
  std::vector<Row> rows;
  for (const auto& [group, ignored] : groups_) rows.push_back(row(group));
  if (path.extension() == ".json") {
    Json json = Json::array();
    for (const Row& row : rows) {
      Json object{{"class", row.name}};
      for (const auto& [name, value] : row.cells) object[name] = json_number(value);
      json.push_back(std::move(object));
    }
    return write_whole_file(path, dump_pretty(json) + "\n");
  }
  Schema schema{{{"class", Type{TypeId::kText}}}};
  for (const auto& [name, ignored] : rows.back().cells) schema.fields.push_back({name, Type{TypeId::kDouble}});
  SINAN_TRY(auto file, RowFile::open(path, {}, std::move(schema)));
  for (const Row& row : rows) {
    file->text(row.name);
    for (const auto& [name, value] : row.cells) file->number(value);
    SINAN_CHECK(file->end_row());
  }
  SINAN_TRY(auto written, file->finish());
  (void)written;
  return {};
}

std::string FileMetrics::sentence() const {
  const Group& all = groups_.at(kAll);
  const forecasting::Scores s = all.evaluation.scores();
  if (s.points == 0) return "Backtest: no value came after any origin, so nothing was measured.";
  std::string out = fmt::format("Backtest of {} series, {} values:", std::ranges::count(all.series, 1), s.points);
  auto add = [&](std::string_view name, double value, std::string_view unit, int digits) {
    if (std::isfinite(value)) out += fmt::format("{} {} {:.{}f}{}", out.back() == ':' ? "" : ",", name, value, digits, unit);
  };
  add("WAPE", 100 * s.wape, " %", 1);
  add("bias", 100 * s.bias, " %", 1);
  add("MASE", s.mase, "", 3);
  add("RMSSE", s.rmsse, "", 3);
  add("OWA against Naive 2", s.owa, "", 3);
  for (const auto& interval : s.intervals)
    add(fmt::format("inside {:.10g} %", 100 * interval.probability), 100 * interval.coverage, " %", 1);
  out += ".";
  if (all.periods > s.points)
    out +=
        fmt::format(" Of {} periods that were forecast only these have a value; a longer --step puts origins further back.", all.periods);
  return out;
}

}  // namespace sinan::demand
