#include "operations/inventory/demand_path.hpp"

#include <algorithm>
#include <cmath>

namespace sinan::inventory {
namespace {

double at(const std::vector<double>& cumulative, double days) {
  auto size = static_cast<double>(cumulative.size());
  if (days <= 0 || cumulative.empty()) return 0;
  if (days > size) {
    std::size_t week = std::min<std::size_t>(7, cumulative.size());
    double before = cumulative.size() > week ? cumulative[cumulative.size() - 1 - week] : 0;
    return cumulative.back() + (cumulative.back() - before) / static_cast<double>(week) * (days - size);
  }
  auto whole = static_cast<std::size_t>(days);
  double below = whole == 0 ? 0 : cumulative[whole - 1];
  double part = days - static_cast<double>(whole);
  return part == 0 ? below : below + part * (cumulative[whole] - below);
}

}  // namespace

Distribution DemandPath::over(double days) const { return Distribution::of(at(mean, days), std::sqrt(std::max(at(variance, days), 0.0))); }

void DemandPathBuilder::add(double mean, double sd) {
  sum_of_sd_ += sd;
  sum_of_variance_ += sd * sd;
  path_.mean.push_back((path_.mean.empty() ? 0 : path_.mean.back()) + mean);
  path_.variance.push_back((1 - kDayCorrelation) * sum_of_variance_ + kDayCorrelation * sum_of_sd_ * sum_of_sd_);
}

}  // namespace sinan::inventory
