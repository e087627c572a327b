// The errors of regular series at earlier origins: of a sample of the series when there are very many. From them come quantiles, and the
// share that a model of all series gets beside the median of the models.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/series.hpp"

namespace sinan::forecasting {

// Earlier origins, `origins` at most, are spread evenly over the newest `reach` values, the oldest first: how many values come after the
// j-th; 0: there is none.
inline std::size_t after_origin(std::size_t reach, std::size_t origins, std::size_t j) {
  const std::size_t count = std::min(reach, origins);
  return j < count ? reach * (count - j) / count : 0;
}

// Origins lie within so many horizons of what is known.
inline constexpr std::size_t kReach = 3;

class PastErrors {
 public:
  // A sample is drawn by key, so that the order of the series does not matter.
  PastErrors(const Panel& panel, std::size_t origins, std::size_t horizon, std::uint64_t seed);

  std::size_t origins() const { return origins_; }
  std::size_t horizon() const { return horizon_; }
  std::size_t stride() const { return origins_ * horizon_; }

  // Only sampled series have a place in what follows.
  bool sampled(std::size_t i) const { return sampled_[i]; }
  std::span<const std::uint8_t> sample() const { return sampled_; }
  // Actual − forecast, by origin and step, in units of the series, times `growth`; NaN where the data ends.
  std::span<float> of(std::size_t i) { return in(errors_, i); }
  std::span<const float> of(std::size_t i) const { return in(errors_, i); }
  // How many values come after each origin; 0: there was no such origin.
  std::span<std::uint32_t> after(std::size_t i) { return std::span(after_).subspan(slot_[i] * origins_, origins_); }
  std::span<const std::uint32_t> after(std::size_t i) const { return std::span(after_).subspan(slot_[i] * origins_, origins_); }
  // That the errors of each origin were multiplied by, because the level has grown since.
  std::span<float> growth(std::size_t i) { return std::span(growth_).subspan(slot_[i] * origins_, origins_); }
  std::span<const float> growth(std::size_t i) const { return std::span(growth_).subspan(slot_[i] * origins_, origins_); }
  // How wide drivers say that errors lie there, below and above zero, in the unit of the errors (OwnErrors); none until keep_widths().
  std::span<float> down(std::size_t i) { return down_.empty() ? std::span<float>() : in(down_, i); }
  std::span<float> up(std::size_t i) { return up_.empty() ? std::span<float>() : in(up_, i); }
  std::span<const float> down(std::size_t i) const { return down_.empty() ? std::span<const float>() : in(down_, i); }
  std::span<const float> up(std::size_t i) const { return up_.empty() ? std::span<const float>() : in(up_, i); }
  void keep_widths() { down_.assign(errors_.size(), 0), up_.assign(errors_.size(), 0); }
  // How many values come after the oldest origin of any series; of one with a long gap at its end, whose origins lie before that, at most
  // as many as of others.
  std::size_t oldest() const;

  // All errors, for the errors of a rival at the same origins to begin with; `in(rival, i)` are those of series i.
  const std::vector<float>& all() const { return errors_; }
  std::span<float> in(std::vector<float>& rival, std::size_t i) const { return std::span(rival).subspan(slot_[i] * stride(), stride()); }
  std::span<const float> in(const std::vector<float>& rival, std::size_t i) const {
    return std::span(rival).subspan(slot_[i] * stride(), stride());
  }

  // For each group the share of the rival, 0 … `most` of the group in quarters, that makes the sum of the sizes of errors smallest, each
  // times the weight of its series; 0 where that gains less than 1 %. `groups` and `weights` by series; a negative group is left out. Sums
  // are taken in the order given.
  std::vector<float> choose_shares(const std::vector<float>& rival, std::span<const int> groups, std::span<const float> weights,
                                   std::span<const float> most, std::span<const std::size_t> order) const;
  // Errors of a blend with that share of a rival, whose errors are `theirs`, take the place of those of series i.
  void blend(std::span<const float> theirs, std::size_t i, float share);

 private:
  std::size_t origins_;
  std::size_t horizon_;
  std::vector<std::uint8_t> sampled_;
  std::vector<std::size_t> slot_;
  std::vector<float> errors_;
  std::vector<std::uint32_t> after_;
  std::vector<float> growth_;
  std::vector<float> down_, up_;
};

}  // namespace sinan::forecasting
