#include "platform/duck/text_files.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace sinan::duck {
namespace {

char delimiter_of(std::string_view first_line) {
  char best = ',';
  for (char c : {';', '|', '\t'})
    if (std::ranges::count(first_line, c) > std::ranges::count(first_line, best)) best = c;
  return best;
}

// Follows quotes and values from line to line.
class RowWalk {
 public:
  explicit RowWalk(char delimiter) : delimiter_(delimiter) {}

  // False where a quote of an earlier line ends in the middle of a value: it was never meant to reach so far.
  bool line(std::string_view text) {
    ++number_;
    if (open_at_ == 0) {
      values_ = 1;
      begun_at_ = number_;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == delimiter_ && open_at_ == 0) ++values_;
      if (text[i] != '"') continue;
      if (open_at_ == 0) {
        if (i != 0 && text[i - 1] != delimiter_) continue;
        open_at_ = number_;
        if (quoted_at_ == 0) quoted_at_ = number_;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        ++i;
      } else {
        std::string_view rest = text.substr(i + 1);
        rest.remove_prefix(std::min(rest.find_first_not_of(" \r"), rest.size()));
        if (!rest.empty() && rest.front() != delimiter_) odd_ = true;
        if (odd_ && open_at_ != number_) return false;
        open_at_ = 0;
      }
    }
    return true;
  }
  std::int64_t open_at() const { return open_at_; }      // the line of a quote that is still open; 0: none is
  std::int64_t begun_at() const { return begun_at_; }    // the line in which the newest row begins
  std::size_t values() const { return values_; }         // of the newest row, so far
  std::int64_t quoted_at() const { return quoted_at_; }  // the line of the first value that begins with a quote; 0: none did
  // Whether quotes stand around whole values, wherever a value begins with one.
  bool whole() const { return quoted_at_ > 0 && open_at_ == 0 && !odd_; }

 private:
  char delimiter_;
  std::int64_t number_ = 0;
  std::int64_t open_at_ = 0;
  std::int64_t begun_at_ = 0;
  std::int64_t quoted_at_ = 0;
  bool odd_ = false;
  std::size_t values_ = 0;
};

// Goes through the file line by line while `go_on(walk, text)`, after each; nothing where it cannot be read so.
std::optional<RowWalk> walk_lines(Connection& connection, const std::filesystem::path& file, const CsvText& options,
                                  const std::function<bool(const RowWalk&, std::string_view, bool fits)>& go_on) {
  std::string more = options.encoding.empty() ? "" : ", encoding = " + quote_text(options.encoding);
  auto lines = connection.query(
      fmt::format("SELECT line FROM read_csv({}, columns = {{'line': 'VARCHAR'}}, delim = chr(1), quote = '', escape = '', header = false, "
                  "auto_detect = false, parallel = false{})",
                  quote_text(file.string()), more));
  if (!lines) return std::nullopt;
  std::optional<RowWalk> walk;
  for (Batch batch;; batch = {}) {
    auto next = (*lines)->next(batch);
    if (!next) return std::nullopt;
    if (!*next) return walk;
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      std::string_view text = batch.columns[0].is_null(row) ? std::string_view() : batch.columns[0].text(row);
      if (!walk) walk.emplace(options.delimiter.size() == 1 ? options.delimiter.front() : delimiter_of(text));
      const bool fits = walk->line(text);
      if (!go_on(*walk, text, fits)) return walk;
    }
  }
}

// A quick look at the bytes; what is compressed may hold anything.
bool may_hold_quotes(const std::filesystem::path& file) {
  std::string ending = file.extension().string();
  if (ending == ".gz" || ending == ".zst") return true;
  std::ifstream in(file, std::ios::binary);
  std::array<char, 1 << 16> bytes;
  while (in) {
    in.read(bytes.data(), bytes.size());
    if (std::string_view(bytes.data(), static_cast<std::size_t>(in.gcount())).contains('"')) return true;
  }
  return false;
}

Error bad_compression(const std::filesystem::path& file, bool cut_off) {
  return {ErrorCode::kInvalidInput,
          cut_off ? "the compressed file is cut off; fetch it again" : "the compressed file is damaged; fetch it again", file.string(),
          nullptr};
}

Status check_gzip(const std::filesystem::path& file) {
  gzFile in = ::gzopen(file.c_str(), "rb");
  if (!in) return {};  // that is told where it is read
  std::vector<char> bytes(1 << 20);
  while (::gzread(in, bytes.data(), static_cast<unsigned>(bytes.size())) > 0) {
  }
  int state = Z_OK;
  ::gzerror(in, &state);
  const int closed = ::gzclose_r(in);
  if (state == Z_OK && closed == Z_OK) return {};
  return fail(bad_compression(file, closed == Z_BUF_ERROR || state == Z_BUF_ERROR));
}

Status check_zstd(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::unique_ptr<ZSTD_DCtx, decltype(&::ZSTD_freeDCtx)> state(::ZSTD_createDCtx(), ::ZSTD_freeDCtx);
  std::vector<char> from(1 << 17), to(1 << 20);
  std::size_t missing = 0;  // of the frame
  while (in) {
    in.read(from.data(), static_cast<std::streamsize>(from.size()));
    ZSTD_inBuffer input{from.data(), static_cast<std::size_t>(in.gcount()), 0};
    while (input.pos < input.size) {
      ZSTD_outBuffer output{to.data(), to.size(), 0};
      missing = ::ZSTD_decompressStream(state.get(), &output, &input);
      if (::ZSTD_isError(missing)) return fail(bad_compression(file, false));
    }
  }
  if (missing > 0) return fail(bad_compression(file, true));
  return {};
}

// The files of a pattern, or the one that it names.
std::vector<std::filesystem::path> files_of(Connection& connection, const std::filesystem::path& pattern) {
  std::vector<std::filesystem::path> out;
  if (!is_pattern(pattern)) return {pattern};
  auto found = connection.table(fmt::format("SELECT file FROM glob({})", quote_text(pattern.string())));
  if (!found) return out;
  for (const Batch& batch : found->batches)
    for (std::size_t row = 0; row < batch.rows(); ++row) out.emplace_back(batch.columns[0].text(row));
  return out;
}

// What DuckDB finds a CSV file to be.
struct Found {
  std::string quote;
  std::int64_t skipped = 0;  // lines at its head
};

std::optional<Found> look_at(Connection& connection, const std::filesystem::path& file, const CsvText& options) {
  std::string more;
  if (!options.delimiter.empty()) more += ", delim = " + quote_text(options.delimiter);
  if (!options.encoding.empty()) more += ", encoding = " + quote_text(options.encoding);
  auto table = connection.table(fmt::format("SELECT Quote, SkipRows::BIGINT FROM sniff_csv({}{})", quote_text(file.string()), more));
  if (!table || table->rows() != 1) return std::nullopt;
  const auto& columns = table->batches[0].columns;
  return Found{columns[0].is_null(0) ? "" : std::string(columns[0].text(0)), columns[1].is_null(0) ? 0 : columns[1].ints[0]};
}

}  // namespace

bool is_pattern(const std::filesystem::path& path) { return path.string().find_first_of("*?[") != std::string::npos; }

bool holds_delimiter(std::string_view column) { return column.find_first_of(",;|\t") != std::string_view::npos; }

Quotes quotes_in(const std::filesystem::path& file) {
  if (!may_hold_quotes(file)) return Quotes::kNone;
  if (file.extension() == ".zst") return Quotes::kOdd;
  gzFile in = ::gzopen(file.c_str(), "rb");  // reads what is not compressed as it is
  if (!in) return Quotes::kOdd;
  std::optional<RowWalk> walk;
  bool fits = true;
  std::string line;
  std::vector<char> part(1 << 16);
  while (fits && ::gzgets(in, part.data(), static_cast<int>(part.size()))) {
    line += part.data();
    if (!line.ends_with('\n') && ::gzeof(in) == 0) continue;
    while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
    if (!walk) walk.emplace(delimiter_of(line));
    fits = walk->line(line);
    line.clear();
  }
  ::gzclose_r(in);
  return fits && walk && walk->whole() ? Quotes::kWhole : Quotes::kOdd;
}

Status check_compressed(const std::filesystem::path& file) {
  if (file.extension() == ".gz") return check_gzip(file);
  if (file.extension() == ".zst") return check_zstd(file);
  return {};
}

Status check_csv_head(Connection& connection, const std::filesystem::path& file, const CsvText& options) {
  const auto found = look_at(connection, file, options);
  if (!found || found->skipped == 0) return {};
  int rows = 0;
  walk_lines(connection, file, options, [&](const RowWalk& at, std::string_view text, bool) {
    if (at.begun_at() > found->skipped) return false;
    rows += at.values() > 1 && !text.starts_with('#');
    return true;
  });
  return rows > 1 ? check_csv_rows(connection, file, options) : Status();  // one may be a heading: "Sales, March"
}

Status check_csv_quotes(Connection& connection, const std::filesystem::path& file, const CsvText& options) {
  if (!may_hold_quotes(file)) return {};
  const auto walk = walk_lines(connection, file, options, [](const RowWalk&, std::string_view, bool fits) { return fits; });
  if (!walk || walk->open_at() == 0) return {};
  return fail(ErrorCode::kInvalidInput, "a quote that begins a value is not closed; mend the file, or fetch it again if it was cut off",
              fmt::format("{}:{}", file.string(), walk->open_at()));
}

Status check_csv_rows(Connection& connection, const std::filesystem::path& file, const CsvText& options) {
  std::size_t first = 0;
  bool differs = false;
  const auto walk = walk_lines(connection, file, options, [&](const RowWalk& at, std::string_view text, bool) {
    if (at.open_at() > 0 || text.empty() || text == "\r") return true;
    if (first == 0) first = at.values();
    differs = at.values() != first;
    return !differs;
  });
  if (!walk || !differs) return {};
  return fail(ErrorCode::kInvalidInput,
              fmt::format("the row has {} values, the first has {}; mend it, with quotes around values that hold what stands between them",
                          walk->values(), first),
              fmt::format("{}:{}", file.string(), walk->begun_at()));
}

namespace {

Status check_one(Connection& connection, const std::filesystem::path& file, bool quoted) {
  std::error_code unknown;
  if (std::filesystem::file_size(file, unknown) == 0 && !unknown) return fail(ErrorCode::kInvalidInput, "the file is empty", file.string());
  SINAN_CHECK(check_compressed(file));
  auto schema = connection.describe(fmt::format("SELECT * FROM read_csv({}, all_varchar = true)", quote_text(file.string())));
  if (!schema || (schema->fields.size() == 1 && holds_delimiter(schema->fields[0].name))) SINAN_CHECK(check_csv_rows(connection, file));
  SINAN_CHECK(check_csv_head(connection, file));
  const Quotes quotes = quotes_in(file);
  if (quotes == Quotes::kNone || (quoted && quotes == Quotes::kWhole)) return {};
  const auto found = look_at(connection, file, {});
  if (!found || found->quote == "\"") return {};  // what cannot be made out is told where it is read
  SINAN_CHECK(check_csv_quotes(connection, file));
  if (quotes == Quotes::kOdd) return {};
  const auto walk = walk_lines(connection, file, {}, [](const RowWalk& at, std::string_view, bool) { return at.quoted_at() == 0; });
  if (!walk || walk->quoted_at() == 0) return {};
  return fail(
      ErrorCode::kInvalidInput,
      fmt::format("the first value in quotes comes so late that quotes are not looked for; read the file by read_csv({}, quote = '\"')",
                  quote_text(file.string())),
      fmt::format("{}:{}", file.string(), walk->quoted_at()));
}

}  // namespace

Status check_found_csv(Connection& connection, const std::filesystem::path& pattern, bool quoted) {
  for (const std::filesystem::path& file : files_of(connection, pattern)) SINAN_CHECK(check_one(connection, file, quoted));
  return {};
}

Error text_file_error(Error error, const std::filesystem::path& file, bool options) {
  if (error.code != ErrorCode::kInvalidInput) return error;
  if (error.message.contains("nvalid unicode") || error.message.contains("not utf-8")) {
    error.message = "the file is not text in UTF-8; write it so";
    if (options) error.message += ", or say what it is with `encoding: latin-1` or `encoding: utf-16`";
  } else if (error.message.starts_with("Error when sniffing")) {
    error.message =
        "the file is no table in CSV from its first line to its last: a line has fewer or more values than the others, a quote is not "
        "closed, or it is cut off; mend it";
    if (options) error.message += ", or say how it is written with `delimiter, quote, header, encoding`";
  } else if (constexpr std::string_view kLine = "CSV Error on Line: "; error.message.starts_with(kLine)) {
    const std::string_view rest = std::string_view(error.message).substr(kLine.size());
    const std::string line(rest.substr(0, rest.find_first_not_of("0123456789")));
    error.message = error.message.contains("Expected Number of Columns") ? "the row has more or fewer values than the first; mend it"
                                                                         : "the row cannot be read; mend it";
    error.place = fmt::format("{}:{}", file.string(), line);
  }
  if (error.place.empty()) error.place = file.string();
  return error;
}

}  // namespace sinan::duck
