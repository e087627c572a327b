#include "data/lake/staged_table.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/kill_point.hpp"
#include "data/lake/catalogue.hpp"

namespace sinan::lake {

Status make_durable(const std::filesystem::path& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  int rc = fd < 0 ? -1 : ::fsync(fd);
  int why = errno;
  if (fd >= 0) ::close(fd);
  if (rc != 0) return fail(write_error_code(why, ErrorCode::kPrecondition), "the lake cannot be written; is the disk full?", path.string());
  return {};
}

Result<std::int64_t> RowNumbers::take(std::int64_t count) {
  constexpr std::int64_t kBlock = 1'000'000;
  std::lock_guard lock(mutex_);
  if (end_ - next_ < count) {
    std::int64_t size = std::max(kBlock, count);
    SINAN_TRY(next_, reserve_rows(store_, table_, size));
    end_ = next_ + size;
  }
  return std::exchange(next_, next_ + count);
}

StagedTable::StagedTable(std::string table, Schema schema, std::vector<std::string> key, std::filesystem::path file,
                         std::unique_ptr<duck::ParquetWriter> writer, std::shared_ptr<RowNumbers> numbers)
    : table_(std::move(table)),
      schema_(std::move(schema)),
      key_(std::move(key)),
      file_(std::move(file)),
      writer_(std::move(writer)),
      numbers_(std::move(numbers)) {}

StagedTable::~StagedTable() {
  writer_.reset();
  std::error_code error;
  if (!kept_) std::filesystem::remove(file_, error);
}

Status StagedTable::append(const Batch& batch) {
  if (!writer_) broken("rows are staged before finish()");
  if (batch.rows() == 0) return {};
  if (batch.columns.size() != schema_.fields.size()) broken("a staged batch has the columns of its schema");
  Batch numbered = batch;
  Column rows{Type{TypeId::kInt}};
  SINAN_TRY(std::int64_t first, numbers_->take(static_cast<std::int64_t>(batch.rows())));
  rows.ints.resize(batch.rows());
  std::iota(rows.ints.begin(), rows.ints.end(), first);
  rows.rows = batch.rows();
  numbered.columns.push_back(std::move(rows));
  rows_ += static_cast<std::int64_t>(batch.rows());
  SINAN_CHECK(writer_->append(std::move(numbered)));
  kill_point("lake.stage.mid_file");
  return {};
}

Status StagedTable::finish() {
  if (!writer_) return {};
  SINAN_TRY(auto written, writer_->finish());
  writer_.reset();
  if (written != rows_) broken("a Parquet file has the rows that were appended");
  std::error_code error;
  bytes_ = static_cast<std::int64_t>(std::filesystem::file_size(file_, error));
  return make_durable(file_);
}

}  // namespace sinan::lake
