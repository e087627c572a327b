// Champion against challengers: who forecast the same items, places and days better, and whether that was luck.
//
// The loss of a day is the mean pinball loss of all values scored that day, over all quantiles that are kept and all distances: what stock
// is planned on. Days are compared by the test of Diebold & Mariano (forecasting/evaluation/comparison.hpp).
//
// Looking every day until luck has it would find a winner too often. So a challenger is tested only after min_days common days, after
// twice as many, four times … (each time on exactly the first so many), and the k-th test must be surer than (1 − confidence) / 2^k,
// divided by the number of challengers (Bonferroni). So all tests together call a challenger that is no better a winner with a probability
// of about 1 − confidence at most (simulated, 4 tests from 14 days on, at 95 %: 3.5 % when days are independent, 5.0 % with an
// autocorrelation of 0.3, 9 % with 0.6; looking every day at 5 % each: 23 %, 27 %, 36 %).
#pragma once

#include "operations/demand/demand.hpp"
#include "operations/models/registry.hpp"

namespace sinan::models {

// Where two versions stand now, for people: `p` is of one look, as if it were the only one.
struct Standing {
  std::string champion, challenger;
  std::string first_day, last_day;
  std::int64_t days = 0;    // scored for both
  std::int64_t points = 0;  // values, the same of both
  double champion_loss = 0, challenger_loss = 0;
  double champion_wape = 0, challenger_wape = 0;
  double p = 1;
  double gain() const { return champion_loss > 0 ? 1 - challenger_loss / champion_loss : 0; }
};
Json to_json(const Standing& standing);

// `days` > 0: of the first so many common days only.
Standing compare(const std::vector<Score>& scores, const std::string& champion, const std::string& challenger, std::int64_t days = 0);

// When the next test of a challenger with so many common days comes: at that many.
std::int64_t next_look(const demand::ContestConfig& config, std::int64_t days);

// The tests that are due and not in `state` yet.
std::vector<Test> due_tests(const demand::ContestConfig& config, const std::string& champion, const std::vector<std::string>& challengers,
                            const std::vector<Score>& scores, const State& state);

}  // namespace sinan::models
