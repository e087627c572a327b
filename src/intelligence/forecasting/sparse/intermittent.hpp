// Intermittent demand: the distribution of demand in one period and over the next k, as a negative binomial.
//
// Demand is counted in units: of one where all demands are whole numbers of about eight or less, else of an eighth of their mean size. Its
// rate is the mean of what exponential smoothing with half-lives of 3, 6, 12, … periods says, each weighted by the likelihood of the
// history one step ahead (Bayesian model averaging, Hoeting et al. 1999): so a rate that changes, or dies, is followed as fast as the
// series itself asks for. With a season the mean of a period is the rate times its index, and a period tells of the rate as much as its
// index says: a day on which the shop is closed tells nothing. The variance is the mean times the dispersion of the whole history; over k
// periods both add up (Syntetos, Lengu & Babai 2015 find such a compound of arrivals and sizes to fit intermittent demand).
#pragma once

#include <span>
#include <vector>

#include "intelligence/forecasting/clean.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {

// What demand is counted in, and the variance to mean of the counts, around the mean of the whole history times the `indices` (of a season
// of as many periods; empty: none).
struct Counting {
  double unit = 1;
  double dispersion = 1;
};
Counting counting_of(std::span<const float> y, std::span<const float> indices);

// What is thought of a rate before the series is seen (a gamma distribution, so that the next demands are negative binomial): as if it had
// been `mean` a period for so many `periods`, in which the variance to mean of demand was `dispersion` times the mean size of demands.
struct Prior {
  double mean = 0;     // in the units of the series
  double periods = 0;  // 0: nothing is thought
  double dispersion = 1;
};

// All in units of Cleaned::scale; flat as in Forecasts.
struct IntermittentForecast {
  std::vector<float> mean;         // of each step
  std::vector<float> median;       // of each step
  std::vector<float> at_quantile;  // horizon × quantiles
  std::vector<float> total_at_quantile;
  double rate = 0;                  // mean of a period whose index, and factor, is 1
  double variance = 0;              // of a period
  const ModelInfo* only = nullptr;  // when one named model gave the rate
};

// What forecast() learnt of a series, from which resume() goes on: the sums of each half-life, and what they are counted in.
struct RateMemory {
  Counting counting;
  double mean = 0;             // of the whole history, or what was thought of it before, in units
  double periods = 0;          // for so many periods; 0: nothing was
  std::uint64_t values = 0;    // seen
  std::vector<double> sums;    // of each half-life: demand and weight, faded; squares of weights; log likelihood
  std::vector<float> indices;  // of the season
};

// The smallest counts whose distribution function reaches the increasing `quantiles`, for a negative binomial of that mean and
// variance-to-mean ratio, which is above 1. Beyond a mean of a few hundred dispersions, of the normal distribution of the same moments.
void negative_binomial_quantiles(double mean, double dispersion, std::span<const double> quantiles, std::span<double> out);

// Whether a named model gives the rate of a history of so many values.
bool gives_rate(const ModelInfo& model, std::size_t length);

// Goes on with `values`, in units of the same Cleaned::scale.
void follow(RateMemory& memory, std::span<const float> values);

// The rate as it would have been found from the first t values of `y`, t = 0 … y.size(), with the counting and season of all: the mean of a
// period whose index is 1.
void rates_of(std::span<const float> y, std::span<const float> indices, const Counting& counting, std::vector<float>& out);

// Not thread-safe: one per thread. Keeps its memory.
class Intermittent {
 public:
  // `named` models give the rate, the mean of what they say, where any of them can; one that knows it (ModelInfo::window) the distribution.
  Intermittent(std::span<const ModelInfo* const> named, std::size_t horizon, std::span<const double> quantiles, bool totals);
  // `indices` of the season: phase p belongs to values t with t % size == p; empty: none. With a prior, the
  // rate and the dispersion are what it and the series say together, each half-life beginning with it. With `memory` what resume() needs
  // is left there; it stays without sums when named models give the rate.
  void forecast(const Cleaned& series, std::span<const float> indices, IntermittentForecast& out, const Prior& prior = {},
                RateMemory* memory = nullptr, std::span<const double> factors = {});
  // The same when a few `values` have followed, in units of the same Cleaned::scale: each costs a constant time. Without any, the same
  // bits.
  // `factors`: by what the mean of each step is multiplied; empty: by nothing.
  void resume(const RateMemory& memory, std::span<const float> values, IntermittentForecast& out, std::span<const double> factors = {});

 private:
  // The mean of a period whose index is 1, in units, and how sure it is.
  struct Rate {
    double mean = 0;
    double variance = 0;
  };
  static Rate rate(const RateMemory& memory);
  void spread(const Rate& rate, const RateMemory& memory, IntermittentForecast& out, std::span<const double> factors);
  void spread_as_before(double rate, const RateMemory& memory, IntermittentForecast& out, std::span<const double> factors);
  double named_rate(std::span<const float> y, std::span<const float> indices, double unit);

  std::vector<const ModelInfo*> named_;
  const ModelInfo* only_ = nullptr;
  std::size_t horizon_;
  std::vector<double> quantiles_;
  bool totals_;
  Scratch scratch_;
  Parameters parameters_;
  RateMemory memory_;
  std::vector<float> adjusted_;
  std::vector<double> found_, single_, sums_;
};

}  // namespace sinan::forecasting
