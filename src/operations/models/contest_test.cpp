#include "operations/models/contest.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "intelligence/forecasting/evaluation/comparison.hpp"
#include "operations/models/backtest.hpp"
#include "operations/models/watch.hpp"

namespace sinan::models {
namespace {

Date day(int number) { return Date{std::chrono::days{20'000 + number}}; }

Score score(const std::string& version, int at, double loss, double error, std::int64_t points = 10, int lead = 1) {
  return {.version = version,
          .day = day(at),
          .lead = lead,
          .demand_class = "smooth",
          .points = points,
          .sold = 100,
          .forecast = 100,
          .error = error,
          .excess = -error / 2,
          .pinball = loss,
          .inside = points};
}

// The challenger B is better by 1, 3, 2, 0, 4, 2, 1, 3 tenths of a unit a day, as in comparison_test.cpp.
std::vector<Score> eight_days() {
  std::vector<Score> out;
  const double first[] = {5, 6, 5, 3, 8, 4, 5, 7};
  const double second[] = {4, 3, 3, 3, 4, 2, 4, 4};
  for (int t = 0; t < 8; ++t) {
    out.push_back(score("A", t, first[t], 40));
    out.push_back(score("B", t, second[t], 30));
  }
  return out;
}

TEST(Contest, compares_the_days_that_both_forecast) {
  std::vector<Score> scores = eight_days();
  scores.push_back(score("B", 8, 0, 0));       // A says nothing of that day
  scores.push_back(score("A", 9, 9, 90, 10));  // they were not scored on the same values
  scores.push_back(score("B", 9, 1, 10, 9));
  scores.push_back(score("B", 3, 100, 100, 10, 8));  // nor at the same distance
  Standing s = compare(scores, "A", "B");
  EXPECT_EQ(s.days, 8);
  EXPECT_EQ(s.points, 80);
  EXPECT_EQ(s.first_day, format_date(day(0)));
  EXPECT_EQ(s.last_day, format_date(day(7)));
  EXPECT_NEAR(s.champion_loss, 43.0 / 80, 1e-12);
  EXPECT_NEAR(s.challenger_loss, 27.0 / 80, 1e-12);
  EXPECT_NEAR(s.champion_wape, 0.4, 1e-12);
  EXPECT_NEAR(s.challenger_wape, 0.3, 1e-12);
  EXPECT_NEAR(s.gain(), 16.0 / 43, 1e-12);
  EXPECT_NEAR(s.p, forecasting::student_t_upper(2 / std::sqrt((28 - 14 * std::sqrt(2.0)) / 128), 4), 1e-12);
  EXPECT_EQ(compare(scores, "A", "B", 5).days, 5);
  EXPECT_EQ(compare(scores, "A", "C").days, 0);
}

TEST(Contest, tests_come_at_doubling_numbers_of_days_and_ask_for_more_each_time) {
  demand::ContestConfig config{.min_days = 4, .confidence = 0.9, .min_gain = 0.01};
  EXPECT_EQ(next_look(config, 0), 4);
  EXPECT_EQ(next_look(config, 4), 8);
  EXPECT_EQ(next_look(config, 9), 16);
  State state;
  std::vector<models::Test> tests = due_tests(config, "A", {"B"}, eight_days(), state);
  ASSERT_EQ(tests.size(), 2U);
  EXPECT_EQ(tests[0].days, 4);
  EXPECT_NEAR(tests[0].needed, 0.05, 1e-12);
  EXPECT_EQ(tests[1].days, 8);
  EXPECT_NEAR(tests[1].needed, 0.025, 1e-12);
  EXPECT_TRUE(tests[1].better);
  state.tests = {tests[0]};
  EXPECT_EQ(due_tests(config, "A", {"B"}, eight_days(), state).size(), 1U);
  EXPECT_NEAR(due_tests(config, "A", {"B", "C"}, eight_days(), state)[0].needed, 0.0125, 1e-12);
  EXPECT_TRUE(due_tests(config, "A", {"B"}, {}, state).empty());
  // The other way round B is in use, and A is no winner.
  for (const models::Test& t : due_tests(config, "B", {"A"}, eight_days(), {})) EXPECT_FALSE(t.better);
}

TEST(Contest, a_certain_gain_that_is_too_small_is_none) {
  std::vector<Score> scores;
  for (int t = 0; t < 8; ++t) {
    scores.push_back(score("A", t, 5 + t % 3, 40));
    scores.push_back(score("B", t, 0.995 * (5 + t % 3), 40));
  }
  models::Test test = due_tests({.min_days = 8, .confidence = 0.95, .min_gain = 0.01}, "A", {"B"}, scores, {})[0];
  EXPECT_LT(test.p, 1e-4);
  EXPECT_FALSE(test.better);
  EXPECT_TRUE(due_tests({.min_days = 8, .confidence = 0.95, .min_gain = 0.001}, "A", {"B"}, scores, {})[0].better);
}

ModelVersion measured() {
  ModelVersion out{.id = "A", .name = "default"};
  out.measurement.day = format_date(day(0));
  // Errors of 20 of 100 a day, deviation 10, mean known to 10 / √25 = 2: z = (error − 22) / 10.
  ClassMetrics m{.demand_class = "smooth", .series = 30, .day_error = 0.20, .day_error_sd = 0.10, .week_wape = 0.21, .watch_days = 25};
  out.measurement.metrics = {m};
  m.demand_class = "lumpy";
  m.series = 2;
  out.measurement.metrics.push_back(m);
  m.demand_class = "dead";
  m.series = 30;
  out.measurement.metrics.push_back(m);
  return out;
}

TEST(Watch, says_since_when_and_how_much_worse) {
  std::vector<Score> scores;
  scores.push_back(score("A", 0, 1, 90));  // on the day of the measurement
  for (int t = 1; t <= 5; ++t) scores.push_back(score("A", t, 1, 20));
  // z = (47 − 22) / 10 = 2.5, less the slack of ½: the sum is 2, 4, 6, and beyond the limit with the fourth.
  for (int t = 6; t <= 9; ++t) scores.push_back(score("A", t, 1, 47));
  scores.push_back(score("A", 9, 1, 1000, 10, 8));  // of another week ahead
  scores.push_back(score("B", 9, 1, 1000));
  std::vector<WatchedClass> watched = watch(measured(), scores);
  ASSERT_EQ(watched.size(), 1U) << "few series and dead demand are not watched";
  EXPECT_EQ(watched[0].days, 9);
  EXPECT_EQ(*watched[0].since, day(6));
  EXPECT_EQ(*watched[0].sure, day(9));
  EXPECT_NEAR(watched[0].now, 0.47, 1e-12);
  EXPECT_NEAR(watched[0].usual, 0.21, 1e-12);
  EXPECT_NEAR(watched[0].bias, -0.235, 1e-12);
  EXPECT_NEAR(watched[0].pressure, 8.0 / 6, 1e-9);
  std::vector<Alarm> alarms = alarms_of(measured(), watched);
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_EQ(alarms[0].since, format_date(day(6)));
  EXPECT_EQ(alarms[0].day, format_date(day(9)));
}

TEST(Watch, is_silent_while_errors_are_as_measured) {
  std::vector<Score> scores;
  for (int t = 1; t <= 60; ++t) scores.push_back(score("A", t, 1, t % 2 ? 10 : 30));
  std::vector<WatchedClass> watched = watch(measured(), scores);
  EXPECT_FALSE(watched[0].sure);
  EXPECT_TRUE(alarms_of(measured(), watched).empty());
}

TEST(DayError, lies_between_zero_and_two) {
  EXPECT_DOUBLE_EQ(day_error(20, 100, 100), 0.2);
  EXPECT_DOUBLE_EQ(day_error(5, 0, 5), 2);
  EXPECT_TRUE(std::isnan(day_error(0, 0, 0)));
}

}  // namespace
}  // namespace sinan::models
