// Ways in which series with a short history borrow from a group, tried on cases whose continuation is known.
//
// Short and regular series: the history without the group's season to a power is forecast as ever. The mean level of that forecast and the
// level of the group are mixed in logarithms (empirical Bayes, Robbins 1956; credibility, Bühlmann 1967) and the season is put back. What
// the cases sold against this, step by step, is the shape of a launch (relative levels by age, of items that came before: Kahn 2006, New
// Product Forecasting). How that scattered, among cases of about that level, makes the quantiles (conformal prediction, Vovk et al. 2005);
// or they are the series' own, moved and stretched.
//
// Short and sparse series: the group's level is what is thought of the rate before anything is seen (Prior, intermittent.hpp).
#pragma once

#include <functional>

#include "intelligence/forecasting/forecast.hpp"
#include "intelligence/forecasting/newcomers/peers.hpp"
#include "intelligence/forecasting/sparse/intermittent.hpp"

namespace sinan::forecasting {

// Forecasts series by themselves, or with what is thought of their rates before they are seen: one prior each, or none at all.
using ForecastAlone = std::function<Result<Forecasts>(const Panel& panel, std::span<const int> seasons, std::span<const Prior> priors,
                                                      const Options& options)>;

struct Case {
  std::size_t series = 0;  // in the panel
  View view;               // with no values, where nothing has been demanded yet
  Expected group;
  std::uint64_t draw = 0;  // by chance; those with the smallest are taken
  bool half = false;       // in which of two it is, also by chance, the same for all cases of a series
};

// What cases of about one level demanded, against what was forecast.
struct Scatter {
  double up_to = 0;                        // level
  std::vector<float> ratios;               // sorted
  std::vector<std::vector<float>> totals;  // of the sums up to each step, sorted
  double mean = 1;                         // of the ratios
  double variance = 0;
};

// One way of borrowing.
struct Plan {
  double power = 0;    // of the group's season; 0: none
  double own = 1;      // weight of the series' own level, 0 … 1
  double spread = 0;   // above 0: the series' own, times this; else that of the scatter
  double periods = 0;  // above 0: that the group's level counts as, thought of a rate; then power, own and spread say nothing
  double factor = 1;   // of rates to the group's level
  std::size_t cases = 0;
  std::vector<double> drift;      // by step: of demand to what is mixed
  std::vector<Scatter> scatters;  // by rising level; the ratios are to what is mixed times the drift
};

// Cases of one class and about one age.
class Cases {
 public:
  // `known`: their season, 0: it is found. `dispersion` as Peers::dispersion(). All but the cases must outlive this.
  Cases(const Panel& panel, std::vector<Case> cases, int known, double dispersion, const Options& options, const ForecastAlone& alone);

  // The way that makes the pinball loss, at Options::quantiles and relative to the root of each case's size, smallest: each half of the
  // cases is judged with what was learnt from the other. None where that gains less than 2 %, or than 1.5 standard errors.
  Result<std::optional<Plan>> best(bool levels, bool rates) const;
  // The only way where nothing has been demanded yet.
  Plan unseen() const;

  // Of the cases, one after the other. `own`, if given: the level of each as it is without the group's.
  Result<Forecasts> forecast(const Plan& plan, std::vector<double>* own) const;

  const std::vector<Case>& all() const { return cases_; }

 private:
  class Search;
  struct Sum;
  Result<Forecasts> run(double power, double periods, double factor) const;
  std::vector<double> mix(const Forecasts* own, double power, double weight) const;
  void learn(const std::vector<double>& mixed, std::optional<bool> half, Plan& plan) const;
  std::vector<double> drift_of(const std::vector<double>& mixed, std::span<const Sum> sums) const;
  Scatter scatter_of(const std::vector<double>& mixed, const std::vector<double>& drift,
                     std::span<const std::pair<double, std::size_t>> of) const;
  double factor_of(std::optional<bool> half) const;
  void spread(const Plan& plan, const Forecasts* own, const std::vector<double>& mixed, std::size_t i, Forecasts& out) const;
  void judge(const Forecasts& forecasts, bool half, std::vector<double>& losses) const;
  Forecasts blank() const;
  double actual(std::size_t i, std::size_t h) const;
  double level_of(std::span<const double> of_steps) const;
  std::span<const double> steps(const std::vector<double>& all, std::size_t i) const {
    return std::span(all).subspan(i * horizon_, horizon_);
  }

  const Panel& panel_;
  std::vector<Case> cases_;
  int known_;
  double dispersion_;
  const Options& options_;
  const ForecastAlone& alone_;
  std::size_t horizon_;
};

}  // namespace sinan::forecasting
