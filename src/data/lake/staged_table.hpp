// Rows on their way into a table: a Parquet file that the catalogue does not know yet, each row with its number.
#pragma once

#include <mutex>

#include "data/lake/lake.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::lake {

inline constexpr std::string_view kRowColumn = "_row";

// Numbers for the rows of one table, each handed out once for ever, whatever other processes do: blocks of them are reserved in the
// store. Thread-safe.
class RowNumbers {
 public:
  RowNumbers(storage::Store& store, std::string table) : store_(store), table_(std::move(table)) {}
  // The first of `count` numbers in a row.
  Result<std::int64_t> take(std::int64_t count);

 private:
  storage::Store& store_;
  std::string table_;
  std::mutex mutex_;
  std::int64_t next_ = 0;
  std::int64_t end_ = 0;
};

// fsync of a file or a folder.
Status make_durable(const std::filesystem::path& path);

class StagedTable final : public Staged {
 public:
  // `writer` writes `file`, in the columns of `schema` and `_row`.
  StagedTable(std::string table, Schema schema, std::vector<std::string> key, std::filesystem::path file,
              std::unique_ptr<duck::ParquetWriter> writer, std::shared_ptr<RowNumbers> numbers);
  // Removes the file, unless keep() was called.
  ~StagedTable() override;

  Status append(const Batch& batch) override;
  Status finish() override;
  std::int64_t rows() const override { return rows_; }
  std::int64_t bytes() const override { return bytes_; }

  void keep() { kept_ = true; }
  const std::string& table() const { return table_; }
  const Schema& schema() const { return schema_; }
  const std::vector<std::string>& key() const { return key_; }
  const std::filesystem::path& file() const { return file_; }

 private:
  std::string table_;
  Schema schema_;
  std::vector<std::string> key_;
  std::filesystem::path file_;
  std::unique_ptr<duck::ParquetWriter> writer_;
  std::shared_ptr<RowNumbers> numbers_;
  std::int64_t rows_ = 0;
  std::int64_t bytes_ = 0;
  bool kept_ = false;
};

}  // namespace sinan::lake
