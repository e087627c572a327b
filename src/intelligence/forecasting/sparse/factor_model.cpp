#include "intelligence/forecasting/sparse/factor_model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "intelligence/forecasting/drivers/word_choice.hpp"
#include "intelligence/forecasting/sample.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kLeastKnown = 8;     // values before an origin
constexpr std::size_t kLeastRows = 100;    // that something is learnt from
constexpr std::size_t kRowsOfSeries = 20;  // of one series, at least, where all have more than can be learnt from
constexpr double kLeastWeight = 1e-4;      // of a row; of less nothing is learnt
constexpr double kMostCounts = 50;         // of a period; more is taken as that
constexpr int kTrees = 100;
constexpr int kLeaves = 15;
constexpr double kCountsInLeaf = 60;  // expected, at least

// The rows that are learnt from, in an order of their own: by key of the series, then by time.
class Rows {
 public:
  Rows(const Run& run, const SparseSeasons& seasons, std::size_t away)
      : run_(run), seasons_(seasons), away_(away), features_(run.panel, *run.options.drivers) {
    rows_.table.columns = features_.names();
    rows_.table.categories = features_.categories();
  }

  Result<TaughtRows> collect(const CancelToken* cancel) {
    std::vector<std::size_t> order;
    for (std::size_t i : run_.order)
      if (run_.facts[i].sparse) order.push_back(i);
    const auto wanted = static_cast<double>(run_.options.tree_rows);
    const double part = wanted / static_cast<double>(kRowsOfSeries * std::max<std::size_t>(order.size(), 1));
    std::erase_if(order, [&](std::size_t i) { return share(hash(run_.panel.keys[i], run_.options.seed + 2)) >= part; });
    std::size_t targets = 0;
    for (std::size_t i : order) targets += run_.panel.series(i).size();
    // Each target is seen from an origin with the chance that makes so many rows.
    const double chance = wanted / static_cast<double>(std::max<std::size_t>(targets * run_.horizon, 1));
    for (std::size_t i : order) {
      if (cancel) SINAN_CHECK(cancel->check());
      if (look_at(run_, seasons_, i, away_, view_)) of_series(i, chance);
    }
    return std::move(rows_);
  }

 private:
  void of_series(std::size_t i, double chance) {
    const std::vector<float>& y = view_.cleaned.y;
    const Counting counting = counting_of(y, view_.indices);
    const double one = counting.unit * counting.dispersion;
    rates_of(y, view_.indices, counting, rates_);
    const std::size_t first = view_.first();
    std::span<const double> values = run_.panel.series(i);
    std::span<const std::uint8_t> lost = run_.panel.lost_of(i);
    const std::uint64_t key = hash(run_.panel.keys[i], run_.options.seed);
    for (std::size_t known = kLeastKnown; known < y.size(); ++known) {
      bool looked = false;
      for (std::size_t step = 1; step <= run_.horizon && known - 1 + step < y.size(); ++step) {
        const std::size_t at = known - 1 + step;
        if (!std::isfinite(values[first + at]) || (!lost.empty() && lost[first + at])) continue;
        if (share(mix(key ^ ((first + known) * run_.horizon + step))) >= chance) continue;
        const double expected = rates_[known] * view_.index_at(at) / one;
        if (!(expected >= kLeastWeight)) continue;
        if (!looked && !features_.look(i, first + known, static_cast<std::size_t>(view_.season))) break;
        looked = true;
        features_.append(step, rows_.table.cells);
        rows_.target.push_back(static_cast<float>(std::min(y[at] / one, kMostCounts) / expected));
        rows_.weights.push_back(static_cast<float>(expected));
        rows_.clusters.push_back(cluster_of(*run_.options.drivers, run_.panel, i, first + at));
      }
    }
  }

  const Run& run_;
  const SparseSeasons& seasons_;
  std::size_t away_;
  Features features_;
  SparseView view_;
  std::vector<float> rates_;
  TaughtRows rows_;
};

}  // namespace

Result<FactorModel> FactorModel::learn(const Run& run, const SparseSeasons& seasons, std::size_t away, const CancelToken* cancel) {
  SINAN_TRY(TaughtRows rows, Rows(run, seasons, away).collect(cancel));
  FactorModel out;
  if (rows.target.size() < kLeastRows || std::ranges::all_of(rows.target, [](float v) { return v == 0; })) return out;
  learning::BoostingOptions how{.loss = learning::Loss::kTweedie, .tweedie_power = 1, .rounds = kTrees, .leaves = kLeaves};
  how.weight_in_leaf = kCountsInLeaf;
  how.seed = run.options.seed;
  SINAN_CHECK(keep_telling_words(rows, Features(run.panel, *run.options.drivers).words(), how, cancel));
  SINAN_TRY(out.trees_, learning::Trees::train(rows.table, rows.target, how, cancel, rows.weights));
  return out;
}

Result<FactorModel> FactorModel::read(const std::string& text) {
  FactorModel out;
  SINAN_TRY(out.trees_, learning::Trees::read(text));
  return out;
}

Status FactorModel::factors(const Features& features, std::vector<float>& cells, std::span<double> out) const {
  cells.clear();
  for (std::size_t k = 0; k < out.size(); ++k) features.append(k + 1, cells);
  return trees_->predict(cells, out);
}

}  // namespace sinan::forecasting
