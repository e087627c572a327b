#include "operations/demand/demand_bursts.hpp"

#include <algorithm>

namespace sinan::demand {
namespace {

using std::chrono::days;

constexpr std::size_t kJudged = 182;
constexpr std::size_t kLeast = 28;  // days of history before anything can be called unusual

// The days of series i that are judged by, and which of them were promotions; the first of them.
Date judged_days(const DemandPanel& panel, std::size_t i, const DemandDrivers& known, std::vector<double>& values,
                 std::vector<std::uint8_t>& marks) {
  const std::span<const double> all = panel.panel.series(i);
  const std::size_t from = all.size() - std::min(all.size(), kJudged);
  values.assign(all.begin() + static_cast<std::ptrdiff_t>(from), all.end());
  if (std::span<const std::uint8_t> lost = panel.panel.lost_of(i); !lost.empty())
    for (std::size_t t = 0; t < values.size(); ++t)
      if (lost[from + t]) values[t] = kMissing;
  const Date first = panel.last_day(i) - days(static_cast<int>(values.size()) - 1);
  marks.resize(values.size());
  mark_promotions(known, panel.item_ids[i], panel.location_ids[i], first, marks);
  return first;
}

}  // namespace

void mark_promotions(const DemandDrivers& known, const std::string& item, const std::string& place, Date first,
                     std::span<std::uint8_t> marks) {
  std::ranges::fill(marks, 0);
  auto found = known.promotions.find(item);
  if (found == known.promotions.end()) return;
  for (const Promotion& p : found->second) {
    if (!p.location_id.empty() && p.location_id != place) continue;
    const auto from = std::max<std::int64_t>(0, (p.starts_on - first).count());
    const auto to = std::min<std::int64_t>(static_cast<std::int64_t>(marks.size()) - 1, (p.ends_on - first).count());
    for (std::int64_t t = from; t <= to; ++t) marks[static_cast<std::size_t>(t)] = 1;
  }
}

std::optional<forecasting::BurstDetector> detector_after(const DemandPanel& panel, std::size_t i, const DemandDrivers& known) {
  if (panel.panel.series(i).size() < kLeast) return std::nullopt;
  std::vector<double> values;
  std::vector<std::uint8_t> marks;
  judged_days(panel, i, known, values, marks);
  forecasting::BurstDetector out(kDailyBursts);
  for (std::size_t t = 0; t < values.size(); ++t) out.update(values[t], marks[t]);
  return out;
}

Result<std::vector<DemandBurst>> recent_bursts(const DemandPanel& panel, const DemandDrivers& known, const CancelToken* cancel) {
  std::vector<DemandBurst> out;
  std::vector<double> values;
  std::vector<std::uint8_t> marks;
  for (std::size_t i = 0; i < panel.panel.size(); ++i) {
    if (cancel) SINAN_CHECK(cancel->check());
    if (panel.panel.series(i).size() < kLeast) continue;
    const Date first = judged_days(panel, i, known, values, marks);
    for (const forecasting::Burst& burst : forecasting::find_bursts(values, marks, kDailyBursts)) {
      if (burst.end + kBurstDays <= values.size()) continue;
      out.push_back({i, first + days(static_cast<int>(burst.begin)), first + days(static_cast<int>(burst.end) - 1), burst});
    }
  }
  return out;
}

Schema burst_schema() {
  return {{{"item_id", Type{TypeId::kText}, false},
           {"location_id", Type{TypeId::kText}, false},
           {"started_on", Type{TypeId::kDate}, false},
           {"last_on", Type{TypeId::kDate}, false},
           {"running", Type{TypeId::kBool}, false},
           {"demand", Type{TypeId::kDouble}, false},
           {"expected", Type{TypeId::kDouble}, false},
           {"size", Type{TypeId::kDouble}, false},
           {"confidence", Type{TypeId::kDouble}, false},
           {"kind", Type{TypeId::kText}, false},
           {"run_id", Type{TypeId::kText}, false}}};
}

Status append_bursts(lake::Staged& staged, const DemandPanel& panel, const std::vector<DemandBurst>& bursts, const std::string& run_id) {
  Batch batch;
  for (const Field& field : burst_schema().fields) batch.columns.emplace_back(field.type);
  auto& c = batch.columns;
  for (const DemandBurst& b : bursts) {
    c[0].append_text(panel.item_ids[b.series]);
    c[1].append_text(panel.location_ids[b.series]);
    c[2].append_int(b.first.time_since_epoch().count());
    c[3].append_int(b.last.time_since_epoch().count());
    c[4].append_int(b.burst.running);
    c[5].append_double(b.burst.demand);
    c[6].append_double(b.burst.expected);
    c[7].append_double(b.burst.size());
    c[8].append_double(b.burst.confidence);
    c[9].append_text(forecasting::name(b.burst.kind));
    c[10].append_text(run_id);
  }
  return staged.append(batch);
}

}  // namespace sinan::demand
