#include "intelligence/forecasting/kernels/minimize.hpp"

#include <nlopt.h>

#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>

namespace sinan::forecasting {
namespace {

constexpr double kNowhere = 1e100;  // the library does not take infinity

struct Asked {
  const std::function<double(std::span<const double>)>& value;
  std::vector<double> best;
  double least = std::numeric_limits<double>::infinity();
};

double ask(unsigned count, const double* x, double*, void* data) {
  Asked& asked = *static_cast<Asked*>(data);
  const double value = asked.value({x, count});
  if (std::isfinite(value) && value < asked.least) {
    asked.least = value;
    asked.best.assign(x, x + count);
  }
  return std::isfinite(value) ? value : kNowhere;
}

}  // namespace

double minimize(Search& search, const std::function<double(std::span<const double>)>& value) {
  const auto count = static_cast<unsigned>(search.at.size());
  const std::unique_ptr<nlopt_opt_s, decltype(&nlopt_destroy)> library(nlopt_create(NLOPT_LN_SBPLX, count), nlopt_destroy);
  Asked asked{value, search.at};
  std::vector<double> at = search.at;
  double found = 0;
  if (!library || nlopt_set_min_objective(library.get(), ask, &asked) < 0 ||
      nlopt_set_lower_bounds(library.get(), search.least.data()) < 0 || nlopt_set_upper_bounds(library.get(), search.most.data()) < 0 ||
      nlopt_set_initial_step(library.get(), search.step.data()) < 0 || nlopt_set_maxeval(library.get(), search.evaluations) < 0 ||
      nlopt_set_ftol_rel(library.get(), search.tolerance) < 0 || nlopt_optimize(library.get(), at.data(), &found) == NLOPT_INVALID_ARGS)
    throw std::logic_error("minimize: bounds, steps and start do not fit together");
  search.at = asked.best;  // also where it could not go on
  return asked.least;
}

}  // namespace sinan::forecasting
