// Groups records by their pairs, without letting chains grow.
#include "intelligence/matching/clustering.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

namespace sinan::matching {
namespace {

// Groups with, for each other group that a pair leads to, the sum of probabilities between them.
class Groups {
 public:
  explicit Groups(std::size_t n) : parent_(n), size_(n, 1), sums_(n) { std::iota(parent_.begin(), parent_.end(), 0U); }

  void connect(const Pair& pair) {
    sums_[pair.left][pair.right] += pair.probability;
    sums_[pair.right][pair.left] += pair.probability;
  }
  std::uint32_t find(std::uint32_t row) {
    while (parent_[row] != row) row = parent_[row] = parent_[parent_[row]];
    return row;
  }
  double mean_between(std::uint32_t a, std::uint32_t b) const {
    auto it = sums_[a].find(b);
    if (it == sums_[a].end()) return 0;
    return it->second / (static_cast<double>(size_[a]) * static_cast<double>(size_[b]));
  }
  void join(std::uint32_t a, std::uint32_t b) {
    if (sums_[a].size() < sums_[b].size()) std::swap(a, b);
    parent_[b] = a;
    size_[a] += size_[b];
    sums_[a].erase(b);
    for (const auto& [other, sum] : sums_[b]) {
      if (other == a) continue;
      sums_[a][other] += sum;
      sums_[other][a] += sum;
      sums_[other].erase(b);
    }
    sums_[b].clear();
  }

 private:
  std::vector<std::uint32_t> parent_;
  std::vector<std::uint32_t> size_;
  std::vector<std::unordered_map<std::uint32_t, double>> sums_;
};

}  // namespace

std::vector<std::uint32_t> cluster(std::size_t n, std::vector<Pair> pairs, double fit) {
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    return a.probability != b.probability ? a.probability > b.probability : std::tie(a.left, a.right) < std::tie(b.left, b.right);
  });
  Groups groups(n);
  for (const Pair& pair : pairs) groups.connect(pair);
  for (const Pair& pair : pairs) {
    std::uint32_t a = groups.find(pair.left);
    std::uint32_t b = groups.find(pair.right);
    if (a != b && (pair.probability >= 1 || groups.mean_between(a, b) >= fit)) groups.join(a, b);
  }
  std::vector<std::uint32_t> smallest(n, static_cast<std::uint32_t>(n));
  std::vector<std::uint32_t> out(n);
  for (std::uint32_t row = 0; row < n; ++row) {
    std::uint32_t root = groups.find(row);
    smallest[root] = std::min(smallest[root], row);
    out[row] = smallest[root];
  }
  return out;
}

std::vector<Pair> one_to_one(const std::vector<Pair>& pairs, const std::vector<float>& order, const std::vector<std::uint32_t>& source) {
  std::vector<std::uint32_t> by(pairs.size());
  std::iota(by.begin(), by.end(), 0U);
  std::sort(by.begin(), by.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (pairs[a].probability != pairs[b].probability) return pairs[a].probability > pairs[b].probability;
    if (order[a] != order[b]) return order[a] > order[b];
    return std::tie(pairs[a].left, pairs[a].right) < std::tie(pairs[b].left, pairs[b].right);
  });
  std::unordered_set<std::uint64_t> taken;  // row and the other one's source
  auto slot = [](std::uint32_t row, std::uint32_t other_source) { return (static_cast<std::uint64_t>(row) << 32U) | other_source; };
  std::vector<Pair> out;
  for (std::uint32_t i : by) {
    const Pair& pair = pairs[i];
    std::uint64_t left = slot(pair.left, source[pair.right]);
    std::uint64_t right = slot(pair.right, source[pair.left]);
    if (taken.contains(left) || taken.contains(right)) continue;
    taken.insert(left);
    taken.insert(right);
    out.push_back(pair);
  }
  std::sort(out.begin(), out.end(), [](const Pair& a, const Pair& b) { return std::tie(a.left, a.right) < std::tie(b.left, b.right); });
  return out;
}

}  // namespace sinan::matching
