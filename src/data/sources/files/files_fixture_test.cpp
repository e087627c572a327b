#include <unistd.h>

#include "data/sources/conformance.hpp"
#include "data/sources/values.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::sources::files {
namespace {

// Keeps its rows in memory and writes them as one Parquet file after every change.
class FilesFixture final : public conformance::Fixture {
 public:
  FilesFixture() {
    static int counter = 0;
    folder_ = std::filesystem::temp_directory_path() / fmt::format("sinan-files-{}-{}", ::getpid(), ++counter);
    std::filesystem::create_directories(folder_);
  }
  ~FilesFixture() override { std::filesystem::remove_all(folder_); }

  std::string yaml() const override { return "kind: files\nfolder: " + folder_.string() + "\n"; }
  std::string table_options(const std::string& table) const override { return "path: " + table + ".parquet, key: [id]"; }
  bool holds(const Field&, const Value&) const override { return true; }
  // A file that changes under the reader is an error, not an old state.
  bool versioned() const override { return false; }

  void create() override { rows_.clear(); }
  void put(const std::vector<conformance::LogicalRow>& rows) override {
    for (const auto& row : rows) rows_[row[0].integer] = row;
    write();
  }
  void remove(std::int64_t id) override {
    rows_.erase(id);
    write();
  }

 private:
  void write() {
    Batch batch;
    for (const Field& field : conformance::things().fields) batch.columns.emplace_back(field.type);
    for (const auto& [id, row] : rows_)
      for (std::size_t c = 0; c < row.size(); ++c) append(batch.columns[c], row[c]);
    auto path = folder_ / fmt::format("next-{}.tmp", ++writes_);
    auto database = duck::Database::open({.memory_mb = 256});
    auto writer = duck::ParquetWriter::create(*database, path, conformance::things());
    if (!writer) throw std::runtime_error(writer.error().text());
    auto status = (*writer)->append(std::move(batch));
    auto finished = (*writer)->finish();
    if (!status || !finished) throw std::runtime_error("cannot write the test's file");
    std::filesystem::rename(path, folder_ / "things.parquet");
  }

  static void append(Column& column, const Value& value) {
    if (value.null) return column.append_null();
    switch (value.type.id) {
      case TypeId::kDouble: return column.append_double(value.real);
      case TypeId::kDecimal: return column.append_decimal(value.decimal);
      case TypeId::kText:
      case TypeId::kBinary: return column.append_text(value.text);
      default: return column.append_int(value.integer);
    }
  }

  std::filesystem::path folder_;
  std::map<std::int64_t, conformance::LogicalRow> rows_;
  int writes_ = 0;
};

}  // namespace

std::unique_ptr<conformance::Fixture> fixture() { return std::make_unique<FilesFixture>(); }

}  // namespace sinan::sources::files
