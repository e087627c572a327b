// Files in, files out: columns, times as they were written, gaps, backtests, and mistakes that name their series.
#include "operations/demand/files/forecast.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/time.hpp"
#include "operations/demand/files/calendar.hpp"
#include "operations/demand/files/explanation.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::demand {
namespace {

class FileForecast : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() /
           fmt::format("sinan-file-forecast-{}", std::chrono::steady_clock::now().time_since_epoch().count());
    std::filesystem::create_directories(dir_);
    options_.input = dir_ / "in.csv";
    options_.horizon = 2;
    options_.print = [this](std::string_view text) { printed_ += text; };
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  Result<FileForecastReport> run(const std::string& csv) {
    std::ofstream(options_.input, std::ios::binary) << csv;
    printed_.clear();
    return forecast_file(options_);
  }
  // The cells of the printed CSV.
  std::vector<std::vector<std::string>> cells() const {
    std::vector<std::vector<std::string>> out;
    std::istringstream lines(printed_);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream parts(line);
      out.emplace_back();
      for (std::string cell; std::getline(parts, cell, ',');) out.back().push_back(cell);
    }
    return out;
  }

  std::filesystem::path dir_;
  FileForecastOptions options_;
  std::string printed_;
};

TEST_F(FileForecast, TimesComeBackAsTheyWereWritten) {
  struct Case {
    const char* first;
    const char* second;
    const char* third;
    const char* next;
    const char* frequency;
  };
  for (const Case& c : {Case{"7", "8", "9", "10", "numbered"}, Case{"2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01", "daily"},
                        Case{"2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23", "weekly"},
                        Case{"2025-11-01", "2025-12-01", "2026-01-01", "2026-02-01", "monthly"},
                        Case{"2025-11-30", "2025-12-31", "2026-01-31", "2026-02-28", "monthly"},
                        Case{"2023-12-31", "2024-12-31", "2025-12-31", "2026-12-31", "yearly"},
                        Case{"2026-02-28T22:00", "2026-02-28T23:00", "2026-03-01T00:00", "2026-03-01T01:00", "hourly"},
                        Case{"2026-02-28 21:30:00Z", "2026-02-28 22:30:00Z", "2026-02-28 23:30:00Z", "2026-03-01 00:30:00Z", "hourly"}}) {
    auto report = run(fmt::format("unique_id,ds,y\na,{},1\na,{},3\na,{},2\n", c.second, c.first, c.third));
    ASSERT_TRUE(report) << c.first << report.error().text();
    EXPECT_EQ(report->frequency, c.frequency);
    auto rows = cells();
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0], (std::vector<std::string>{"unique_id", "ds", "yhat", "q10", "q50", "q90", "model"}));
    EXPECT_EQ(rows[1][1], c.next);
  }
}

TEST_F(FileForecast, WorkingDaysGoOnFromMondayToFriday) {
  // Two weeks and a half from Monday 2 March 2026 on, 1 … 5 on the days of the week.
  std::string csv = "unique_id,ds,y\n";
  for (int day = 2; day <= 31; ++day)
    if (const int weekday = (day - 2) % 7; weekday < 5) csv += fmt::format("a,2026-03-{:02},{}\n", day, weekday + 1);
  options_.horizon = 6;
  auto daily = run(csv);
  ASSERT_TRUE(daily) << daily.error().text();
  ASSERT_EQ(daily->remarks.size(), 1U);
  EXPECT_NE(daily->remarks[0].find("--freq B"), std::string::npos) << daily->remarks[0];
  EXPECT_EQ(cells()[5][1], "2026-04-05");  // a Sunday

  options_.frequency = "B";
  auto working = run(csv);
  ASSERT_TRUE(working) << working.error().text();
  EXPECT_EQ(working->frequency, "working-day");
  EXPECT_TRUE(working->remarks.empty());
  auto rows = cells();
  ASSERT_EQ(rows.size(), 7U);
  const std::pair<const char*, double> expected[] = {{"2026-04-01", 3}, {"2026-04-02", 4}, {"2026-04-03", 5},
                                                     {"2026-04-06", 1}, {"2026-04-07", 2}, {"2026-04-08", 3}};
  for (std::size_t h = 0; h < std::size(expected); ++h) {
    EXPECT_EQ(rows[h + 1][1], expected[h].first);
    EXPECT_NEAR(std::stod(rows[h + 1][2]), expected[h].second, 0.3) << expected[h].first;
  }
  auto weekend = run(csv + "a,2026-04-04,9\n");
  ASSERT_FALSE(weekend);
  EXPECT_NE(weekend.error().text().find("2026-04-04 is a Saturday or Sunday"), std::string::npos) << weekend.error().text();
}

TEST(Calendar, AWeekendLiesBetweenItsFridayAndItsMonday) {
  auto stamp = [](const char* text) { return *parse_stamp(text); };
  const auto found = Calendar::find({stamp("1969-12-29"), stamp("1969-12-30")}, {2}, "B");
  ASSERT_TRUE(found);
  struct Case {
    const char* from;
    const char* to;
    std::int64_t distance;
  };
  for (const Case& c : {Case{"2026-03-06", "2026-03-09", 1}, Case{"2026-03-06", "2026-03-07", 0}, Case{"2026-03-07", "2026-03-09", 0},
                        Case{"2026-03-07", "2026-03-06", -1}, Case{"2026-03-07", "2026-03-08", 0}, Case{"1969-12-26", "1970-01-05", 6},
                        Case{"1970-01-05", "1969-12-26", -6}})
    EXPECT_EQ(found->distance(stamp(c.from), stamp(c.to)), c.distance) << c.from << " " << c.to;
  EXPECT_EQ(found->after(stamp("1970-01-05"), -6, ""), "1969-12-26");
  EXPECT_EQ(found->after(stamp("1969-12-26"), 6, ""), "1970-01-05");
  EXPECT_EQ(found->periods_in("week"), 5);
}

TEST(Calendar, KnowsHowManyPeriodsLongerOnesHave) {
  struct Case {
    const char* first;
    const char* second;
    const char* span;
    std::optional<int> periods;
  };
  for (const Case& c : {Case{"2026-03-02", "2026-03-03", "week", 7}, Case{"2026-03-02", "2026-03-03", "month", std::nullopt},
                        Case{"2026-03-02", "2026-03-09", "week", std::nullopt}, Case{"2026-03-01", "2026-04-01", "quarter", 3},
                        Case{"2026-03-01", "2026-04-01", "year", 12}, Case{"2026-03-01", "2026-04-01", "week", std::nullopt},
                        Case{"2026-01-01", "2026-04-01", "year", 4}, Case{"2026-03-02 00:00", "2026-03-02 01:00", "day", 24},
                        Case{"2026-03-02 00:00", "2026-03-02 01:00", "week", 168}, Case{"1", "2", "week", std::nullopt}}) {
    auto found = Calendar::find({*parse_stamp(c.first), *parse_stamp(c.second)}, {2}, "");
    ASSERT_TRUE(found) << c.first;
    EXPECT_EQ(found->periods_in(c.span), c.periods) << c.first << " " << c.span;
  }
}

TEST_F(FileForecast, BacktestsShowWhatWasKnownAndWhatCame) {
  std::string csv = "unique_id,ds,y\n";
  for (int t = 1; t <= 20; ++t) csv += fmt::format("007,{},{}\n", t, 10 + t % 3);
  options_.backtest = 2;
  options_.step = 1;
  options_.quantiles = {0.999, 0.5};
  ASSERT_TRUE(run(csv));
  auto rows = cells();
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0], (std::vector<std::string>{"unique_id", "ds", "cutoff", "y", "yhat", "q50", "q99.9", "model"}));
  EXPECT_EQ(rows[1][0], "007");
  EXPECT_EQ(rows[1][1], "19");
  EXPECT_EQ(rows[1][2], "18");
  EXPECT_EQ(rows[1][3], "11");
  EXPECT_EQ(rows[4][1], "21");
  EXPECT_EQ(rows[4][3], "");
  std::string without_future = csv.substr(0, csv.find("007,19"));
  std::string yhat = rows[1][4];
  options_.backtest = 0;
  ASSERT_TRUE(run(without_future));
  EXPECT_EQ(cells()[1][2], yhat);
}

TEST_F(FileForecast, SumsGrowAndGapsCanBeZero) {
  options_.cumulative = true;
  ASSERT_TRUE(run("unique_id,ds,y\na,1,4\na,2,4\na,3,4\na,4,4\na,5,4\na,6,4\na,7,4\na,8,4\n"));
  EXPECT_EQ(cells()[1][2], "4");
  EXPECT_EQ(cells()[2][2], "8");
  options_.cumulative = false;
  std::string gaps = "unique_id,ds,y\n";
  for (int t = 0; t < 60; t += 5) gaps += fmt::format("a,{},6\na,{},\n", t + 1, t + 2);
  ASSERT_TRUE(run(gaps));
  EXPECT_EQ(cells()[1][2], "6");
  options_.zero_gaps = true;
  ASSERT_TRUE(run(gaps));
  EXPECT_EQ(cells()[1][2], "0");
}

// Two of three series end in period 40: the origins of a backtest are the same for all, and the third has had no demand since 20. With most
// series ending apart (periods that are only numbers) each keeps its own end.
TEST_F(FileForecast, ABacktestHasTheSameOriginsForSeriesThatEndEarlier) {
  std::string csv = "unique_id,ds,y\n";
  for (int t = 1; t <= 40; ++t) csv += fmt::format("a,{},5\nb,{},{}\n", t, t, 3 + t % 2);
  for (int t = 1; t <= 20; ++t) csv += fmt::format("c,{},1\n", t);
  options_.backtest = 2;
  ASSERT_TRUE(run(csv));
  EXPECT_NE(printed_.find("\nc,40,39,0,"), std::string::npos) << printed_;
  csv = "unique_id,ds,y\n";
  for (int t = 1; t <= 40; ++t) csv += fmt::format("a,{},5\n", t);
  for (int t = 1; t <= 20; ++t) csv += fmt::format("c,{},1\n", t);
  ASSERT_TRUE(run(csv));
  EXPECT_NE(printed_.find("\nc,20,19,1,"), std::string::npos) << printed_;
}

TEST_F(FileForecast, ParquetOutHoldsTheSameNumbers) {
  std::string csv = "unique_id,ds,y,price,season\n";
  for (int t = 1; t <= 48; ++t) csv += fmt::format("\"a,b\",{},{},1,12\n", t, 20 + t % 12);
  auto report = run(csv);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->notes, std::vector<std::string>{"not used: price (one value everywhere)"});
  EXPECT_TRUE(printed_.find("\"a,b\",49,") != std::string::npos) << printed_;
  options_.output = dir_ / "out.parquet";
  ASSERT_TRUE(run(csv));
  auto connection = duck::Database::open({}).value().connect().value();
  auto table = connection.table(fmt::format("SELECT unique_id, ds, yhat FROM '{}' ORDER BY ds", options_.output.string()));
  ASSERT_TRUE(table) << table.error().text();
  EXPECT_EQ(table->rows(), 2U);
  EXPECT_EQ(table->batches[0].columns[0].text(0), "a,b");
  EXPECT_NEAR(table->batches[0].columns[2].doubles[0], 21, 0.5);
}

TEST_F(FileForecast, MistakesNameTheFileAndTheSeries) {
  struct Case {
    const char* csv;
    const char* says;
  };
  for (const Case& c : {Case{"unique_id,y\na,1\n", "'ds' is missing"}, Case{"unique_id,ds,y\nA7,yesterday,1\n", "series A7"},
                        Case{"unique_id,ds,y\nA7,1,x\n", "no finite number"}, Case{"unique_id,ds,y\nA7,1,inf\n", "series A7"},
                        Case{"unique_id,ds,y\nA7,1,2\nA7,1,3\n", "two rows"}, Case{"unique_id,ds,y\nA7,1,2\nA7,2026-01-01,3\n", "mixed"},
                        Case{"unique_id,ds,y\n", "no rows"}, Case{"unique_id,ds,y\nA7,1,\n", "A7"}}) {
    auto report = run(c.csv);
    ASSERT_FALSE(report) << c.csv;
    EXPECT_NE(report.error().text().find(c.says), std::string::npos) << report.error().text();
  }
  options_.input = dir_ / "absent.csv";
  EXPECT_FALSE(forecast_file(options_));
  EXPECT_TRUE(printed_.empty());
}

// A file that is read some series at a time gives the medians of one that is read whole, and quantiles from a sample of its errors.
TEST_F(FileForecast, TimesKeepTheirOffset) {
  for (const char* offset : {"+08:00", "-0330", "+01", "Z", ""}) {
    std::string csv = "unique_id,ds,y\n";
    for (int day = 26; day <= 28; ++day) csv += fmt::format("a,2026-02-{}T00:00:00{},5\n", day, offset);
    auto report = run(csv);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(cells().at(1).at(1), fmt::format("2026-03-01T00:00:00{}", offset));
    EXPECT_EQ(cells().at(2).at(1), fmt::format("2026-03-02T00:00:00{}", offset));
  }
}

// Forecasts are computed in single precision: what has few digits is meant, and what has many is not rounded to fewer.
TEST_F(FileForecast, NumbersHaveTheDigitsThatTheyNeed) {
  for (const char* value : {"60.3", "16777217", "123456789", "0.1", "21.75", "-3", "0"}) {
    std::string csv = "unique_id,ds,y\n";
    for (int t = 1; t <= 5; ++t) csv += fmt::format("a,{},{}\n", t, value);
    auto report = run(csv);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(cells().at(1).at(2), value);
  }
}

TEST_F(FileForecast, FilesThatCannotBeMeantAreRefused) {
  const std::string good = "unique_id,ds,y\na,1,5\na,2,6\na,3,5\n";
  auto says = [&](const std::string& csv) {
    auto report = run(csv);
    return report ? std::string("nothing") : report.error().text();
  };
  EXPECT_TRUE(says("unique_id,ds,y\na,1,5\na,2,6,7\na,3,5\n").contains("in.csv:3: the row has 4 values, the first has 3"));
  EXPECT_TRUE(says("").contains("the file is empty"));
  EXPECT_TRUE(says("unique_id,ds,y\ncaf\xe9,1,5\n").contains("not text in UTF-8")) << says("unique_id,ds,y\ncaf\xe9,1,5\n");
  EXPECT_TRUE(says("unique_id,ds,y,season\na,1,5,7\na,2,6,12\n").contains("season: is 7 in one row and 12 in another"));
  EXPECT_TRUE(says("unique_id,ds,y\na,9223372036854775807,5\n").contains("too large"));
  options_.output = options_.input;
  EXPECT_TRUE(says(good).contains("write to another file"));
  std::ifstream kept(options_.input);
  std::string first;
  std::getline(kept, first);
  EXPECT_EQ(first, "unique_id,ds,y");
  options_.output = dir_ / "out.json";
  EXPECT_TRUE(says(good).contains("let the name end in .csv or .parquet"));
  options_.output = dir_ / "out.csv.gz";
  EXPECT_TRUE(says(good).contains("let the name end in .csv or .parquet"));
  options_.output.clear();
  options_.input = dir_;
  EXPECT_TRUE(forecast_file(options_).error().text().contains("this is a folder"));
}

TEST_F(FileForecast, ASeriesOfAnotherFrequencyIsTold) {
  std::string csv = "unique_id,ds,y\n";
  for (int t = 0; t < 60; ++t) csv += fmt::format("daily,{},5\n", format_date(Date(std::chrono::days(18'000 + t))));
  EXPECT_TRUE(run(csv)->remarks.empty());
  for (int month = 1; month <= 5; ++month) csv += fmt::format("monthly,2019-0{}-01,5\n", month);
  const auto told = run(csv)->remarks;
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(told[1].starts_with("Series 'monthly' ends before 2019-06-12, the last period")) << told[1];
  EXPECT_TRUE(told[0].starts_with("Series 'monthly' has no two neighbouring rows in a daily file")) << told[0];
  options_.zero_gaps = true;
  EXPECT_TRUE(run(csv)->remarks.empty());
}

TEST_F(FileForecast, ABacktestTellsOfSeriesThatEndedBeforeTheOthers) {
  std::string csv = "unique_id,ds,y\n";
  for (int t = 1; t <= 20; ++t) csv += fmt::format("a,{},5\nb,{},6\n", t, t);
  for (int t = 1; t <= 9; ++t) csv += fmt::format("gone,{},7\n", t);
  EXPECT_TRUE(run(csv)->remarks.empty()) << "it goes on from its own end";
  options_.backtest = 2;
  const auto told = run(csv)->remarks;
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].starts_with("Series 'gone' ends before the others: backtests and sums take it as without demand since.")) << told[0];
}

TEST_F(FileForecast, AStreamedFileGivesTheSameMedians) {
  auto csv = [](bool scattered) {
    std::vector<std::string> lines;
    for (int i = 0; i < 60; ++i)
      for (int t = 0; t < 40; ++t)
        lines.push_back(
            fmt::format("s{},{},{}\n", i, format_date(Date(std::chrono::days(18'000 + 7 * t))), 50 + i + (i * 7 + t * 13) % 17));
    if (scattered) std::swap(lines.front(), lines.back());
    std::string out = "unique_id,ds,y\n";
    for (const std::string& line : lines) out += line;
    return out;
  };
  options_.output = dir_ / "out.csv";
  auto written = [&](const std::string& text) {
    auto report = run(text);
    EXPECT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->series, 60U);
    EXPECT_EQ(report->rows_read, 2400U);
    EXPECT_EQ(report->frequency, "weekly");
    std::ifstream file(options_.output);
    std::vector<std::vector<std::string>> rows;
    for (std::string line; std::getline(file, line);) {
      std::istringstream parts(line);
      rows.emplace_back();
      for (std::string cell; std::getline(parts, cell, ',');) rows.back().push_back(cell);
    }
    return rows;
  };
  auto whole = written(csv(false));
  options_.stream_rows = 100;
  options_.sample_rows = 1'000;
  auto streamed = written(csv(false));
  ASSERT_EQ(whole.size(), 121U);
  ASSERT_EQ(streamed.size(), 121U);
  double difference = 0;
  for (std::size_t r = 1; r < whole.size(); ++r) {
    EXPECT_EQ(whole[r][0], streamed[r][0]);
    EXPECT_EQ(whole[r][1], streamed[r][1]);
    EXPECT_EQ(whole[r][2], streamed[r][2]);
    difference += std::abs(std::stod(whole[r][3]) - std::stod(streamed[r][3])) / 120;
  }
  EXPECT_GT(difference, 0);    // or nothing was streamed
  EXPECT_LT(difference, 1.5);  // of values around 80 with errors around 5
  // A series in two pieces cannot be streamed; it is read whole.
  auto scattered = written(csv(true));
  ASSERT_EQ(scattered.size(), 121U);
  EXPECT_EQ(scattered[1][0], "s59");
  for (const auto& entry : std::filesystem::directory_iterator(dir_)) EXPECT_NE(entry.path().extension(), ".part");
}

TEST_F(FileForecast, NamedModelsAreToldWhereTheyGaveTheRateOfRareDemand) {
  std::string csv = "unique_id,ds,y\n";
  for (int t = 0; t < 60; ++t) csv += fmt::format("rare,{},{}\n", t, t % 5 == 4 ? 1 + t % 2 : 0);
  options_.explain = "rare";
  options_.models = {"croston_sba"};
  auto report = run(csv);
  ASSERT_TRUE(report) << report.error().text();
  std::string text = to_text(*report->explanation);
  EXPECT_NE(text.find("a negative binomial around a rate that croston_sba gives."), std::string::npos) << text;
  EXPECT_NE(text.find("in at least half of such periods, so its middle is 0."), std::string::npos) << text;
  Json json = to_json(*report->explanation);
  EXPECT_EQ(json["rate_models"], Json::array({"croston_sba"}));
  EXPECT_NEAR(json["steps"][0]["mean"].get<double>(), 0.3, 0.1);
  options_.models = {"croston_sba", "tsb"};
  text = to_text(*run(csv)->explanation);
  EXPECT_NE(text.find("a rate that croston_sba, tsb give, the mean of theirs."), std::string::npos) << text;
  options_.models = {};
  text = to_text(*run(csv)->explanation);
  EXPECT_NE(text.find("a rate that follows the series"), std::string::npos) << text;
}

TEST_F(FileForecast, AHistoryTooShortForANamedModelGoesOnWithItsLastValueAndSaysSo) {
  options_.models = {"theta"};
  options_.explain = "few";
  auto report = run("unique_id,ds,y\nfew,1,3\nfew,2,5.25\nmore,1,1\nmore,2,4\nmore,3,2\nmore,4,3\nmore,5,5\n");
  ASSERT_TRUE(report) << report.error().text();
  const auto rows = cells();
  EXPECT_EQ(rows[1][2], "5.25");
  EXPECT_EQ(rows[1].back(), "naive");
  EXPECT_EQ(rows.back().back(), "theta");
  const std::string text = to_text(*report->explanation);
  EXPECT_NE(text.find("forecast by naive"), std::string::npos) << text;
  EXPECT_NE(text.find("too few for any model that is asked"), std::string::npos) << text;
  options_.explain = "more";
  const std::string other = to_text(*run("unique_id,ds,y\nmore,1,1\nmore,2,4\nmore,3,2\nmore,4,3\nmore,5,5\n")->explanation);
  EXPECT_NE(other.find("\nOne model, for 6:\n"), std::string::npos) << other;
}

// Sixty items of two categories, 12 and 200 a day and twice that on weekends; one that began three days ago and one that will tomorrow.
TEST_F(FileForecast, NewItemsBorrowFromTheirCategoryAndSayIt) {
  std::string csv = "unique_id,ds,y,category\n";
  auto add = [&](const std::string& id, int days, int level, const char* category) {
    for (int t = -days + 1; t <= 0; ++t) {
      const int day = 18'000 - 3 + t;  // 18,000 is a Monday, the day ahead
      const int usual = (day + 3) % 7 >= 5 ? 2 * level : level;
      csv += fmt::format("{},{},{},{}\n", id, format_date(Date(std::chrono::days(day + 2))), usual + (day * 31 + days) % (level / 3),
                         category);
    }
  };
  for (int i = 0; i < 60; ++i) add(fmt::format("old{}", i), 60 + i, i % 2 ? 200 : 12, i % 2 ? "fine" : "plain");
  add("fresh", 3, 150, "fine");
  csv += fmt::format("unseen,{},,plain\n", format_date(Date(std::chrono::days(17'999))));
  options_.horizon = 7;
  options_.explain = "unseen";
  auto report = run(csv);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->borrowed, 2U);
  const auto rows = cells();
  ASSERT_EQ(rows.size(), 1U + 62 * 7);
  const auto& unseen = rows[rows.size() - 7];
  EXPECT_EQ(unseen[0], "unseen");
  EXPECT_EQ(unseen[1], "2019-04-14");
  EXPECT_EQ(unseen.back(), "category");
  const double forecast = std::stod(unseen[2]);
  EXPECT_GT(forecast, 8);
  EXPECT_LT(forecast, 35);
  ASSERT_TRUE(report->explanation);
  const std::string text = to_text(*report->explanation);
  EXPECT_NE(text.find("borrows from 30 older series of its category"), std::string::npos) << text;
  const Json json = to_json(*report->explanation);
  EXPECT_EQ(json["class"], "short");
  EXPECT_EQ(json["borrowed"]["attributes"], Json::array({"category"}));
  EXPECT_TRUE(json["borrowed"]["own"].is_null());
}

}  // namespace
}  // namespace sinan::demand
