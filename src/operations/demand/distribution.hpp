// Demand over a span of time as a distribution: moments, quantiles and losses, in closed form where there is one. Pure numbers.
//
// n(x) = E[(D − x)⁺] is the loss function, the demand that a stock of x cannot serve (Snyder & Shen, Fundamentals of Supply Chain Theory,
// 2nd ed., §C.3). Units are those of demand.
#pragma once

#include <cstdint>

namespace sinan::demand {

double normal_cdf(double z);
double normal_pdf(double z);
// The inverse of normal_cdf, to about 1e-15 (Acklam's approximation and one step of Halley). p in (0, 1).
double normal_quantile(double p);
// E[(Z − z)⁺] and ½ E[((Z − z)⁺)²] of the standard normal.
double normal_loss(double z);
double normal_loss2(double z);

// P(X ≤ x) of a gamma variable with that shape and scale 1 (Numerical Recipes §6.2: series below shape + 1, continued fraction above).
double gamma_cdf(double shape, double x);

// Demand with a mean and a standard deviation: never negative, so gamma, which fits fast and slow movers (Burgin 1975); normal when the
// two are the same for every purpose (mean above 20 standard deviations) or when asked for; certain when sd is 0.
class Distribution {
 public:
  static Distribution of(double mean, double sd);
  static Distribution normal(double mean, double sd);

  double mean() const { return mean_; }
  double sd() const { return sd_; }
  double cdf(double x) const;
  double quantile(double p) const;  // p in (0, 1)
  double loss(double x) const;      // n(x)

 private:
  enum class Kind : std::uint8_t { kCertain, kNormal, kGamma };
  Distribution(Kind kind, double mean, double sd) : kind_(kind), mean_(mean), sd_(sd) {}

  Kind kind_;
  double mean_;
  double sd_;
};

}  // namespace sinan::demand
