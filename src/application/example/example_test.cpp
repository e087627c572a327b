// The example company keeps its promises: the same from the same seed, the same in every back end, and its books agree with its truth.
#include "application/example/example.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "application/example/database.hpp"
#include "application/example/workspace.hpp"
#include "base/kill_point.hpp"
#include "platform/duck/duck.hpp"
#include "tests/servers/servers.hpp"

namespace sinan::example {
namespace {

namespace fs = std::filesystem;

class Example : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              fmt::format("sinan-example-{}-{}", ::getpid(), ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  CreateOptions options(const std::string& name) const {
    return {.dir = folder_ / name,
            .seed = 7,
            .items = 24,
            .locations = 2,
            .days = 90,
            .now = Instant{Date{std::chrono::year{2026} / 3 / 2}} + std::chrono::hours{8}};
  }

  Summary made(const CreateOptions& options) {
    auto summary = create(options);
    EXPECT_TRUE(summary) << summary.error().text();
    return summary ? *summary : Summary{};
  }

  static TextRows rows(Database& database, const std::string& sql) {
    auto out = database.query(sql);
    EXPECT_TRUE(out) << out.error().text();
    return out ? *out : TextRows{};
  }
  TextRows erp(const std::string& name, const std::string& sql) {
    auto database = open_sqlite(folder_ / name / "data" / "erp.db");
    return rows(**database, sql);
  }

  // One number from SQL over files.
  std::int64_t number(const std::string& sql) {
    auto database = duck::Database::open({.threads = 1});
    auto connection = database->connect();
    auto table = connection->table("SELECT CAST(coalesce((" + sql + "), 0) AS BIGINT)");
    EXPECT_TRUE(table) << table.error().text();
    return table ? table->batches.at(0).columns.at(0).ints.at(0) : -1;
  }

  fs::path folder_;
};

std::string whole(const fs::path& file) { return read_file(file).value_or(""); }

constexpr auto kOrders =
    "SELECT ebeln, lifnr, matnr, werks, CAST(menge AS INTEGER), CAST(round(netpr * 10000) AS INTEGER), bedat, eindt, wedat, statu FROM "
    "purchase_orders ORDER BY ebeln";
constexpr auto kDeliveries =
    "SELECT lfdnr, vbeln, posnr, kunnr, matnr, werks, bwart, CAST(lfimg AS INTEGER), CAST(round(netpr * 100) AS INTEGER), budat, aktnr, "
    "notiz "
    "FROM lips ORDER BY lfdnr";
constexpr auto kStock = "SELECT matnr, werks, CAST(labst AS INTEGER), stand FROM mard ORDER BY matnr, werks";

TEST_F(Example, TheSameSeedGivesTheSameCompany) {
  made(options("one"));
  made(options("two"));
  auto other = options("three");
  other.seed = 8;
  made(other);
  for (const auto* sql : {kOrders, kDeliveries, kStock}) {
    EXPECT_EQ(erp("one", sql), erp("two", sql));
    EXPECT_NE(erp("one", sql), erp("three", sql));
  }
  for (const auto* file : {"broken_rows.csv", "same_customers.csv", "items.csv", "company.json"}) {
    EXPECT_EQ(whole(folder_ / "one.truth" / file), whole(folder_ / "two.truth" / file)) << file;
    EXPECT_FALSE(whole(folder_ / "one.truth" / file).empty()) << file;
  }
}

TEST_F(Example, WhatTheBooksSayAddsUpToTheTruth) {
  const auto summary = made(options("shop"));
  EXPECT_EQ(format_date(summary.first), "2025-12-02");
  EXPECT_EQ(format_date(summary.last), "2026-03-01");
  const auto truth = (folder_ / "shop.truth").string();
  const auto sold = number("SELECT sum(sold) FROM '" + truth + "/demand/*.parquet'");
  EXPECT_GT(sold, 500);
  // Rows that were broken in quantity, or doubled, do not count the same; they are known, and few.
  const auto shipped =
      number("SELECT sum(quantity) FROM '" + (folder_ / "shop/data/shop/orders-*.parquet").string() + "' WHERE status <> 'returned'");
  const auto delivered =
      std::stoll(*erp("shop", "SELECT CAST(sum(lfimg) AS INTEGER) FROM lips WHERE bwart = '601' AND lfimg < 100000").at(0).at(0));
  const auto broken = number("SELECT count(*) FROM '" + truth +
                             "/broken_rows.csv' WHERE kind IN ('quantity_range', 'quantity_zero', 'duplicate', 'bad_status')");
  EXPECT_GT(broken, 0);
  EXPECT_NEAR(static_cast<double>(shipped + delivered), static_cast<double>(sold), static_cast<double>(40 * broken));
  EXPECT_EQ(number("SELECT count(*) FROM '" + truth + "/demand/*.parquet' WHERE sold > demand OR sold < 0 OR expected <= 0"), 0);
}

TEST_F(Example, EveryKindOfBrokenRowComesUpInEveryTable) {
  const auto summary = made(options("shop"));
  const auto file = "'" + (folder_ / "shop.truth/broken_rows.csv").string() + "'";
  EXPECT_EQ(number("SELECT count(*) FROM " + file), summary.broken_rows);
  EXPECT_EQ(number("SELECT count(DISTINCT source || \"table\") FROM " + file), 10);
  EXPECT_GE(number("SELECT count(DISTINCT \"table\" || kind) FROM " + file), 30);
}

TEST_F(Example, ADayThatPassesSellsFromStockAndReceivesWhatWasOrdered) {
  made(options("shop"));
  const auto before = erp("shop", kStock);
  auto passed = advance(folder_ / "shop", 3);
  ASSERT_TRUE(passed) << passed.error().text();
  EXPECT_EQ(format_date(passed->last), "2026-03-04");
  EXPECT_GT(passed->units_sold, 0);
  EXPECT_NE(erp("shop", kStock), before);
  EXPECT_TRUE(fs::exists(folder_ / "shop/data/shop/orders-2026-03-02.parquet"));
  const auto on_hand = [&](const char* when) {
    return std::stoll(
        *erp("shop", std::string("SELECT CAST(sum(abs(labst)) AS INTEGER) FROM mard WHERE werks <> 'XX99' AND labst >= 0 ") + when)
             .at(0)
             .at(0));
  };
  EXPECT_GE(on_hand(""), 0);
  // Three days at once are three times one day.
  made(options("slow"));
  for (int day = 0; day < 3; ++day) ASSERT_TRUE(advance(folder_ / "slow", 1));
  for (const auto* sql : {kOrders, kDeliveries, kStock}) EXPECT_EQ(erp("shop", sql), erp("slow", sql));
}

// Killed at each point and then asked again, a company has lived the same days as one that was never disturbed, and its truth with it.
TEST_F(Example, AnAdvanceThatIsKilledIsFinishedOrUndone) {
  made(options("calm"));
  fs::copy(folder_ / "calm", folder_ / "fresh", fs::copy_options::recursive);
  fs::copy(folder_ / "calm.truth", folder_ / "fresh.truth", fs::copy_options::recursive);
  ASSERT_TRUE(advance(folder_ / "calm", 2));
  for (const auto& [point, happened] : {std::pair{"example.advance.begun", false}, std::pair{"example.advance.announced", false},
                                        std::pair{"example.advance.committed", true}}) {
    SCOPED_TRACE(point);
    fs::remove_all(folder_ / "killed");
    fs::remove_all(folder_ / "killed.truth");
    fs::copy(folder_ / "fresh", folder_ / "killed", fs::copy_options::recursive);
    fs::copy(folder_ / "fresh.truth", folder_ / "killed.truth", fs::copy_options::recursive);
    // What had not happened may be more days than are asked for then.
    const std::int64_t tried = happened ? 1 : 3;
    const pid_t child = ::fork();
    if (child == 0) {
      arm_kill_point(point);
      (void)advance(folder_ / "killed", tried);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    const std::int64_t left = happened ? 1 : 2;
    const auto passed = advance(folder_ / "killed", left);
    ASSERT_TRUE(passed) << passed.error().text();
    EXPECT_EQ(passed->finished_days, happened ? tried : 0);
    for (const auto* sql : {kOrders, kDeliveries, kStock}) EXPECT_EQ(erp("killed", sql), erp("calm", sql));
    const auto lines = [&](const std::string& name) {
      return number("SELECT count(*) FROM '" + (folder_ / name / "data/shop/orders-2026-03-*.parquet").string() + "'");
    };
    EXPECT_EQ(lines("killed"), lines("calm")) << "days that were undone must not be there";
    EXPECT_FALSE(fs::exists(folder_ / "killed.truth/advance.json"));
    EXPECT_FALSE(fs::exists(folder_ / "killed.truth/next.json"));
    if (happened) continue;  // one day after another names its files of readings differently
    for (const auto* file : {"broken_rows.csv", "anomalies.csv", "company.json"})
      EXPECT_EQ(whole(folder_ / "killed.truth" / file), whole(folder_ / "calm.truth" / file)) << file;
  }
}

TEST_F(Example, AnOrderWrittenBackArrivesAndIsBookedOnce) {
  made(options("shop"));
  {
    auto database = open_sqlite(folder_ / "shop/data/erp.db");
    const auto offer = rows(**database, "SELECT lifnr, matnr FROM eine ORDER BY matnr, lifnr LIMIT 1").at(0);
    ASSERT_TRUE((*database)->execute(
        "INSERT INTO purchase_orders (lifnr, matnr, werks, menge, meins, netpr, waers, bedat, eindt, statu, decision_key) VALUES ('" +
        *offer[0] + "', '" + *offer[1] + "', 'DE10', 5000, 'PCE', 1, 'EUR', '2026-03-01 23:00:00', '2026-03-09 23:00:00', 'O', 'd-1')"));
  }
  const std::string shelf =
      "SELECT CAST(abs(labst) AS INTEGER) FROM mard WHERE werks = 'DE10' AND matnr = (SELECT matnr FROM purchase_orders WHERE decision_key "
      "= 'd-1')";
  EXPECT_LT(std::stoll(*erp("shop", shelf).at(0).at(0)), 4000);
  ASSERT_TRUE(advance(folder_ / "shop", 60));
  const auto order = erp("shop", "SELECT statu, CAST(wemng AS INTEGER), wedat FROM purchase_orders WHERE decision_key = 'd-1'").at(0);
  EXPECT_EQ(order[0], "R");
  EXPECT_EQ(order[1], "5000");
  EXPECT_GT(order[2], "2026-03-02");
  const auto stock = std::stoll(*erp("shop", shelf).at(0).at(0));
  EXPECT_GT(stock, 3500);
  EXPECT_LT(stock, 6000);
}

TEST_F(Example, RefusesWhatItCannotMake) {
  made(options("shop"));
  EXPECT_EQ(create(options("shop")).error().code, ErrorCode::kConflict);
  auto few = options("few");
  few.items = 0;
  EXPECT_EQ(create(few).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(advance(folder_ / "nowhere", 1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(advance(folder_ / "shop", 0).error().code, ErrorCode::kInvalidInput);
}

TEST_F(Example, IsTheSameCompanyInPostgresAndMariadb) {
  auto& postgres = testing::PostgresServer::shared();
  auto& mariadb = testing::MariadbServer::shared();
  made(options("files"));
  auto served = options("served");
  served.postgres = postgres.url(postgres.fresh_database());
  served.mariadb = mariadb.url(mariadb.fresh_database());
  made(served);
  const auto compare = [&](Database& remote, const fs::path& file, const std::string& sql) {
    auto local = open_sqlite(file);
    EXPECT_EQ(rows(**local, sql), rows(remote, sql)) << sql;
  };
  auto erp_there = open_postgres(served.postgres);
  ASSERT_TRUE(erp_there) << erp_there.error().text();
  const auto compare_erp = [&] {
    for (const auto* sql : {kOrders, kDeliveries, kStock,
                            "SELECT matnr, maktx, maktx_zh, CAST(round(stprs * 100) AS INTEGER), ersda FROM mara ORDER BY matnr"}) {
      compare(**erp_there, folder_ / "files/data/erp.db", std::string(sql));
    }
  };
  compare_erp();
  auto crm_there = open_mariadb(served.mariadb);
  ASSERT_TRUE(crm_there) << crm_there.error().text();
  for (const auto* sql : {"SELECT id, account_name, email, phone, street, zip, created_at FROM accounts ORDER BY id",
                          "SELECT id, label, barcode FROM products ORDER BY id", "SELECT id, company, tax_no FROM vendors ORDER BY id"}) {
    compare(**crm_there, folder_ / "files/data/crm.db", sql);
  }
  ASSERT_TRUE(advance(folder_ / "files", 2));
  ASSERT_TRUE(advance(folder_ / "served", 2));
  compare_erp();
  EXPECT_TRUE(fs::exists(folder_ / "served/sources/erp.yaml"));
  EXPECT_EQ(whole(folder_ / "served/sources/erp.yaml").find("SECRET"), std::string::npos);
  EXPECT_NE(whole(folder_ / "served/sources/erp.yaml").find("file:../served.secrets/postgres"), std::string::npos);
  EXPECT_EQ(create(options("again")).has_value(), true);
  auto taken = options("taken");
  taken.postgres = served.postgres;
  EXPECT_EQ(create(taken).error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace sinan::example
