// What the example company must remember to go on living.
#pragma once

#include <filesystem>

#include "application/example/company.hpp"
#include "base/json.hpp"

namespace sinan::example {

struct State {
  Origin origin;
  std::int64_t next_day = 0;  // the first day that has not happened
  std::int64_t next_shelf_number = 1;
  std::int64_t shop_rows = 0;
  std::int64_t expected_rows = 0;  // that set how often rows are broken
  std::vector<std::int64_t> on_hand;
  Json lines;
};

// DIR.truth/company.json.
std::filesystem::path state_file(const std::filesystem::path& truth);
// The file appears under its name, whole.
Status write_state(const std::filesystem::path& file, const State& state);
Result<State> read_state(const std::filesystem::path& file);

// "acme.truth" and "acme.secrets", beside "acme".
std::filesystem::path truth_of(const std::filesystem::path& dir);
std::filesystem::path secrets_of(const std::filesystem::path& dir);

}  // namespace sinan::example
