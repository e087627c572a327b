// A backtest's measures as a file: the same figures in CSV and JSON, a row for each class, and what cannot be measured is refused.
#include "operations/demand/files/metrics.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/json.hpp"
#include "operations/demand/files/forecast.hpp"

namespace sinan::demand {
namespace {

class Metrics : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() /
           fmt::format("sinan-metrics-{}", std::chrono::steady_clock::now().time_since_epoch().count());
    std::filesystem::create_directories(dir_);
    options_ = {.input = dir_ / "in.csv", .output = dir_ / "out.csv", .horizon = 3, .models = {"naive"}};
    options_.quantiles = {0.1, 0.25, 0.75, 0.9};
    options_.backtest = 2;
    options_.step = 2;
    options_.metrics = dir_ / "metrics.csv";
    std::ofstream in(options_.input);
    in << "unique_id,ds,y\n";
    for (int t = 1; t <= 20; ++t) in << "steady," << t << "," << 10 + t % 2 << "\nflat," << t << ",5\n";
    for (int t = 1; t <= 20; ++t) in << "rare," << t << "," << (t % 5 == 0 ? 3 : 0) << "\n";
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string text_of(const std::filesystem::path& path) const {
    std::ostringstream out;
    out << std::ifstream(path, std::ios::binary).rdbuf();
    return out.str();
  }

  std::filesystem::path dir_;
  FileForecastOptions options_;
};

// Each origin has values for two and three of the horizon's periods: 2 + 3 a series. The naive forecast of `steady` is wrong by 1 in every
// other period, which is also what its history changes by from period to period.
TEST_F(Metrics, EachClassHasARowAndAllIsLast) {
  auto report = forecast_file(options_);
  ASSERT_TRUE(report) << report.error().text();
  std::istringstream lines(text_of(options_.metrics));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "class,series,windows,points,wape,mase,rmsse,owa,bias,pinball,msis80,coverage80,coverage50,unscaled,fit_us");
  std::map<std::string, std::vector<std::string>> rows;
  std::string last;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::string name;
    std::getline(cells, name, ',');
    last = name;
    for (std::string cell; std::getline(cells, cell, ',');) rows[name].push_back(cell);
  }
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(std::vector<std::string>(rows["smooth"].begin(), rows["smooth"].begin() + 3), (std::vector<std::string>{"2", "4", "10"}));
  EXPECT_EQ(std::vector<std::string>(rows["intermittent"].begin(), rows["intermittent"].begin() + 3),
            (std::vector<std::string>{"1", "2", "5"}));
  EXPECT_EQ(std::vector<std::string>(rows["all"].begin(), rows["all"].begin() + 3), (std::vector<std::string>{"3", "6", "15"}));
  EXPECT_EQ(last, "all");
  EXPECT_NEAR(std::stod(rows["smooth"][3]), 3.0 / (25 + 53), 1e-9);          // wape: errors 1, 0 and 1, 0, 1
  EXPECT_NEAR(std::stod(rows["smooth"][4]), (1.0 / 2 + 2.0 / 3) / 2, 1e-7);  // mase of `steady`; forecasts are single
  EXPECT_EQ(rows["smooth"][12], "2");                                        // both windows of `flat` are unscaled
  EXPECT_GT(std::stod(rows["all"][13]), 0);
  EXPECT_NE(report->measured.find("3 series, 15 values: WAPE"), std::string::npos) << report->measured;
}

TEST_F(Metrics, JsonHoldsTheSameFigures) {
  ASSERT_TRUE(forecast_file(options_));
  std::string csv = text_of(options_.metrics);
  options_.metrics = dir_ / "metrics.json";
  ASSERT_TRUE(forecast_file(options_));
  auto json = parse_json(text_of(options_.metrics));
  ASSERT_TRUE(json) << json.error().text();
  ASSERT_EQ(json->size(), 3U);
  std::string again = "all";
  for (const auto& [name, value] : json->back().items())
    if (name != "class" && name != "fit_us") again += fmt::format(",{:.9g}", value.get<double>());
  EXPECT_NE(csv.find(again + ","), std::string::npos) << again << "\n" << csv;
}

TEST_F(Metrics, WhatCannotBeMeasuredIsSaid) {
  options_.cumulative = true;
  EXPECT_NE(forecast_file(options_).error().text().find("--cumulative"), std::string::npos);
  options_.cumulative = false;
  options_.backtest = 0;
  EXPECT_NE(forecast_file(options_).error().text().find("--backtest"), std::string::npos);
  options_.backtest = 1;
  options_.step = 30;  // before every series began
  auto report = forecast_file(options_);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_NE(report->measured.find("nothing was measured"), std::string::npos);
  EXPECT_NE(text_of(options_.metrics).find("\nall,0,0,0,,"), std::string::npos);
}

}  // namespace
}  // namespace sinan::demand
