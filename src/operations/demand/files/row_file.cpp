#include "operations/demand/files/row_file.hpp"

#include <charconv>
#include <cmath>

#include "base/json.hpp"
#include "operations/demand/files/calendar.hpp"

namespace sinan::demand {
namespace {

constexpr std::size_t kFlush = 1 << 20;     // bytes of text
constexpr std::size_t kBatchRows = 16'384;  // of Parquet

}  // namespace

Result<std::unique_ptr<RowFile>> RowFile::open(std::filesystem::path path, PrintedRows printed, Schema schema) {
  std::unique_ptr<RowFile> out(new RowFile(std::move(path), std::move(printed), std::move(schema)));
  if (!out->path_.empty()) out->file_ = std::make_unique<WholeFile>(out->path_);
  if (out->path_.extension() == ".parquet") {
    SINAN_TRY(auto database, duck::Database::open({.memory_mb = 256, .threads = 1}));
    out->database_ = std::move(database);
    SINAN_TRY(out->parquet_, duck::ParquetWriter::create(*out->database_, out->file_->draft(), out->schema_));
    out->new_batch();
    return out;
  }
  if (out->file_) SINAN_CHECK(out->file_->open());
  if (out->json()) {
    out->text_ = "[";
    return out;
  }
  for (const Field& field : out->schema_.fields) out->text(field.name);
  out->column_ = 0;
  out->text_ += '\n';
  return out;
}

void RowFile::text(std::string_view value) {
  if (parquet_) {
    Column& column = batch_.columns[column_++];
    if (column.type.id == TypeId::kText) return column.append_text(value);
    const auto stamp = parse_stamp(value);
    return stamp ? column.append_int(stamp->value) : column.append_null();
  }
  separate();
  if (json()) {
    text_ += dump(Json(value));
    return;
  }
  if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
    text_ += value;
    return;
  }
  text_ += '"';
  for (char c : value) text_.append(c == '"' ? 2 : 1, c);
  text_ += '"';
}

void RowFile::number(double value) {
  if (begin(value)) fmt::format_to(std::back_inserter(text_), "{:.9g}", value);
}
void RowFile::exact(double value) {
  if (begin(value)) fmt::format_to(std::back_inserter(text_), "{:.15g}", value);
}
void RowFile::single(double value) {
  if (!begin(value)) return;
  // The error of rounding to single precision; within it, what has few digits is meant.
  constexpr double kUnsure = 0x1p-24;
  const std::size_t from = text_.size();
  fmt::format_to(std::back_inserter(text_), "{:.7g}", value);
  double seven = 0;
  std::from_chars(text_.data() + from, text_.data() + text_.size(), seven);
  if (std::abs(seven - value) <= kUnsure * std::abs(value)) return;
  text_.resize(from);
  fmt::format_to(std::back_inserter(text_), "{:.9g}", value);
}

bool RowFile::begin(double value) {
  if (!parquet_) {
    separate();
    if (json() && !std::isfinite(value)) text_ += "null";
    return std::isfinite(value);
  }
  Column& column = batch_.columns[column_++];
  std::isfinite(value) ? column.append_double(value) : column.append_null();
  return false;
}

Status RowFile::end_row() {
  column_ = 0;
  ++rows_;
  if (parquet_) return batch_.rows() < kBatchRows ? Status() : flush();
  text_ += json() ? "}" : "\n";
  return text_.size() < kFlush ? Status() : flush();
}

void RowFile::separate() {
  const std::size_t column = column_++;
  if (json())
    text_ += (column > 0 ? "," : rows_ > 0 ? ",\n{" : "\n{") + dump(Json(schema_.fields[column].name)) + ":";
  else if (column > 0)
    text_ += ',';
}

void RowFile::new_batch() {
  batch_.columns.clear();
  for (const Field& field : schema_.fields) batch_.columns.emplace_back(field.type);
}

Status RowFile::flush() {
  if (parquet_) {
    if (batch_.rows() == 0) return {};
    SINAN_CHECK(parquet_->append(std::move(batch_)));
    new_batch();
    return {};
  }
  if (file_) {
    SINAN_CHECK(file_->write(text_));
  } else if (printed_.print) {
    printed_.print(text_);
  }
  text_.clear();
  return {};
}

Result<std::size_t> RowFile::finish() {
  if (json()) text_ += "\n]\n";
  SINAN_CHECK(flush());
  if (parquet_) {
    SINAN_TRY(auto rows, parquet_->finish());
    (void)rows;
  }
  if (file_) SINAN_CHECK(file_->finish());
  return rows_;
}

}  // namespace sinan::demand
