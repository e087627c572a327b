// The pool: forecasts one regular series with every model that fits it and combines them: by their median, or,
// where learned weights are at hand (learned_weights.hpp), a quarter of it and three quarters of their weighted mean; and does the same at
// earlier origins, whose errors tell how far off it may be.
#pragma once

#include <span>
#include <vector>

#include "intelligence/forecasting/clean.hpp"
#include "intelligence/forecasting/kernels/season.hpp"
#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/pool/learned_weights.hpp"

namespace sinan::forecasting {

struct PoolForecast {
  std::vector<float> point;   // horizon values, in units of Cleaned::scale
  std::vector<float> errors;  // origins × horizon: actual − combination at the earlier origins; NaN where the data ends, or has a gap
  std::vector<std::uint32_t> after;  // of each origin: how many values come after it; 0: there was no such origin
  std::uint32_t reach = 0;           // how many values came after the oldest when its errors were found
  std::vector<float> growth;         // of each origin: that its errors were multiplied by, because the level has grown since
  float level = 1;                   // that it has grown to
  std::size_t season = 1;            // the period used
  const ModelInfo* only = nullptr;   // when a single model made it
  bool weighted = false;             // whether learned weights had a part in it
};

// What was found of the same series when it was a few periods shorter: PoolForecast::errors, reach and level, in today's units.
struct KnownErrors {
  std::span<const float> errors;  // empty: nothing
  std::uint32_t reach = 0;
  float level = 1;
};

// Not thread-safe: one per thread. Keeps its memory.
class Pool {
 public:
  // `named` models only; empty: those of models.inc that are for regular demand by default.
  Pool(std::span<const ModelInfo* const> named, std::size_t horizon, std::size_t origins);

  // `season` 1: none. A season for which the history is too short is not used. Errors at earlier origins that are known already only grow
  // with the level, which saves most of the work.
  void forecast(const Cleaned& series, std::size_t season, PoolForecast& out, const KnownErrors& known = {});

  // The models that were asked, and what each said of the series last forecast, in units of Cleaned::scale; NaN: it does not fit the
  // series. Nothing for a constant series, of which none is asked.
  std::size_t members() const { return models_.size(); }
  const ModelInfo& member(std::size_t m) const { return *models_[m]; }
  std::span<const float> member_forecast(std::size_t m) const {
    return asked_ ? std::span(forecasts_).subspan(m * row_, horizon_) : std::span<const float>();
  }
  // With PoolForecast::weighted: the weight beside the median's, and the traits that it came from.
  float member_weight(std::size_t m) const { return weights_[m]; }
  const Traits& traits() const { return traits_; }

 private:
  bool fits(const ModelInfo& model, bool positive, std::size_t length) const;
  void choose_origins(const Cleaned& series);
  // Adjusts the first `length` values for season, and lets every model that fits forecast `steps` from there into forecasts_[model], NaN
  // for the others. With `learn` the models learn from these values; else they use what they learnt before.
  void run_models(const Cleaned& series, std::size_t length, bool learn, std::size_t steps);
  void adjust(std::span<const float> y, SeasonKind kind, std::vector<float>& indices, std::vector<float>& adjusted) const;
  // Fills weights_ with learned ones, if there are any for the forecasts that run_models() made from the first `length` values.
  bool weigh(std::size_t length);
  // What they say together; the last of these values where none fits.
  void combine(float last, std::size_t length, std::size_t steps, std::span<float> out);

  std::vector<const ModelInfo*> models_;
  bool named_;
  bool asked_ = false;
  bool weighted_ = false;
  std::size_t horizon_;
  std::size_t row_;  // steps that are forecast: the horizon, or as many more as models are compared over
  std::size_t max_origins_;
  Scratch scratch_;
  Periods periods_;
  std::vector<float> adjusted_, indices_;
  std::vector<float> logs_;  // of the values that were asked for so far
  std::vector<float> log_adjusted_, log_indices_;
  std::vector<Parameters> parameters_;  // of each model
  std::vector<std::uint8_t> learnt_;    // whether it could
  std::vector<float> forecasts_;        // model × row_
  std::vector<int> places_;             // of each model among those with learned weights
  std::vector<float> weights_;          // of each model
  std::vector<std::size_t> weighed_;
  Traits traits_{};
  std::vector<std::size_t> origins_;  // values known at each
  std::vector<const float*> rows_;    // of forecasts_, of the models that learnt
  std::vector<float> values_;
};

}  // namespace sinan::forecasting
