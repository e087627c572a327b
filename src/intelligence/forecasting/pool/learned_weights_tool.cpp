// What script/learn_weights learns from: of each series on standard input (id, season, horizon, values; one a line), on standard output the
// traits and each model's forecast, as the pool has them. Lines: "series id scale t…" (a trait each), "model name f…" (by step, in scales).
#include <cmath>
#include <iostream>
#include <sstream>

#include "intelligence/forecasting/pool/pool.hpp"

int main() {
  using namespace sinan::forecasting;
  std::string line;
  Cleaned cleaned;
  PoolForecast forecast;
  while (std::getline(std::cin, line)) {
    std::istringstream in(line);
    std::string id;
    int season = 1;
    std::size_t horizon = 1;
    in >> id >> season >> horizon;
    std::vector<double> values;
    for (double v = 0; in >> v;) values.push_back(v);
    Pool pool({}, horizon, 1);
    clean(values, {}, season, cleaned);
    forget_bursts(values, season, cleaned);
    pool.forecast(cleaned, static_cast<std::size_t>(season), forecast);
    if (cleaned.y.size() < kLeastTold || !has_weights(forecast.season) || forecast.only) continue;
    std::cout << "series " << id << ' ' << cleaned.scale;
    for (float trait : pool.traits()) std::cout << ' ' << trait;
    std::cout << '\n';
    for (std::size_t m = 0; m < pool.members(); ++m) {
      if (pool.member_forecast(m).empty() || !std::isfinite(pool.member_forecast(m).front())) continue;
      std::cout << "model " << pool.member(m).name;
      for (float v : pool.member_forecast(m)) std::cout << ' ' << v;
      std::cout << '\n';
    }
  }
}
