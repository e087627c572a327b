// The head of a chain: a small keyed file beside the store that says where the chain ends, so that cutting off the newest records is seen.
//
// While a transaction commits, the file names two ends: the one before (`last`) and the one that the transaction makes (`next`). After a
// crash in between either may be true; the next writer settles it. Written atomically (temporary file, fsync, rename, fsync of the folder).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace sinan::audit {

// The end of a chain: the number and hash of its last record; seq 0 and genesis() when it is empty.
struct ChainEnd {
  std::int64_t seq = 0;
  std::string hash;
  bool operator==(const ChainEnd&) const = default;
};

struct Head {
  ChainEnd last;
  std::optional<ChainEnd> next;
};

// nullopt if there is no such file; kCorrupt if it is not what somebody with the key wrote.
Result<std::optional<Head>> read_head(const std::filesystem::path& file, std::string_view chain, std::string_view key);
Status write_head(const std::filesystem::path& file, std::string_view chain, const Head& head, std::string_view key);

}  // namespace sinan::audit
