#include "intelligence/forecasting/explanation/surrogate.hpp"

#include <cmath>
#include <numeric>

#include "intelligence/forecasting/clean.hpp"
#include "intelligence/forecasting/drivers/driver_model.hpp"
#include "intelligence/forecasting/sample.hpp"

namespace sinan::forecasting {
namespace {

constexpr double kMostRows = 40'000;  // about; half of them judge
constexpr int kLeaves = 10;

// Whether the trees of regular demand have a share of series i; sparse demand has trees of its own.
bool of_regular(const Forecasts& forecasts, std::size_t i) {
  return forecasts.trees && !forecasts.tree_shares.empty() && forecasts.tree_shares[i] > 0 && !is_sparse(forecasts.classes[i]);
}

// What the trees were asked: rows that the surrogate learns from, and rows that it is judged on.
struct Questions {
  learning::Table learnt;
  std::vector<float> judged;
};

Questions ask(const Panel& panel, const Options& options, const Forecasts& forecasts, Features& features) {
  Questions out{.learnt = {.columns = features.names(), .categories = features.categories(), .cells = {}}, .judged = {}};
  const auto horizon = static_cast<std::size_t>(options.horizon);
  double all = 0;
  for (std::size_t i = 0; i < panel.size(); ++i) all += of_regular(forecasts, i) ? 2.0 * static_cast<double>(horizon) : 0;
  const double part = kMostRows / std::max(all, 1.0);
  for (std::size_t i = 0; i < panel.size(); ++i) {
    if (!of_regular(forecasts, i)) continue;
    const std::uint64_t key = hash(panel.keys[i], options.seed);
    const std::size_t n = panel.series(i).size();
    for (std::size_t known : {n, n > horizon ? n - horizon : 0}) {
      if (known == 0 || !features.look(i, known, static_cast<std::size_t>(forecasts.seasons[i]))) continue;
      for (std::size_t step = 1; step <= horizon; ++step) {
        const std::uint64_t chance = mix(key ^ (known * horizon + step));
        if (share(chance) < part) features.append(step, mix(chance) % 2 == 0 ? out.judged : out.learnt.cells);
      }
    }
  }
  return out;
}

double fidelity_of(std::span<const double> said, std::span<const double> imitated) {
  const double mean = std::accumulate(said.begin(), said.end(), 0.0) / static_cast<double>(said.size());
  double rest = 0, whole = 0;
  for (std::size_t row = 0; row < said.size(); ++row) {
    rest += (said[row] - imitated[row]) * (said[row] - imitated[row]);
    whole += (said[row] - mean) * (said[row] - mean);
  }
  return whole > 0 ? 1 - rest / whole : 1;
}

void mark_path(std::vector<Surrogate::Node>& nodes, std::span<const learning::TreeNode> tree, std::span<const float> row) {
  std::size_t at = 0;
  while (true) {
    nodes[at].chosen = true;
    const learning::TreeNode& node = tree[at];
    if (node.column < 0) return;
    const float cell = row[static_cast<std::size_t>(node.column)];
    bool left = static_cast<double>(cell) <= node.threshold;
    if (std::isnan(cell))
      left = node.missing_left;
    else if (!node.categories.empty())
      left = std::ranges::find(node.categories, static_cast<int>(cell)) != node.categories.end();
    at = static_cast<std::size_t>(left ? node.left : node.right);
  }
}

}  // namespace

Result<std::optional<Surrogate>> imitate(const Panel& panel, const Options& options, const Forecasts& forecasts, std::size_t i) {
  if (!of_regular(forecasts, i)) return std::nullopt;
  const learning::Trees& trees = forecasts.trees->trees();
  Features features(panel, *options.drivers);
  const Questions asked = ask(panel, options, forecasts, features);
  std::vector<double> said(asked.learnt.rows()), judged(asked.judged.size() / features.width());
  if (said.size() < kLeastImitated || judged.size() < kLeastImitated) return std::nullopt;
  SINAN_CHECK(trees.predict(asked.learnt.cells, said));
  SINAN_CHECK(trees.predict(asked.judged, judged));
  const std::vector<float> target(said.begin(), said.end());
  const int rows_in_leaf = std::max(10, static_cast<int>(target.size() / 200));
  SINAN_TRY(const learning::Trees one, learning::Trees::train(asked.learnt, target,
                                                              {.rounds = 1,
                                                               .learning_rate = 1,
                                                               .leaves = kLeaves,
                                                               .rows_in_leaf = rows_in_leaf,
                                                               .columns_sampled = 1,
                                                               .rows_sampled = 1,
                                                               .seed = options.seed}));
  SINAN_TRY(const std::vector<learning::TreeNode> tree, one.nodes(0));
  std::vector<double> imitated(judged.size());
  SINAN_CHECK(one.predict(asked.judged, imitated));

  Surrogate out{.nodes = {}, .rows = target.size(), .fidelity = fidelity_of(judged, imitated)};
  for (const learning::TreeNode& node : tree) {
    Surrogate::Node next{
        .threshold = node.threshold, .codes = node.categories, .left = node.left, .right = node.right, .score = node.value};
    next.share = static_cast<double>(node.rows) / static_cast<double>(target.size());
    if (node.column >= 0) {
      const auto column = static_cast<std::size_t>(node.column);
      next.feature = features.names()[column];
      if (features.owner(column) >= 0) next.driver = features.drivers()[static_cast<std::size_t>(features.owner(column))];
    }
    out.nodes.push_back(std::move(next));
  }
  std::vector<float> row;
  features.look(i, panel.series(i).size(), static_cast<std::size_t>(forecasts.seasons[i]));
  features.append(1, row);
  mark_path(out.nodes, tree, row);
  return out;
}

}  // namespace sinan::forecasting
