#include "operations/demand/distribution.hpp"

#include <cmath>
#include <limits>
#include <numbers>

#include "base/log_gamma.hpp"

namespace sinan::demand {
namespace {

constexpr int kMaxSteps = 500;
constexpr double kNormalBeyond = 20;  // mean / sd

// The rational approximations of P. J. Acklam (2003), relative error below 1.15e-9.
double acklam(double p) {
  constexpr double kLow = 0.02425;
  auto tail = [](double q) {
    return (((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838) * q - 2.549732539343734) * q +
             4.374664141464968) *
                q +
            2.938163982698783) /
           ((((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1);
  };
  if (p < kLow) return tail(std::sqrt(-2 * std::log(p)));
  if (p > 1 - kLow) return -tail(std::sqrt(-2 * std::log1p(-p)));
  double q = p - 0.5;
  double r = q * q;
  return (((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r + 1.383577518672690e+02) * r -
           3.066479806614716e+01) *
              r +
          2.506628277459239) *
         q /
         (((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r + 6.680131188771972e+01) * r -
           1.328068155288572e+01) *
              r +
          1);
}

// e^(−x) x^a / Γ(a + 1)
double gamma_weight(double a, double x) { return std::exp(a * std::log(x) - x - log_gamma(a + 1)); }

double gamma_series(double a, double x) {
  double term = 1;
  double sum = 1;
  for (int i = 1; i < kMaxSteps && std::abs(term) > std::abs(sum) * 1e-16; ++i) {
    term *= x / (a + i);
    sum += term;
  }
  return sum * gamma_weight(a, x);
}

// The complement, by Lentz's method.
double gamma_fraction(double a, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double h = d;
  for (int i = 1; i < kMaxSteps; ++i) {
    double an = -i * (i - a);
    b += 2;
    d = an * d + b;
    if (std::abs(d) < kTiny) d = kTiny;
    c = b + an / c;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    double step = d * c;
    h *= step;
    if (std::abs(step - 1) < 1e-16) break;
  }
  return h * gamma_weight(a, x) * a;
}

}  // namespace

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }
double normal_pdf(double z) { return std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi); }

double normal_quantile(double p) {
  double z = acklam(p);
  double error = (normal_cdf(z) - p) / normal_pdf(z);
  return z - error / (1 + z * error / 2);
}

double normal_loss(double z) { return normal_pdf(z) - z * normal_cdf(-z); }
double normal_loss2(double z) { return 0.5 * ((z * z + 1) * normal_cdf(-z) - z * normal_pdf(z)); }

double gamma_cdf(double shape, double x) {
  if (x <= 0) return 0;
  return x < shape + 1 ? gamma_series(shape, x) : 1 - gamma_fraction(shape, x);
}

Distribution Distribution::of(double mean, double sd) {
  if (!(mean > 0)) return {Kind::kCertain, 0, 0};
  if (!(sd > 0)) return {Kind::kCertain, mean, 0};
  return {mean > kNormalBeyond * sd ? Kind::kNormal : Kind::kGamma, mean, sd};
}

Distribution Distribution::normal(double mean, double sd) { return {sd > 0 ? Kind::kNormal : Kind::kCertain, mean, sd > 0 ? sd : 0}; }

double Distribution::cdf(double x) const {
  switch (kind_) {
    case Kind::kCertain: return x >= mean_ ? 1 : 0;
    case Kind::kNormal: return normal_cdf((x - mean_) / sd_);
    case Kind::kGamma: return gamma_cdf(mean_ * mean_ / (sd_ * sd_), x * mean_ / (sd_ * sd_));
  }
  return 0;
}

double Distribution::quantile(double p) const {
  if (kind_ == Kind::kCertain) return mean_;
  if (kind_ == Kind::kNormal) return mean_ + sd_ * normal_quantile(p);
  double shape = mean_ * mean_ / (sd_ * sd_);
  double scale = sd_ * sd_ / mean_;
  // Bracketed bisection with the secant's help: sure, and about a dozen steps. Starts from Wilson and Hilferty (1931).
  double t = 1 - 1 / (9 * shape) + normal_quantile(p) / (3 * std::sqrt(shape));
  double x = shape * t * t * t;
  if (!(x > 0)) x = std::exp((std::log(p) + log_gamma(shape + 1)) / shape);
  double low = 0;
  double high = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 100; ++i) {
    double error = gamma_cdf(shape, x) - p;
    (error > 0 ? high : low) = x;
    double slope = gamma_weight(shape, x) * shape / x;
    double next = slope > 0 ? x - error / slope : x;
    if (!(next > low) || !(next < high)) next = std::isinf(high) ? 2 * x + 1e-300 : (low + high) / 2;
    if (std::abs(next - x) <= 1e-12 * x) return next * scale;
    x = next;
  }
  return x * scale;
}

double Distribution::loss(double x) const {
  if (kind_ == Kind::kCertain) return x < mean_ ? mean_ - x : 0;
  if (kind_ == Kind::kNormal) return sd_ * normal_loss((x - mean_) / sd_);
  if (x <= 0) return mean_ - x;
  double shape = mean_ * mean_ / (sd_ * sd_);
  double scaled = x * mean_ / (sd_ * sd_);
  double loss = mean_ * (1 - gamma_cdf(shape + 1, scaled)) - x * (1 - gamma_cdf(shape, scaled));
  return loss > 0 ? loss : 0;
}

}  // namespace sinan::demand
