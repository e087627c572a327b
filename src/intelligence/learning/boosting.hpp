// Gradient-boosted decision trees and random forests: a table of numbers and a target in, a model that predicts and explains itself out.
//
// The trees are LightGBM's (Ke et al. 2017), called through its C interface here and nowhere else. The same table, options and seed give
// the same trees and predictions. A missing cell is NaN: each split learns on which side it goes.
//
// All work is done on the calling thread, and several threads may train and ask at once: the library's own threads wait for each other by
// spinning, which on two idle cores gained a quarter of the time and on busy ones cost many times as much.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.hpp"
#include "base/result.hpp"

namespace sinan::learning {

// What is made small. kQuantile needs `BoostingOptions::quantile`; kTweedie is for targets of zero and more, with a logarithmic link.
enum class Loss : std::uint8_t { kSquares, kAbsolute, kQuantile, kTweedie };

struct BoostingOptions {
  Loss loss = Loss::kSquares;
  double quantile = 0.5;       // of kQuantile, in (0, 1)
  double tweedie_power = 1.5;  // of kTweedie, in [1, 2)
  bool forest = false;         // a random forest (Breiman 2001) instead of boosting: trees side by side, the learning rate is not used
  int rounds = 150;            // trees, 1…10,000
  double learning_rate = 0.05;
  int leaves = 63;               // of a tree, at most
  int rows_in_leaf = 40;         // at least
  double weight_in_leaf = 1e-3;  // sum of second derivatives of the loss, at least; of kTweedie with power 1: expected demand
  double columns_sampled = 0.7;  // share of the columns that a tree may use, or of a forest each split
  double rows_sampled = 0.8;     // share of the rows that a tree learns from
  std::uint64_t seed = 1;
};

// Rows × columns, row after row. `categories` are columns that hold codes 0, 1, 2 … without an order.
struct Table {
  std::vector<std::string> columns;
  std::vector<int> categories;
  std::vector<float> cells;

  std::size_t width() const { return columns.size(); }
  std::size_t rows() const { return columns.empty() ? 0 : cells.size() / columns.size(); }
};

// One tree, to be read by people. A row goes left where its cell is `threshold` or less, or one of `categories`.
struct TreeNode {
  int column = -1;  // −1: a leaf
  double threshold = 0;
  bool by_category = false;     // of a column that holds codes
  std::vector<int> categories;  // then those that go left
  bool missing_left = false;    // where a cell that is NaN goes
  int left = -1, right = -1;    // nodes, by their place
  double value = 0;             // of a leaf: what it adds to the raw score; else the mean of what is below
  std::int64_t rows = 0;        // that were learnt from
};

// A trained model. Prediction is const and may run on several threads at once.
class Trees {
 public:
  // `target[row]` finite; `weights`: of each row, finite and not negative, or none: all alike. kInvalidInput: no rows, no columns, a size
  // that does not fit or options out of range.
  static Result<Trees> train(const Table& table, std::span<const float> target, const BoostingOptions& options,
                             const CancelToken* cancel = nullptr, std::span<const float> weights = {});
  // What text() gave. kCorrupt when it is no model.
  static Result<Trees> read(const std::string& text);

  ~Trees();
  Trees(Trees&&) noexcept;
  Trees& operator=(Trees&&) noexcept;

  std::size_t width() const { return width_; }
  // `cells`: rows × width(); one value per row into `out`.
  Status predict(std::span<const float> cells, std::span<double> out) const;
  // The same, asked of the library: the slow twin, for tests.
  Status predict_slowly(std::span<const float> cells, std::span<double> out) const;
  // Exact Shapley values of the trees (Lundberg et al. 2020) before the link: per row width() values, and then the expected value, which
  // together make the raw score.
  Status contributions(std::span<const float> cells, std::span<double> out) const;
  // The leaf of each tree in which each row lies: rows × trees.
  Result<std::vector<int>> leaves(std::span<const float> cells) const;
  // The nodes of tree t, the root first. kInvalidInput: there is no such tree.
  Result<std::vector<TreeNode>> nodes(std::size_t t) const;
  // The whole model as text.
  Result<std::string> text() const;

 private:
  struct Handle;
  explicit Trees(std::unique_ptr<Handle> handle);
  Result<std::vector<double>> run(std::span<const float> cells, int what) const;

  std::unique_ptr<Handle> handle_;
  std::size_t width_ = 0;
};

}  // namespace sinan::learning
