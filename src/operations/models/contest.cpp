#include "operations/models/contest.hpp"

#include <cmath>

#include "intelligence/forecasting/evaluation/comparison.hpp"

namespace sinan::models {
namespace {

struct Sums {
  std::int64_t points = 0;
  double sold = 0, error = 0, pinball = 0;
};

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::int64_t look_days(const demand::ContestConfig& config, std::int64_t look) { return config.min_days * (std::int64_t{1} << (look - 1)); }

}  // namespace

Json to_json(const Standing& s) {
  return Json{{"champion", s.champion},
              {"challenger", s.challenger},
              {"first_day", s.first_day},
              {"last_day", s.last_day},
              {"days", s.days},
              {"points", s.points},
              {"champion_loss", number(s.champion_loss)},
              {"challenger_loss", number(s.challenger_loss)},
              {"champion_wape", number(s.champion_wape)},
              {"challenger_wape", number(s.challenger_wape)},
              {"gain", number(s.gain())},
              {"p", number(s.p)}};
}

Standing compare(const std::vector<Score>& scores, const std::string& champion, const std::string& challenger, std::int64_t days) {
  std::map<std::pair<Date, int>, std::array<Sums, 2>> both;
  for (const Score& s : scores) {
    if (s.version != champion && s.version != challenger) continue;
    Sums& sums = both[{s.day, s.lead}][s.version == champion ? 0 : 1];
    sums.points += s.points;
    sums.sold += s.sold;
    sums.error += s.error;
    sums.pinball += s.pinball;
  }
  // Of each day, what both forecast at the same distance.
  std::map<Date, std::array<Sums, 2>> by_day;
  for (const auto& [key, pair] : both) {
    if (pair[0].points == 0 || pair[0].points != pair[1].points) continue;
    for (std::size_t v : {0U, 1U}) {
      Sums& sums = by_day[key.first][v];
      sums.points += pair[v].points;
      sums.sold += pair[v].sold;
      sums.error += pair[v].error;
      sums.pinball += pair[v].pinball;
    }
  }
  Standing out{.champion = champion, .challenger = challenger};
  std::array<std::vector<double>, 2> losses;
  std::array<double, 2> errors{};
  double sold = 0;
  for (const auto& [day, pair] : by_day) {
    if (days > 0 && out.days == days) break;
    if (out.days++ == 0) out.first_day = format_date(day);
    out.last_day = format_date(day);
    out.points += pair[0].points;
    sold += pair[0].sold;
    for (std::size_t v : {0U, 1U}) {
      losses[v].push_back(pair[v].pinball / static_cast<double>(pair[v].points));
      errors[v] += pair[v].error;
    }
  }
  const forecasting::Comparison found = forecasting::compare_losses(losses[0], losses[1]);
  out.champion_loss = found.first;
  out.challenger_loss = found.second;
  out.champion_wape = sold > 0 ? errors[0] / sold : std::nan("");
  out.challenger_wape = sold > 0 ? errors[1] / sold : std::nan("");
  out.p = found.p;
  return out;
}

std::int64_t next_look(const demand::ContestConfig& config, std::int64_t days) {
  std::int64_t look = 1;
  while (look_days(config, look) <= days) ++look;
  return look_days(config, look);
}

std::vector<Test> due_tests(const demand::ContestConfig& config, const std::string& champion, const std::vector<std::string>& challengers,
                            const std::vector<Score>& scores, const State& state) {
  std::vector<Test> out;
  for (const std::string& challenger : challengers) {
    const std::int64_t common = compare(scores, champion, challenger).days;
    for (std::int64_t look = 1; look_days(config, look) <= common; ++look) {
      if (std::ranges::any_of(state.tests,
                              [&](const Test& t) { return t.champion == champion && t.challenger == challenger && t.look == look; }))
        continue;
      const Standing s = compare(scores, champion, challenger, look_days(config, look));
      const double needed =
          (1 - config.confidence) / static_cast<double>(std::int64_t{1} << look) / static_cast<double>(challengers.size());
      out.push_back({.champion = champion,
                     .challenger = challenger,
                     .at = {},
                     .first_day = s.first_day,
                     .last_day = s.last_day,
                     .look = look,
                     .days = s.days,
                     .champion_loss = s.champion_loss,
                     .challenger_loss = s.challenger_loss,
                     .champion_wape = s.champion_wape,
                     .challenger_wape = s.challenger_wape,
                     .p = s.p,
                     .needed = needed,
                     .better = s.p < needed && s.gain() >= config.min_gain});
    }
  }
  return out;
}

}  // namespace sinan::models
