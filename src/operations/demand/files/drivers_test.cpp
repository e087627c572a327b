// Columns of a file that become drivers, the file of the periods ahead, and what a backtest may see of them.
#include "operations/demand/files/drivers.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace sinan::demand {
namespace {

class FileDriversTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() /
           fmt::format("sinan-file-drivers-{}", std::chrono::steady_clock::now().time_since_epoch().count());
    std::filesystem::create_directories(dir_);
    options_.input = dir_ / "in.csv";
    options_.horizon = 2;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  Result<FileDrivers> run(const std::string& csv, const std::string& future = "") {
    std::ofstream(options_.input) << csv;
    if (!future.empty()) {
      options_.future = dir_ / "future.csv";
      std::ofstream(options_.future) << future;
    }
    auto panel = read_file_panel(options_);
    if (!panel) return std::unexpected(panel.error());
    panel_ = std::move(*panel);
    SINAN_CHECK(reach_future(options_, panel_));
    return read_file_drivers(options_, panel_);
  }

  std::filesystem::path dir_;
  FileForecastOptions options_;
  FilePanel panel_;
};

const std::string kPast =
    "unique_id,ds,y,price,city,brand,constant,deal\n"
    "a,1,5,2.5,Xi'an,x,7,yes\na,2,6,2.0,Xi'an,x,7,no\na,4,7,,Xi'an,x,7,no\n"
    "b,3,1,9,Bonn,y,7,NA\nb,4,2,8,Bonn,y,7,yes\n";

TEST_F(FileDriversTest, TheCalendarIsADriverWhenAskedFor) {
  const std::string csv =
      "unique_id,ds,y\na,2026-12-21,5\na,2026-12-22,6\na,2026-12-23,7\na,2026-12-24,7\nb,2026-12-23,3\nb,2026-12-24,4\nb,2026-12-25,4\n";
  options_.holidays = {Holidays::kWestern};
  auto found = run(csv);
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->used.size(), 5U);
  const auto& weekday = found->drivers.columns[0];
  auto of = [&](std::size_t i) {
    auto values = found->drivers.of(weekday, panel_.panel, i);
    return std::vector<float>(values.begin(), values.end());
  };
  EXPECT_EQ(of(0), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(of(1), (std::vector<float>{2, 3, 4, 5, 6}));
  EXPECT_EQ(
      found->categories.at("western holiday")[static_cast<std::size_t>(found->drivers.of(found->drivers.columns[3], panel_.panel, 1)[2])],
      "Christmas Day");
  // A backtest knows the calendar ahead, and what had ended one period earlier reads the same days.
  Panel cut{{5, 6, 7, 3, 4}, {0, 3, 5}, {"a", "b"}, {}, {panel_.panel.ends[0] - 1, panel_.panel.ends[1] - 1}};
  auto then = drivers_before(*found, panel_.panel, {0, 1}, 1, {});
  EXPECT_EQ(then.of(then.columns[0], cut, 0).back(), 4);
  EXPECT_EQ(then.of(then.columns[0], cut, 1).front(), 2);
  EXPECT_TRUE(then.columns[0].known_ahead);
  ASSERT_TRUE(check(then, cut, 2));
  EXPECT_FALSE(run("unique_id,ds,y\na,1,5\na,2,6\n"));  // no dates
}

TEST_F(FileDriversTest, ColumnsBecomeNumbersCodesAndAttributes) {
  auto found = run(kPast, "unique_id,ds,price\na,5,1.5\na,6,1.4\na,9,4\nb,6,3\nb,7,\nstranger,5,1\nb,4,1\n");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->used, (std::vector<std::string>{"price", "city", "brand", "deal"}));
  EXPECT_EQ(found->unused, std::vector<std::string>{"constant (one value everywhere)"});
  // b's rows ahead begin at 6: period 5 is missing in its history.
  EXPECT_EQ(panel_.panel.series(1).size(), 3U);
  EXPECT_TRUE(std::isnan(panel_.panel.series(1)[2]));
  EXPECT_EQ(panel_.last_written[1], "5");
  EXPECT_EQ(panel_.panel.ends, (std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(found->drivers.last, 5);
  const auto& columns = found->drivers.columns;
  EXPECT_TRUE(columns[0].known_ahead && !columns[0].fixed && !columns[0].category);
  auto prices = found->drivers.of(columns[0], panel_.panel, 0);
  ASSERT_EQ(prices.size(), 6U);
  EXPECT_EQ(prices[1], 2.0F);
  EXPECT_TRUE(std::isnan(prices[2]) && std::isnan(prices[3]));
  EXPECT_EQ(prices[4], 1.5F);
  EXPECT_EQ(prices[5], 1.4F);
  EXPECT_TRUE(columns[1].fixed && columns[1].category);
  EXPECT_EQ(columns[1].values, (std::vector<float>{1, 0}));  // Bonn, Xi'an
  EXPECT_FALSE(columns[3].fixed);
  auto deals = found->drivers.of(columns[3], panel_.panel, 1);
  EXPECT_TRUE(std::isnan(deals[0]));
  EXPECT_EQ(deals[1], 1.0F);  // no, yes
  ASSERT_EQ(found->notes.size(), 2U);
  EXPECT_EQ(found->notes[0], "future.csv: 1 rows of series that have no history were not used");
  EXPECT_EQ(found->notes[1], "future.csv: 2 rows of periods before or beyond the horizon were not used");
}

TEST_F(FileDriversTest, WordsForMissingValuesAreNoTexts) {
  auto found = run("unique_id,ds,y,price\na,1,5,2\na,2,nan,NA\na,3,6,NaN\na,4,7, nan \na,5,NULL,null\na,6,7,NULL\na,7,8,3\n");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->notes, std::vector<std::string>());
  ASSERT_EQ(found->used, std::vector<std::string>{"price"});
  EXPECT_FALSE(found->drivers.columns[0].category);
  auto prices = found->drivers.of(found->drivers.columns[0], panel_.panel, 0);
  EXPECT_EQ(prices[0], 2.0F);
  for (std::size_t t = 1; t < 6; ++t) EXPECT_TRUE(std::isnan(prices[t])) << t;
  EXPECT_EQ(prices[6], 3.0F);
}

TEST_F(FileDriversTest, AFutureOfAFewPromotionsMovesNoStart) {
  auto found = run(kPast, "unique_id,ds,deal\na,6,yes\nb,6,yes\n");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(panel_.panel.ends, (std::vector<std::int64_t>{4, 4}));
  EXPECT_EQ(found->notes, std::vector<std::string>{"future.csv: 2 of 4 periods ahead have no row"});
}

TEST_F(FileDriversTest, ABacktestKnowsAnAttributeFromItsFirstRowOn) {
  auto found = run("unique_id,ds,y,grade,brand\na,1,5,,x\na,2,6,,x\na,3,6,hi,x\nb,1,5,lo,y\nb,2,6,,y\nb,3,6,lo,y\n");
  ASSERT_TRUE(found) << found.error().text();
  for (std::size_t periods : {0U, 1U}) {
    const auto then = drivers_before(*found, panel_.panel, {0, 1}, periods, {});
    ASSERT_TRUE(then.columns[0].fixed && then.columns[1].fixed);
    EXPECT_EQ(std::isnan(then.columns[0].values[0]), periods == 1);
    EXPECT_EQ(then.columns[0].values[1], 1.0F);
    EXPECT_EQ(then.columns[1].values, (std::vector<float>{0, 1}));
  }
  options_.fixed = {"grade"};  // said to be always so
  found = run("unique_id,ds,y,grade\na,1,5,\na,2,6,hi\nb,1,5,lo\nb,2,6,lo\n");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(drivers_before(*found, panel_.panel, {0, 1}, 1, {}).columns[0].values, (std::vector<float>{0, 1}));
}

TEST_F(FileDriversTest, ABacktestSeesBeyondItsOriginOnlyWhatIsNamed) {
  auto found = run(kPast);
  ASSERT_TRUE(found) << found.error().text();
  for (bool known : {false, true}) {
    auto then = drivers_before(*found, panel_.panel, {0}, 2, known ? std::vector<std::string>{"deal"} : std::vector<std::string>{});
    ASSERT_EQ(then.columns.size(), 4U);
    EXPECT_EQ(then.columns[3].known_ahead, known);
    ASSERT_EQ(then.columns[3].values.size(), 4U);  // two known periods and the horizon
    EXPECT_EQ(then.columns[3].values[0], 1.0F);
    EXPECT_TRUE(std::isnan(then.columns[3].values[2]));           // no row
    EXPECT_EQ(std::isnan(then.columns[3].values[3]), !known);     // row 4
    EXPECT_EQ(then.columns[1].values, std::vector<float>{1.0F});  // an attribute stays
    EXPECT_EQ(then.last, 2);
  }
}

TEST_F(FileDriversTest, MistakesNameTheirPlace) {
  struct Case {
    const char* future;
    const char* message;
  };
  for (const Case& c :
       {Case{"unique_id,ds,prise\na,5,1\n", "the column 'prise' is not in in.csv"},
        Case{"unique_id,ds\na,5\n", "no column beside unique_id and ds"}, Case{"unique_id,price\na,5\n", "the column 'ds' is missing"},
        Case{"unique_id,ds,price\na,5,1\na,5,2\n", "two rows are of the same period, 5"},
        Case{"unique_id,ds,price\na,3,1\n", "no row is of the 2 periods after the end"},
        Case{"unique_id,ds,price\na,2026-01-01,1\n", "may not be mixed"},
        Case{"unique_id,ds,price\na,200000000,1\na,200000001,1\n", "cannot be bridged"},
        Case{"unique_id,ds,price\na,5,inf\n", "no finite number"}}) {
    auto found = run(kPast, c.future);
    ASSERT_FALSE(found) << c.future;
    EXPECT_NE(found.error().text().find(c.message), std::string::npos) << found.error().text();
  }
  options_.future.clear();
  options_.fixed = {"price"};
  auto changing = run(kPast);
  ASSERT_FALSE(changing);
  EXPECT_NE(changing.error().text().find("series a: --static names 'price', but it changes in time"), std::string::npos)
      << changing.error().text();
  options_.fixed = {"pricee"};
  EXPECT_FALSE(run(kPast));
}

}  // namespace
}  // namespace sinan::demand
