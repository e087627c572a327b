// Why a forecast is what it is: the members of the pool, what each driver added to the trees, and when it was most like this before.
#pragma once

#include <optional>

#include "intelligence/forecasting/forecast.hpp"

namespace sinan::forecasting {

struct MemberForecast {
  std::string model;
  std::vector<double> values;  // one per step
  double weight = 0;           // beside the median's, learned from series that looked like this one
};

// The effect of a driver, or of the series' own history, on what the trees say.
struct Effect {
  std::string name;  // of the driver; "own history"; "other words of events": those that no event has now or no tree asks for, together
  double score = 0;  // Shapley value of the raw score (Lundberg et al. 2020), summed over the features of the driver
  double value = 0;  // the driver at this period, as far as it is known; NaN when unknown, and for the history
};

// How the trees come to their forecast of one step: expected + Σ effects = score; (score + centre) on the asinh scale of the series' level
// (drivers.hpp) is `forecast`. Of sparse demand exp(score) is the factor on its mean (factor_model.hpp): `unit` is the mean without trees,
// forecast = unit · exp(score), and there is no centre.
struct TreeStep {
  double expected = 0;
  std::vector<Effect> effects;  // largest size first
  double score = 0;
  double centre = 0;
  double unit = 0;      // forecast = unit · sinh(score + centre), or unit · exp(score)
  double forecast = 0;  // before it is mixed in
  // Where drivers tell how far demand may lie off: `forecast` less and plus the widths of errors there (width_model.hpp).
  std::optional<double> low, high;
};

// A period of the series' past that falls into the same leaves as the period ahead.
struct Alike {
  std::size_t period = 0;  // index in the series
  double demand = 0;
  double likeness = 0;  // share of the trees in which both lie in one leaf, 0 … 1
};

struct Explanation {
  DemandClass demand_class = DemandClass::kDead;
  int season = 1;
  std::string model;
  std::vector<MemberForecast> members;                     // of the pool; none where another way was taken (Forecasts::models)
  double median_share = 1;                                 // of their median in the pool's forecast, which the members' weights make 1
  std::vector<double> pool;                                // the pool's forecast, by step
  std::vector<std::pair<std::string_view, float>> traits;  // that the weights come from (learned_weights.hpp); none without weights
  double pooled_share = 0;
  std::vector<double> pooled;  // what the pooled regression says, by step, with a share above zero
  double tree_share = 0;
  std::vector<TreeStep> trees;           // by step, with a share of trees above zero
  std::vector<double> mean;              // of sparse demand, by step; where trees move it unit · exp(tree_share · score)
  std::vector<std::string> rate_models;  // the named models whose mean is the rate of sparse demand; none: its own rate
  std::vector<Alike> alike;              // as seen by the trees for the first step, most alike first, at most five
  std::optional<Borrowed> borrowed;  // of a series with a short history that borrows from others; then there are neither members nor trees
  // The forecast, by step, not below zero where the history is not; of sparse demand the middle of a negative binomial. Of regular: s = (1
  // − pooled_share) · pool + pooled_share · pooled, then (1 − tree_share) · s + tree_share · trees.
  std::vector<double> median;
};

// Series i of what forecast() made of the same panel, seasons and options.
Result<Explanation> explain(const Panel& panel, std::span<const int> seasons, const Options& options, const Forecasts& forecasts,
                            std::size_t i);

}  // namespace sinan::forecasting
