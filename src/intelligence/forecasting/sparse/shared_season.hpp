// The season of sparse demand, from all sparse series together: one alone seldom shows it, their sum does.
//
// A series tells as much as it has demands: it is counted in its unit times its dispersion, which makes the variance of the counts their
// mean. The counts of all series are added up on their common grid; the season of the sum is found and drawn towards none as that of any
// series (season.hpp): group seasonal indices (Withycombe 1989; Dekker, van Donselaar & Ouwehand 2004).
//
// A series' own index of a phase lies between the group's g and what its own demand says: Gamma(κ g, κ) is thought of it before, and c
// counts where without a season there would be e make it (κ g + c) / (κ + e). How like its group a series is, κ, is one of a few values, of
// which it is not known which: what share of the group has which is learnt from their likelihoods (empirical Bayes, Laird 1978, by EM),
// and a series gets the mean over them by its own likelihood. So series that share a week all get it, and one with a week of its own keeps
// it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace sinan::forecasting {

class SharedSeason {
 public:
  // One series up to period `end` (Panel::ends), each value divided by `one`: its unit times its dispersion.
  struct Series {
    std::int64_t end = 0;
    std::span<const float> y;
    double one = 1;
  };

  // Candidate periods; one that is below 2 is none. `latest`: the last period of any series; of the sum the newest kMaxLength (clean.hpp)
  // are looked at.
  SharedSeason(std::span<const int> candidates, std::int64_t latest);

  // First all series, then finish(), then any of them again, then finish_comparing(). In an order that does not depend on their places:
  // sums are rounded.
  void add(const Series& series);
  void finish();
  void compare(const Series& series, int season);  // one of the candidates; others are ignored
  void finish_comparing();

  // The strongest period that the sum shows; 1: none.
  int season() const { return season_; }
  // Indices of a series, added or not, in a candidate period m = indices.size(), about 1 on average over a whole season; phase p belongs
  // to values t with t % m == p.
  void indices_of(const Series& series, std::span<float> indices) const;

 private:
  static constexpr std::size_t kLikenesses = 6;
  using Likelihoods = std::array<double, kLikenesses>;
  struct Candidate {
    std::size_t season = 1;
    std::vector<double> group;  // g; by the number of the period modulo the season
    std::vector<Likelihoods> compared;
    Likelihoods shares{};  // of the group's series, by how like it they are
  };
  // c and e of each phase, of the values after the first, which is a demand because the series begins with it.
  struct Counts {
    std::vector<double> counts, expected;
  };
  static void count(const Candidate& candidate, const Series& series, Counts& out);
  static Likelihoods likelihoods(const Candidate& candidate, const Counts& counts);
  std::size_t behind(std::int64_t end) const { return static_cast<std::uint64_t>(latest_) - static_cast<std::uint64_t>(end); }

  std::vector<Candidate> candidates_;
  int season_ = 1;
  std::int64_t latest_;
  std::vector<double> sum_;  // newest first
};

}  // namespace sinan::forecasting
