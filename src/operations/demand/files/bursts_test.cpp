// The bursts of a file: times as they were written, promotions as they were marked.
#include "operations/demand/files/bursts.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "operations/demand/files/forecast.hpp"

namespace sinan::demand {
namespace {

class FileBursts : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() /
           fmt::format("sinan-bursts-{}", std::chrono::steady_clock::now().time_since_epoch().count());
    std::filesystem::create_directories(dir_);
    options_ = {.input = dir_ / "in.csv", .output = dir_ / "out.csv", .horizon = 1, .models = {"naive"}};
    options_.bursts = dir_ / "bursts.csv";
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  // Sixty days of 20, 21 … 24, four times that on 2026-02-10 and the day after; `promotion` is written on both days, `none` on all others.
  std::string run(const std::string& promotion, const std::string& none) {
    std::ofstream in(options_.input);
    in << "unique_id,ds,y,promotion\n";
    for (int t = 0; t < 60; ++t) {
      const bool high = t == 40 || t == 41;
      const std::string day = t < 31 ? fmt::format("2026-01-{:02}", t + 1) : t < 59 ? fmt::format("2026-02-{:02}", t - 30) : "2026-03-01";
      in << "tea," << day << "," << (20 + t * 3 % 5) * (high ? 4 : 1) << "," << (high ? promotion : none) << "\n";
    }
    in.close();
    auto report = forecast_file(options_);
    if (!report) return report.error().text();
    said_ = report->bursts;
    std::ostringstream out;
    out << std::ifstream(options_.bursts).rdbuf();
    return out.str();
  }

  std::filesystem::path dir_;
  FileForecastOptions options_;
  std::string said_;
};

TEST_F(FileBursts, ABurstHasItsTimesItsSizeAndItsKind) {
  const std::string text = run("0", "0");
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "unique_id,ds,end,size,expected,confidence,kind");
  std::getline(lines, line);
  EXPECT_TRUE(line.starts_with("tea,2026-02-10,2026-02-11,")) << text;
  EXPECT_TRUE(line.ends_with(",burst")) << text;
  std::istringstream cells(line.substr(26));
  double size = 0;
  cells >> size;
  EXPECT_NEAR(size, 4, 0.4);
  EXPECT_FALSE(std::getline(lines, line)) << text;
  EXPECT_EQ(said_.substr(0, 49), "Sudden demand: 1 bursts, 0 promotions, 0 outliers");
}

TEST_F(FileBursts, WhatTheColumnPromotionMarksIsOneHoweverItIsWritten) {
  for (auto [yes, no] : {std::pair{"1", "0"}, {"true", "false"}, {"Double week", "none"}, {"YES", "No"}})
    EXPECT_TRUE(run(yes, no).ends_with(",promotion\n")) << yes;
  options_.drivers = false;
  EXPECT_TRUE(run("1", "0").ends_with(",burst\n"));
}

}  // namespace
}  // namespace sinan::demand
