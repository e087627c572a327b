#include "application/example/state.hpp"

#include "application/example/workspace.hpp"

namespace sinan::example {
namespace {

std::filesystem::path beside(const std::filesystem::path& dir, std::string_view ending) {
  auto whole = std::filesystem::absolute(dir).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  return whole.parent_path() / (whole.filename().string() + std::string(ending));
}

}  // namespace

std::filesystem::path truth_of(const std::filesystem::path& dir) { return beside(dir, ".truth"); }
std::filesystem::path secrets_of(const std::filesystem::path& dir) { return beside(dir, ".secrets"); }

std::filesystem::path state_file(const std::filesystem::path& truth) { return truth / "company.json"; }

Status write_state(const std::filesystem::path& file, const State& state) {
  const Json json = {{"seed", state.origin.seed},
                     {"items", state.origin.items},
                     {"locations", state.origin.locations},
                     {"days", state.origin.days},
                     {"first", format_date(state.origin.first)},
                     {"next_day", state.next_day},
                     {"next_shelf_number", state.next_shelf_number},
                     {"shop_rows", state.shop_rows},
                     {"expected_rows", state.expected_rows},
                     {"on_hand", state.on_hand},
                     {"lines", state.lines}};
  return write_whole(file, dump(json));
}

Result<State> read_state(const std::filesystem::path& file) {
  auto text = read_file(file);
  if (!text)
    return fail(ErrorCode::kNotFound, "this is no example company made by `sinan demo create`: its truth is not beside it", file.string());
  SINAN_TRY(const Json json, parse_json(*text, file.string()));
  State out;
  try {
    out.origin.seed = json.at("seed");
    out.origin.items = json.at("items");
    out.origin.locations = json.at("locations");
    out.origin.days = json.at("days");
    SINAN_TRY(out.origin.first, parse_date(json.at("first").get<std::string>()));
    out.next_day = json.at("next_day");
    out.next_shelf_number = json.at("next_shelf_number");
    out.shop_rows = json.at("shop_rows");
    out.expected_rows = json.at("expected_rows");
    out.on_hand = json.at("on_hand").get<std::vector<std::int64_t>>();
    out.lines = json.at("lines");
  } catch (const nlohmann::json::exception& e) {
    return fail(ErrorCode::kCorrupt, std::string("the company's state cannot be read: ") + e.what(), file.string());
  }
  return out;
}

}  // namespace sinan::example
