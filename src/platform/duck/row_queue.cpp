#include "platform/duck/row_queue.hpp"

#include <duckdb/execution/operator/helper/physical_result_collector.hpp>
#include <duckdb/execution/physical_plan_generator.hpp>
#include <duckdb/main/client_config.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/main/prepared_statement_data.hpp>

namespace sinan::duck {

namespace {

// With texts that lie apart from their column.
std::uint64_t bytes_of(duckdb::DataChunk& chunk) {
  std::uint64_t out = chunk.GetAllocationSize();
  for (auto& vector : chunk.data) {
    if (vector.GetType().InternalType() != duckdb::PhysicalType::VARCHAR) continue;
    duckdb::UnifiedVectorFormat format;
    vector.ToUnifiedFormat(chunk.size(), format);
    const auto* texts = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
    for (duckdb::idx_t i = 0; i < chunk.size(); ++i) {
      const auto at = format.sel->get_index(i);
      if (format.validity.RowIsValid(at) && !texts[at].IsInlined()) out += texts[at].GetSize();
    }
  }
  return out;
}

}  // namespace

bool RowQueue::offer(const duckdb::DataChunk& chunk, std::uint64_t batch, const duckdb::InterruptState& writer) {
  {
    std::lock_guard lock(mutex_);
    if (full(batch)) {
      asleep_.push_back({batch, writer});
      return false;
    }
  }
  auto copy = duckdb::make_uniq<duckdb::DataChunk>();
  copy->Initialize(duckdb::Allocator::DefaultAllocator(), chunk.GetTypes());
  chunk.Copy(*copy);
  const std::uint64_t bytes = bytes_of(*copy);
  std::lock_guard lock(mutex_);
  if (batch <= open_) {
    ready_bytes_ += bytes;
    ready_.push_back({std::move(copy), bytes});
  } else {
    later_bytes_ += bytes;
    later_[batch].push_back({std::move(copy), bytes});
  }
  return true;
}

void RowQueue::open_batch(std::uint64_t batch) {
  {
    std::lock_guard lock(mutex_);
    if (batch <= open_) return;
    open_ = batch;
    while (!later_.empty() && later_.begin()->first <= open_) {
      for (Sized& rows : later_.begin()->second) {
        later_bytes_ -= rows.bytes;
        ready_bytes_ += rows.bytes;
        ready_.push_back(std::move(rows));
      }
      later_.erase(later_.begin());
    }
  }
  wake();
}

RowQueue::Chunk RowQueue::take() {
  Chunk chunk;
  {
    std::lock_guard lock(mutex_);
    if (!ready_.empty()) {
      ready_bytes_ -= ready_.front().bytes;
      chunk = std::move(ready_.front().chunk);
      ready_.pop_front();
    }
  }
  wake();
  return chunk;
}

void RowQueue::wake() {
  std::vector<Writer> awake;
  {
    std::lock_guard lock(mutex_);
    auto stay = std::partition(asleep_.begin(), asleep_.end(), [&](const Writer& writer) { return full(writer.batch); });
    awake.assign(std::make_move_iterator(stay), std::make_move_iterator(asleep_.end()));
    asleep_.erase(stay, asleep_.end());
  }
  for (const Writer& writer : awake) writer.state.Callback();
}

namespace {

// How the rows of a plan reach the queue: by batches where the plan numbers them, else one after another where their order matters.
enum class Order { kBatches, kSequence, kAny };

Order order_of(duckdb::ClientContext& context, duckdb::PhysicalOperator& root) {
  if (!duckdb::PhysicalPlanGenerator::PreserveInsertionOrder(context, root)) return Order::kAny;
  return duckdb::PhysicalPlanGenerator::UseBatchIndex(context, root) ? Order::kBatches : Order::kSequence;
}

struct QueueSink final : duckdb::GlobalSinkState {
  explicit QueueSink(std::shared_ptr<RowQueue> rows) : queue(std::move(rows)) {}
  std::shared_ptr<RowQueue> queue;
};

class QueueCollector final : public duckdb::PhysicalResultCollector {
 public:
  QueueCollector(duckdb::PhysicalPlan& plan, duckdb::PreparedStatementData& data, std::shared_ptr<RowQueue> queue, Order order)
      : PhysicalResultCollector(plan, data), queue_(std::move(queue)), order_(order) {}

  bool ParallelSink() const override { return order_ != Order::kSequence; }
  bool SinkOrderDependent() const override { return order_ != Order::kAny; }
  duckdb::OperatorPartitionInfo RequiredPartitionInfo() const override {
    return order_ == Order::kBatches ? duckdb::OperatorPartitionInfo::BatchIndex() : duckdb::OperatorPartitionInfo::NoPartitionInfo();
  }
  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(duckdb::ClientContext&) const override {
    return duckdb::make_uniq<QueueSink>(queue_);
  }

  duckdb::SinkResultType Sink(duckdb::ExecutionContext&, duckdb::DataChunk& chunk, duckdb::OperatorSinkInput& input) const override {
    open_batch(input.local_state);
    auto batch = order_ == Order::kBatches ? input.local_state.partition_info.batch_index.GetIndex() : 0;
    return queue_->offer(chunk, batch, input.interrupt_state) ? duckdb::SinkResultType::NEED_MORE_INPUT : duckdb::SinkResultType::BLOCKED;
  }
  duckdb::SinkNextBatchType NextBatch(duckdb::ExecutionContext&, duckdb::OperatorSinkNextBatchInput& input) const override {
    open_batch(input.local_state);
    return duckdb::SinkNextBatchType::READY;
  }
  duckdb::SinkCombineResultType Combine(duckdb::ExecutionContext&, duckdb::OperatorSinkCombineInput& input) const override {
    open_batch(input.local_state);
    return duckdb::SinkCombineResultType::FINISHED;
  }
  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline&, duckdb::Event&, duckdb::ClientContext&,
                                    duckdb::OperatorSinkFinalizeInput&) const override {
    queue_->open_batch(std::numeric_limits<std::uint64_t>::max());
    return duckdb::SinkFinalizeType::READY;
  }

  // Of a query that is over: its rows went through the queue.
  duckdb::unique_ptr<duckdb::QueryResult> GetResult(duckdb::GlobalSinkState&) override {
    return duckdb::make_uniq<duckdb::MaterializedQueryResult>(
        statement_type, properties, names, duckdb::make_uniq<duckdb::ColumnDataCollection>(duckdb::Allocator::DefaultAllocator(), types),
        duckdb::ClientProperties());
  }

 private:
  void open_batch(const duckdb::LocalSinkState& local) const {
    if (order_ == Order::kBatches) queue_->open_batch(local.partition_info.min_batch_index.GetIndex());
  }

  std::shared_ptr<RowQueue> queue_;
  Order order_;
};

// The queue that the next query of a connection fills.
struct Awaited final : duckdb::ClientContextState {
  std::shared_ptr<RowQueue> queue;
  static Awaited& of(duckdb::ClientContext& context) { return *context.registered_state->GetOrCreate<Awaited>("sinan_row_queue"); }
};

}  // namespace

void RowQueue::install(duckdb::ClientContext& context) {
  duckdb::ClientConfig::GetConfig(context).get_result_collector = [](duckdb::ClientContext& of,
                                                                     duckdb::PreparedStatementData& data) -> duckdb::PhysicalOperator& {
    auto queue = std::exchange(Awaited::of(of).queue, nullptr);
    if (!queue) return duckdb::PhysicalResultCollector::GetResultCollector(of, data);
    auto order = order_of(of, data.physical_plan->Root());
    return data.physical_plan->Make<QueueCollector>(data, std::move(queue), order);
  };
}

void RowQueue::await(duckdb::ClientContext& context, std::shared_ptr<RowQueue> queue) { Awaited::of(context).queue = std::move(queue); }

}  // namespace sinan::duck
