// Bursts: sudden demand, seen as it comes. A small state per series, one update per period; a batch is the same update over a history.
//
// Each period is held against what the periods before it let expect: an exponentially forgetting level with seasonal factors and a
// dispersion of its own. How surprising a demand is, is its tail probability: of the negative binomial distribution for whole numbers, as
// in the detection of outbreaks (Noufaily et al. 2013), of Student's t for others. Demand has heavier tails than either, so the surprise,
// −log of that probability, is measured again by how far it went in this series before: beyond the tenth most surprising periods it is
// taken as exponential (peaks over a threshold, as in Siffer et al. 2017). Where nothing happens, what is left is near a unit exponential.
// An alarm is raised where the newest period, or the newest two together (Fisher 1932), are less likely than the rate of false alarms that
// is allowed. A surprise is learnt from as far as it is usual, and a burst not at all, unless it lasts: then it is the new
// level.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace sinan::forecasting {

struct BurstOptions {
  int season = 1;                      // periods; 1: none
  double periods_per_year = 365;       // that the rate below is for
  double false_alarms_per_year = 0.3;  // of a series in which nothing happens
  double least_size = 1.5;             // times what was expected: less is no burst, however sure
};

// Periods after which a burst is the new level, and over.
inline constexpr std::size_t kLastingBurst = 8;

// A burst lasts two periods or more; an outlier is over after one; a promotion is what the caller marked as one, for half of its periods
// or more. As long as one period is all there is, it counts as a burst.
enum class BurstKind : std::uint8_t { kBurst, kPromotion, kOutlier };
std::string_view name(BurstKind kind);

struct Burst {
  std::size_t begin = 0;  // its first period
  std::size_t end = 0;    // the period after its last
  std::size_t seen = 0;   // the period with which it was raised
  double demand = 0;      // sum over its periods
  double expected = 0;    // the same without it
  double confidence = 0;  // 0 … 1: probability that it is none of chance, at most (Sellke, Bayarri & Berger 2001; one period in a
                          // hundred begins a burst)
  BurstKind kind = BurstKind::kBurst;
  bool running = true;  // had not ended when last looked at
  double size() const { return expected > 0 ? demand / expected : 0; }
};

// One series. update() takes constant time, well below a microsecond; memory is constant but for two numbers per phase of the season.
// Copies are states of their own.
class BurstDetector {
 public:
  explicit BurstDetector(const BurstOptions& options);

  // The demand of the next period; one that is not finite is missing, one below zero counts as none. True: with this period a burst was
  // raised, burst() says which.
  bool update(double demand, bool promotion = false);

  // The newest burst, as it is known now; begin and end count update() from 0.
  const std::optional<Burst>& burst() const { return burst_; }
  // What the period last seen was expected to be, before it was; NaN if it was missing.
  double expected() const { return expected_; }

 private:
  struct Phase {
    double demand = 0;
    double expected = 0;
  };
  struct Period {
    double demand = 0, expected = 0;
    double surprise = 0;  // a unit exponential where nothing happens
    bool promotion = false;
  };
  double dispersion() const;
  double index_of(std::size_t phase, double dispersion) const;
  double raw_surprise(double demand, double dispersion) const;
  double usual(double raw) const;
  void learn_tail(double raw);
  void learn(double demand, double index);
  double evidence(std::size_t& periods) const;
  static bool elevated(const Period& period, double size);
  void extend(const Period& period);
  bool raise();
  void follow();
  void settle(double ratio);

  BurstOptions options_;
  double rate_;  // of false alarms per period
  std::vector<Phase> phases_;
  Period newest_, before_;   // the two known periods last seen
  std::size_t periods_ = 0;  // seen
  std::size_t known_ = 0;    // since the first demand
  std::size_t demands_ = 0;  // periods with demand
  double density_ = 1;       // their share
  bool counts_ = true;       // only whole numbers so far
  // Forgetting sums. Their ratios are the level, the dispersion, and the tail's begin and mean excess.
  double demand_ = 0, weight_ = 0;
  double squares_ = 0, means_ = 0, errors_ = 0;
  double above_ = 0, excess_ = 0, judged_ = 0;
  double expected_ = 0;
  bool open_ = false;       // a burst that may go on
  std::size_t calm_ = 0;    // periods since its last
  std::size_t marked_ = 0;  // of its periods
  std::optional<Burst> burst_;
};

// All bursts of a history; `promotion` is as long as `values`, or empty; so is `expected`, which receives what each period was expected to
// be. A period is judged by those before it and itself alone; the end and the kind of a burst by the two that follow.
std::vector<Burst> find_bursts(std::span<const double> values, std::span<const std::uint8_t> promotion, const BurstOptions& options,
                               std::span<double> expected = {});

// log P(Y ≥ y) of a negative binomial count with this mean and variance mean + mean² / size; y a whole number from 1 on.
double log_negative_binomial_tail(double y, double mean, double size);
// log P(T ≥ t) of Student's t; t ≥ 0.
double log_student_tail(double t, double degrees);

}  // namespace sinan::forecasting
