// Sums by the columns of a file, and longer periods: what is written adds up.
#include "operations/demand/files/hierarchy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

namespace sinan::demand {
namespace {

class FileHierarchyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() /
           fmt::format("sinan-file-hierarchy-{}", std::chrono::steady_clock::now().time_since_epoch().count());
    std::filesystem::create_directories(dir_);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  void write(const std::string& text) {
    options_.input = dir_ / "sales.csv";
    std::ofstream(options_.input) << text;
  }
  // Three teas and two pots in two towns, `days` days from a Monday on; `backwards`: the series in the other order.
  void write_shop(int days = 70, bool backwards = false) {
    std::vector<std::string> series;
    for (int i = 0; i < 5; ++i) {
      std::string rows;
      for (int t = 0; t < days; ++t) {
        const int y = (t % 7 == 6 ? 1 : 5 + i) + (t * 7 + i * 3) % 4;
        rows += fmt::format("i{},{},{},{},\"Xi'an, {}\"\n", i, t + 1, y, i < 3 ? "tea" : "pot", i % 2);
      }
      series.push_back(rows);
    }
    if (backwards) std::ranges::reverse(series);
    std::string text = "unique_id,ds,y,category,town\n";
    for (const std::string& rows : series) text += rows;
    write(text);
  }
  std::string run() {
    std::string out;
    options_.print = [&](std::string_view text) { out += text; };
    auto report = forecast_file(options_);
    EXPECT_TRUE(report) << report.error().text();
    if (report) report_ = *report;
    return out;
  }
  std::string refused() {
    options_.print = [](std::string_view) {};
    auto report = forecast_file(options_);
    return report ? "" : report.error().text();
  }

  std::filesystem::path dir_;
  FileForecastOptions options_{.horizon = 15, .season = 7};
  FileForecastReport report_;
};

struct Cell {
  double yhat = 0, low = 0, high = 0;
};
// By id, time and number of periods; ids here hold no quotes but around them.
std::map<std::tuple<std::string, int, int>, Cell> cells(const std::string& csv) {
  std::map<std::tuple<std::string, int, int>, Cell> out;
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "unique_id,ds,periods,yhat,q10,q50,q90,model");
  while (std::getline(lines, line)) {
    const std::size_t end = line[0] == '"' ? line.find('"', 1) + 1 : line.find(',');
    std::string id = line.substr(0, end);
    if (id[0] == '"') id = id.substr(1, id.size() - 2);
    std::istringstream numbers(line.substr(end + 1));
    int ds = 0, periods = 0;
    char comma = 0;
    double median = 0;
    Cell cell;
    numbers >> ds >> comma >> periods >> comma >> cell.yhat >> comma >> cell.low >> comma >> median >> comma >> cell.high;
    out[{id, ds, periods}] = cell;
  }
  return out;
}

TEST_F(FileHierarchyTest, SumsAndWeeksAddUp) {
  write_shop();
  options_.hierarchy = {"category", "town", "category*town"};
  options_.blocks = {"7"};
  auto found = cells(run());
  EXPECT_EQ(report_.series, 5U);
  EXPECT_EQ(report_.sums, 9U);
  ASSERT_EQ(found.size(), 14U * (15 + 2));
  for (int ds = 71; ds <= 85; ++ds) {
    auto at = [&](const std::string& id) { return found.at({id, ds, 1}).yhat; };
    EXPECT_NEAR(at("category=tea"), at("i0") + at("i1") + at("i2"), 1e-5);
    EXPECT_NEAR(at("town=Xi'an, 1"), at("i1") + at("i3"), 1e-5);
    EXPECT_NEAR(at("category=tea, town=Xi'an, 0"), at("i0") + at("i2"), 1e-5);
    EXPECT_NEAR(at("total"), at("category=tea") + at("category=pot"), 1e-5);
    EXPECT_LT(found.at({"total", ds, 1}).low, at("total"));
    EXPECT_GT(found.at({"total", ds, 1}).high, at("total"));
  }
  for (const char* id : {"i3", "total", "town=Xi'an, 0"})
    for (int week = 0; week < 2; ++week) {
      double sum = 0;
      for (int day = 1; day <= 7; ++day) sum += found.at({id, 70 + 7 * week + day, 1}).yhat;
      EXPECT_NEAR((found.at({id, 77 + 7 * week, 7}).yhat), sum, 1e-5) << id;
    }
}

TEST_F(FileHierarchyTest, TheOrderOfSeriesChangesNothing) {
  options_.hierarchy = {"category"};
  write_shop();
  auto sorted = [](const std::string& csv) {
    std::vector<std::string> lines;
    std::istringstream in(csv);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    std::ranges::sort(lines);
    return lines;
  };
  const auto first = sorted(run());
  write_shop(70, true);
  options_.threads = 2;
  EXPECT_EQ(first, sorted(run()));
}

// A gap that reaches over the origin is filled by a line to what came after it, of which the origin knows nothing; and what its sum was
// meanwhile nobody knows.
TEST_F(FileHierarchyTest, ABacktestOfSumsSeesNothingOfWhatCameAfterAGap) {
  auto of = [&](int after) {
    std::string text = "unique_id,ds,y,category\n";
    for (int i = 0; i < 3; ++i)
      for (int t = 1; t <= 60; ++t) {
        const bool gap = i == 0 && t >= 46 && t < 55;
        text += fmt::format("i{},{},{},tea\n", i, t, gap ? "" : std::to_string((i == 0 && t >= 55 ? after : 20) + (t * 7 + i * 3) % 5));
      }
    write(text);
    return run();
  };
  options_.season = 1;
  options_.horizon = 4;
  options_.hierarchy = {"category"};
  options_.backtest = 1;
  options_.step = 11;  // the last period known is 49
  const std::string before = of(20);
  EXPECT_EQ(before, of(2000));
  EXPECT_NE(before.find("total,50,49,,"), std::string::npos) << before;
}

// Seven days are a week's season; seven weeks are none.
TEST_F(FileHierarchyTest, TheSeasonOfDaysIsNoneOfWeeks) {
  auto of = [&](const char* season) {
    std::string text = fmt::format("unique_id,ds,y{}\n", *season ? ",season" : "");
    for (int t = 0; t < 140; ++t)
      text += fmt::format("a,{},{}{}\n", format_date(Date(std::chrono::days(20'000 + t))), 20 + (t * 7919) % 11 + (t % 7 == 6 ? 15 : 0),
                          season);
    write(text);
    options_.season = 0;
    options_.blocks = {"7"};
    return run();
  };
  EXPECT_EQ(of(""), of(",7"));
}

// Some series at a time: what is written is the same but for what is learnt from a sample; sums and weeks add up, over all blocks. One
// series ended before the others, which is no demand since.
TEST_F(FileHierarchyTest, ALargeFileIsStreamed) {
  std::string text = "unique_id,ds,y,category,town\n";
  for (int i = 0; i < 60; ++i)
    for (int t = 0; t < (i == 41 ? 66 : 70); ++t)
      text += fmt::format("i{:02},{},{},{},{}\n", i, t + 1, (t % 7 == 6 ? 1 : 5 + i % 9) + (t * 7 + i * 3) % 4, i % 3 ? "tea" : "pot",
                          i < 30 ? " north" : "south");
  write(text);
  options_.hierarchy = {"category", "category*town"};
  options_.blocks = {"7"};
  options_.drivers = false;
  options_.output = dir_ / "out.csv";
  auto written = [&] {
    run();
    std::stringstream all;
    all << std::ifstream(options_.output).rdbuf();
    return cells(all.str());
  };
  const auto whole = written();
  EXPECT_EQ(report_.series, 60U);
  options_.stream_rows = 100;
  options_.stream_series = 13;
  options_.sample_rows = 2'000;
  const auto streamed = written();
  EXPECT_EQ(report_.series, 60U);
  EXPECT_EQ(report_.sums, 7U);
  ASSERT_EQ(whole.size(), 67U * (15 + 2));
  ASSERT_EQ(streamed.size(), whole.size());
  double difference = 0;
  for (const auto& [at, cell] : whole) {
    ASSERT_TRUE(streamed.contains(at)) << std::get<0>(at);
    const double scale = std::get<0>(at)[0] == 'i' ? 1 : 20;
    difference += std::abs(streamed.at(at).yhat - cell.yhat) / scale / static_cast<double>(whole.size());
  }
  EXPECT_GT(difference, 0) << "or nothing was streamed";
  EXPECT_LT(difference, 1) << "of values around 9";
  for (int ds = 71; ds <= 85; ++ds) {
    auto at = [&](const std::string& id) { return streamed.at({id, ds, 1}).yhat; };
    double items = 0, pots = 0;
    for (int i = 0; i < 60; ++i) {
      items += at(fmt::format("i{:02}", i));
      if (i % 3 == 0 && i < 30) pots += at(fmt::format("i{:02}", i));
    }
    EXPECT_NEAR(at("total"), items, 1e-4);
    EXPECT_NEAR(at("category=pot, town=north"), pots, 1e-5);
    EXPECT_NEAR(at("total"), at("category=tea") + at("category=pot"), 1e-5);
  }
  for (const char* id : {"i41", "total", "category=tea, town=south"}) {
    double sum = 0;
    for (int day = 72; day <= 78; ++day) sum += streamed.at({id, day - 1, 1}).yhat;
    EXPECT_NEAR((streamed.at({id, 77, 7}).yhat), sum, 1e-4) << id;
  }
  options_.hierarchy = {"category", "year"};
  EXPECT_NE(refused().find("there is no column 'year'"), std::string::npos) << refused();
  options_.hierarchy = {"category"};
  write(text + "total,70,1,pot,north\n");
  EXPECT_NE(refused().find("rename the one in the file"), std::string::npos) << refused();
  write(text + "late,71,1,pot,north\n");
  EXPECT_NE(refused().find("most do not end together"), std::string::npos) << refused();
}

// At the earlier origin one category had not begun.
TEST_F(FileHierarchyTest, ABacktestKnowsWhatThereWas) {
  std::string text = "unique_id,ds,y,category\n";
  for (int t = 1; t <= 40; ++t) text += fmt::format("old,{},{},a\n", t, 5 + t % 3);
  for (int t = 36; t <= 40; ++t) text += fmt::format("new,{},{},b\n", t, 9);
  write(text);
  options_.season = 1;
  options_.horizon = 4;
  options_.hierarchy = {"category"};
  options_.backtest = 2;
  options_.step = 4;
  const std::string csv = run();
  EXPECT_NE(csv.find("total,37,36,"), std::string::npos);
  EXPECT_NE(csv.find("category=b,37,36,9"), std::string::npos);
  EXPECT_EQ(csv.find("category=b,33,32,"), std::string::npos);
  EXPECT_NE(csv.find("total,33,32,5,"), std::string::npos) << csv;  // what was sold: the old one only
}

TEST_F(FileHierarchyTest, MistakesAreNamed) {
  write_shop();
  struct Case {
    std::vector<std::string> hierarchy, blocks;
    const char* says;
  };
  for (const Case& c : {Case{{"categry"}, {}, "did you mean 'category'"}, Case{{"category", "category"}, {}, "name each level once"},
                        Case{{}, {"week"}, "of numbered series"}, Case{{}, {"16"}, "look further ahead"}, Case{{}, {"7x"}, "'7x'"}}) {
    options_.hierarchy = c.hierarchy;
    options_.blocks = c.blocks;
    EXPECT_NE(refused().find(c.says), std::string::npos) << refused();
  }
  options_.hierarchy = {"shop"};
  options_.blocks = {};
  write("unique_id,ds,y,shop\na,1,2,N\na,2,3,S\nb,1,2,N\nb,2,2,N\n");
  EXPECT_NE(refused().find("changes in time ('N', 'S')"), std::string::npos) << refused();
  EXPECT_NE(refused().find("series a"), std::string::npos);
  write("unique_id,ds,y,shop\na,1,2,N\na,2,3,N\nb,1,2,N\nb,5,2,N\n");
  EXPECT_NE(refused().find("most do not end together"), std::string::npos) << refused();
  write("unique_id,ds,y,shop\ntotal,1,2,N\ntotal,2,3,N\nb,1,2,N\nb,2,2,N\n");
  EXPECT_NE(refused().find("rename the one in the file"), std::string::npos) << refused();
}

}  // namespace
}  // namespace sinan::demand
