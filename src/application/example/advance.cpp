// Letting time pass for the example company: goods arrive, customers buy what there is, systems write it down.
#include "application/example/example.hpp"
#include "application/example/state.hpp"
#include "application/example/systems.hpp"
#include "application/example/unfinished.hpp"
#include "application/example/workspace.hpp"
#include "base/kill_point.hpp"

namespace sinan::example {
namespace {

namespace fs = std::filesystem;

struct OpenOrder {
  std::string number;
  std::size_t shelf = 0;
  std::int64_t quantity = 0;
  std::int64_t arrives_day = 0;
  std::int64_t expected_day = 0;
};

template <typename T>
std::map<std::string, std::size_t> numbers_of(const std::vector<T>& things) {
  std::map<std::string, std::size_t> out;
  for (std::size_t i = 0; i < things.size(); ++i) out.emplace(things[i].id, i);
  return out;
}

// Whole units of a decimal number as a database prints it.
std::int64_t units(const std::string& text) { return std::llround(std::strtod(text.c_str(), nullptr)); }

// What is on its way, whoever ordered it; orders that nobody could deliver (unknown item, place or supplier) stay open for ever.
Result<std::vector<OpenOrder>> read_open_orders(const Company& company, Database& database) {
  SINAN_TRY(const auto rows,
            database.query("SELECT ebeln, lifnr, matnr, werks, menge, bedat, eindt FROM purchase_orders WHERE statu = 'O' ORDER BY ebeln"));
  const auto items = numbers_of(company.items);
  const auto places = numbers_of(company.places);
  const auto suppliers = numbers_of(company.suppliers);
  std::vector<OpenOrder> out;
  for (const auto& row : rows) {
    if (!std::ranges::all_of(row, [](const auto& cell) { return cell.has_value(); })) continue;
    const auto supplier = suppliers.find(*row[1]);
    const auto item = items.find(*row[2]);
    const auto place = places.find(*row[3]);
    if (supplier == suppliers.end() || item == items.end() || place == places.end()) continue;
    SINAN_TRY(const Date ordered, parse_date(row[5]->substr(0, 10)));
    SINAN_TRY(const Date expected, parse_date(row[6]->substr(0, 10)));
    const auto day_of = [&](Date date) { return (date - company.origin.first).count(); };
    out.push_back({*row[0], item->second * company.places.size() + place->second, units(*row[4]),
                   day_of(ordered) + true_lead_days(company, supplier->second, item->second, place->second, ordered), day_of(expected)});
  }
  return out;
}

// One day of the whole company, after another.
class Life {
 public:
  Life(const Company& company, State& state, Erp& erp, Shop& shop, LineMaker& lines, Passed& passed)
      : company_(company), state_(state), erp_(erp), shop_(shop), lines_(lines), passed_(passed) {}

  Status one_day(std::vector<OpenOrder>& open) {
    const auto day = state_.next_day;
    SINAN_CHECK(receive(open, day));
    std::vector<Wanted> wanted;
    std::vector<EmptyShelf> empty;
    const auto file = fmt::format("orders-{}.parquet", format_date(company_.date(day)));
    for (std::size_t place = 0; place < company_.places.size(); ++place) {
      const auto begin = wanted.size();
      trade(place, day, wanted, empty);
      for (const Line& line : lines_.make(place, day, std::span(wanted).subspan(begin))) {
        SINAN_CHECK(line.shop ? shop_.add(line, file) : erp_.add(line, lines_));
        ++passed_.sales;
      }
    }
    empty_.insert(empty_.end(), empty.begin(), empty.end());
    wanted_.insert(wanted_.end(), wanted.begin(), wanted.end());
    ++state_.next_day;
    return {};
  }

  const std::vector<Wanted>& wanted() const { return wanted_; }
  const std::vector<EmptyShelf>& empty() const { return empty_; }
  const std::vector<std::string>& receipts() const { return receipts_; }

 private:
  Status receive(std::vector<OpenOrder>& open, std::int64_t day) {
    std::erase_if(open, [&](const OpenOrder& order) {
      if (order.arrives_day > day) return false;
      state_.on_hand[order.shelf] += order.quantity;
      ++passed_.orders_received;
      if (day > order.expected_day) ++passed_.orders_late;
      std::string at;
      append_timestamp(at, Instant{company_.date(day)} + std::chrono::hours{9});
      receipts_.push_back(
          fmt::format("UPDATE purchase_orders SET wemng = menge, wedat = '{}', statu = 'R' WHERE ebeln = {}", at, order.number));
      return true;
    });
    return {};
  }

  void trade(std::size_t place, std::int64_t day, std::vector<Wanted>& wanted, std::vector<EmptyShelf>& empty) {
    for (std::size_t item = 0; item < company_.items.size(); ++item) {
      auto& on_hand = state_.on_hand[item * company_.places.size() + place];
      const auto demand = demand_on(company_, item, place, day);
      const auto sold = std::min(demand, on_hand);
      on_hand -= sold;
      passed_.units_sold += sold;
      passed_.units_lost += demand - sold;
      const auto small = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
      const auto number = [](std::size_t value) { return static_cast<std::uint32_t>(value); };
      if (demand > 0) wanted.push_back({small(day), number(item), number(place), small(demand), small(sold)});
      const Item& what = company_.items[item];
      if (on_hand == 0 && day >= what.launch_day && !what.discontinued) empty.push_back({small(day), number(item), number(place)});
    }
  }

  const Company& company_;
  State& state_;
  Erp& erp_;
  Shop& shop_;
  LineMaker& lines_;
  Passed& passed_;
  std::vector<Wanted> wanted_;
  std::vector<EmptyShelf> empty_;
  std::vector<std::string> receipts_;
};

Result<std::unique_ptr<Database>> open_erp(const fs::path& dir) {
  const auto secret = secrets_of(dir) / "postgres";
  std::error_code error;
  if (!fs::exists(secret, error)) return open_sqlite(dir / "data" / "erp.db");
  SINAN_TRY(const auto address, read_file(secret));
  return open_postgres(address);
}

}  // namespace

Result<Passed> advance(const fs::path& dir, std::int64_t days) {
  if (days < 1 || days > 366)
    return fail(ErrorCode::kInvalidInput, fmt::format("the number of days must be between 1 and 366, and is {}", days));
  const auto truth = truth_of(dir);
  SINAN_CHECK(read_state(state_file(truth)));  // says so when this is no company, before its ERP is looked for
  SINAN_TRY(auto database, open_erp(dir));
  SINAN_TRY(Recovered recovered, recover_days(dir, *database));
  State& state = recovered.state;
  SINAN_TRY(const Company company, build_company(state.origin));
  const std::array growing{truth / "broken_rows.csv", truth / "anomalies.csv"};
  SINAN_CHECK(begin_days(truth, state, days, growing));
  kill_point("example.advance.begun");
  SINAN_TRY(const auto engine, duck::Database::open({.memory_mb = 256, .threads = 1}));
  CsvFile broken(growing[0], "source,table,key,kind,column,detail");
  CsvFile anomalies(growing[1], "sensor,metric,at,value");
  Passed passed{.days = days, .finished_days = recovered.finished};
  LineMaker lines(company);
  lines.restore(state.lines);
  Erp erp(company, *database, broken);
  Shop shop(company, engine, dir / "data" / "shop", broken);
  Life life(company, state, erp, shop, lines, passed);
  const auto first_day = state.next_day;

  SINAN_TRY(auto open, read_open_orders(company, *database));
  SINAN_CHECK(database->begin());
  SINAN_CHECK(erp.begin_deliveries(state.expected_rows));
  SINAN_CHECK(shop.begin(state.expected_rows, state.shop_rows));
  for (std::int64_t i = 0; i < days; ++i) SINAN_CHECK(life.one_day(open));
  SINAN_CHECK(shop.end());
  SINAN_CHECK(erp.end_deliveries());
  for (const auto& sql : life.receipts()) SINAN_CHECK(database->execute(sql));
  SINAN_CHECK(erp.write_empty_shelves(life.empty(), state.next_shelf_number));
  SINAN_CHECK(erp.write_stock(state.on_hand, state.next_day - 1));
  const auto name = format_date(company.date(first_day));
  SINAN_TRY(const auto bad, write_readings(company, dir / "data" / "machines" / fmt::format("readings-{}.jsonl", name), first_day,
                                           state.next_day, broken, anomalies));
  (void)bad;
  SINAN_CHECK(write_demand(engine, truth, name, company, life.wanted()));
  SINAN_CHECK(broken.finish());
  SINAN_CHECK(anomalies.finish());
  state.next_shelf_number += static_cast<std::int64_t>(life.empty().size());
  state.shop_rows = shop.rows();
  state.lines = lines.state();
  SINAN_CHECK(announce_days(truth, state));
  kill_point("example.advance.announced");
  SINAN_CHECK(database->commit());
  kill_point("example.advance.committed");
  SINAN_CHECK(settle_days(truth));
  passed.last = company.date(state.next_day - 1);
  return passed;
}

}  // namespace sinan::example
