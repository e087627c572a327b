// One run among the nights: which series go on from an earlier night, and what is kept for the next ones (warm.hpp).
#pragma once

#include "intelligence/forecasting/run.hpp"
#include "intelligence/forecasting/warm.hpp"

namespace sinan::forecasting {

// Different series may be looked at by several threads at once.
class Night {
 public:
  explicit Night(const Run& run);

  // The state that this night goes on from; null: none, of another method, too old, or series learn from a sample (Options::shared).
  const WarmState* state() const { return state_; }
  // What was kept of series i, from which it goes on; null: it is learnt anew.
  const WarmSeries* before(std::size_t i) const { return before_.empty() ? nullptr : before_[i].get(); }
  // The periods that came since.
  std::span<const double> fresh(std::size_t i) const { return run_.panel.series(i).last(grown_[i]); }
  void learn_anew(std::size_t i) { before_[i] = nullptr; }

  // With Options::keep, what will be known of series i, to be filled while it is learnt anew; else null.
  WarmSeries* kept(std::size_t i) { return kept_.empty() ? nullptr : &kept_[i]; }
  // Gives `run` the widths of the errors of series that go on; before their trees are mixed in.
  void recall_widths(Run& run) const;
  // Keeps the medians of regular series as they are before trees, which see more of tonight than of the night that this is kept for.
  void keep_points();
  // What the next nights go on from, with the trees of this run and their shares, of regular and of sparse demand; counts in
  // Forecasts::counts.
  Result<std::shared_ptr<const WarmState>> keep(std::span<const float> tree_shares, std::span<const float> factor_shares,
                                                WarmCounts& counts);

 private:
  void keep_errors(std::size_t i, WarmSeries& out) const;
  Status keep_trees(std::span<const float> tree_shares, std::span<const float> factor_shares, WarmState& out) const;

  const Run& run_;
  const WarmState* state_ = nullptr;
  std::vector<std::shared_ptr<const WarmSeries>> before_;
  std::vector<std::size_t> grown_;
  std::vector<WarmSeries> kept_;
};

}  // namespace sinan::forecasting
