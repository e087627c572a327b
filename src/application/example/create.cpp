// Making the example company.
#include "application/example/example.hpp"
#include "application/example/spelling.hpp"
#include "application/example/state.hpp"
#include "application/example/systems.hpp"
#include "application/example/workspace.hpp"

namespace sinan::example {
namespace {

namespace fs = std::filesystem;

Status check_options(const CreateOptions& options) {
  const auto within = [](std::string_view name, std::int64_t value, std::int64_t low, std::int64_t high) -> Status {
    if (value >= low && value <= high) return {};
    return fail(ErrorCode::kInvalidInput, fmt::format("{} must be between {} and {}, and is {}", name, low, high, value));
  };
  SINAN_CHECK(within("the number of items", options.items, 1, 20'000));
  SINAN_CHECK(within("the number of locations", options.locations, 1, 5));
  SINAN_CHECK(within("the number of days", options.days, 60, 2'000));
  for (const auto& folder : {options.dir, truth_of(options.dir), secrets_of(options.dir)}) {
    std::error_code error;
    if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
      return fail(ErrorCode::kConflict, "the folder holds something already; name a new one, or remove it first", folder.string());
    }
  }
  return {};
}

Status make_folders(const CreateOptions& options) {
  std::error_code error;
  for (const auto& folder : {options.dir / "data" / "shop", options.dir / "data" / "machines", truth_of(options.dir) / "demand"}) {
    fs::create_directories(folder, error);
    if (error) return fail(ErrorCode::kUnavailable, "cannot make the folder: " + error.message(), folder.string());
  }
  if (options.postgres.empty() && options.mariadb.empty()) return {};
  fs::create_directories(secrets_of(options.dir), error);
  fs::permissions(secrets_of(options.dir), fs::perms::owner_all, error);
  if (!options.postgres.empty()) SINAN_CHECK(write_file(secrets_of(options.dir) / "postgres", options.postgres));
  if (!options.mariadb.empty()) SINAN_CHECK(write_file(secrets_of(options.dir) / "mariadb", options.mariadb));
  return {};
}

// Deliveries and shop orders, day by day.
Result<std::int64_t> sell(const Company& company, const History& history, Erp& erp, Shop& shop, LineMaker& lines,
                          const Progress& progress) {
  SINAN_CHECK(erp.begin_deliveries(static_cast<std::int64_t>(history.wanted.size()) / 2));
  SINAN_CHECK(shop.begin(static_cast<std::int64_t>(history.wanted.size()) / 2, 0));
  std::int64_t count = 0;
  std::size_t at = 0;
  for (std::int64_t day = 0; day < company.origin.days; ++day) {
    const auto file = fmt::format("orders-{}.parquet", format_date(company.date(day)).substr(0, 7));
    for (std::size_t place = 0; place < company.places.size(); ++place) {
      const auto begin = at;
      while (at < history.wanted.size() && history.wanted[at].day == day && history.wanted[at].place == place) ++at;
      for (const Line& line : lines.make(place, day, std::span(history.wanted).subspan(begin, at - begin))) {
        SINAN_CHECK(line.shop ? shop.add(line, file) : erp.add(line, lines));
        ++count;
      }
    }
    if (progress) progress(static_cast<std::uint64_t>(day), static_cast<std::uint64_t>(company.origin.days));
  }
  SINAN_CHECK(shop.end());
  SINAN_CHECK(erp.end_deliveries());
  return count;
}

}  // namespace

Result<Summary> create(const CreateOptions& options, const Progress& progress, const CancelToken* cancel) {
  SINAN_CHECK(check_options(options));
  SINAN_TRY(const Zone home, Zone::find("Europe/Berlin"));
  const Date end = home.day_of(options.now);
  SINAN_TRY(const Company company,
            build_company({options.seed, options.items, options.locations, options.days, end - std::chrono::days(options.days)}));
  SINAN_TRY(auto erp_database, options.postgres.empty() ? Result<std::unique_ptr<Database>>() : open_postgres(options.postgres));
  SINAN_TRY(auto crm_database, options.mariadb.empty() ? Result<std::unique_ptr<Database>>() : open_mariadb(options.mariadb));
  SINAN_CHECK(make_folders(options));
  const auto data = options.dir / "data";
  const auto truth = truth_of(options.dir);
  if (!erp_database) {
    SINAN_TRY(erp_database, open_sqlite(data / "erp.db"));
    SINAN_CHECK(erp_database->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"));
  }
  if (!crm_database) {
    SINAN_TRY(crm_database, open_sqlite(data / "crm.db"));
  }
  const int threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 8U));
  SINAN_TRY(const History history, live_through(company, threads, cancel));
  SINAN_TRY(const auto engine, duck::Database::open({.memory_mb = 256, .threads = 2}));
  CsvFile broken(truth / "broken_rows.csv", "source,table,key,kind,column,detail");
  CsvFile anomalies(truth / "anomalies.csv", "sensor,metric,at,value");

  LineMaker lines(company);
  Erp erp(company, *erp_database, broken);
  Shop shop(company, engine, data / "shop", broken);
  SINAN_CHECK(erp.create_tables());
  SINAN_CHECK(erp_database->begin());
  SINAN_CHECK(erp.write_masters());
  SINAN_TRY(const auto sales, sell(company, history, erp, shop, lines, progress));
  SINAN_CHECK(erp.write_orders(history.orders));
  SINAN_CHECK(erp.write_empty_shelves(history.empty, 1));
  SINAN_CHECK(erp.write_stock(history.on_hand, options.days - 1));
  SINAN_CHECK(erp_database->commit());
  SINAN_CHECK(shop.write_masters());
  SINAN_TRY(const auto broken_accounts, write_crm(company, *crm_database, broken));
  const auto first_reading = std::max<std::int64_t>(0, options.days - 90);
  SINAN_TRY(const auto broken_readings,
            write_readings(company, data / "machines" / fmt::format("readings-{}.jsonl", format_date(company.date(first_reading))),
                           first_reading, options.days, broken, anomalies));
  SINAN_CHECK(write_demand(engine, truth, "history", company, history.wanted));
  SINAN_CHECK(write_truth(truth, company, options.days));
  SINAN_CHECK(broken.finish());
  SINAN_CHECK(anomalies.finish());
  State state{.origin = company.origin,
              .next_day = options.days,
              .next_shelf_number = static_cast<std::int64_t>(history.empty.size()) + 1,
              .shop_rows = shop.rows(),
              .expected_rows = static_cast<std::int64_t>(history.wanted.size()) / 2,
              .on_hand = history.on_hand,
              .lines = lines.state()};
  SINAN_CHECK(write_state(state_file(truth), state));
  const std::vector<std::string> variants = {options.postgres.empty() ? "sources/erp:sqlite" : "sources/erp:postgres",
                                             options.mariadb.empty() ? "sources/crm:sqlite" : "sources/crm:mariadb"};
  SINAN_CHECK(write_workspace(options.dir, variants, {{"secrets", fmt::format("../{}", secrets_of(options.dir).filename().string())}}));
  return Summary{.items = options.items,
                 .locations = options.locations,
                 .sales = sales,
                 .purchase_orders = static_cast<std::int64_t>(history.orders.size()),
                 .broken_rows = erp.broken_rows() + shop.broken_rows() + broken_accounts + broken_readings,
                 .first = company.date(0),
                 .last = company.date(options.days - 1)};
}

}  // namespace sinan::example
