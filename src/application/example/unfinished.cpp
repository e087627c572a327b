#include "application/example/unfinished.hpp"

#include "application/example/workspace.hpp"

namespace sinan::example {
namespace {

namespace fs = std::filesystem;

Status removed(const fs::path& file) {
  std::error_code error;
  fs::remove(file, error);
  if (error) return fail(ErrorCode::kUnavailable, "cannot remove: " + error.message(), file.string());
  return {};
}

// Whether the ERP's stock is that of the last of those days.
Result<bool> committed(Database& erp, const State& after) {
  SINAN_TRY(const auto rows, erp.query("SELECT max(stand) FROM mard"));
  if (rows.empty() || !rows[0][0]) return false;
  SINAN_TRY(const Date newest, parse_date(rows[0][0]->substr(0, 10)));
  return newest >= after.origin.first + std::chrono::days{after.next_day - 1};
}

// Takes away what an advance wrote beside the ERP.
Status undo(const fs::path& dir, const fs::path& journal, const Json& json) {
  try {
    for (const auto& file : json.at("files")) {
      const fs::path path = file.at("path").get<std::string>();
      const auto size = file.at("size_bytes").get<std::uintmax_t>();
      std::error_code error;
      if (fs::file_size(path, error) > size && !error) fs::resize_file(path, size, error);
      if (error) return fail(ErrorCode::kUnavailable, "cannot shorten: " + error.message(), path.string());
    }
    for (const auto& day : json.at("days")) {
      const auto name = day.get<std::string>();
      SINAN_CHECK(removed(dir / "data" / "shop" / ("orders-" + name + ".parquet")));
      SINAN_CHECK(removed(dir / "data" / "machines" / ("readings-" + name + ".jsonl")));
      SINAN_CHECK(removed(truth_of(dir) / "demand" / (name + ".parquet")));
    }
  } catch (const nlohmann::json::exception& e) {
    return fail(ErrorCode::kCorrupt, std::string("the record of an unfinished advance cannot be read: ") + e.what(), journal.string());
  }
  return removed(journal);
}

fs::path journal_of(const fs::path& truth) { return truth / "advance.json"; }
fs::path next_of(const fs::path& truth) { return truth / "next.json"; }

}  // namespace

Status begin_days(const fs::path& truth, const State& state, std::int64_t days, std::span<const fs::path> files) {
  Json json = {{"files", Json::array()}, {"days", Json::array()}};
  for (const fs::path& file : files) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) return fail(ErrorCode::kNotFound, "a part of the company's truth is missing: " + error.message(), file.string());
    json["files"].push_back({{"path", file.string()}, {"size_bytes", size}});
  }
  for (std::int64_t day = state.next_day; day < state.next_day + days; ++day)
    json["days"].push_back(format_date(state.origin.first + std::chrono::days{day}));
  return write_whole(journal_of(truth), dump(json));
}

Status announce_days(const fs::path& truth, const State& after) { return write_state(next_of(truth), after); }

Status settle_days(const fs::path& truth) {
  SINAN_CHECK(rename_file(next_of(truth), state_file(truth)));
  return removed(journal_of(truth));
}

Result<Recovered> recover_days(const fs::path& dir, Database& erp) {
  const auto truth = truth_of(dir);
  SINAN_TRY(State state, read_state(state_file(truth)));
  std::error_code error;
  if (fs::exists(next_of(truth), error)) {
    SINAN_TRY(State after, read_state(next_of(truth)));
    SINAN_TRY(const bool happened, committed(erp, after));
    if (happened) {
      SINAN_CHECK(settle_days(truth));
      const auto days = after.next_day - state.next_day;
      return Recovered{std::move(after), days};
    }
    SINAN_CHECK(removed(next_of(truth)));
  }
  if (fs::exists(journal_of(truth), error)) {
    // The state may have been settled already, with only the journal left to remove: its days are then in the state.
    SINAN_TRY(const auto text, read_file(journal_of(truth)));
    SINAN_TRY(const Json json, parse_json(text, journal_of(truth).string()));
    const auto first = state.origin.first + std::chrono::days{state.next_day};
    const bool settled = json.is_object() && json.contains("days") && !json["days"].empty() && json["days"][0] < format_date(first);
    SINAN_CHECK(settled ? removed(journal_of(truth)) : undo(dir, journal_of(truth), json));
  }
  return Recovered{std::move(state), 0};
}

}  // namespace sinan::example
