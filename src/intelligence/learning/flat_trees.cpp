#include "intelligence/learning/flat_trees.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "intelligence/learning/tree_text.hpp"

namespace sinan::learning {
namespace {

constexpr std::size_t kTogether = 64;  // rows, one bit each

// The largest single that is not above; a single cell is at or below one where it is at or below the other.
float rounded_down(double threshold) {
  const auto near = static_cast<float>(threshold);
  return static_cast<double>(near) > threshold ? std::nextafter(near, -std::numeric_limits<float>::infinity()) : near;
}

}  // namespace

// Rows column by column, and what all of a column have in common.
class FlatTrees::Block {
 public:
  struct Column {
    std::array<float, kTogether> cells{};
    float least = 0, most = 0;
    std::uint64_t missing = 0;
  };

  Block(std::span<const float> cells, std::size_t width) : rows_(cells.size() / width), columns_(width) {
    for (std::size_t c = 0; c < width; ++c) {
      Column& column = columns_[c];
      column.least = std::numeric_limits<float>::infinity();
      column.most = -column.least;
      for (std::size_t r = 0; r < rows_; ++r) {
        const float x = column.cells[r] = cells[r * width + c];
        column.least = std::min(column.least, x);
        column.most = std::max(column.most, x);
        column.missing |= std::uint64_t{std::isnan(x)} << r;
      }
    }
  }

  const Column& column(std::int32_t c) const { return columns_[static_cast<std::size_t>(c)]; }
  std::uint64_t all() const { return ~std::uint64_t{0} >> (kTogether - rows_); }

 private:
  std::size_t rows_;
  std::vector<Column> columns_;
};

Result<FlatTrees> FlatTrees::read(std::string_view model) {
  FlatTrees out;
  SINAN_TRY(const ModelText text, read_model(model));
  out.average_ = text.average;
  out.exponential_ = text.exponential;
  for (const std::vector<TreeNode>& tree : text.trees) out.add(tree);
  return out;
}

void FlatTrees::add(const std::vector<TreeNode>& tree) {
  const auto root = static_cast<std::int32_t>(nodes_.size());
  roots_.push_back(nodes_.size());
  for (const TreeNode& from : tree) {
    Node& node = nodes_.emplace_back();
    node.value = from.value;
    node.column = from.column;
    node.threshold = rounded_down(from.threshold);
    node.missing_left = from.missing_left;
    node.left = root + from.left;
    node.right = root + from.right;
    if (!from.by_category) continue;
    node.codes = static_cast<std::int32_t>(codes_.size());
    std::vector<bool>& codes = codes_.emplace_back();
    for (int code : from.categories) {
      codes.resize(std::max(codes.size(), static_cast<std::size_t>(code) + 1));
      codes[static_cast<std::size_t>(code)] = true;
    }
  }
}

std::uint64_t FlatTrees::left_of(const Node& node, const Block& block, std::uint64_t some) const {
  const Block::Column& column = block.column(node.column);
  if (node.codes >= 0) {
    const std::vector<bool>& codes = codes_[static_cast<std::size_t>(node.codes)];
    auto goes_left = [&](float x) { return x > -1 && x < static_cast<float>(codes.size()) && codes[static_cast<std::size_t>(x)]; };
    if (column.least == column.most && column.missing == 0) return goes_left(column.least) ? some : 0;
    std::uint64_t left = 0;
    for (std::uint64_t rest = some; rest != 0; rest &= rest - 1) {
      const int row = std::countr_zero(rest);
      left |= std::uint64_t{goes_left(column.cells[static_cast<std::size_t>(row)])} << row;
    }
    return left;
  }
  std::uint64_t left = 0;
  if (column.most <= node.threshold) {
    left = ~column.missing;
  } else if (column.least <= node.threshold) {
    for (std::size_t r = 0; r < kTogether; ++r) left |= std::uint64_t{column.cells[r] <= node.threshold} << r;
  }
  if (node.missing_left) left |= column.missing;
  return left & some;
}

void FlatTrees::descend(std::size_t root, const Block& block, std::span<double> sums) const {
  struct Group {
    std::size_t at;
    std::uint64_t rows;
  };
  // Those that wait are of different rows, so that there are at most as many.
  std::array<Group, kTogether> waiting;
  std::size_t count = 0;
  waiting[count++] = {root, block.all()};
  while (count > 0) {
    auto [at, rows] = waiting[--count];
    const Node* node = &nodes_[at];
    while (node->column >= 0) {
      const std::uint64_t left = left_of(*node, block, rows);
      if (left != 0 && left != rows) waiting[count++] = {static_cast<std::size_t>(node->right), rows & ~left};
      if (left != 0) rows = left;
      node = &nodes_[static_cast<std::size_t>(left != 0 ? node->left : node->right)];
    }
    for (std::uint64_t rest = rows; rest != 0; rest &= rest - 1) sums[static_cast<std::size_t>(std::countr_zero(rest))] += node->value;
  }
}

void FlatTrees::predict(std::span<const float> cells, std::size_t width, std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  for (std::size_t first = 0; first < out.size(); first += kTogether) {
    const std::size_t rows = std::min(kTogether, out.size() - first);
    const Block block(cells.subspan(first * width, rows * width), width);
    for (std::size_t root : roots_) descend(root, block, out.subspan(first, rows));
  }
  if (average_)
    for (double& value : out) value /= static_cast<double>(roots_.size());
  if (exponential_)
    for (double& value : out) value = std::exp(value);
}

}  // namespace sinan::learning
