#include "intelligence/learning/tree_text.hpp"

#include <charconv>
#include <cmath>
#include <map>

#include "base/text.hpp"

namespace sinan::learning {
namespace {

// Bits of "decision_type"; what counts as missing stands above them: nothing, so that NaN is taken as 0; zero; NaN.
constexpr int kByCategory = 1;
constexpr int kMissingLeft = 2;
constexpr int kMissingIs = 2;
constexpr int kNothing = 0;
constexpr int kZero = 1;
constexpr double kMostColumns = 1e6;

using Fields = std::map<std::string_view, std::vector<double>>;

// "name=1 2 3" in each line.
Fields fields_of(std::string_view text) {
  Fields out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    std::vector<double>& values = out[line.substr(0, equals)];
    const char* at = line.data() + equals + 1;
    const char* const last = line.data() + line.size();
    while (at < last) {
      double value = 0;
      const auto [next, error] = std::from_chars(at, last, value);
      if (error != std::errc()) break;
      values.push_back(value);
      at = next;
      while (at < last && *at == ' ') ++at;
    }
  }
  return out;
}

// Codes whose bits are set in the words `from` … `to` of 32 bits.
std::vector<int> codes_of(const std::vector<double>& words, std::size_t from, std::size_t to) {
  std::vector<int> out;
  for (std::size_t word = from; word < std::min(to, words.size()); ++word)
    for (int bit = 0; bit < 32; ++bit)
      if ((static_cast<std::uint32_t>(words[word]) >> bit) & 1U) out.push_back(static_cast<int>(32 * (word - from)) + bit);
  return out;
}

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "a tree of the model cannot be read"); }

// A whole number from 0 to `most`, as a place in a table must be.
bool is_place(double value, double most) { return value >= 0 && value <= most && value == std::floor(value); }

// What follows "Tree=3" in the model.
Result<std::vector<TreeNode>> read_tree(std::string_view text, double most_column) {
  Fields fields = fields_of(text);
  const auto leaves = fields["leaf_value"].size();
  const auto splits = leaves - 1;
  if (leaves == 0) return corrupt();
  for (std::string_view name :
       {"split_feature", "threshold", "decision_type", "left_child", "right_child", "internal_value", "internal_count"})
    if (splits > 0 && fields[name].size() != splits) return corrupt();
  // Inner nodes first, in their order, then the leaves: a child −1, −2 … is leaf 0, 1 …
  std::vector<TreeNode> out(splits + leaves);
  auto place = [&](double child) { return child >= 0 ? static_cast<int>(child) : static_cast<int>(splits) - 1 - static_cast<int>(child); };
  for (std::size_t s = 0; s < splits; ++s) {
    TreeNode& node = out[s];
    for (std::string_view child : {"left_child", "right_child"})
      if (!is_place(std::abs(fields[child][s]), static_cast<double>(out.size()))) return corrupt();
    if (!is_place(fields["decision_type"][s], 255) || !is_place(fields["split_feature"][s], most_column)) return corrupt();
    const int how = static_cast<int>(fields["decision_type"][s]);
    const int missing = how >> kMissingIs;
    node.column = static_cast<int>(fields["split_feature"][s]);
    node.threshold = fields["threshold"][s];
    node.missing_left = missing == kNothing ? node.threshold >= 0 : (how & kMissingLeft) != 0;
    node.left = place(fields["left_child"][s]);
    node.right = place(fields["right_child"][s]);
    node.value = fields["internal_value"][s];
    node.rows = static_cast<std::int64_t>(fields["internal_count"][s]);
    // Children stand behind their parent, so that every way ends.
    for (int child : {node.left, node.right})
      if (child <= static_cast<int>(s) || child >= static_cast<int>(out.size())) return corrupt();
    if (missing == kZero) return corrupt();
    if ((how & kByCategory) == 0) continue;
    const std::vector<double>& bounds = fields["cat_boundaries"];
    const std::vector<double>& words = fields["cat_threshold"];
    if (!is_place(node.threshold, static_cast<double>(bounds.size()) - 2)) return corrupt();
    const auto group = static_cast<std::size_t>(node.threshold);
    for (double bound : {bounds[group], bounds[group + 1]})
      if (!is_place(bound, static_cast<double>(words.size()))) return corrupt();
    node.categories = codes_of(words, static_cast<std::size_t>(bounds[group]), static_cast<std::size_t>(bounds[group + 1]));
    node.by_category = true;
    node.missing_left = false;
  }
  for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
    out[splits + leaf].value = fields["leaf_value"][leaf];
    if (leaf < fields["leaf_count"].size()) out[splits + leaf].rows = static_cast<std::int64_t>(fields["leaf_count"][leaf]);
  }
  return out;
}

}  // namespace

Result<ModelText> read_model(std::string_view model) {
  constexpr std::string_view kTree = "\nTree=";
  ModelText out;
  std::size_t at = model.find(kTree);
  const std::string_view head = model.substr(0, at);
  out.average = head.contains("\naverage_output");
  out.exponential = head.contains("\nobjective=tweedie");
  const std::vector<double> last = fields_of(head)["max_feature_idx"];
  if (last.size() != 1 || !is_place(last.front(), kMostColumns)) return corrupt();
  while (at != std::string_view::npos) {
    const std::size_t next = model.find(kTree, at + 1);
    const std::string_view text = model.substr(at + 1, next - at - 1);
    SINAN_TRY(auto tree, read_tree(text.substr(0, text.find("\n\n")), last.front()));
    out.trees.push_back(std::move(tree));
    at = next;
  }
  return out;
}

}  // namespace sinan::learning
