#include "intelligence/forecasting/drivers/driver_model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "intelligence/forecasting/sample.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kLeastKnown = 4;   // values before an origin
constexpr std::size_t kLeastRows = 100;  // that something is learnt from
constexpr std::size_t kManyRows = 100'000;
constexpr int kForestLeaves = 1'000;
constexpr double kLargest = 5;  // a target beyond this many (natural) powers from the level is taken as that far

// The rows that are learnt from, in an order of their own: by key of the series, then by time.
class Rows {
 public:
  Rows(const Panel& panel, const Drivers& drivers, std::span<const int> seasons, std::size_t away, const DriverModel::Options& options)
      : panel_(panel), drivers_(drivers), seasons_(seasons), away_(away), options_(options), features_(panel, drivers) {
    rows_.table.columns = features_.names();
    rows_.table.categories = features_.categories();
  }

  void collect() {
    std::vector<std::size_t> order;
    std::size_t targets = 0;
    for (std::size_t i = 0; i < panel_.size(); ++i) {
      if (!learnable(panel_.series(i).first(length(i)))) continue;
      order.push_back(i);
      targets += length(i);
    }
    if (targets == 0) return;
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::string_view(panel_.keys[i]); });
    const double each = static_cast<double>(options_.rows) / static_cast<double>(targets);
    const double steps = std::min(each, static_cast<double>(options_.horizon));  // origins per target, on average
    for (std::size_t i : order) of_series(i, steps);
  }

  TaughtRows& found() { return rows_; }

 private:
  // How much of series i may be seen.
  std::size_t length(std::size_t i) const {
    std::size_t n = panel_.series(i).size();
    const auto behind = static_cast<std::size_t>(drivers_.last - panel_.end_of(i));
    std::size_t cut = away_ > behind ? away_ - behind : 0;
    return n > cut ? n - cut : 0;
  }

  void of_series(std::size_t i, double steps) {
    const std::size_t n = length(i);
    // Origins outside, so that each is looked at once: the target at origin + step is taken with the chance that makes `steps` per target.
    const double chance = steps / static_cast<double>(options_.horizon);
    std::span<const double> values = panel_.series(i);
    std::span<const std::uint8_t> lost = panel_.lost_of(i);
    const std::uint64_t key = hash(panel_.keys[i], options_.seed);
    std::size_t known_values = 0;
    for (std::size_t known = 1; known < n; ++known) {
      if (std::isfinite(values[known - 1])) ++known_values;
      if (known_values < kLeastKnown) continue;
      bool looked = false;
      for (std::size_t step = 1; step <= options_.horizon && known + step <= n; ++step) {
        const std::size_t at = known - 1 + step;
        if (!std::isfinite(values[at]) || (!lost.empty() && lost[at])) continue;
        if (share(mix(key ^ (known * options_.horizon + step))) >= chance) continue;
        if (!looked && !features_.look(i, known, static_cast<std::size_t>(std::max(1, seasons_[i])))) break;
        looked = true;
        features_.append(step, rows_.table.cells);
        rows_.target.push_back(static_cast<float>(std::clamp(features_.taught(values[at]), -kLargest, kLargest)));
        rows_.clusters.push_back(cluster_of(drivers_, panel_, i, at));
        rows_.halves.push_back(static_cast<std::uint8_t>(mix(key) & 1U));
      }
    }
  }

  const Panel& panel_;
  const Drivers& drivers_;
  std::span<const int> seasons_;
  std::size_t away_;
  const DriverModel::Options& options_;
  Features features_;
  TaughtRows rows_;
};

learning::BoostingOptions how_to_boost(const TaughtRows& rows, const DriverModel::Options& options) {
  learning::BoostingOptions how{.loss = learning::Loss::kAbsolute, .rounds = DriverModel::rounds(options), .seed = options.seed};
  how.rows_in_leaf = static_cast<int>(std::clamp<std::size_t>(rows.target.size() / 1000, 5, 40));
  how.forest = options.method == TreeMethod::kForest;
  if (how.forest) {
    how.leaves = kForestLeaves;
    how.rows_in_leaf = std::max(how.rows_in_leaf / 4, 5);
  }
  return how;
}

}  // namespace

bool learnable(std::span<const double> values) {
  std::size_t known = 0;
  std::size_t demands = 0;
  for (double v : values) {
    if (!std::isfinite(v) || (known == 0 && v == 0)) continue;
    ++known;
    demands += v != 0;
  }
  return known > kLeastKnown && 4 * demands >= 3 * known;
}

int DriverModel::rounds(const Options& options) { return options.rows >= kManyRows ? 200 : 100; }

Result<TaughtRows> DriverModel::collect(const Panel& panel, const Drivers& drivers, std::span<const int> seasons, std::size_t away,
                                        const Options& options, const CancelToken* cancel) {
  Rows all(panel, drivers, seasons, away, options);
  all.collect();
  TaughtRows rows = std::move(all.found());
  if (rows.target.size() >= kLeastRows)
    SINAN_CHECK(keep_telling_words(rows, Features(panel, drivers).words(), how_to_boost(rows, options), cancel));
  return rows;
}

Result<DriverModel> DriverModel::learn(const TaughtRows& rows, const Options& options, const CancelToken* cancel) {
  DriverModel out;
  if (rows.target.size() < kLeastRows) return out;
  SINAN_TRY(out.trees_, learning::Trees::train(rows.table, rows.target, how_to_boost(rows, options), cancel));
  return out;
}

Result<DriverModel> DriverModel::read(const std::string& text) {
  DriverModel out;
  SINAN_TRY(out.trees_, learning::Trees::read(text));
  return out;
}

Status DriverModel::predict(const Features& features, std::vector<float>& cells, std::span<double> out) const {
  features.rows(out.size(), cells);
  SINAN_CHECK(trees_->predict(cells, out));
  for (double& v : out) v = features.value(v);
  return {};
}

}  // namespace sinan::forecasting
