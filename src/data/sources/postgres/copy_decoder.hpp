// Decodes PostgreSQL's binary COPY format (documented with COPY, "Binary Format") into columns. Knows nothing of connections.
#pragma once

#include "data/sources/values.hpp"

namespace sinan::sources::postgres {

// How a value comes over the wire.
enum class Wire : std::uint8_t {
  kBool,
  kInt2,
  kInt4,
  kInt8,
  kFloat4,
  kFloat8,
  kNumeric,
  kBytes,
  kDate,
  kTimestamp,
  kLocalTimestamp,
  kParsed
};

struct CopyColumn {
  std::string name;
  Type type;
  Wire wire;
};

// Takes bytes as they come, in pieces of any size. Not thread-safe.
class CopyDecoder {
 public:
  // `place` names the table in messages; kParsed and kLocalTimestamp read times by `zone`. Both references must outlive the decoder.
  CopyDecoder(std::vector<CopyColumn> columns, std::string place, const LocalTime& zone, OddValues& odd);

  // Decodes whole rows of what has come so far and appends them to `batch`, whose columns are those of start(). kCorrupt if the bytes are
  // no such stream, kInvalidInput if a value does not fit its pinned type.
  Status feed(std::string_view bytes, Batch& batch);
  // Whether the end of the stream has come.
  bool ended() const { return ended_; }
  // Empty columns of the right types; one of kBool for a stream without columns.
  Batch start() const;

 private:
  struct Cursor;
  Result<bool> decode_header(Cursor& bytes);
  Result<bool> decode_row(Cursor& bytes, Batch& batch);
  Status append(const CopyColumn& column, std::string_view value, Column& out);
  Status append_numeric(const CopyColumn& column, std::string_view value, Column& out);
  std::unexpected<Error> corrupt(std::string_view why) const;

  std::vector<CopyColumn> columns_;
  std::string place_;
  const LocalTime& zone_;
  OddValues& odd_;
  std::string pending_;
  bool header_done_ = false;
  bool ended_ = false;
};

}  // namespace sinan::sources::postgres
