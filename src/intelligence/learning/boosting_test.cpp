// Trees against what can be known without them: steps, medians, quantiles, Shapley values by their definition.
#include "intelligence/learning/boosting.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>
#include <thread>

#include "intelligence/learning/tree_text.hpp"

namespace sinan::learning {
namespace {

// y = 3 where a > 0, else −1, plus b; `c` is noise.
struct Sample {
  Table table{{"a", "b", "c"}, {}, {}};
  std::vector<float> target;
};
Sample sample(std::size_t rows, double noise = 0) {
  Sample out;
  std::mt19937_64 random(7);
  std::normal_distribution<float> normal;
  for (std::size_t i = 0; i < rows; ++i) {
    float a = normal(random), b = normal(random), c = normal(random);
    out.table.cells.insert(out.table.cells.end(), {a, b, c});
    out.target.push_back((a > 0 ? 3.0F : -1.0F) + b + static_cast<float>(noise) * normal(random));
  }
  return out;
}

double mean_error(const Trees& trees, const Sample& s) {
  std::vector<double> out(s.target.size());
  EXPECT_TRUE(trees.predict(s.table.cells, out));
  double sum = 0;
  for (std::size_t i = 0; i < out.size(); ++i) sum += std::abs(out[i] - s.target[i]);
  return sum / static_cast<double>(out.size());
}

TEST(Trees, LearnAStepAndALine) {
  Sample s = sample(4000);
  for (bool forest : {false, true}) {
    auto trees = Trees::train(s.table, s.target, {.forest = forest, .rounds = 200, .leaves = 255, .rows_in_leaf = 5, .columns_sampled = 1});
    ASSERT_TRUE(trees) << trees.error().text();
    EXPECT_LT(mean_error(*trees, s), forest ? 0.25 : 0.1);
  }
}

TEST(Trees, LossesAimAtMeanMedianAndQuantile) {
  // One column that says nothing: the answer is the mean 20, the median 1 or a quantile of the targets.
  Table table{{"x"}, {}, std::vector<float>(1000, 0.0F)};
  std::vector<float> target;
  for (int i = 0; i < 1000; ++i) target.push_back(i < 900 ? static_cast<float>(i % 3) : 191.0F);
  const double mean = std::accumulate(target.begin(), target.end(), 0.0) / 1000;
  struct Case {
    Loss loss;
    double expected;
  };
  for (Case c : {Case{Loss::kSquares, mean}, Case{Loss::kAbsolute, 1}, Case{Loss::kQuantile, 191}, Case{Loss::kTweedie, mean}}) {
    auto trees = Trees::train(table, target, {.loss = c.loss, .quantile = 0.95, .rounds = 1});
    ASSERT_TRUE(trees) << trees.error().text();
    double out[1];
    ASSERT_TRUE(trees->predict(std::vector<float>{0.0F}, out));
    EXPECT_NEAR(out[0], c.expected, 0.02 * mean) << static_cast<int>(c.loss);
  }
}

// Of groups of rows the Poisson loss (Tweedie's of power 1) finds the weighted means; a row without weight says nothing, and a leaf needs
// the weight that is asked for.
TEST(Trees, WeighTheirRows) {
  Table table{{"x"}, {}, {}};
  std::vector<float> target, weights;
  for (int i = 0; i < 900; ++i) {
    table.cells.push_back(static_cast<float>(i % 2));
    target.push_back(static_cast<float>(i % 6 < 2 ? 1 : i % 6 < 4 ? 4 : 1000) * (i % 2 ? 3.0F : 1.0F));
    weights.push_back(i % 6 < 2 ? 2 : i % 6 < 4 ? 1 : 0);  // 2 · 1 + 1 · 4 of 3: a mean of 2, or 6
  }
  BoostingOptions how{.loss = Loss::kTweedie, .tweedie_power = 1, .rounds = 300, .rows_sampled = 1};
  auto trees = Trees::train(table, target, how, nullptr, weights);
  ASSERT_TRUE(trees) << trees.error().text();
  double out[2];
  ASSERT_TRUE(trees->predict(std::vector<float>{0, 1}, out));
  EXPECT_NEAR(out[0], 2, 0.02);
  EXPECT_NEAR(out[1], 6, 0.06);
  how.weight_in_leaf = 1e6;
  ASSERT_TRUE(Trees::train(table, target, how, nullptr, weights)->predict(std::vector<float>{0, 1}, out));
  EXPECT_NEAR(out[0], 4, 0.01);
  EXPECT_EQ(out[0], out[1]);
}

TEST(Trees, AreTheSameWhenOthersAreGrownAtTheSameTime) {
  const Sample s = sample(3000, 1);
  auto answers = [&](int rounds) {
    std::vector<double> out(s.target.size());
    auto trees = Trees::train(s.table, s.target, {.loss = Loss::kAbsolute, .rounds = rounds});
    EXPECT_TRUE(trees && trees->predict(s.table.cells, out));
    return out;
  };
  const std::vector<double> alone = answers(40), other_alone = answers(60);
  std::vector<double> beside, other_beside;
  {
    std::jthread other([&] { other_beside = answers(60); });
    beside = answers(40);
  }
  EXPECT_EQ(beside, alone);
  EXPECT_EQ(other_beside, other_alone);
}

TEST(Trees, ContributionsSumToTheRawScore) {
  Sample s = sample(2000, 0.5);
  auto trees = Trees::train(s.table, s.target, {.rounds = 60});
  ASSERT_TRUE(trees);
  std::vector<double> predicted(s.target.size()), parts(s.target.size() * 4);
  ASSERT_TRUE(trees->predict(s.table.cells, predicted));
  ASSERT_TRUE(trees->contributions(s.table.cells, parts));
  for (std::size_t i = 0; i < predicted.size(); ++i)
    ASSERT_NEAR(predicted[i], parts[4 * i] + parts[4 * i + 1] + parts[4 * i + 2] + parts[4 * i + 3], 1e-9);
}

// One tree with two leaves that splits `a`: φ(a) is the leaf minus the mean over the rows, the others have none (Shapley's definition).
TEST(Trees, ContributionOfTheOnlySplitIsTheWholeDifference) {
  Table table{{"a", "b"}, {}, {}};
  std::vector<float> target;
  for (int i = 0; i < 400; ++i) {
    table.cells.insert(table.cells.end(), {i < 100 ? 0.0F : 1.0F, static_cast<float>(i % 7)});
    target.push_back(i < 100 ? 0.0F : 8.0F);
  }
  auto trees = Trees::train(table, target, {.rounds = 1, .learning_rate = 1, .leaves = 2, .columns_sampled = 1, .rows_sampled = 1});
  ASSERT_TRUE(trees);
  double parts[3];
  ASSERT_TRUE(trees->contributions(std::vector<float>{0.0F, 3.0F}, parts));
  EXPECT_NEAR(parts[0], 0 - 6, 1e-6);  // the mean is 300 · 8 / 400 = 6
  EXPECT_EQ(parts[1], 0);
  EXPECT_NEAR(parts[2], 6, 1e-6);
}

TEST(Trees, MissingCellsAndCategoriesAreLearnt) {
  Table table{{"code"}, {0}, {}};
  std::vector<float> target;
  for (int i = 0; i < 3000; ++i) {
    int code = i % 6;  // no order: 1, 4 and the missing one are high
    table.cells.push_back(code == 5 ? std::nanf("") : static_cast<float>(code));
    target.push_back(code == 1 || code == 4 || code == 5 ? 10.0F : 0.0F);
  }
  auto trees = Trees::train(table, target, {.rounds = 100, .rows_in_leaf = 20, .columns_sampled = 1});
  ASSERT_TRUE(trees);
  for (auto [code, expected] : {std::pair{1.0F, 10.0}, {2.0F, 0.0}, {4.0F, 10.0}, {std::nanf(""), 10.0}}) {
    double out[1];
    ASSERT_TRUE(trees->predict(std::vector<float>{code}, out));
    EXPECT_NEAR(out[0], expected, 0.6) << code;
  }
}

TEST(Trees, AreTheSameAfterWritingAndReading) {
  Sample s = sample(1000, 1);
  auto trees = Trees::train(s.table, s.target, {.rounds = 20});
  ASSERT_TRUE(trees);
  auto text = trees->text();
  ASSERT_TRUE(text);
  auto again = Trees::read(*text);
  ASSERT_TRUE(again) << again.error().text();
  std::vector<double> a(s.target.size()), b(s.target.size());
  ASSERT_TRUE(trees->predict(s.table.cells, a));
  ASSERT_TRUE(again->predict(s.table.cells, b));
  EXPECT_EQ(a, b);
  EXPECT_EQ(again->width(), 3U);
  auto leaves = again->leaves(std::span(s.table.cells).first(6));
  ASSERT_TRUE(leaves);
  EXPECT_EQ(leaves->size(), 40U);
}

// Rows through the nodes end where the library says, with missing cells and categories among them.
TEST(Trees, NodesSayWhatTheModelSays) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<float> uniform;
  Table table{.columns = {"number", "code"}, .categories = {1}, .cells = {}};
  std::vector<float> target;
  for (int row = 0; row < 4000; ++row) {
    const float number = row % 7 == 0 ? std::nanf("") : uniform(random);
    const auto code = static_cast<float>(random() % 40);
    table.cells.insert(table.cells.end(), {number, code});
    target.push_back((std::isnan(number) ? 3 : number > 0.4F ? 2.0F : 1.0F) + (static_cast<int>(code) % 3 == 0 ? 5 : 0));
  }
  auto trees = Trees::train(table, target,
                            {.rounds = 1, .learning_rate = 1, .leaves = 12, .rows_in_leaf = 20, .columns_sampled = 1, .rows_sampled = 1});
  ASSERT_TRUE(trees);
  auto nodes = trees->nodes(0);
  ASSERT_TRUE(nodes) << nodes.error().text();
  std::vector<double> said(target.size());
  ASSERT_TRUE(trees->predict(table.cells, said));
  bool by_code = false, by_number = false;
  for (std::size_t row = 0; row < target.size(); ++row) {
    const TreeNode* node = &nodes->front();
    while (node->column >= 0) {
      const float cell = table.cells[row * 2 + static_cast<std::size_t>(node->column)];
      (node->column == 1 ? by_code : by_number) = true;
      const bool left = std::isnan(cell)    ? node->missing_left
                        : node->column == 1 ? std::ranges::find(node->categories, static_cast<int>(cell)) != node->categories.end()
                                            : static_cast<double>(cell) <= node->threshold;
      node = &nodes->at(static_cast<std::size_t>(left ? node->left : node->right));
    }
    ASSERT_NEAR(node->value, said[row], 1e-9) << row;
  }
  EXPECT_TRUE(by_code && by_number);
  EXPECT_EQ(nodes->front().rows, 4000);
  EXPECT_EQ(trees->nodes(1).error().code, ErrorCode::kInvalidInput);
}

// The slow twin: every loss, missing cells, codes that were and were not learnt from, any number of rows.
TEST(Trees, PredictWhatTheLibraryPredictsBitForBit) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<float> uniform;
  const float nan = std::nanf("");
  Table table{{"a", "b", "code", "rare"}, {2}, {}};
  std::vector<float> target;
  for (int i = 0; i < 3'000; ++i) {
    const float a = uniform(random) < 0.1F ? nan : uniform(random) - 0.5F;
    const float b = static_cast<float>(static_cast<int>(10 * uniform(random)) - 5);
    const auto code = static_cast<float>(static_cast<int>(uniform(random) * 40));
    table.cells.insert(table.cells.end(), {a, b, uniform(random) < 0.05F ? nan : code, uniform(random) < 0.02F ? 1.0F : 0.0F});
    target.push_back((a > 0 ? 2.0F : 1.0F) + std::abs(b) + (static_cast<int>(code) % 7 < 3 ? 1.0F : 0.0F) + uniform(random));
  }
  std::vector<float> asked = table.cells;
  for (float strange : {nan, -1.0F, 0.0F, 0.5F, 39.0F, 40.0F, 1e6F, -1e30F, 1e30F})
    asked.insert(asked.end(), {strange, strange, strange, strange});
  for (const BoostingOptions& how : {BoostingOptions{.loss = Loss::kAbsolute}, BoostingOptions{.loss = Loss::kSquares, .leaves = 2},
                                     BoostingOptions{.loss = Loss::kQuantile, .quantile = 0.9},
                                     BoostingOptions{.loss = Loss::kTweedie, .tweedie_power = 1, .leaves = 15},
                                     BoostingOptions{.forest = true, .rounds = 30}, BoostingOptions{.rounds = 3, .rows_in_leaf = 3'000}}) {
    auto trees = Trees::train(table, target, how);
    ASSERT_TRUE(trees) << trees.error().text();
    for (std::size_t rows : {asked.size() / 4, std::size_t{1}, std::size_t{13}}) {
      const std::span<const float> cells = std::span(asked).last(4 * rows);
      std::vector<double> fast(rows), slow(rows);
      ASSERT_TRUE(trees->predict(cells, fast));
      ASSERT_TRUE(trees->predict_slowly(cells, slow));
      EXPECT_EQ(fast, slow) << "loss " << static_cast<int>(how.loss);
    }
  }
}

// Boosted or side by side, what the columns contribute makes the raw score.
TEST(Trees, ContributionsAddUpToTheScore) {
  Sample s = sample(2000);
  for (const bool forest : {false, true}) {
    auto trees = Trees::train(s.table, s.target, {.forest = forest, .rounds = 40, .rows_in_leaf = 5});
    ASSERT_TRUE(trees) << trees.error().text();
    const std::size_t width = s.table.width();
    const std::span<const float> cells = std::span<const float>(s.table.cells).first(50 * width);
    std::vector<double> score(50), parts(50 * (width + 1));
    ASSERT_TRUE(trees->predict(cells, score) && trees->contributions(cells, parts));
    for (std::size_t row = 0; row < 50; ++row) {
      const auto begin = parts.begin() + static_cast<std::ptrdiff_t>(row * (width + 1));
      EXPECT_NEAR(std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(width + 1), 0.0), score[row], 1e-9) << forest;
    }
  }
}

TEST(Trees, MistakesAreErrors) {
  Sample s = sample(100);
  EXPECT_EQ(Trees::read("no model").error().code, ErrorCode::kCorrupt);
  // Damage that the library would not see: a cell or a node that is not there.
  const std::string whole_text = *Trees::train(s.table, s.target, {.rounds = 2, .rows_in_leaf = 5})->text();
  for (std::string_view field : {"split_feature=", "left_child=", "right_child=", "decision_type=", "max_feature_idx="})
    for (std::string_view value : {"9999999 ", "-9999999 ", "nan ", "1.5 "}) {
      std::string damaged = whole_text;
      const std::size_t at = damaged.find(field) + field.size();
      damaged.replace(at, damaged.find_first_of(" \n", at) - at, value);
      const auto read = read_model(damaged);
      EXPECT_TRUE(!read && read.error().code == ErrorCode::kCorrupt) << field << value;
    }
  EXPECT_EQ(Trees::train({}, {}, {}).error().code, ErrorCode::kInvalidInput);
  for (const BoostingOptions& bad : {BoostingOptions{.rounds = 0}, BoostingOptions{.leaves = 1}, BoostingOptions{.learning_rate = 0},
                                     BoostingOptions{.loss = Loss::kTweedie}, BoostingOptions{.forest = true, .rows_sampled = 1}})
    EXPECT_EQ(Trees::train(s.table, s.target, bad).error().code, ErrorCode::kInvalidInput);
  s.target[3] = std::nanf("");
  EXPECT_EQ(Trees::train(s.table, s.target, {}).error().code, ErrorCode::kInvalidInput);
  CancelToken cancel;
  cancel.cancel();
  Sample whole = sample(100);
  EXPECT_EQ(Trees::train(whole.table, whole.target, {}, &cancel).error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(Trees::train(s.table, s.target, {.weight_in_leaf = -1}));
  EXPECT_FALSE(Trees::train(s.table, s.target, {}, nullptr, std::vector<float>(3, 1.0F)));
  EXPECT_FALSE(Trees::train(s.table, s.target, {}, nullptr, std::vector<float>(s.target.size(), -1.0F)));
}

}  // namespace
}  // namespace sinan::learning
