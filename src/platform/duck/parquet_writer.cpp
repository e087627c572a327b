// Parquet files from pushed batches: a bounded queue between the caller and a COPY that runs on a thread of its own.
#include <condition_variable>
#include <deque>

#include "platform/duck/duck.hpp"

namespace sinan::duck {

namespace {

constexpr std::size_t kQueuedRows = 65'536;

// Batches on their way from append() to the COPY.
class Queue {
 public:
  // Waits while the queue is full; false once the consumer is gone.
  bool push(Batch batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return rows_ < kQueuedRows || closed_; });
    if (closed_) return false;
    rows_ += batch.rows();
    batches_.push_back(std::move(batch));
    changed_.notify_all();
    return true;
  }
  void end(bool abort) {
    std::lock_guard lock(mutex_);
    ended_ = true;
    aborted_ = abort;
    changed_.notify_all();
  }
  // The consumer takes nothing more.
  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  Result<bool> pop(Batch& batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !batches_.empty() || ended_; });
    if (aborted_) return fail(ErrorCode::kCancelled, "the file was given up");
    if (batches_.empty()) return false;
    batch = std::move(batches_.front());
    batches_.pop_front();
    rows_ -= batch.rows();
    changed_.notify_all();
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> batches_;
  std::size_t rows_ = 0;
  bool ended_ = false;
  bool aborted_ = false;
  bool closed_ = false;
};

class QueueReader final : public Reader {
 public:
  QueueReader(std::shared_ptr<Queue> queue, Schema schema, std::vector<std::size_t> columns)
      : queue_(std::move(queue)), schema_(std::move(schema)), columns_(std::move(columns)) {}
  const Schema& schema() const override { return schema_; }
  Result<bool> next(Batch& batch) override {
    SINAN_TRY(bool more, queue_->pop(whole_));
    if (!more) return false;
    batch.columns.clear();
    for (std::size_t column : columns_) batch.columns.push_back(std::move(whole_.columns.at(column)));
    return true;
  }

 private:
  std::shared_ptr<Queue> queue_;
  Schema schema_;
  std::vector<std::size_t> columns_;
  Batch whole_;
};

class QueueTable final : public TableProvider {
 public:
  QueueTable(std::shared_ptr<Queue> queue, Schema schema) : queue_(std::move(queue)), schema_(std::move(schema)) {}
  const Schema& schema() const override { return schema_; }
  std::string name() const override { return "rows to write"; }
  Result<std::unique_ptr<Reader>> open(const StreamRequest& request) const override {
    Schema wanted;
    for (std::size_t column : request.columns) wanted.fields.push_back(schema_.fields.at(column));
    return std::make_unique<QueueReader>(queue_, std::move(wanted), request.columns);
  }

 private:
  std::shared_ptr<Queue> queue_;
  Schema schema_;
};

class ThreadedWriter final : public ParquetWriter {
 public:
  ThreadedWriter(Connection connection, TableHandle table, std::shared_ptr<Queue> queue, Schema schema, std::filesystem::path file,
                 std::string sql)
      : queue_(std::move(queue)), schema_(std::move(schema)), file_(std::move(file)), table_(std::move(table)) {
    thread_ = std::thread([this, connection = std::move(connection), sql = std::move(sql)]() mutable {
      written_ = connection.execute(sql);
      queue_->close();
    });
  }

  ~ThreadedWriter() override {
    if (!thread_.joinable()) return;
    queue_->end(true);
    thread_.join();
    discard();
  }

  Status append(Batch batch) override {
    if (!thread_.joinable()) return fail(ErrorCode::kPrecondition, "the file is closed already", file_.string());
    if (batch.columns.size() != schema_.fields.size()) broken("a batch has the columns of its file");
    for (std::size_t i = 0; i < batch.columns.size(); ++i)
      if (batch.columns[i].type != schema_.fields[i].type) broken("a batch has the column types of its file");
    if (batch.rows() == 0) return {};
    if (queue_->push(std::move(batch))) return {};
    thread_.join();
    return failed();
  }

  Result<std::int64_t> finish() override {
    if (thread_.joinable()) {
      queue_->end(false);
      thread_.join();
    }
    if (!written_) return std::unexpected(failed().error());
    return *written_;
  }

 private:
  void discard() {
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
  }
  Status failed() {
    discard();
    Error error = written_ ? Error{ErrorCode::kInternal, "the file was closed early"} : written_.error();
    const char* what = error.code == ErrorCode::kDiskFull ? "could not write a Parquet file; is there space on the disk?"
                                                          : "could not write a Parquet file";
    return fail(std::move(error).within(what, file_.string()));
  }

  std::shared_ptr<Queue> queue_;
  Schema schema_;
  std::filesystem::path file_;
  TableHandle table_;
  Result<std::int64_t> written_ = 0;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<ParquetWriter>> ParquetWriter::create(const Database& database, const std::filesystem::path& file,
                                                             const Schema& schema, const ParquetOptions& options) {
  if (schema.fields.empty()) return fail(ErrorCode::kInvalidInput, "a Parquet file needs at least one column", file.string());
  auto queue = std::make_shared<Queue>();
  SINAN_TRY(auto connection, database.connect());
  auto table = database.add_table(std::make_shared<QueueTable>(queue, schema));
  auto sql = fmt::format("COPY (SELECT * FROM {}) TO {} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {})", table.sql(),
                         quote_text(file.string()), options.row_group_rows);
  return std::make_unique<ThreadedWriter>(std::move(connection), std::move(table), std::move(queue), schema, file, std::move(sql));
}

}  // namespace sinan::duck
