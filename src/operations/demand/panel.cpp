// Reads ops.sales into a panel: sale by sale, added up by day and laid out flat here.
//
// Nearly every sale has an item, a place and a quarter of an hour of its own, so that the engine would keep as many groups as there are
// sales; here a sale costs a look into two tables.
#include <unordered_set>

#include "base/text.hpp"
#include "operations/demand/canonical_rows.hpp"
#include "operations/demand/demand.hpp"

namespace sinan::demand {
namespace {

constexpr std::int64_t kSlotUs = 15LL * 60 * 1'000'000;  // clocks change on quarters of an hour

// What was sold of one series on one day; several of these add up.
struct Cell {
  std::uint32_t series;
  std::int32_t day;  // since 1970-01-01
  double quantity;
  bool lost;
};

// The local days of a span of time in one zone; each quarter of an hour is converted once.
class LocalDays {
 public:
  LocalDays(Zone zone, Instant begin, Instant end)
      : zone_(std::move(zone)), first_(slot_of(begin)), days_(static_cast<std::size_t>(slot_of(end) - first_ + 1), kUnknown) {
    today_ = day_number(end);
  }

  std::int32_t today() const { return today_; }
  std::int32_t of(Instant at) {
    std::int32_t& day = days_[static_cast<std::size_t>(slot_of(at) - first_)];
    if (day == kUnknown) day = day_number(Instant{std::chrono::microseconds{slot_of(at) * kSlotUs}});
    return day;
  }

 private:
  static constexpr std::int32_t kUnknown = INT32_MIN;

  static std::int64_t slot_of(Instant at) {
    const std::int64_t us = at.time_since_epoch().count();
    return us / kSlotUs - (us % kSlotUs < 0);
  }
  std::int32_t day_number(Instant at) const { return static_cast<std::int32_t>(zone_.day_of(at).time_since_epoch().count()); }

  Zone zone_;
  std::int64_t first_;
  std::vector<std::int32_t> days_;
  std::int32_t today_;
};

class PanelReader {
 public:
  PanelReader(fabric::Fabric& fabric, const PanelRequest& request)
      : fabric_(fabric),
        request_(request),
        options_{.at = request.at, .cancel = request.cancel},
        begin_(request.now - std::chrono::days{request.history_days}) {}

  Result<DemandPanel> read() {
    SINAN_CHECK(read_places());
    SINAN_CHECK(read_discontinued());
    SINAN_TRY(const Schema sales, schema_of(fabric_, "ops.sales", options_));
    const std::string sql = fmt::format(
        "SELECT CAST(item_id AS VARCHAR), CAST(location_id AS VARCHAR), CAST(sold_at AS TIMESTAMP), CAST(quantity AS DOUBLE), coalesce({}, "
        "false) FROM ops.sales WHERE sold_at >= TIMESTAMP '{}' AND sold_at < TIMESTAMP '{}' AND item_id IS NOT NULL AND location_id IS NOT "
        "NULL",
        cell(sales, "lost_sales", "BOOLEAN"), format_timestamp(begin_), format_timestamp(request_.now));
    SINAN_TRY(auto rows, fabric_.query(system_principal("planner"), sql, options_));
    Batch batch;
    while (true) {
      SINAN_TRY(bool more, rows->next(batch));
      if (!more) break;
      for (std::size_t i = 0; i < batch.rows(); ++i) add(batch, i);
    }
    return lay_out();
  }

 private:
  struct Series {
    std::string item, location;
    LocalDays* days = nullptr;  // null: the item is discontinued
    std::int32_t first = INT32_MAX;
    Cell last{};  // that sales are added to; not among the cells yet
  };

  Status read_places() {
    SINAN_TRY(default_days_, days_of(request_.zone.name()));
    SINAN_TRY(const Schema places, schema_of(fabric_, "ops.locations", options_));
    if (!places.index_of("location_id") || !places.index_of("timezone")) return {};
    Status found;
    SINAN_CHECK(each_row(fabric_, "SELECT CAST(location_id AS VARCHAR), CAST(timezone AS VARCHAR) FROM ops.locations", options_,
                         [&](const std::vector<Column>& columns, std::size_t row) {
                           if (!found || columns[0].is_null(row) || columns[1].is_null(row)) return;
                           Result<LocalDays*> days = days_of(columns[1].text(row));
                           if (days)
                             places_.insert_or_assign(std::string(columns[0].text(row)), *days);
                           else
                             found = std::unexpected(std::move(days).error().within(
                                 fmt::format("ops.locations has no such time zone for '{}'", visible(columns[0].text(row)))));
                         }));
    return found;
  }

  Result<LocalDays*> days_of(std::string_view name) {
    if (auto known = zones_.find(name); known != zones_.end()) return &known->second;
    SINAN_TRY(Zone zone, Zone::find(name));
    return &zones_.try_emplace(std::string(name), std::move(zone), begin_, request_.now).first->second;
  }

  Status read_discontinued() {
    SINAN_TRY(const Schema items, schema_of(fabric_, "ops.items", options_));
    if (!items.index_of("item_id") || !items.index_of("status")) return {};
    return each_row(fabric_,
                    "SELECT CAST(item_id AS VARCHAR) FROM ops.items WHERE CAST(status AS VARCHAR) = 'discontinued' AND item_id IS NOT NULL",
                    options_, [&](const std::vector<Column>& columns, std::size_t row) { discontinued_.emplace(columns[0].text(row)); });
  }

  void add(const Batch& batch, std::size_t row) {
    const std::uint32_t number = series_of(batch.columns[0].text(row), batch.columns[1].text(row));
    Series& series = series_[number];
    if (!series.days) return;
    const std::int32_t day = series.days->of(Instant{std::chrono::microseconds{batch.columns[2].ints[row]}});
    if (day >= series.days->today()) return;  // a day that is not over
    const double quantity = batch.columns[3].is_null(row) ? 0 : batch.columns[3].doubles[row];
    const bool lost = batch.columns[4].ints[row] != 0;
    if (series.first != INT32_MAX && series.last.day == day) {
      series.last.quantity += quantity;
      series.last.lost |= lost;
      return;
    }
    if (series.first != INT32_MAX) cells_.push_back(series.last);
    series.first = std::min(series.first, day);
    series.last = {number, day, quantity, lost};
  }

  std::uint32_t series_of(std::string_view item, std::string_view location) {
    name_.assign(item);
    name_ += '\x1f';
    name_ += location;
    auto [found, fresh] = numbers_.try_emplace(name_, static_cast<std::uint32_t>(series_.size()));
    if (fresh) {
      Series& made = series_.emplace_back(std::string(item), std::string(location));
      auto place = places_.find(made.location);
      if (!discontinued_.contains(made.item)) made.days = place == places_.end() ? default_days_ : place->second;
    }
    return found->second;
  }

  DemandPanel lay_out() {
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < series_.size(); ++i)
      if (series_[i].first != INT32_MAX) order.push_back(i);
    std::ranges::sort(order, {}, [&](std::uint32_t i) { return std::tie(series_[i].item, series_[i].location); });
    DemandPanel out;
    std::vector<std::uint64_t> start(series_.size());
    for (std::uint32_t i : order) {
      Series& series = series_[i];
      cells_.push_back(series.last);
      start[i] = out.panel.offsets.back();
      out.panel.offsets.push_back(start[i] + static_cast<std::uint64_t>(series.days->today() - series.first));
      out.panel.keys.push_back(series.item + "@" + series.location);
      out.item_ids.push_back(std::move(series.item));
      out.location_ids.push_back(std::move(series.location));
      out.panel.ends.push_back(series.days->today() - 1);
    }
    out.panel.values.assign(out.panel.offsets.back(), 0);
    out.panel.lost.assign(out.panel.offsets.back(), 0);
    for (const Cell& cell : cells_) {
      const std::uint64_t at = start[cell.series] + static_cast<std::uint64_t>(cell.day - series_[cell.series].first);
      out.panel.values[at] += cell.quantity;
      out.panel.lost[at] |= static_cast<std::uint8_t>(cell.lost);
    }
    // More returned than sold is none sold. To single precision, so that the order in which sales are read does not show.
    for (double& value : out.panel.values) value = static_cast<double>(static_cast<float>(std::max(value, 0.0)));
    return out;
  }

  fabric::Fabric& fabric_;
  const PanelRequest& request_;
  fabric::QueryOptions options_;
  Instant begin_;
  std::map<std::string, LocalDays, std::less<>> zones_;
  LocalDays* default_days_ = nullptr;
  std::unordered_map<std::string, LocalDays*> places_;
  std::unordered_set<std::string> discontinued_;
  std::string name_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<Series> series_;
  std::vector<Cell> cells_;
};

}  // namespace

Result<DemandPanel> read_panel(fabric::Fabric& fabric, const PanelRequest& request) { return PanelReader(fabric, request).read(); }

}  // namespace sinan::demand
