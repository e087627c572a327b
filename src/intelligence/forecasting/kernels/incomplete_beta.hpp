// The incomplete beta function, of which the tails of Student's t and of the negative binomial are made.
#pragma once

namespace sinan::forecasting {

// log of the regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22, evaluated by Lentz's method); the
// fraction converges for x < (a + 1) / (a + b + 2), the rest is symmetry. a and b are above zero; x below 0 counts as 0, above 1 as 1.
// `precision`: relative, of the fraction, at which it ends.
double log_incomplete_beta(double a, double b, double x, double precision);

}  // namespace sinan::forecasting
