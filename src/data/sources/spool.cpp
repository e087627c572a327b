#include "data/sources/spool.hpp"

#include <cerrno>
#include <cstring>

namespace sinan::sources {

Result<std::unique_ptr<Spool>> Spool::create(std::uint64_t limit_bytes) {
  std::FILE* file = std::tmpfile();
  if (file == nullptr)
    return fail(write_error_code(errno, ErrorCode::kPrecondition),
                fmt::format("no temporary file could be made: {}", std::strerror(errno)));
  return std::unique_ptr<Spool>(new Spool(file, limit_bytes));
}

template <typename T>
Status Spool::put(const T* data, std::size_t count) {
  std::uint64_t length = count;
  bytes_ += sizeof(length) + count * sizeof(T);
  if (bytes_ > limit_bytes_)
    return fail(ErrorCode::kLimit,
                fmt::format("more than {} MB of rows had to be set aside: raise spool_limit_mb of the source, or read its "
                            "tables one after the other",
                            limit_bytes_ >> 20));
  if (std::fwrite(&length, sizeof(length), 1, file_.get()) != 1 || std::fwrite(data, sizeof(T), count, file_.get()) != count)
    return fail(write_error_code(errno, ErrorCode::kPrecondition),
                fmt::format("rows could not be set aside in a temporary file: {}", std::strerror(errno)));
  return {};
}

template <typename Container>
Status Spool::take(Container& values) {
  std::uint64_t length = 0;
  if (std::fread(&length, sizeof(length), 1, file_.get()) == 1) {
    values.resize(length);
    if (std::fread(values.data(), sizeof(*values.data()), length, file_.get()) == length) return {};
  }
  return fail(ErrorCode::kCorrupt, "rows that were set aside in a temporary file cannot be read again");
}

Status Spool::append(const Batch& batch) {
  std::uint64_t columns = batch.columns.size();
  SINAN_CHECK(put(&columns, 1));
  for (const Column& column : batch.columns) {
    std::uint64_t rows = column.rows;
    SINAN_CHECK(put(&column.type, 1));
    SINAN_CHECK(put(&rows, 1));
    SINAN_CHECK(put(column.validity.data(), column.validity.size()));
    SINAN_CHECK(put(column.ints.data(), column.ints.size()));
    SINAN_CHECK(put(column.doubles.data(), column.doubles.size()));
    SINAN_CHECK(put(column.decimals.data(), column.decimals.size()));
    SINAN_CHECK(put(column.offsets.data(), column.offsets.size()));
    SINAN_CHECK(put(column.chars.data(), column.chars.size()));
  }
  return {};
}

Status Spool::rewind() {
  if (std::fflush(file_.get()) != 0 || std::fseek(file_.get(), 0, SEEK_SET) != 0)
    return fail(write_error_code(errno, ErrorCode::kPrecondition),
                fmt::format("rows could not be set aside in a temporary file: {}", std::strerror(errno)));
  return {};
}

Result<bool> Spool::next(Batch& batch) {
  batch.columns.clear();
  if (int byte = std::fgetc(file_.get()); byte == EOF)
    return false;
  else
    std::ungetc(byte, file_.get());
  std::vector<std::uint64_t> one;
  SINAN_CHECK(take(one));
  batch.columns.resize(one.at(0));
  for (Column& column : batch.columns) {
    std::vector<Type> type;
    SINAN_CHECK(take(type));
    column.type = type.at(0);
    SINAN_CHECK(take(one));
    column.rows = one.at(0);
    SINAN_CHECK(take(column.validity));
    SINAN_CHECK(take(column.ints));
    SINAN_CHECK(take(column.doubles));
    SINAN_CHECK(take(column.decimals));
    SINAN_CHECK(take(column.offsets));
    SINAN_CHECK(take(column.chars));
  }
  return true;
}

}  // namespace sinan::sources
