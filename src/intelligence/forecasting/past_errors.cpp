#include "intelligence/forecasting/past_errors.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "intelligence/forecasting/sample.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kMaxErrors = 24'000'000;  // that are kept
constexpr std::size_t kShares = 5;              // that are tried: 0, ¼, ½, ¾, 1
constexpr double kGain = 0.99;                  // that errors must fall to for a rival to be blended in

constexpr float share_at(std::size_t s) { return static_cast<float>(s) / (kShares - 1); }

}  // namespace

PastErrors::PastErrors(const Panel& panel, std::size_t origins, std::size_t horizon, std::uint64_t seed)
    : origins_(origins), horizon_(horizon), sampled_(panel.size(), 1), slot_(panel.size(), 0) {
  const std::size_t n = panel.size();
  const std::size_t room = std::max<std::size_t>(kMaxErrors / stride(), 100);
  if (n > room) {
    const double part = static_cast<double>(room) / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) sampled_[i] = share(hash(panel.keys[i], seed)) < part;
  }
  std::size_t slots = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (sampled_[i]) slot_[i] = slots++;
  errors_.assign(slots * stride(), std::numeric_limits<float>::quiet_NaN());
  after_.assign(slots * origins_, 0);
  growth_.assign(slots * origins_, 1);
}

std::size_t PastErrors::oldest() const {
  return after_.empty() ? 0 : std::min<std::size_t>(*std::ranges::max_element(after_), kReach * horizon_);
}

std::vector<float> PastErrors::choose_shares(const std::vector<float>& rival, std::span<const int> groups, std::span<const float> weights,
                                             std::span<const float> most, std::span<const std::size_t> order) const {
  std::vector<std::array<double, kShares>> sums(most.size());
  for (std::size_t i : order) {
    if (groups[i] < 0 || !sampled_[i]) continue;
    std::span<const float> ours = of(i);
    std::span<const float> theirs = in(rival, i);
    for (std::size_t e = 0; e < ours.size(); ++e) {
      if (!std::isfinite(ours[e]) || !std::isfinite(theirs[e])) continue;
      for (std::size_t s = 0; s < kShares; ++s)
        sums[static_cast<std::size_t>(groups[i])][s] += weights[i] * std::abs(ours[e] + share_at(s) * (theirs[e] - ours[e]));
    }
  }
  std::vector<float> shares;
  for (std::size_t g = 0; g < most.size(); ++g) {
    std::size_t best = 0;
    for (std::size_t s = 1; s < kShares && share_at(s) <= most[g]; ++s)
      if (sums[g][s] < sums[g][best]) best = s;
    shares.push_back(sums[g][best] < kGain * sums[g][0] ? share_at(best) : 0);
  }
  return shares;
}

void PastErrors::blend(std::span<const float> theirs, std::size_t i, float share) {
  std::span<float> ours = of(i);
  for (std::size_t e = 0; e < ours.size(); ++e) ours[e] += share * (theirs[e] - ours[e]);
}

}  // namespace sinan::forecasting
