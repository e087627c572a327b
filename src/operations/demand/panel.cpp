// Reads ops.sales into a panel: aggregated by day in the engine, laid out flat here.
#include "operations/demand/canonical_rows.hpp"
#include "operations/demand/demand.hpp"

namespace sinan::demand {
namespace {

// What one aggregated row says of one day of one series.
struct Cell {
  std::uint32_t series;
  std::int32_t day;  // since 1970-01-01
  float quantity;
  bool lost;
};

class PanelReader {
 public:
  PanelReader(fabric::Fabric& fabric, const PanelRequest& request) : fabric_(fabric), request_(request) {
    options_.at = request.at;
    options_.cancel = request.cancel;
    options_.parameters = {{"zone", request.zone.name()}};
  }

  Result<DemandPanel> read() {
    const fabric::QueryOptions now{.at = request_.at, .cancel = request_.cancel};
    SINAN_TRY(const Schema sales, schema_of(fabric_, "ops.sales", now));
    SINAN_TRY(const Schema items, schema_of(fabric_, "ops.items", now));
    SINAN_TRY(const Schema places, schema_of(fabric_, "ops.locations", now));
    lost_ = cell(sales, "lost_sales", "BOOLEAN");
    status_ = cell(items, "status", "VARCHAR");
    zone_ = cell(places, "timezone", "VARCHAR");
    SINAN_TRY(auto rows, fabric_.query(system_principal("planner"), sql(), options_));
    Batch batch;
    while (true) {
      SINAN_TRY(bool more, rows->next(batch));
      if (!more) break;
      for (std::size_t i = 0; i < batch.rows(); ++i) add(batch, i);
    }
    return lay_out();
  }

 private:
  // Local days by zone: the conversion runs once per zone and quarter of an hour, not once per sale.
  std::string sql() const {
    return fmt::format(
        "WITH places AS (SELECT CAST(location_id AS VARCHAR) AS location_id, coalesce({}, $zone) AS zone FROM "
        "ops.locations), "
        "sold AS (SELECT CAST(s.item_id AS VARCHAR) AS item_id, CAST(s.location_id AS VARCHAR) AS location_id, coalesce(p.zone, $zone) AS "
        "zone, "
        "time_bucket(INTERVAL 15 MINUTE, CAST(s.sold_at AS TIMESTAMP)) AS slot, sum(CAST(s.quantity AS DOUBLE)) AS quantity, "
        "bool_or(coalesce({}, false)) AS lost FROM ops.sales s LEFT JOIN places p ON p.location_id = "
        "s.location_id "
        "WHERE s.sold_at >= TIMESTAMP '{}' GROUP BY ALL), "
        "slots AS (SELECT zone, slot, CAST(timezone(zone, timezone('UTC', slot)) AS DATE) AS day FROM (SELECT DISTINCT zone, slot FROM "
        "sold)), "
        "ended AS (SELECT zone, CAST(timezone(zone, timezone('UTC', TIMESTAMP '{}')) AS DATE) AS today FROM (SELECT DISTINCT zone FROM "
        "sold)) "
        "SELECT sold.item_id, sold.location_id, slots.day, sum(sold.quantity) AS quantity, bool_or(sold.lost) AS lost, "
        "any_value(ended.today) AS today "
        "FROM sold JOIN slots USING (zone, slot) JOIN ended USING (zone) "
        "WHERE slots.day < ended.today AND sold.item_id NOT IN "
        "(SELECT CAST(item_id AS VARCHAR) FROM ops.items WHERE {} = 'discontinued' AND item_id IS NOT NULL) GROUP BY ALL",
        zone_, lost_, format_timestamp(request_.now - std::chrono::days{request_.history_days}), format_timestamp(request_.now), status_);
  }

  void add(const Batch& batch, std::size_t row) {
    const Column& item = batch.columns[0];
    const Column& location = batch.columns[1];
    if (item.is_null(row) || location.is_null(row) || batch.columns[2].is_null(row)) return;
    name_.assign(item.text(row));
    name_ += '\x1f';
    name_ += location.text(row);
    auto [found, fresh] = numbers_.try_emplace(name_, static_cast<std::uint32_t>(numbers_.size()));
    if (fresh) {
      items_.emplace_back(item.text(row));
      locations_.emplace_back(location.text(row));
      first_.push_back(INT32_MAX);
      today_.push_back(static_cast<std::int32_t>(batch.columns[5].ints[row]));
    }
    auto day = static_cast<std::int32_t>(batch.columns[2].ints[row]);
    first_[found->second] = std::min(first_[found->second], day);
    double quantity = batch.columns[3].is_null(row) ? 0 : batch.columns[3].doubles[row];
    cells_.push_back({found->second, day, static_cast<float>(std::max(quantity, 0.0)), batch.columns[4].ints[row] != 0});
  }

  DemandPanel lay_out() {
    std::vector<std::uint32_t> order(items_.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return std::tie(items_[a], locations_[a]) < std::tie(items_[b], locations_[b]); });
    DemandPanel out;
    std::vector<std::uint64_t> start(order.size());
    for (std::uint32_t i : order) {
      start[i] = out.panel.offsets.back();
      out.panel.offsets.push_back(start[i] + static_cast<std::uint64_t>(today_[i] - first_[i]));
      out.panel.keys.push_back(items_[i] + "@" + locations_[i]);
      out.item_ids.push_back(std::move(items_[i]));
      out.location_ids.push_back(std::move(locations_[i]));
      out.panel.ends.push_back(today_[i] - 1);
    }
    out.panel.values.assign(out.panel.offsets.back(), 0);
    out.panel.lost.assign(out.panel.offsets.back(), 0);
    for (const Cell& cell : cells_) {
      std::uint64_t at = start[cell.series] + static_cast<std::uint64_t>(cell.day - first_[cell.series]);
      out.panel.values[at] = static_cast<double>(cell.quantity);
      out.panel.lost[at] = cell.lost;
    }
    return out;
  }

  fabric::Fabric& fabric_;
  const PanelRequest& request_;
  fabric::QueryOptions options_;
  std::string lost_, status_, zone_;  // SQL of columns that may be missing
  std::string name_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> items_;
  std::vector<std::string> locations_;
  std::vector<std::int32_t> first_;
  std::vector<std::int32_t> today_;
  std::vector<Cell> cells_;
};

}  // namespace

Result<DemandPanel> read_panel(fabric::Fabric& fabric, const PanelRequest& request) { return PanelReader(fabric, request).read(); }

}  // namespace sinan::demand
