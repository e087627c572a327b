#include "operations/demand/file_panel.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "base/text.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::demand {
namespace {

// One row as read; text of `ds` is kept once per series only.
struct Row {
  Stamp at;
  double y;
};

struct Reading {
  std::unordered_map<std::string, std::size_t> numbers;  // id → series
  std::vector<std::string> ids;
  std::vector<std::vector<Row>> rows;
  std::vector<int> seasons;
  std::vector<Stamp> last;
  std::vector<std::string> last_written;
  std::unordered_set<std::size_t> ended;  // series whose last row was added: zero since their own last
};

Error at_series(ErrorCode code, std::string message, const FileForecastOptions& options, std::string_view id) {
  return {code, std::move(message), fmt::format("{}, series {}", options.input.string(), visible(id)), nullptr};
}

Result<double> read_value(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty()) return kMissing;
  for (std::string_view missing : {"NA", "NaN", "nan", "null", "NULL"})
    if (text == missing) return kMissing;
  double value = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || !std::isfinite(value))
    return fail(ErrorCode::kInvalidInput,
                fmt::format("'{}' is no finite number; leave it empty where the value is missing", visible(text)));
  return value;
}

Result<std::string> columns_sql(const Schema& schema, const FileForecastOptions& options, bool& has_season) {
  std::string sql;
  for (const char* name : {"unique_id", "ds", "y"}) {
    if (!schema.index_of(name)) {
      std::vector<std::string> names;
      for (const Field& field : schema.fields) names.push_back(visible(field.name));
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("the column '{}' is missing; a file of series has unique_id, ds and y, this one has: {}", name,
                              fmt::join(names, ", ")),
                  options.input.string());
    }
    sql += fmt::format("{}CAST({} AS VARCHAR)", sql.empty() ? "" : ", ", name);
  }
  has_season = schema.index_of("season").has_value();
  if (has_season) sql += ", CAST(season AS VARCHAR)";
  return sql;
}

Status add_row(const Batch& batch, std::size_t r, bool has_season, const FileForecastOptions& options, Reading& reading) {
  const auto& c = batch.columns;
  std::string id(c[0].is_null(r) ? std::string_view() : c[0].text(r));
  auto [found, is_new] = reading.numbers.try_emplace(id, reading.ids.size());
  std::size_t i = found->second;
  if (is_new) {
    reading.ids.push_back(id);
    reading.rows.emplace_back();
    reading.seasons.push_back(0);
    reading.last.emplace_back();
    reading.last_written.emplace_back();
  }
  std::string_view written = c[1].is_null(r) ? std::string_view() : c[1].text(r);
  auto at = parse_stamp(written);
  if (!at) return fail(at_series(ErrorCode::kInvalidInput, "ds: " + at.error().message, options, id));
  auto y = read_value(c[2].is_null(r) ? std::string_view() : c[2].text(r));
  if (!y) return fail(at_series(ErrorCode::kInvalidInput, "y: " + y.error().message, options, id));
  if (!reading.rows[0].empty() && reading.rows[0].front().at.kind != at->kind)
    return fail(at_series(ErrorCode::kInvalidInput, "ds: integers, dates and times may not be mixed in one file", options, id));
  if (reading.rows[i].empty() || at->value > reading.last[i].value) reading.last[i] = *at, reading.last_written[i] = written;
  reading.rows[i].push_back({*at, *y});
  if (has_season && !c[3].is_null(r) && !c[3].text(r).empty()) {
    auto season = read_value(c[3].text(r));
    if (!season || !(*season >= 1 && *season <= 20'000))
      return fail(at_series(ErrorCode::kInvalidInput, "season: must be a whole number of periods from 1 to 20000", options, id));
    reading.seasons[i] = static_cast<int>(*season);
  }
  return {};
}

Result<Reading> read_rows(const FileForecastOptions& options, FilePanel& out) {
  SINAN_TRY(auto database, duck::Database::open({.memory_mb = 1024, .threads = options.threads}));
  SINAN_TRY(auto connection, database.connect());
  std::string source = file_sql(options.input);
  SINAN_TRY(Schema schema, connection.describe("SELECT * FROM " + source));
  Reading reading;
  bool has_season = false;
  SINAN_TRY(std::string columns, columns_sql(schema, options, has_season));
  SINAN_TRY(auto reader, connection.query(fmt::format("SELECT {} FROM {}", columns, source), {.cancel = options.cancel}));
  Batch batch;
  while (true) {
    SINAN_TRY(bool more, reader->next(batch));
    if (!more) break;
    for (std::size_t r = 0; r < batch.rows(); ++r) SINAN_CHECK(add_row(batch, r, has_season, options, reading));
    out.rows += batch.rows();
  }
  if (out.rows == 0) return fail(ErrorCode::kInvalidInput, "the file has no rows", options.input.string());
  if (!has_season) reading.seasons.clear();
  return reading;
}

// Where most series end together, those that end earlier have had no demand since: so they are read for a backtest, whose origins are the
// same periods for all, and where missing rows are zero. Series with values below zero are no demand and are left as they are.
void end_together(Reading& reading, const FileForecastOptions& options) {
  if (options.backtest == 0 && !options.zero_gaps) return;
  auto latest = std::ranges::max_element(reading.last, {}, &Stamp::value);
  const Stamp end = *latest;
  const std::string written = reading.last_written[static_cast<std::size_t>(latest - reading.last.begin())];
  auto together = std::ranges::count(reading.last, end.value, &Stamp::value);
  if (2 * static_cast<std::size_t>(together) <= reading.ids.size()) return;
  for (std::size_t i = 0; i < reading.ids.size(); ++i) {
    if (reading.last[i].value == end.value || std::ranges::any_of(reading.rows[i], [](const Row& row) { return row.y < 0; })) continue;
    reading.rows[i].push_back({end, 0});
    reading.last[i] = end;
    reading.last_written[i] = written;
    reading.ended.insert(i);
  }
}

Status lay_out(Reading& reading, const FileForecastOptions& options, FilePanel& out) {
  for (std::size_t i = 0; i < reading.ids.size(); ++i) {
    std::span<const Row> rows = reading.rows[i];
    std::int64_t next = 0;
    for (const Row& row : rows) {
      auto index = out.calendar.index(row.at, rows.front().at);
      if (!index) return fail(at_series(ErrorCode::kInvalidInput, index.error().message, options, reading.ids[i]));
      if (*index < next)
        return fail(at_series(
            ErrorCode::kInvalidInput,
            fmt::format("two rows are of the same period, {}; sum or remove them", out.calendar.after(row.at, 0, reading.last_written[i])),
            options, reading.ids[i]));
      if (*index - next > 10'000'000)
        return fail(
            at_series(ErrorCode::kLimit, "a gap of more than ten million periods; check ds, or say --freq", options, reading.ids[i]));
      const bool zero = options.zero_gaps || (&row == &rows.back() && reading.ended.contains(i));
      for (; next < *index; ++next) out.panel.values.push_back(zero ? 0 : kMissing);
      out.panel.values.push_back(std::isnan(row.y) && options.zero_gaps ? 0 : row.y);
      ++next;
    }
    out.panel.offsets.push_back(out.panel.values.size());
    reading.rows[i] = {};
  }
  return {};
}

}  // namespace

std::string file_sql(const std::filesystem::path& file) {
  std::string name = duck::quote_text(file.string());
  if (file.extension() == ".parquet") return fmt::format("read_parquet({})", name);
  return fmt::format("read_csv({}, all_varchar = true, header = true)", name);
}

Result<FilePanel> read_file_panel(const FileForecastOptions& options) {
  FilePanel out;
  SINAN_TRY(Reading reading, read_rows(options, out));
  std::vector<Stamp> stamps;
  std::vector<std::size_t> ends;
  stamps.reserve(out.rows);
  for (auto& rows : reading.rows) {
    std::ranges::sort(rows, [](const Row& a, const Row& b) { return a.at.value < b.at.value; });
    for (const Row& row : rows) stamps.push_back(row.at);
    ends.push_back(stamps.size());
  }
  SINAN_TRY(out.calendar, Calendar::find(stamps, ends, options.frequency));
  stamps = {};
  end_together(reading, options);
  SINAN_CHECK(lay_out(reading, options, out));
  out.panel.keys = std::move(reading.ids);
  out.seasons = std::move(reading.seasons);
  out.last = std::move(reading.last);
  out.last_written = std::move(reading.last_written);
  return out;
}

}  // namespace sinan::demand
