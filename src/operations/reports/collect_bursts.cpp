// Sudden demand: what was sold far above expectation in the last days.
#include "operations/reports/reading.hpp"

namespace sinan::reports {
namespace {

constexpr std::size_t kShown = 8;

}  // namespace

void collect_bursts(const Reader& reader, ReportData& data) {
  BurstSection& b = data.bursts;
  // What is likelier luck than not is left out. A single outlier is over before anybody can act: it is only counted.
  const std::string sql =
      "SELECT item_id, location_id, started_on, last_on, running, demand, expected, size, confidence, kind FROM ops.demand_bursts "
      "WHERE confidence >= 0.5 "
      "ORDER BY demand - expected DESC, item_id, location_id, started_on";
  b.origins = {{{"Sudden demand of the last seven days", "最近七天的需求突增"}, sql}};
  if (reader.columns("ops.demand_bursts").empty()) return;  // before the first forecast
  b.known = true;
  std::set<std::string> ids;
  Status read = reader.each(sql, [&](const RowView& row) {
    auto first = row.date(2);
    auto last = row.date(3);
    if (!first || !last) return;
    const std::string kind = row.text(9);
    if (kind == "outlier") {
      ++b.outliers;
      return;
    }
    ++(kind == "promotion" ? b.promotions : b.bursts);
    if (b.lines.size() >= kShown) return;
    b.lines.push_back({.item_id = row.text(0),
                       .item_name = {},
                       .location_id = row.text(1),
                       .first = *first,
                       .last = *last,
                       .running = row.text(4) == "true",
                       .promotion = kind == "promotion",
                       .demand = row.number(5),
                       .expected = row.number(6),
                       .confidence = row.number(8)});
    ids.insert(row.text(0));
  });
  if (!read) {
    b.problem = read.error().text();
    return;
  }
  std::map<std::string, Text> names = item_names(reader, ids);
  for (BurstLine& line : b.lines) line.item_name = names[line.item_id];
}

}  // namespace sinan::reports
