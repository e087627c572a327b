#include "intelligence/forecasting/sparse/shared_season.hpp"

#include <algorithm>
#include <cmath>

#include "base/log_gamma.hpp"
#include "intelligence/forecasting/clean.hpp"
#include "intelligence/forecasting/kernels/season.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::array<double, 5> kLimited{64, 16, 4, 1, 0.25};  // the values of κ below the first, which has no limit
constexpr double kAlike = 4;                                   // series that are thought, before any is seen, to be wholly like the group,
constexpr double kUnlike = 0.5;                                // and to be so to each lesser degree
constexpr int kRounds = 50;                                    // of EM

// The phase of the first of `length` periods that end at `end`.
std::size_t first_phase(std::int64_t end, std::size_t length, std::size_t season) {
  return (phase_of(end, season) + season - (length - 1) % season) % season;
}

// From logarithms up to a constant to shares of 1.
template <std::size_t N>
void normalise(std::array<double, N>& logs) {
  const double largest = *std::ranges::max_element(logs);
  double total = 0;
  for (double& v : logs) total += v = std::exp(v - largest);
  for (double& v : logs) v /= total;
}

}  // namespace

SharedSeason::SharedSeason(std::span<const int> candidates, std::int64_t latest) : latest_(latest) {
  for (int season : candidates)
    if (season > 1)
      candidates_.push_back({static_cast<std::size_t>(season), std::vector<double>(static_cast<std::size_t>(season), 1), {}, {}});
}

void SharedSeason::add(const Series& series) {
  std::span<const float> y = series.y;
  if (y.size() < 2) return;
  const std::size_t newest = std::min(behind(series.end), kMaxLength);
  const std::size_t oldest = std::min(newest + y.size() - 1, kMaxLength);
  if (sum_.size() < oldest) sum_.resize(oldest, 0);
  for (std::size_t back = newest; back < oldest; ++back) sum_[back] += y[y.size() - 1 - (back - newest)] / series.one;
}

void SharedSeason::finish() {
  const std::vector<float> sum(sum_.rbegin(), sum_.rend());
  double strongest = 0;
  for (Candidate& candidate : candidates_) {
    const std::size_t m = candidate.season;
    if (!long_enough(sum.size(), m)) continue;
    std::vector<float> indices(m);
    season_indices(sum, {.season = m}, SeasonKind::kMultiplicative, indices);
    const std::size_t first = first_phase(latest_, sum.size(), m);
    for (std::size_t t = 0; t < m; ++t) candidate.group[(first + t) % m] = indices[t];
    const double strength = season_strength(sum, static_cast<int>(m));
    if (strength > strongest) season_ = static_cast<int>(m), strongest = strength;
  }
  sum_ = {};
}

void SharedSeason::count(const Candidate& candidate, const Series& series, Counts& out) {
  const std::size_t m = candidate.season;
  out.counts.assign(m, 0);
  out.expected.assign(m, 0);
  if (series.y.size() < 2) return;
  std::size_t p = phase_of(series.end, m);
  double total = 0;
  for (std::size_t t = series.y.size(); t-- > 1; p = p == 0 ? m - 1 : p - 1) {
    out.counts[p] += series.y[t] / series.one;
    out.expected[p] += 1;
    total += series.y[t] / series.one;
  }
  for (double& e : out.expected) e *= total / static_cast<double>(series.y.size() - 1);
}

// Logarithms, without what is the same for all κ: Poisson(e g) for the first, for the others a negative binomial of mean e g and size κ g.
SharedSeason::Likelihoods SharedSeason::likelihoods(const Candidate& candidate, const Counts& counts) {
  Likelihoods out{};
  for (std::size_t p = 0; p < candidate.season; ++p) {
    const double g = candidate.group[p];
    const double c = counts.counts[p];
    const double e = counts.expected[p];
    out[0] += c * std::log(g) - e * g;
    for (std::size_t k = 0; k < kLimited.size(); ++k) {
      const double size = kLimited[k] * g;
      out[k + 1] += size * std::log(kLimited[k] / (kLimited[k] + e));
      if (c > 0) out[k + 1] += log_gamma(size + c) - log_gamma(size) - c * std::log(kLimited[k] + e);
    }
  }
  return out;
}

void SharedSeason::compare(const Series& series, int season) {
  auto candidate = std::ranges::find(candidates_, static_cast<std::size_t>(season), &Candidate::season);
  if (candidate == candidates_.end()) return;
  Counts counts;
  count(*candidate, series, counts);
  candidate->compared.push_back(likelihoods(*candidate, counts));
}

void SharedSeason::finish_comparing() {
  for (Candidate& candidate : candidates_) {
    Likelihoods before;
    before.fill(kUnlike);
    before[0] = kAlike;
    const double all = kAlike + kUnlike * kLimited.size() + static_cast<double>(candidate.compared.size());
    candidate.shares.fill(1.0 / kLikenesses);
    for (int round = 0; round < kRounds; ++round) {
      Likelihoods sums = before;
      Likelihoods logs;
      for (std::size_t k = 0; k < kLikenesses; ++k) logs[k] = std::log(candidate.shares[k]);
      for (Likelihoods of : candidate.compared) {
        for (std::size_t k = 0; k < kLikenesses; ++k) of[k] += logs[k];
        normalise(of);
        for (std::size_t k = 0; k < kLikenesses; ++k) sums[k] += of[k];
      }
      for (std::size_t k = 0; k < kLikenesses; ++k) candidate.shares[k] = sums[k] / all;
    }
    candidate.compared = {};
  }
}

void SharedSeason::indices_of(const Series& series, std::span<float> indices) const {
  std::ranges::fill(indices, 1.0F);
  const std::size_t m = indices.size();
  auto candidate = std::ranges::find(candidates_, m, &Candidate::season);
  if (candidate == candidates_.end()) return;
  static thread_local Counts counts;
  count(*candidate, series, counts);
  Likelihoods shares = likelihoods(*candidate, counts);
  for (std::size_t k = 0; k < kLikenesses; ++k) shares[k] += std::log(candidate->shares[k]);
  normalise(shares);
  const std::size_t first = first_phase(series.end, series.y.size(), m);
  for (std::size_t t = 0; t < m; ++t) {
    const std::size_t p = (first + t) % m;
    const double g = candidate->group[p];
    double index = shares[0] * g;
    for (std::size_t k = 0; k < kLimited.size(); ++k)
      index += shares[k + 1] * (kLimited[k] * g + counts.counts[p]) / (kLimited[k] + counts.expected[p]);
    indices[t] = static_cast<float>(index);
  }
}

}  // namespace sinan::forecasting
