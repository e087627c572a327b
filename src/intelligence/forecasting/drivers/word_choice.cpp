#include "intelligence/forecasting/drivers/word_choice.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sinan::forecasting {
namespace {

constexpr std::size_t kMostWords = 20;
constexpr double kLeastT = 1.8;
constexpr double kLargest = 1;  // what is left unexplained counts as at most that much: in powers of e, of the level

struct Cell {
  std::uint32_t row;
  float value;
};

struct Word {
  std::vector<Cell> cells;  // that are not zero
  double mean = 0;
  double squares = 0;  // about the mean
};

struct Fit {
  double t = 0;
  double slope = 0;
};

// Clusters numbered without gaps, in their order.
std::vector<std::uint32_t> ranks_of(std::span<const std::uint32_t> clusters) {
  std::vector<std::uint32_t> known(clusters.begin(), clusters.end());
  std::ranges::sort(known);
  known.erase(std::ranges::unique(known).begin(), known.end());
  std::vector<std::uint32_t> out;
  out.reserve(clusters.size());
  for (std::uint32_t c : clusters) out.push_back(static_cast<std::uint32_t>(std::ranges::lower_bound(known, c) - known.begin()));
  return out;
}

class Choice {
 public:
  Choice(const WordTable& table, std::span<const float> unexplained, std::span<const std::uint32_t> cluster)
      : cluster_(ranks_of(cluster)), words_(table.count), left_(unexplained.begin(), unexplained.end()) {
    for (double& v : left_) v = std::clamp(v, -kLargest, kLargest);
    for (std::size_t row = 0; row < left_.size(); ++row)
      for (std::size_t w = 0; w < table.count; ++w)
        if (float value = table.cells[row * table.width + table.first + w]; value != 0)
          words_[w].cells.push_back({static_cast<std::uint32_t>(row), value});
    const auto rows = static_cast<double>(left_.size());
    for (Word& word : words_) {
      for (const Cell& cell : word.cells) word.mean += cell.value / rows, word.squares += double{cell.value} * cell.value;
      word.squares -= rows * word.mean * word.mean;
    }
    sums_.resize(cluster_.empty() ? 0 : *std::ranges::max_element(cluster_) + std::size_t{1});
    of_cluster_.resize(sums_.size());
  }

  std::vector<std::size_t> all() {
    std::vector<std::size_t> out;
    std::vector<bool> chosen(words_.size(), false);
    while (out.size() < kMostWords) {
      centre();
      Fit best;
      std::size_t which = words_.size();
      for (std::size_t w = 0; w < words_.size(); ++w) {
        if (chosen[w] || words_[w].squares <= 0) continue;
        if (const Fit found = fit(words_[w]); std::abs(found.t) > std::abs(best.t)) best = found, which = w;
      }
      if (std::abs(best.t) < kLeastT) break;
      chosen[which] = true;
      out.push_back(which);
      for (const Cell& cell : words_[which].cells) left_[cell.row] -= best.slope * cell.value;
    }
    return out;
  }

 private:
  void centre() {
    const double mean = std::accumulate(left_.begin(), left_.end(), 0.0) / static_cast<double>(left_.size());
    std::ranges::fill(of_cluster_, 0.0);
    for (std::size_t row = 0; row < left_.size(); ++row) of_cluster_[cluster_[row]] += left_[row] -= mean;
  }

  Fit fit(const Word& word) {
    std::ranges::fill(sums_, 0.0);
    for (const Cell& cell : word.cells) sums_[cluster_[cell.row]] += cell.value * left_[cell.row];
    double total = 0;
    double squares = 0;
    for (std::size_t c = 0; c < sums_.size(); ++c) {
      const double sum = sums_[c] - word.mean * of_cluster_[c];
      total += sum;
      squares += sum * sum;
    }
    return squares > 0 ? Fit{total / std::sqrt(squares), total / word.squares} : Fit{};
  }

  std::vector<std::uint32_t> cluster_;
  std::vector<Word> words_;
  std::vector<double> left_;
  std::vector<double> of_cluster_;  // sums of what is left
  std::vector<double> sums_;        // of one word's products with it
};

}  // namespace

std::vector<std::size_t> choose_words(const WordTable& table, std::span<const float> unexplained, std::span<const std::uint32_t> cluster) {
  std::vector<std::size_t> out = unexplained.empty() ? std::vector<std::size_t>() : Choice(table, unexplained, cluster).all();
  for (std::size_t& word : out) word += table.first;
  return out;
}

Status keep_telling_words(TaughtRows& rows, Words words, learning::BoostingOptions how, const CancelToken* cancel) {
  if (words.count == 0) return {};
  learning::Table& table = rows.table;
  const std::size_t first = words.first, rest = first + words.count;
  learning::Table without{.columns = table.columns, .categories = table.categories, .cells = {}};
  without.columns.erase(without.columns.begin() + static_cast<std::ptrdiff_t>(first),
                        without.columns.begin() + static_cast<std::ptrdiff_t>(rest));
  without.cells.reserve(rows.target.size() * without.width());
  for (std::size_t row = 0; row < rows.target.size(); ++row) {
    const std::span<const float> cells = std::span(table.cells).subspan(row * table.width(), table.width());
    without.cells.insert(without.cells.end(), cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(first));
    without.cells.insert(without.cells.end(), cells.begin() + static_cast<std::ptrdiff_t>(rest), cells.end());
  }
  how.rounds /= 4;
  SINAN_TRY(const learning::Trees few, learning::Trees::train(without, rows.target, how, cancel, rows.weights));
  std::vector<double> known(rows.target.size());
  SINAN_CHECK(few.predict(without.cells, known));
  std::vector<float> unexplained(rows.target.size());
  for (std::size_t row = 0; row < known.size(); ++row)
    unexplained[row] = (rows.target[row] - static_cast<float>(known[row])) * (rows.weights.empty() ? 1 : rows.weights[row]);
  std::vector<bool> chosen(table.width(), false);
  for (std::size_t column : choose_words({table.cells, table.width(), first, words.count}, unexplained, rows.clusters))
    chosen[column] = true;
  for (std::size_t row = 0; row < rows.target.size(); ++row)
    for (std::size_t column = first; column < rest; ++column)
      if (!chosen[column]) table.cells[row * table.width() + column] = 0;
  return {};
}

}  // namespace sinan::forecasting
