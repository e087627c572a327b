#include "intelligence/forecasting/live/bursts.hpp"

#include <algorithm>
#include <cmath>

#include "base/series.hpp"
#include "intelligence/forecasting/kernels/incomplete_beta.hpp"

namespace sinan::forecasting {
namespace {

constexpr double kForget = 0.95;               // of the level and the dispersion, per period; less where demand is rare
constexpr double kLeastDense = 0.2;            // share of periods with demand, below which no less is forgotten
constexpr double kSeasonForget = 0.9;          // of a seasonal factor, per season
constexpr double kPriorSeason = 3;             // demands of usual size for which a factor of 1 is held
constexpr double kPriorShape = 0.3;            // squared coefficient of variation before anything is known
constexpr double kPriorPeriods = 3;            // for which it is held
constexpr double kUsual = 3;                   // a surprise beyond it is learnt from as if it were this
constexpr double kMostCount = 100;             // beyond, whole numbers are as good as continuous
constexpr double kHalf = 0.693147181;          // −log P(Z ≥ 0) of a normal deviate,
constexpr double kOneDeviation = 1.841021645;  // and −log P(Z ≥ 1)
constexpr double kDegrees = 30;                // of Student's t
constexpr double kTail = 2.302585093;          // log 10: where the tail begins
constexpr double kTailForget = 0.99;           // per period
constexpr double kPriorBegin = 40;             // periods for which the tail is held to begin where it should
constexpr double kPriorExcess = 4;             // surprises for which the mean excess is held to be kUsualExcess
constexpr double kUsualExcess = 2;             // 1 if the distribution were right
constexpr std::size_t kWarmUp = 8;             // known periods before anything is surprising,
constexpr std::size_t kLeastDemands = 3;       // and demands
constexpr std::size_t kCalm = 2;               // periods after which one is over
constexpr double kPriorBurst = 0.01;           // probability that one begins in a period
constexpr double kPrecision = 1e-10;           // of tails

// At most the probability that what happened is no chance, from its tail probability e^−surprise: −e p log p is the least that p can say
// for chance against everything else (Sellke, Bayarri & Berger 2001).
double confidence_of(double surprise) {
  const double for_chance = surprise > 1 ? surprise * std::exp(1 - surprise) : 1;
  return 1 / (1 + for_chance * (1 - kPriorBurst) / kPriorBurst);
}

}  // namespace

double log_negative_binomial_tail(double y, double mean, double size) {
  return log_incomplete_beta(y, size, mean / (mean + size), kPrecision);
}

double log_student_tail(double t, double degrees) {
  return log_incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t), kPrecision) - std::log(2.0);
}

std::string_view name(BurstKind kind) {
  switch (kind) {
    case BurstKind::kBurst: return "burst";
    case BurstKind::kPromotion: return "promotion";
    case BurstKind::kOutlier: return "outlier";
  }
  return "burst";
}

BurstDetector::BurstDetector(const BurstOptions& options)
    : options_(options),
      rate_(std::clamp(options.false_alarms_per_year / options.periods_per_year, 1e-12, 0.1)),
      phases_(options.season > 1 ? static_cast<std::size_t>(options.season) : 0) {}

// Variance of a period's demand over its expectation, of the last periods; 0 before there are any.
double BurstDetector::dispersion() const {
  if (!(means_ > 0)) return 0;
  const double mean = means_ / errors_;
  return (squares_ + kPriorPeriods * (kPriorShape * mean * mean + (counts_ ? mean : 0))) / (errors_ + kPriorPeriods) / mean;
}

double BurstDetector::index_of(std::size_t phase, double dispersion) const {
  const double prior = kPriorSeason * dispersion;
  return phases_.empty() || !(prior > 0) ? 1 : (phases_[phase].demand + prior) / (phases_[phase].expected + prior);
}

double BurstDetector::raw_surprise(double demand, double dispersion) const {
  if (demand <= expected_ || !(expected_ > 0)) return 0;
  const double spread = dispersion * (1 + 1 / weight_);  // with that of the level
  const double deviation = (demand - expected_) / std::sqrt(spread * expected_);
  // The usual case needs no tail: near enough what a normal distribution says up to one standard deviation.
  if (deviation < 1) return kHalf + (kOneDeviation - kHalf) * deviation;
  if (counts_ && expected_ < kMostCount) return -log_negative_binomial_tail(demand, expected_, expected_ / std::max(spread - 1, 1e-4));
  return -log_student_tail(deviation, kDegrees);
}

// As surprising as it is in this series: by where the tail began and by its mean excess.
double BurstDetector::usual(double raw) const {
  if (raw == 0) return 0;
  const double begin = -std::log((above_ + kPriorBegin * 0.1) / (judged_ + kPriorBegin));
  if (raw <= kTail) return raw / kTail * begin;
  return begin + (raw - kTail) * (above_ + kPriorExcess) / (excess_ + kPriorExcess * kUsualExcess);
}

void BurstDetector::learn_tail(double raw) {
  judged_ = kTailForget * judged_ + 1;
  above_ = kTailForget * above_ + (raw > kTail ? 1 : 0);
  excess_ = kTailForget * excess_ + std::max(raw - kTail, 0.0);
}

void BurstDetector::learn(double demand, double index) {
  if (newest_.surprise > kUsual) demand = expected_ + (demand - expected_) * kUsual / newest_.surprise;
  const double keep = 1 - (1 - kForget) * std::clamp(density_, kLeastDense, 1.0);
  if (weight_ > 0) {
    const double error = demand - expected_;
    squares_ = keep * squares_ + error * error;
    means_ = keep * means_ + expected_;
    errors_ = keep * errors_ + 1;
  }
  demand_ = keep * demand_ + demand;
  weight_ = keep * weight_ + index;
  if (phases_.empty()) return;
  Phase& phase = phases_[(periods_ - 1) % phases_.size()];
  phase.demand = kSeasonForget * phase.demand + demand;
  phase.expected = kSeasonForget * phase.expected + expected_ / index;
}

bool BurstDetector::update(double demand, bool promotion) {
  const std::size_t phase = phases_.empty() ? 0 : periods_ % phases_.size();
  ++periods_;
  expected_ = kMissing;
  if (!std::isfinite(demand)) return false;
  demand = std::max(demand, 0.0);
  if (known_ == 0 && demand == 0) return false;
  counts_ = counts_ && demand == std::floor(demand);
  const bool ready = known_ >= kWarmUp && demands_ >= kLeastDemands;
  ++known_;
  demands_ += demand > 0;
  density_ += std::max(1 / static_cast<double>(known_), 0.02) * ((demand > 0 ? 1 : 0) - density_);
  const double spread = dispersion();
  const double index = index_of(phase, spread);
  // Never less than half a usual demand in all that is remembered.
  expected_ = weight_ > 0 ? std::max(demand_, spread / 2) / weight_ * index : demand;
  const double raw = ready ? raw_surprise(demand, spread) : 0;
  before_ = newest_;
  newest_ = {demand, expected_, usual(raw), promotion};
  bool raised = false;
  if (open_)
    follow();
  else
    raised = ready && raise();
  const bool calm = !open_ || calm_ > 0;
  if (ready && (calm || raised)) learn_tail(raw);
  if (calm) learn(demand, index);
  return raised;
}

// How unlikely the newest period is by itself, and how unlikely with the one before: the larger surprise, at the price of two tries.
double BurstDetector::evidence(std::size_t& periods) const {
  const double sum = newest_.surprise + before_.surprise;
  const double together = sum - std::log1p(sum);
  periods = together > newest_.surprise ? 2 : 1;
  return std::max(newest_.surprise, together) - std::log(2.0);
}

// At least half of the way from what was expected to a burst of this size.
bool BurstDetector::elevated(const Period& period, double size) { return period.demand >= period.expected * (1 + size) / 2; }

void BurstDetector::extend(const Period& period) {
  burst_->demand += period.demand;
  burst_->expected += period.expected;
  marked_ += period.promotion;
}

bool BurstDetector::raise() {
  if (!elevated(newest_, options_.least_size)) return false;
  std::size_t length = 0;
  const double surprise = evidence(length);
  if (surprise < -std::log(rate_)) return false;
  if (!elevated(before_, options_.least_size)) length = 1;
  const double expected = newest_.expected + (length == 2 ? before_.expected : 0);
  if (newest_.demand + (length == 2 ? before_.demand : 0) < options_.least_size * expected) return false;
  burst_ = Burst{.begin = periods_ - length, .end = periods_, .seen = periods_ - 1, .confidence = confidence_of(surprise)};
  open_ = true;
  calm_ = 0;
  marked_ = 0;
  if (length == 2) extend(before_);
  extend(newest_);
  if (2 * marked_ >= length) burst_->kind = BurstKind::kPromotion;
  return true;
}

// A period of an open burst: it goes on, pauses, or is over.
void BurstDetector::follow() {
  Burst& burst = *burst_;
  if (!elevated(newest_, burst.size())) {
    burst.running = false;
    if (burst.end - burst.begin == 1 && burst.kind == BurstKind::kBurst) burst.kind = BurstKind::kOutlier;
    if (++calm_ == kCalm) open_ = false;
    return;
  }
  std::size_t ignored = 0;
  burst.confidence = std::max(burst.confidence, confidence_of(evidence(ignored)));
  if (calm_ > 0) extend(before_);
  extend(newest_);
  calm_ = 0;
  burst.end = periods_;
  burst.running = true;
  const std::size_t length = burst.end - burst.begin;
  burst.kind = 2 * marked_ >= length ? BurstKind::kPromotion : BurstKind::kBurst;
  if (length >= kLastingBurst) settle(burst.size());
}

// What lasts is the new level, `ratio` times the old.
void BurstDetector::settle(double ratio) {
  demand_ *= ratio;
  means_ *= ratio;
  squares_ *= ratio * ratio;
  for (Phase& phase : phases_) {
    phase.demand *= ratio;
    phase.expected *= ratio;
  }
  expected_ *= ratio;
  newest_.surprise = 0;
  burst_->running = false;
  open_ = false;
}

std::vector<Burst> find_bursts(std::span<const double> values, std::span<const std::uint8_t> promotion, const BurstOptions& options,
                               std::span<double> expected) {
  std::vector<Burst> out;
  BurstDetector detector(options);
  for (std::size_t t = 0; t < values.size(); ++t) {
    if (detector.update(values[t], !promotion.empty() && promotion[t])) out.push_back(*detector.burst());
    if (!out.empty()) out.back() = *detector.burst();
    if (!expected.empty()) expected[t] = detector.expected();
  }
  return out;
}

}  // namespace sinan::forecasting
