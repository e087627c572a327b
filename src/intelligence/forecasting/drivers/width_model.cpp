#include "intelligence/forecasting/drivers/width_model.hpp"

#include <algorithm>
#include <future>

namespace sinan::forecasting {
namespace {

constexpr double kLow = 0.1;
constexpr double kHigh = 0.9;
constexpr double kLeastOfBoth = 0.1;  // of the distance between the two quantiles: trees of quantiles may cross
constexpr double kLeastOfUnit = 0.1;  // of Features::unit(): a hundredth of the mean size of demand

}  // namespace

Result<WidthModel> WidthModel::learn(DriverModel median, const TaughtRows& rows, const DriverModel::Options& options, int threads,
                                     const CancelToken* cancel) {
  auto of = [&](double quantile) { return DriverModel::learn(rows, options, cancel, quantile); };
  WidthModel out;
  out.median_ = std::move(median);
  auto high = std::async(threads > 1 ? std::launch::async : std::launch::deferred, of, kHigh);
  SINAN_TRY(out.low_, of(kLow));
  SINAN_TRY(out.high_, high.get());
  return out;
}

Result<WidthModel> WidthModel::read(const std::string& low, const std::string& median, const std::string& high) {
  WidthModel out;
  SINAN_TRY(out.low_, DriverModel::read(low));
  SINAN_TRY(out.median_, DriverModel::read(median));
  SINAN_TRY(out.high_, DriverModel::read(high));
  return out;
}

Status WidthModel::predict(const Features& features, std::vector<float>& cells, std::span<float> down, std::span<float> up) const {
  std::vector<double> low(down.size());
  std::vector<double> median(down.size());
  std::vector<double> high(down.size());
  SINAN_CHECK(low_.predict(features, cells, low));
  SINAN_CHECK(median_.predict(features, cells, median));
  SINAN_CHECK(high_.predict(features, cells, high));
  for (std::size_t k = 0; k < down.size(); ++k) {
    const double least = std::max(kLeastOfBoth * (high[k] - low[k]), kLeastOfUnit * features.unit());
    down[k] = static_cast<float>(std::max(median[k] - low[k], least));
    up[k] = static_cast<float>(std::max(high[k] - median[k], least));
  }
  return {};
}

}  // namespace sinan::forecasting
