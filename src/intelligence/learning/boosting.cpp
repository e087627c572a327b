#include "intelligence/learning/boosting.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "base/text.hpp"
#include "intelligence/learning/flat_trees.hpp"
#include "intelligence/learning/lightgbm.hpp"
#include "intelligence/learning/tree_text.hpp"

namespace sinan::learning {
namespace {

std::unexpected<Error> library_error(ErrorCode code, std::string_view doing) {
  return fail(code, fmt::format("{}: {}", doing, LGBM_GetLastError()));
}

// The library would write to standard output.
void silence() {
  static std::once_flag once;
  std::call_once(once, [] { LGBM_RegisterLogCallback([](const char*) {}); });
}

struct Dataset {
  void* handle = nullptr;
  ~Dataset() {
    if (handle) LGBM_DatasetFree(handle);
  }
};

std::string_view objective(Loss loss) {
  switch (loss) {
    case Loss::kSquares: return "l2";
    case Loss::kAbsolute: return "l1";
    case Loss::kQuantile: return "quantile";
    case Loss::kTweedie: return "tweedie";
  }
  return "l2";
}

std::string parameters(const BoostingOptions& o, const Table& table) {
  std::string out = fmt::format(
      "objective={} boosting={} learning_rate={} num_leaves={} min_data_in_leaf={} {}={} bagging_fraction={} bagging_freq=1 "
      "num_threads=1 seed={} deterministic=true force_row_wise=true verbosity=-1 boost_from_average=true feature_pre_filter=false",
      objective(o.loss), o.forest ? "rf" : "gbdt", o.learning_rate, o.leaves, o.rows_in_leaf,
      o.forest ? "feature_fraction_bynode" : "feature_fraction", o.columns_sampled, o.rows_sampled, o.seed % 2'000'000'000);
  if (o.loss == Loss::kQuantile) out += fmt::format(" alpha={}", o.quantile);
  if (o.loss == Loss::kTweedie) out += fmt::format(" tweedie_variance_power={}", o.tweedie_power);
  if (o.weight_in_leaf != BoostingOptions().weight_in_leaf) out += fmt::format(" min_sum_hessian_in_leaf={}", o.weight_in_leaf);
  if (!table.categories.empty()) out += fmt::format(" categorical_feature={}", fmt::join(table.categories, ","));
  return out;
}

Status check(const Table& table, std::span<const float> target, const BoostingOptions& o) {
  auto bad = [](std::string message) { return fail(ErrorCode::kInvalidInput, std::move(message)); };
  if (table.width() == 0 || target.empty()) return bad("trees need at least one row and one column to learn from");
  if (table.cells.size() != table.width() * target.size())
    return bad(fmt::format("a table of {} cells does not have {} columns and {} rows", table.cells.size(), table.width(), target.size()));
  if (target.size() > 500'000'000 || table.width() > 100'000) return bad("trees learn from at most 500 million rows and 100,000 columns");
  if (!std::ranges::all_of(target, [](float v) { return std::isfinite(v); })) return bad("targets of trees must be finite");
  if (o.loss == Loss::kTweedie && std::ranges::any_of(target, [](float v) { return v < 0; }))
    return bad("targets of the Tweedie loss must not be negative");
  if (o.rounds < 1 || o.rounds > 10'000) return bad(fmt::format("trees must be 1 … 10000, not {}", o.rounds));
  if (o.leaves < 2 || o.leaves > 100'000) return bad(fmt::format("leaves must be 2 … 100000, not {}", o.leaves));
  if (!(o.weight_in_leaf >= 0)) return bad(fmt::format("the weight in a leaf must be 0 or more, not {}", o.weight_in_leaf));
  if (o.rows_in_leaf < 1) return bad(fmt::format("rows in a leaf must be 1 or more, not {}", o.rows_in_leaf));
  auto share = [](double v) { return v > 0 && v <= 1; };
  if (!share(o.learning_rate) || !share(o.columns_sampled) || !share(o.rows_sampled))
    return bad("the learning rate and the shares of rows and columns must lie above 0, and be 1 at most");
  if (o.forest && o.rows_sampled == 1) return bad("a forest needs a share of rows below 1, or all its trees are the same");
  if (!(o.quantile > 0 && o.quantile < 1)) return bad(fmt::format("a quantile must lie between 0 and 1, not {}", o.quantile));
  if (!(o.tweedie_power >= 1 && o.tweedie_power < 2))
    return bad(fmt::format("the power of the Tweedie loss must be 1 or more and below 2, not {}", o.tweedie_power));
  return {};
}

}  // namespace

struct Trees::Handle {
  void* booster = nullptr;
  FlatTrees flat;
  ~Handle() {
    if (booster) LGBM_BoosterFree(booster);
  }
};

Trees::Trees(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Trees::~Trees() = default;
Trees::Trees(Trees&&) noexcept = default;
Trees& Trees::operator=(Trees&&) noexcept = default;

Result<Trees> Trees::train(const Table& table, std::span<const float> target, const BoostingOptions& options, const CancelToken* cancel,
                           std::span<const float> weights) {
  SINAN_CHECK(check(table, target, options));
  if (!weights.empty() &&
      (weights.size() != target.size() || !std::ranges::all_of(weights, [](float w) { return std::isfinite(w) && w >= 0; })))
    return fail(ErrorCode::kInvalidInput, "weights of rows must be finite, not negative, and as many as there are rows");
  silence();
  const std::string how = parameters(options, table);
  auto rows = static_cast<std::int32_t>(target.size());
  Dataset data;
  if (LGBM_DatasetCreateFromMat(table.cells.data(), kFloat32, rows, static_cast<std::int32_t>(table.width()), 1, how.c_str(), nullptr,
                                &data.handle) != 0)
    return library_error(ErrorCode::kInvalidInput, "the table of the trees cannot be read");
  std::vector<std::string> numbered;  // names may hold what the library's text format does not allow
  std::vector<const char*> names;
  for (std::size_t c = 0; c < table.width(); ++c) numbered.push_back(fmt::format("column_{}", c));
  for (const std::string& name : numbered) names.push_back(name.c_str());
  if (LGBM_DatasetSetFeatureNames(data.handle, names.data(), static_cast<int>(names.size())) != 0 ||
      LGBM_DatasetSetField(data.handle, "label", target.data(), rows, kFloat32) != 0 ||
      (!weights.empty() && LGBM_DatasetSetField(data.handle, "weight", weights.data(), rows, kFloat32) != 0))
    return library_error(ErrorCode::kInvalidInput, "the target of the trees cannot be read");

  auto handle = std::make_unique<Handle>();
  if (LGBM_BoosterCreate(data.handle, how.c_str(), &handle->booster) != 0)
    return library_error(ErrorCode::kInvalidInput, "the trees cannot be set up");
  for (int round = 0; round < options.rounds; ++round) {
    if (cancel) SINAN_CHECK(cancel->check());
    int finished = 0;
    if (LGBM_BoosterUpdateOneIter(handle->booster, &finished) != 0) return library_error(ErrorCode::kInternal, "a tree cannot be grown");
    if (finished) break;
  }
  // Written and read again: the model without the table that it learnt from.
  Trees trained(std::move(handle));
  SINAN_TRY(std::string whole, trained.text());
  return read(whole);
}

Result<Trees> Trees::read(const std::string& text) {
  silence();
  auto handle = std::make_unique<Handle>();
  int rounds = 0;
  int width = 0;
  if (LGBM_BoosterLoadModelFromString(text.c_str(), &rounds, &handle->booster) != 0 ||
      LGBM_BoosterGetNumFeature(handle->booster, &width) != 0)
    return library_error(ErrorCode::kCorrupt, "this is no model of trees");
  SINAN_TRY(handle->flat, FlatTrees::read(text));
  Trees out(std::move(handle));
  out.width_ = static_cast<std::size_t>(width);
  return out;
}

Result<std::string> Trees::text() const {
  std::int64_t length = 0;
  std::string out(1, '\0');
  // The first call tells the length.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (LGBM_BoosterSaveModelToString(handle_->booster, 0, -1, 0, static_cast<std::int64_t>(out.size()), &length, out.data()) != 0)
      return library_error(ErrorCode::kInternal, "the trees cannot be written");
    if (length <= static_cast<std::int64_t>(out.size())) break;
    out.resize(static_cast<std::size_t>(length));
  }
  out.resize(static_cast<std::size_t>(length) - 1);  // without the closing zero
  return out;
}

Result<std::vector<TreeNode>> Trees::nodes(std::size_t t) const {
  SINAN_TRY(const std::string whole, text());
  SINAN_TRY(ModelText model, read_model(whole));
  if (t >= model.trees.size()) return fail(ErrorCode::kInvalidInput, fmt::format("the model has no tree {}", t));
  return std::move(model.trees[t]);
}

Result<std::vector<double>> Trees::run(std::span<const float> cells, int what) const {
  if (cells.size() % width_ != 0)
    return fail(ErrorCode::kInvalidInput, fmt::format("{} cells are no rows of {} columns", cells.size(), width_));
  auto rows = static_cast<std::int32_t>(cells.size() / width_);
  std::vector<double> out;
  if (rows == 0) return out;
  std::int64_t length = 0;
  if (LGBM_BoosterCalcNumPredict(handle_->booster, rows, what, 0, -1, &length) != 0)
    return library_error(ErrorCode::kInternal, "the trees cannot be asked");
  out.resize(static_cast<std::size_t>(length));
  if (LGBM_BoosterPredictForMat(handle_->booster, cells.data(), kFloat32, rows, static_cast<std::int32_t>(width_), 1, what, 0, -1,
                                "num_threads=1 verbosity=-1", &length, out.data()) != 0)
    return library_error(ErrorCode::kInternal, "the trees cannot answer");
  return out;
}

Status Trees::predict(std::span<const float> cells, std::span<double> out) const {
  if (cells.size() != width_ * out.size())
    return fail(ErrorCode::kInvalidInput, fmt::format("{} cells are not {} rows of {} columns", cells.size(), out.size(), width_));
  handle_->flat.predict(cells, width_, out);
  return {};
}

Status Trees::predict_slowly(std::span<const float> cells, std::span<double> out) const {
  SINAN_TRY(auto found, run(cells, kPredictNormal));
  if (found.size() != out.size()) return fail(ErrorCode::kInvalidInput, "the answers of the trees need one place per row");
  std::ranges::copy(found, out.begin());
  return {};
}

Status Trees::contributions(std::span<const float> cells, std::span<double> out) const {
  SINAN_TRY(auto found, run(cells, kPredictContributions));
  if (found.size() != out.size())
    return fail(ErrorCode::kInvalidInput, "contributions need one place per row and column, and one per row for the expected value");
  // Of a forest the library adds up what its raw score is the mean of.
  const double trees = handle_->flat.averaged();
  std::ranges::transform(found, out.begin(), [trees](double v) { return v / trees; });
  return {};
}

Result<std::vector<int>> Trees::leaves(std::span<const float> cells) const {
  SINAN_TRY(auto found, run(cells, kPredictLeaves));
  return std::vector<int>(found.begin(), found.end());
}

}  // namespace sinan::learning
