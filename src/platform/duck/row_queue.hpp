// The rows of a running query, on their way from the engine's threads to one reader. Internal to platform/duck.
//
// DuckDB's own streams (1.4) are handed out only once every other part of the query is done. A UNION ALL of large joins never gets there:
// the join of a later branch waits for the branches before it, which wait for a reader. Here the reader takes rows from the first one on.
#pragma once

#include <deque>
#include <duckdb.hpp>
#include <duckdb/parallel/interrupt.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace sinan::duck {

// Thread-safe. Chunks belong to batches, and leave in the order of these, whichever thread made them.
class RowQueue {
 public:
  using Chunk = duckdb::unique_ptr<duckdb::DataChunk>;

  // Copies `chunk`. False if the queue is full: the writer sleeps until `writer` is called back, and then offers the chunk again.
  bool offer(const duckdb::DataChunk& chunk, std::uint64_t batch, const duckdb::InterruptState& writer);
  // No chunk of a batch before `batch` will be offered any more. A smaller number than before changes nothing.
  void open_batch(std::uint64_t batch);
  // The next chunk, null if there is none for now; calls back the writers for whom there is room.
  Chunk take();

  // Makes connections of `context` write the rows of queries that are not streamed into the queue that await() named last, if any.
  static void install(duckdb::ClientContext& context);
  static void await(duckdb::ClientContext& context, std::shared_ptr<RowQueue> queue);

 private:
  struct Writer {
    std::uint64_t batch;
    duckdb::InterruptState state;
  };

  struct Sized {
    Chunk chunk;
    std::uint64_t bytes;
  };

  bool full(std::uint64_t batch) const { return (batch <= open_ ? ready_bytes_ : later_bytes_) >= kRoom; }
  void wake();

  // Bytes of what can be taken, and of what is for later; beyond it there may be one chunk of each writer.
  static constexpr std::uint64_t kRoom = 1 << 20;

  std::mutex mutex_;
  std::uint64_t open_ = 0;
  std::deque<Sized> ready_;
  std::map<std::uint64_t, std::vector<Sized>> later_;  // by batch
  std::uint64_t ready_bytes_ = 0;
  std::uint64_t later_bytes_ = 0;
  std::vector<Writer> asleep_;
};

}  // namespace sinan::duck
