#include "intelligence/forecasting/drivers/width_model.hpp"

#include <algorithm>
#include <array>
#include <future>

namespace sinan::forecasting {
namespace {

constexpr double kLow = 0.1;
constexpr double kHigh = 0.9;
constexpr int kRowsOfQuantile = 50;            // in a leaf: of ten the quantile .9 is hardly known
constexpr std::size_t kLeastRowsOfHalf = 500;  // that the other half is judged by
constexpr double kLeastOfBoth = 0.1;           // of the distance between the two quantiles: they may lie on one side of the median
constexpr double kLeastOfUnit = 0.1;           // of Features::unit(): a hundredth of the mean size of demand

// Trees that are quickly learnt.
learning::BoostingOptions quick(const DriverModel::Options& options) {
  return {.loss = learning::Loss::kAbsolute,
          .rounds = DriverModel::rounds(options) / 2,
          .learning_rate = 2 * learning::BoostingOptions().learning_rate,
          .leaves = 31,
          .rows_in_leaf = kRowsOfQuantile,
          .seed = options.seed};
}

// The rows of one half.
TaughtRows half_of(const TaughtRows& rows, std::uint8_t half) {
  TaughtRows out;
  out.table.columns = rows.table.columns;
  out.table.categories = rows.table.categories;
  const std::size_t width = rows.table.width();
  for (std::size_t row = 0; row < rows.target.size(); ++row) {
    if (rows.halves[row] != half) continue;
    const auto cells = std::span(rows.table.cells).subspan(row * width, width);
    out.table.cells.insert(out.table.cells.end(), cells.begin(), cells.end());
    out.target.push_back(rows.target[row]);
  }
  return out;
}

// Work on two things at once, where there are two threads.
template <typename Work>
Status both(int threads, const Work& work) {
  auto second = std::async(threads > 1 ? std::launch::async : std::launch::deferred, work, 1);
  Status first = work(0);
  Status other = second.get();
  SINAN_CHECK(std::move(first));
  return other;
}

// What a median that was learnt from the other half of the series is wrong by; where a half is too small, the one given, of all rows.
Result<std::vector<float>> wrong_by(const DriverModel& median, const TaughtRows& rows, const DriverModel::Options& options, int threads,
                                    const CancelToken* cancel) {
  std::vector<double> said(rows.target.size());
  const std::array<TaughtRows, 2> halves{half_of(rows, 0), half_of(rows, 1)};
  if (std::min(halves[0].target.size(), halves[1].target.size()) < kLeastRowsOfHalf) {
    SINAN_CHECK(median.trees().predict(rows.table.cells, said));
  } else {
    SINAN_CHECK(both(threads, [&](int which) -> Status {
      const TaughtRows& judged = halves[static_cast<std::size_t>(which)];
      const TaughtRows& others = halves[static_cast<std::size_t>(1 - which)];
      SINAN_TRY(const learning::Trees trees, learning::Trees::train(others.table, others.target, quick(options), cancel));
      std::vector<double> found(judged.target.size());
      SINAN_CHECK(trees.predict(judged.table.cells, found));
      for (std::size_t row = 0, at = 0; row < said.size(); ++row)
        if (rows.halves[row] == which) said[row] = found[at++];
      return {};
    }));
  }
  std::vector<float> out(said.size());
  for (std::size_t row = 0; row < out.size(); ++row) out[row] = rows.target[row] - static_cast<float>(said[row]);
  return out;
}

}  // namespace

Result<WidthModel> WidthModel::learn(DriverModel median, const TaughtRows& rows, const DriverModel::Options& options, int threads,
                                     const CancelToken* cancel) {
  WidthModel out;
  SINAN_TRY(const std::vector<float> wrong, wrong_by(median, rows, options, threads, cancel));
  SINAN_CHECK(both(threads, [&](int which) -> Status {
    learning::BoostingOptions how = quick(options);
    how.loss = learning::Loss::kQuantile;
    how.quantile = which == 0 ? kLow : kHigh;
    SINAN_TRY((which == 0 ? out.low_ : out.high_), learning::Trees::train(rows.table, wrong, how, cancel));
    return {};
  }));
  out.median_ = std::move(median);
  return out;
}

Result<WidthModel> WidthModel::read(const std::string& low, const std::string& median, const std::string& high) {
  WidthModel out;
  SINAN_TRY(out.low_, learning::Trees::read(low));
  SINAN_TRY(out.median_, DriverModel::read(median));
  SINAN_TRY(out.high_, learning::Trees::read(high));
  return out;
}

Status WidthModel::predict(const Features& features, std::vector<float>& cells, std::span<float> down, std::span<float> up) const {
  std::vector<double> low(down.size());
  std::vector<double> median(down.size());
  std::vector<double> high(down.size());
  features.rows(down.size(), cells);
  SINAN_CHECK(low_->predict(cells, low));
  SINAN_CHECK(median_.trees().predict(cells, median));
  SINAN_CHECK(high_->predict(cells, high));
  for (std::size_t k = 0; k < down.size(); ++k) {
    const double middle = features.value(median[k]);
    const double below = features.value(median[k] + low[k]);
    const double above = features.value(median[k] + high[k]);
    const double least = std::max(kLeastOfBoth * (above - below), kLeastOfUnit * features.unit());
    down[k] = static_cast<float>(std::max(middle - below, least));
    up[k] = static_cast<float>(std::max(above - middle, least));
  }
  return {};
}

}  // namespace sinan::forecasting
