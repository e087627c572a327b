#include "operations/demand/files/panel.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "intelligence/forecasting/sample.hpp"
#include "operations/demand/files/input_file.hpp"
#include "operations/demand/hierarchy.hpp"

namespace sinan::demand {
namespace {

constexpr std::int64_t kMostNumber = 1'000'000'000'000'000;

// One row as read; text of `ds` is kept once per series only.
struct Row {
  Stamp at;
  double y;
};

Error at_series(ErrorCode code, std::string message, const FileForecastOptions& options, std::string_view id) {
  return {code, std::move(message), fmt::format("{}, series {}", options.input.string(), visible(id)), nullptr};
}

Result<double> read_value(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty() || std::ranges::find(kMissingWords, text) != kMissingWords.end()) return kMissing;
  double value = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || !std::isfinite(value))
    return fail(ErrorCode::kInvalidInput,
                fmt::format("'{}' is no finite number; leave it empty where the value is missing", visible(text)));
  return value;
}

// The columns whose values options.hierarchy adds up by, each once.
std::vector<std::string> hierarchy_columns(const FileForecastOptions& options) {
  std::vector<std::string> out;
  for (const std::string& level : options.hierarchy)
    for (std::string& column : attributes_of(level))
      if (std::ranges::find(out, column) == out.end()) out.push_back(std::move(column));
  return out;
}

// The rows of some series, by series.
class Reading {
 public:
  // `row`: how many rows of the file came before; none, where not all are read.
  Reading(const FileForecastOptions& options, bool has_season, std::optional<std::size_t> row)
      : columns(hierarchy_columns(options)), attributes(columns.size()), options_(options), has_season_(has_season), row_(row) {}

  Status add(const Batch& batch, std::size_t r) {
    if (row_) ++*row_;
    auto added = add_row(batch, r);
    if (added) return {};
    Error error = std::move(added).error();
    if (row_) error.place += fmt::format(", row {}", *row_);
    return fail(std::move(error));
  }
  std::optional<std::size_t> row() const { return row_; }

  TypeId ds_type = TypeId::kText;
  std::vector<std::string> ids;
  std::vector<std::vector<Row>> rows;
  std::vector<int> seasons;
  std::vector<Stamp> last;
  std::vector<std::string> last_written;
  std::unordered_set<std::size_t> ended;             // series whose last row was added: zero since their own last
  std::vector<std::string> columns;                  // of options.hierarchy
  std::vector<std::vector<std::string>> attributes;  // by column and series

 private:
  Status add_row(const Batch& batch, std::size_t r) {
    const auto& c = batch.columns;
    ds_type = c[1].type.id;
    std::string_view id = c[0].is_null(r) ? std::string_view() : c[0].text(r);
    std::size_t i = series_of(id);
    auto at = stamp(c[1], r);
    if (!at) return fail(at_series(ErrorCode::kInvalidInput, "ds: " + at.error().message, options_, id));
    if (at->kind == Stamp::Kind::kInteger && (at->value > kMostNumber || at->value < -kMostNumber))
      return fail(
          at_series(ErrorCode::kInvalidInput, fmt::format("ds: {} is too large for the number of a period", at->value), options_, id));
    auto y = number(c[2], r);
    if (!y) return fail(at_series(ErrorCode::kInvalidInput, "y: " + y.error().message, options_, id));
    if (!rows[0].empty() && rows[0].front().at.kind != at->kind)
      return fail(at_series(ErrorCode::kInvalidInput, "ds: integers, dates and times may not be mixed in one file", options_, id));
    if (rows[i].empty() || at->value > last[i].value) {
      last[i] = *at;
      if (c[1].type.id == TypeId::kText) last_written[i] = c[1].text(r);
    }
    rows[i].push_back({*at, *y});
    if (has_season_ && !c[3].is_null(r)) {
      auto season = number(c[3], r);
      if (!season || !(std::isnan(*season) || (*season >= 1 && *season <= 20'000 && *season == std::floor(*season))))
        return fail(at_series(ErrorCode::kInvalidInput, "season: must be a whole number of periods from 1 to 20000", options_, id));
      if (!std::isnan(*season)) {
        const int known = std::exchange(seasons[i], static_cast<int>(*season));
        if (known != 0 && known != seasons[i])
          return fail(at_series(ErrorCode::kInvalidInput, fmt::format("season: is {} in one row and {} in another", known, seasons[i]),
                                options_, id));
      }
    }
    for (std::size_t a = 0; a < columns.size(); ++a) SINAN_CHECK(add_attribute(a, i, c[(has_season_ ? 4 : 3) + a], r));
    return {};
  }

  // The series of an id; rows mostly come series by series.
  std::size_t series_of(std::string_view id) {
    if (!ids.empty() && ids[newest_] == id) return newest_;
    auto [found, is_new] = numbers_.try_emplace(std::string(id), ids.size());
    newest_ = found->second;
    if (is_new) {
      ids.emplace_back(id);
      rows.emplace_back();
      seasons.push_back(0);
      last.emplace_back();
      last_written.emplace_back();
      for (auto& column : attributes) column.emplace_back();
    }
    return newest_;
  }

  Status add_attribute(std::size_t a, std::size_t i, const Column& cells, std::size_t r) {
    if (cells.is_null(r)) return {};
    std::string& known = attributes[a][i];
    const std::string_view text = cells.text(r);
    if (known.empty()) known = text;
    if (known == text) return {};
    return fail(at_series(ErrorCode::kInvalidInput, changes_in_time("--hierarchy", columns[a], known, text), options_, ids[i]));
  }
  static Result<Stamp> stamp(const Column& column, std::size_t r) {
    if (column.is_null(r)) return parse_stamp("");
    switch (column.type.id) {
      case TypeId::kInt: return Stamp{Stamp::Kind::kInteger, column.ints[r]};
      case TypeId::kDate: return Stamp{Stamp::Kind::kDate, column.ints[r]};
      case TypeId::kTimestamp: return Stamp{Stamp::Kind::kTime, column.ints[r]};
      default: return parse_stamp(column.text(r));
    }
  }
  static Result<double> number(const Column& column, std::size_t r) {
    if (column.is_null(r)) return kMissing;
    if (column.type.id != TypeId::kDouble) return read_value(column.text(r));
    double value = column.doubles[r];
    if (std::isinf(value)) return fail(ErrorCode::kInvalidInput, "it is infinite; leave it empty where the value is missing");
    return value;
  }

  const FileForecastOptions& options_;
  bool has_season_;
  std::optional<std::size_t> row_;
  std::unordered_map<std::string, std::size_t> numbers_;
  std::size_t newest_ = 0;
};

// Which columns are asked for, and in which types: numbers, dates and times of a Parquet file as they are, all else as text, so that
// what a person wrote is judged here.
Result<std::string> columns_sql(const Schema& schema, const FileForecastOptions& options, bool& has_season) {
  std::string sql = "CAST(unique_id AS VARCHAR)";
  for (const char* name : {"unique_id", "ds", "y"})
    if (!schema.index_of(name)) {
      std::vector<std::string> names;
      for (const Field& field : schema.fields) names.push_back(visible(field.name));
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("the column '{}' is missing; a file of series has unique_id, ds and y, this one has: {}", name,
                              fmt::join(names, ", ")),
                  options.input.string());
    }
  auto type_of = [&](const char* name) { return schema.fields[*schema.index_of(name)].type.id; };
  const TypeId ds = type_of("ds");
  sql += ds == TypeId::kInt || ds == TypeId::kDate || ds == TypeId::kTimestamp ? ", ds" : ", CAST(ds AS VARCHAR)";
  has_season = schema.index_of("season").has_value();
  for (const char* name : {"y", "season"}) {
    if (!schema.index_of(name)) continue;
    const TypeId type = type_of(name);
    const bool numeric = type == TypeId::kInt || type == TypeId::kDouble || type == TypeId::kDecimal;
    sql += fmt::format(", CAST({} AS {})", name, numeric ? "DOUBLE" : "VARCHAR");
  }
  const std::vector<std::string> attributes = hierarchy_columns(options);
  SINAN_CHECK(check_attributes(options, schema, attributes, "--hierarchy"));
  for (const std::string& column : attributes) sql += ", " + attribute_sql(column);
  return sql;
}

std::optional<CommonEnd> latest_end(const std::vector<Stamp>& last, const std::vector<std::string>& written) {
  if (last.empty()) return std::nullopt;
  const auto latest = std::ranges::max_element(last, {}, &Stamp::value);
  return CommonEnd{*latest, written[static_cast<std::size_t>(latest - last.begin())]};
}
// Of most series.
std::optional<CommonEnd> common_end(const std::vector<Stamp>& last, const std::vector<std::string>& written) {
  const std::optional<CommonEnd> latest = latest_end(last, written);
  if (latest && 2 * std::ranges::count(last, latest->last.value, &Stamp::value) <= std::ssize(last)) return std::nullopt;
  return latest;
}

// Series that end earlier have had no demand since: where most end together, for a backtest, whose origins are the same periods for all,
// and for sums; always where missing rows are zero. Series with values below zero are no demand and are left as they are.
void end_together(Reading& reading, const CommonEnd& end) {
  for (std::size_t i = 0; i < reading.ids.size(); ++i) {
    if (reading.last[i].value >= end.last.value || std::ranges::any_of(reading.rows[i], [](const Row& row) { return row.y < 0; })) continue;
    reading.rows[i].push_back({end.last, 0});
    reading.last[i] = end.last;
    reading.last_written[i] = end.written;
    reading.ended.insert(i);
  }
}

Status lay_out(Reading& reading, const FileForecastOptions& options, FilePanel& out) {
  for (std::size_t i = 0; i < reading.ids.size(); ++i) {
    std::span<const Row> rows = reading.rows[i];
    std::int64_t next = 0;
    std::int64_t closest = std::numeric_limits<std::int64_t>::max();
    for (const Row& row : rows) {
      auto index = out.calendar.index(row.at, rows.front().at);
      if (!index) return fail(at_series(ErrorCode::kInvalidInput, index.error().message, options, reading.ids[i]));
      if (*index < next)
        return fail(at_series(
            ErrorCode::kInvalidInput,
            fmt::format(
                "two rows are of the same period, {}; sum or remove them{}", out.calendar.after(row.at, 0, reading.last_written[i]),
                row.at.kind == Stamp::Kind::kTime ? ", or, where clocks were set back, write how far they are from UTC: 02:30+01:00" : ""),
            options, reading.ids[i]));
      if (*index - next > 10'000'000)
        return fail(
            at_series(ErrorCode::kLimit, "a gap of more than ten million periods; check ds, or say --freq", options, reading.ids[i]));
      if (&row != &rows.front()) closest = std::min(closest, *index - next + 1);
      const bool zero = options.zero_gaps || (&row == &rows.back() && reading.ended.contains(i));
      for (; next < *index; ++next) out.panel.values.push_back(zero ? 0 : kMissing);
      out.panel.values.push_back(std::isnan(row.y) && options.zero_gaps ? 0 : row.y);
      ++next;
    }
    constexpr std::size_t kSeveral = 4;
    const bool ended = reading.ended.contains(i);
    if (!options.zero_gaps && rows.size() - ended >= kSeveral && closest > 1) out.thin.add(reading.ids[i]);
    if (!options.zero_gaps && ended) out.ended.add(reading.ids[i]);
    out.panel.offsets.push_back(out.panel.values.size());
    reading.rows[i] = {};
  }
  return {};
}

// The rows as a panel on the grid of `calendar`, or of one that is found in them.
Result<FilePanel> finish(Reading& reading, const FileForecastOptions& options, bool has_season, const Calendar* calendar,
                         const std::optional<CommonEnd>& end) {
  FilePanel out;
  for (auto& rows : reading.rows) {
    std::ranges::sort(rows, [](const Row& a, const Row& b) { return a.at.value < b.at.value; });
    out.rows += rows.size();
  }
  if (calendar) {
    for (std::size_t i = 0; i < reading.ids.size(); ++i)
      if (reading.last[i].kind != calendar->kind())
        return fail(
            at_series(ErrorCode::kInvalidInput, "ds: integers, dates and times may not be mixed in one file", options, reading.ids[i]));
    out.calendar = *calendar;
  } else {
    std::vector<Stamp> stamps;
    std::vector<std::size_t> ends;
    stamps.reserve(out.rows);
    for (auto& rows : reading.rows) {
      for (const Row& row : rows) stamps.push_back(row.at);
      ends.push_back(stamps.size());
    }
    SINAN_TRY(out.calendar, Calendar::find(stamps, ends, options.frequency));
  }
  for (std::size_t i = 0; i < reading.ids.size(); ++i)
    if (reading.last_written[i].empty()) reading.last_written[i] = out.calendar.after(reading.last[i], 0, "");
  if (end) end_together(reading, *end);
  SINAN_CHECK(lay_out(reading, options, out));
  out.panel.keys = std::move(reading.ids);
  for (const Stamp& last : reading.last) out.panel.ends.push_back(out.calendar.distance({last.kind, 0}, last));
  if (has_season) out.seasons = std::move(reading.seasons);
  out.ds_type = reading.ds_type;
  out.last = std::move(reading.last);
  out.last_written = std::move(reading.last_written);
  for (std::size_t a = 0; a < reading.columns.size(); ++a) out.attributes.emplace(reading.columns[a], std::move(reading.attributes[a]));
  return out;
}

// The rows of a file, batch by batch.
struct Source {
  duck::Database database;
  duck::Connection connection;
  std::unique_ptr<duck::Reader> reader;
  bool has_season = false;
  std::filesystem::path file;

  Result<bool> next(Batch& batch) {
    auto more = reader->next(batch);
    if (!more) return fail(file_error(std::move(more).error(), file));
    return more;
  }
};

Result<Source> open(const FileForecastOptions& options, const std::string& condition) {
  SINAN_TRY(auto database, duck::Database::open({.memory_mb = 1024, .threads = options.threads}));
  SINAN_TRY(auto connection, database.connect());
  const std::string source = file_sql(options.input);
  SINAN_TRY(const Schema schema, open_file(connection, options.input));
  bool has_season = false;
  SINAN_TRY(std::string columns, columns_sql(schema, options, has_season));
  auto reader = connection.query(fmt::format("SELECT {} FROM {}{}", columns, source, condition), {.cancel = options.cancel});
  if (!reader) return fail(file_error(std::move(reader).error(), options.input));
  return Source{std::move(database), std::move(connection), *std::move(reader), has_season, options.input};
}

Result<FilePanel> read_all(const FileForecastOptions& options, const std::string& condition) {
  SINAN_TRY(Source source, open(options, condition));
  const std::optional<std::size_t> first = condition.empty() ? std::optional<std::size_t>(0) : std::nullopt;
  Reading reading(options, source.has_season, first);
  Batch batch;
  while (true) {
    SINAN_TRY(bool more, source.next(batch));
    if (!more) break;
    for (std::size_t r = 0; r < batch.rows(); ++r) SINAN_CHECK(reading.add(batch, r));
  }
  if (reading.ids.empty())
    return fail(condition.empty() ? ErrorCode::kInvalidInput : ErrorCode::kPrecondition, "the file has no rows", options.input.string());
  std::optional<CommonEnd> end;
  if (options.zero_gaps) end = latest_end(reading.last, reading.last_written);
  if (options.backtest > 0 || !options.hierarchy.empty())
    if (!end) end = common_end(reading.last, reading.last_written);
  return finish(reading, options, source.has_season, nullptr, end);
}

}  // namespace

Result<FileSize> file_size(const FileForecastOptions& options) {
  constexpr std::uintmax_t kBytesOfRow = 16;
  SINAN_TRY(auto database, duck::Database::open({.memory_mb = 256, .threads = 1}));
  SINAN_TRY(auto connection, database.connect());
  const std::string source = file_sql(options.input);
  auto schema = connection.describe("SELECT * FROM " + source);
  if (!schema) return fail(file_error(std::move(schema).error(), options.input));
  FileSize out;
  for (const Field& field : schema->fields) out.other_columns = out.other_columns || is_driver(field.name);
  if (options.input.extension() == ".parquet") {
    SINAN_TRY(Table counted, connection.table("SELECT count(*) FROM " + source));
    out.rows = static_cast<std::size_t>(counted.batches.at(0).columns.at(0).ints.at(0));
  } else {
    std::error_code ignored;
    const auto bytes = std::filesystem::file_size(options.input, ignored);
    out.rows = ignored ? 0 : static_cast<std::size_t>(bytes / kBytesOfRow);
  }
  return out;
}

std::string changes_in_time(std::string_view option, std::string_view column, std::string_view before, std::string_view after) {
  return fmt::format(
      "{}: the column '{}' changes in time ('{}', '{}'), so the series has no one place in it; name a column that is the "
      "same in all rows of a series",
      option, visible(column), visible(before), visible(after));
}

Status check_attributes(const FileForecastOptions& options, const Schema& schema, std::span<const std::string> columns,
                        std::string_view option) {
  std::vector<std::string> known;
  for (const Field& field : schema.fields)
    if (is_driver(field.name)) known.push_back(field.name);
  for (const std::string& name : columns)
    if (std::ranges::find(known, name) == known.end())
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("{}: there is no column '{}' in the series, {}", option, visible(name),
                              known.empty() ? "only unique_id, ds and y" : near_or_all(name, known)),
                  options.input.string());
  return {};
}

std::string attribute_sql(const std::string& column) {
  return fmt::format("nullif(trim(CAST({} AS VARCHAR)), '')", duck::quote_name(column));
}

bool is_driver(std::string_view column) { return column != "unique_id" && column != "ds" && column != "y" && column != "season"; }

Result<FilePanel> read_file_panel(const FileForecastOptions& options) { return read_all(options, ""); }

Result<FilePanel> read_file_sample(const FileForecastOptions& options, std::size_t part) {
  return read_all(options, fmt::format(" WHERE hash(CAST(unique_id AS VARCHAR) || '{}') % {} = 0", options.seed, part));
}

std::optional<CommonEnd> common_end(const FilePanel& file) { return common_end(file.last, file.last_written); }

Status each_file_block(const FileForecastOptions& options, const Calendar& calendar, const std::optional<CommonEnd>& end,
                       std::size_t series, const std::function<Status(FilePanel&)>& work) {
  SINAN_TRY(Source source, open(options, ""));
  std::vector<std::uint64_t> met;  // ids, by hash: eight bytes a series
  std::size_t judge_at = series;   // when `met` is that long, it is looked whether an id came twice; then at twice the length
  std::optional<Reading> reading;
  std::optional<std::size_t> rows = 0;
  std::string newest;
  auto judge = [&]() -> Status {
    std::ranges::sort(met);
    if (std::ranges::adjacent_find(met) == met.end()) return {};
    return fail(ErrorCode::kPrecondition, "the rows of a series lie scattered over the file", options.input.string());
  };
  auto flush = [&]() -> Status {
    for (const std::string& id : reading->ids) met.push_back(forecasting::hash(id, 0));
    if (met.size() > judge_at) {
      SINAN_CHECK(judge());
      judge_at = 2 * met.size();
    }
    if (end && std::ranges::any_of(reading->last, [&](const Stamp& last) { return last.value > end->last.value; }))
      return fail(ErrorCode::kPrecondition, "a series ends later than others", options.input.string());
    SINAN_TRY(FilePanel block, finish(*reading, options, source.has_season, &calendar, end));
    rows = reading->row();
    reading.reset();
    return work(block);
  };
  Batch batch;
  while (true) {
    SINAN_TRY(bool more, source.next(batch));
    if (!more) break;
    for (std::size_t r = 0; r < batch.rows(); ++r) {
      const Column& ids = batch.columns[0];
      std::string_view id = ids.is_null(r) ? std::string_view() : ids.text(r);
      if (reading && reading->ids.size() >= series && id != newest) SINAN_CHECK(flush());
      if (!reading) reading.emplace(options, source.has_season, rows);
      if (id != newest) newest = id;
      SINAN_CHECK(reading->add(batch, r));
    }
  }
  if (reading) SINAN_CHECK(flush());
  return judge();
}

}  // namespace sinan::demand
