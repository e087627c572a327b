// What makes the passing of days whole: an advance that was cut off is finished when the ERP had committed it, undone when it had not.
//
// Beside the state, in DIR.truth/: advance.json says which days are being made and how long the growing files were before; next.json is the
// state after them, written just before the ERP commits. The ERP's commit decides: its stock is dated with the last day that happened.
#pragma once

#include "application/example/database.hpp"
#include "application/example/state.hpp"

namespace sinan::example {

// To be called before days are made; `files` grow by appending.
Status begin_days(const std::filesystem::path& truth, const State& state, std::int64_t days, std::span<const std::filesystem::path> files);
// To be called before the ERP commits, and after it.
Status announce_days(const std::filesystem::path& truth, const State& after);
Status settle_days(const std::filesystem::path& truth);

// Brings a company back to a whole day, and reads its state. Nothing to do is the usual case.
struct Recovered {
  State state;
  std::int64_t finished = 0;  // days of an advance that was cut off after they had happened
};
Result<Recovered> recover_days(const std::filesystem::path& dir, Database& erp);

}  // namespace sinan::example
