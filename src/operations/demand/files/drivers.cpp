#include "operations/demand/files/drivers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "operations/demand/files/input_file.hpp"

namespace sinan::demand {
namespace {

using forecasting::Driver;
using forecasting::Drivers;

constexpr std::size_t kMostCategories = 1'000;
constexpr std::size_t kMostDrivers = 500;
constexpr std::int64_t kMostMissing = 100'000;  // periods between a history and its future
constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

// The cell as text, or NULL where it says that nothing is known.
std::string cell_sql(std::string_view name) {
  const std::string text = fmt::format("trim(CAST({} AS VARCHAR))", duck::quote_name(name));
  return fmt::format("CASE WHEN {0} NOT IN ('', '{1}') THEN {0} END", text, fmt::join(kMissingWords, "', '"));
}

// Calls `work(batch, row)` for all rows of a file: unique_id, ds (neither is NULL), then `more` columns. Errors tell the row, from 1 on.
template <typename Work>
Status each_row(duck::Connection& connection, const FileForecastOptions& options, const std::filesystem::path& path,
                const std::string& more, const Work& work) {
  SINAN_TRY(auto reader,
            connection.query(fmt::format("SELECT ifnull(CAST(unique_id AS VARCHAR), ''), ifnull(CAST(ds AS VARCHAR), ''){} FROM {}", more,
                                         file_sql(path)),
                             {.cancel = options.cancel}));
  Batch batch;
  std::size_t row = 0;
  while (true) {
    SINAN_TRY(bool any, reader->next(batch));
    if (!any) return {};
    for (std::size_t r = 0; r < batch.rows(); ++r) {
      ++row;
      if (auto done = work(batch, r); !done) {
        Error error = std::move(done).error();
        error.place += fmt::format(", row {}", row);
        return fail(std::move(error));
      }
    }
  }
}

std::unexpected<Error> wrong(std::string message, const std::filesystem::path& path, std::string_view id) {
  return fail(ErrorCode::kInvalidInput, std::move(message), fmt::format("{}, series {}", path.string(), visible(id)));
}

// By how many periods a row lies after the end of series i.
Result<std::int64_t> period_of(const Batch& batch, std::size_t r, const FilePanel& file, std::size_t i, const std::filesystem::path& path) {
  auto at = parse_stamp(batch.columns[1].text(r));
  if (!at) return wrong("ds: " + at.error().message, path, file.panel.keys[i]);
  if (at->kind != file.last[i].kind)
    return wrong("ds: integers, dates and times may not be mixed, here and in the history", path, file.panel.keys[i]);
  auto index = file.calendar.index(*at, file.last[i]);
  if (!index) return wrong(index.error().message, path, file.panel.keys[i]);
  return *index;
}

// The columns of a file that may be drivers; it must have unique_id and ds.
Result<std::vector<std::string>> columns_of(const Schema& schema, const std::filesystem::path& file) {
  for (const char* name : {"unique_id", "ds"})
    if (!schema.index_of(name)) return fail(ErrorCode::kInvalidInput, fmt::format("the column '{}' is missing", name), file.string());
  std::vector<std::string> out;
  for (const Field& field : schema.fields)
    if (is_driver(field.name)) out.push_back(field.name);
  return out;
}

struct Column {
  Driver driver;
  std::vector<std::string> codes;  // of a category, sorted
};

class Reading {
 public:
  Reading(const FileForecastOptions& options, const FilePanel& file, duck::Connection& connection)
      : options_(options), file_(file), connection_(connection) {
    for (std::size_t i = 0; i < file.panel.size(); ++i) numbers_.emplace(file.panel.keys[i], i);
    out_.drivers.horizon = horizon();
    out_.drivers.last = file.panel.latest_end();
  }

  Result<FileDrivers> all() {
    SINAN_TRY(past_, columns_in(options_.input));
    if (!options_.future.empty()) {
      SINAN_TRY(ahead_, columns_in(options_.future));
      SINAN_CHECK(check_future());
    }
    if (options_.trees != forecasting::TreeMethod::kBoosting && past_.empty() && !options_.holidays)
      return fail(ErrorCode::kInvalidInput, "--trees says how drivers are learnt from, and the file has none; leave it out",
                  options_.input.string());
    SINAN_CHECK(check_named(options_.known_ahead, "--known"));
    SINAN_CHECK(check_named(options_.fixed, "--static"));
    if (past_.size() > kMostDrivers)
      return fail(ErrorCode::kLimit,
                  fmt::format("{} drivers are more than {}, the most that are used; leave some out", past_.size(), kMostDrivers),
                  options_.input.string());
    if (past_.empty() && !options_.holidays) return std::move(out_);
    if (!past_.empty()) {
      SINAN_CHECK(find_types());
      SINAN_CHECK(fill(options_.input, false));
      if (!options_.future.empty()) SINAN_CHECK(fill(options_.future, true));
      SINAN_CHECK(find_fixed());
    }
    finish();
    if (options_.holidays) SINAN_CHECK(add_calendar());
    return std::move(out_);
  }

 private:
  std::size_t horizon() const { return static_cast<std::size_t>(options_.horizon); }
  std::size_t first_of(std::size_t i) const { return file_.panel.offsets[i] + i * horizon(); }
  std::size_t length_of(std::size_t i) const { return file_.panel.series(i).size(); }

  // Of a file that was opened before, for the series or the end of their histories.
  Result<std::vector<std::string>> columns_in(const std::filesystem::path& file) {
    SINAN_TRY(const Schema schema, connection_.describe("SELECT * FROM " + file_sql(file)));
    return columns_of(schema, file);
  }

  Status check_future() {
    for (const std::string& name : ahead_)
      if (std::ranges::find(past_, name) == past_.end())
        return fail(ErrorCode::kInvalidInput,
                    fmt::format("the column '{}' is not in {}; a driver needs its history too, {}", visible(name),
                                options_.input.filename().string(), near_or_all(name, past_)),
                    options_.future.string());
    if (ahead_.empty())
      return fail(ErrorCode::kInvalidInput, "no column beside unique_id and ds; name drivers as the history does",
                  options_.future.string());
    return {};
  }

  Status check_named(const std::vector<std::string>& names, std::string_view option) const {
    for (const std::string& name : names)
      if (std::ranges::find(past_, name) == past_.end())
        return fail(ErrorCode::kInvalidInput,
                    past_.empty()
                        ? fmt::format("{}: the file has no drivers, which are columns beside unique_id, ds, y and season", option)
                        : fmt::format("{}: there is no driver '{}' in the file, {}", option, visible(name), near_or_all(name, past_)),
                    options_.input.string());
    return {};
  }

  // That a column is read as text because of a few cells, which may be mistyped.
  Status note_texts(const std::string& name, std::int64_t texts) {
    SINAN_TRY(Table found,
              connection_.table(fmt::format(
                  "SELECT count(*), min(cell) FILTER (TRY_CAST(cell AS DOUBLE) IS NULL) FROM (SELECT {} AS cell FROM {}) WHERE cell "
                  "IS NOT NULL",
                  cell_sql(name), file_sql(options_.input))));
    const Batch& row = found.batches.at(0);
    const std::int64_t all = row.columns[0].ints.at(0);
    if (2 * texts < all)
      out_.notes.push_back(
          fmt::format("{} is read as text, not as numbers, since {} of its {} values are none, such as '{}'; correct or empty "
                      "them if they are mistyped",
                      visible(name), texts, all, visible(row.columns[1].text(0))));
    return {};
  }

  // Which columns are numbers, and the texts of the others.
  Status find_types() {
    std::string both = fmt::format("SELECT {{}} FROM {}", file_sql(options_.input));
    std::string counts;
    for (const std::string& name : past_)
      counts += fmt::format("{}count(*) FILTER ({} IS NOT NULL AND TRY_CAST({} AS DOUBLE) IS NULL)", counts.empty() ? "" : ", ",
                            cell_sql(name), cell_sql(name));
    SINAN_TRY(Table texts, connection_.table(fmt::format(fmt::runtime(both), counts)));
    const std::vector<std::string> names = std::exchange(past_, {});
    for (std::size_t c = 0; c < names.size(); ++c) {
      Column column;
      column.driver.name = names[c];
      column.driver.known_ahead = std::ranges::find(ahead_, names[c]) != ahead_.end();
      column.driver.category = texts.batches.at(0).columns.at(c).ints.at(0) > 0;
      if (column.driver.category) {
        SINAN_CHECK(note_texts(names[c], texts.batches.at(0).columns.at(c).ints.at(0)));
        std::string sql = fmt::format(fmt::runtime(both), cell_sql(names[c]) + " AS cell");
        if (column.driver.known_ahead) sql += fmt::format(" UNION ALL SELECT {} FROM {}", cell_sql(names[c]), file_sql(options_.future));
        SINAN_TRY(Table codes, connection_.table(fmt::format("SELECT DISTINCT cell FROM ({}) WHERE cell IS NOT NULL ORDER BY cell LIMIT {}",
                                                             sql, kMostCategories + 1)));
        for (const Batch& batch : codes.batches)
          for (std::size_t r = 0; r < batch.rows(); ++r) column.codes.emplace_back(batch.columns[0].text(r));
        if (column.codes.size() > kMostCategories) {
          out_.unused.push_back(fmt::format("{} (more than {} different texts)", visible(names[c]), kMostCategories));
          continue;
        }
      }
      column.driver.values.assign(file_.panel.values.size() + file_.panel.size() * horizon(), kUnknown);
      columns_.push_back(std::move(column));
    }
    return {};
  }

  Result<float> read_cell(const Column& column, std::string_view text) const {
    if (column.driver.category) return static_cast<float>(std::ranges::lower_bound(column.codes, text) - column.codes.begin());
    double value = 0;
    auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || stop != text.data() + text.size() || !std::isfinite(static_cast<float>(value)))
      return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is no finite number; leave it empty where it is not known", visible(text)));
    return static_cast<float>(value);
  }

  Status fill(const std::filesystem::path& path, bool future) {
    std::string sql;
    std::vector<Column*> into;
    for (Column& column : columns_)
      if (!future || column.driver.known_ahead) sql += ", " + cell_sql(column.driver.name), into.push_back(&column);
    if (into.empty()) return {};
    std::size_t strangers = 0;
    std::size_t outside = 0;
    std::vector<std::uint8_t> met(future ? file_.panel.size() * horizon() : 0, 0);
    SINAN_CHECK(each_row(connection_, options_, path, sql, [&](const Batch& batch, std::size_t r) -> Status {
      const auto& c = batch.columns;
      auto found = numbers_.find(c[0].text(r));
      if (found == numbers_.end()) {
        ++strangers;
        return {};
      }
      const std::size_t i = found->second;
      SINAN_TRY(std::int64_t ahead, period_of(batch, r, file_, i, path));  // 0: the last period of the history
      const std::int64_t place = static_cast<std::int64_t>(length_of(i)) - 1 + ahead;
      if (place < 0 || ahead > static_cast<std::int64_t>(horizon()) || (future && ahead < 1)) {
        ++outside;
        return {};
      }
      if (future && met[i * horizon() + static_cast<std::size_t>(ahead) - 1]++)
        return wrong(fmt::format("two rows are of the same period, {}; remove one", visible(c[1].text(r))), path, c[0].text(r));
      for (std::size_t k = 0; k < into.size(); ++k) {
        if (c[2 + k].is_null(r)) continue;
        auto value = read_cell(*into[k], c[2 + k].text(r));
        if (!value) return wrong(visible(into[k]->driver.name) + ": " + value.error().message, path, c[0].text(r));
        into[k]->driver.values[first_of(i) + static_cast<std::size_t>(place)] = *value;
      }
      return {};
    }));
    if (!future) return {};
    auto missing = static_cast<std::size_t>(std::ranges::count(met, 0));
    const std::string name = path.filename().string();
    if (missing == met.size())
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("no row is of the {} periods after the end of a series; the first is {} of series {}", horizon(),
                              file_.calendar.after(file_.last[0], 1, file_.last_written[0]), visible(file_.panel.keys[0])),
                  path.string());
    if (missing > 0) out_.notes.push_back(fmt::format("{}: {} of {} periods ahead have no row", name, missing, met.size()));
    if (strangers > 0) out_.notes.push_back(fmt::format("{}: {} rows of series that have no history were not used", name, strangers));
    if (outside > 0) out_.notes.push_back(fmt::format("{}: {} rows of periods before or beyond the horizon were not used", name, outside));
    return {};
  }

  // A driver with one value in each series keeps just that.
  Status find_fixed() {
    for (Column& column : columns_) {
      const bool named = std::ranges::find(options_.fixed, column.driver.name) != options_.fixed.end();
      std::vector<float> single(file_.panel.size(), kUnknown);
      std::vector<std::size_t> since(file_.panel.size(), 0);
      bool fixed = true;
      for (std::size_t i = 0; i < file_.panel.size() && fixed; ++i) {
        std::size_t at = 0;
        for (float v : out_.drivers.of(column.driver, file_.panel, i)) {
          ++at;
          if (!std::isfinite(v)) continue;
          if (std::isfinite(single[i]) && single[i] != v) fixed = false;
          if (!std::isfinite(single[i])) since[i] = at - 1;
          single[i] = v;
          if (!fixed && named)
            return fail(ErrorCode::kInvalidInput, fmt::format("--static names '{}', but it changes in time", visible(column.driver.name)),
                        fmt::format("{}, series {}", options_.input.string(), visible(file_.panel.keys[i])));
        }
      }
      if (!fixed) continue;
      if (!named) out_.known_since.emplace(column.driver.name, std::move(since));
      column.driver.fixed = true;
      column.driver.values = std::move(single);
    }
    return {};
  }

  void finish() {
    for (Column& column : columns_) {
      const auto& values = column.driver.values;
      auto first = std::ranges::find_if(values, [](float v) { return std::isfinite(v); });
      if (first == values.end() || std::all_of(first, values.end(), [&](float v) { return !std::isfinite(v) || v == *first; })) {
        out_.unused.push_back(visible(column.driver.name) + " (one value everywhere)");
        continue;
      }
      out_.used.push_back(column.driver.name);
      if (column.driver.category) out_.categories.emplace(column.driver.name, std::move(column.codes));
      out_.drivers.columns.push_back(std::move(column.driver));
    }
  }

  Status add_calendar() {
    if (file_.calendar.name() != "daily")
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("--holidays needs daily dates, and these are {}; leave it out", file_.calendar.name()),
                  options_.input.string());
    auto day_of = [&](const Stamp& stamp) {
      return stamp.kind == Stamp::Kind::kDate ? Date(std::chrono::days(stamp.value))
                                              : std::chrono::floor<std::chrono::days>(Instant(std::chrono::microseconds(stamp.value)));
    };
    Date first = Date::max();
    Date last = Date::min();
    for (std::size_t i = 0; i < file_.panel.size(); ++i) {
      const Date end = day_of(file_.last[i]);
      first = std::min(first, end - std::chrono::days(static_cast<int>(length_of(i)) - 1));
      last = std::max(last, end);
    }
    const std::size_t days = static_cast<std::size_t>((last - first).count()) + 1 + horizon();
    for (CalendarDriver& calendar : calendar_drivers(first, days, *options_.holidays)) {
      const std::string& name = calendar.driver.name;
      if (out_.categories.contains(name) || std::ranges::find(out_.used, name) != out_.used.end()) continue;  // the file's own one
      out_.used.push_back(name);
      if (calendar.driver.category) out_.categories.emplace(name, std::move(calendar.texts));
      out_.drivers.columns.push_back(std::move(calendar.driver));
    }
    return {};
  }

  const FileForecastOptions& options_;
  const FilePanel& file_;
  duck::Connection& connection_;
  std::unordered_map<std::string_view, std::size_t> numbers_;
  std::vector<std::string> past_;
  std::vector<std::string> ahead_;
  std::vector<Column> columns_;
  FileDrivers out_;
};

}  // namespace

Result<std::string> reach_future(const FileForecastOptions& options, FilePanel& file) {
  std::string said;
  if (options.future.empty()) return said;
  SINAN_TRY(auto database, duck::Database::open({.memory_mb = 1024, .threads = options.threads}));
  SINAN_TRY(auto connection, database.connect());
  SINAN_TRY(const Schema schema, open_file(connection, options.future));
  SINAN_CHECK(columns_of(schema, options.future));
  std::unordered_map<std::string_view, std::size_t> numbers;
  for (std::size_t i = 0; i < file.panel.size(); ++i) numbers.emplace(file.panel.keys[i], i);
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::vector<std::int64_t> first(file.panel.size(), kNever);  // period after the end
  std::vector<std::pair<std::size_t, std::int64_t>> rows;      // series, and the same of each row
  SINAN_CHECK(each_row(connection, options, options.future, "", [&](const Batch& batch, std::size_t r) -> Status {
    auto found = numbers.find(batch.columns[0].text(r));
    if (found == numbers.end()) return {};
    SINAN_TRY(std::int64_t ahead, period_of(batch, r, file, found->second, options.future));
    if (ahead <= 0) return {};
    first[found->second] = std::min(first[found->second], ahead);
    rows.emplace_back(found->second, ahead);
    return {};
  }));
  // Rows of promotions alone tell of these periods; rows of most periods, from where on is to be forecast.
  const std::int64_t told = std::ranges::count_if(rows, [&](const auto& row) { return row.second < first[row.first] + options.horizon; });
  const std::int64_t met = std::ssize(first) - std::ranges::count(first, kNever);
  const bool dense = 2 * told > met * options.horizon;
  Panel out;
  std::size_t moved = 0;
  std::size_t furthest = 0;
  std::int64_t most = 0;
  for (std::size_t i = 0; i < file.panel.size(); ++i) {
    std::span<const double> values = file.panel.series(i);
    out.values.insert(out.values.end(), values.begin(), values.end());
    const std::int64_t missing = dense && first[i] != kNever ? first[i] - 1 : 0;
    if (missing > kMostMissing)
      return fail(ErrorCode::kLimit,
                  fmt::format("the first row lies {} periods after the end of the history; more than {} cannot be bridged", missing + 1,
                              kMostMissing),
                  fmt::format("{}, series {}", options.future.string(), visible(file.panel.keys[i])));
    if (missing > most) most = missing, furthest = i;
    if (missing > 0) {
      ++moved;
      out.values.insert(out.values.end(), static_cast<std::size_t>(missing), kMissing);
      file.panel.ends[i] += missing;
      file.last_written[i] = file.calendar.after(file.last[i], missing, file.last_written[i]);
      SINAN_TRY(file.last[i], parse_stamp(file.last_written[i]));
    }
    out.offsets.push_back(out.values.size());
  }
  out.keys = std::move(file.panel.keys);
  out.ends = std::move(file.panel.ends);
  file.panel = std::move(out);
  if (moved > 0)
    said = fmt::format(
        "{} begins later than the period after the history of {} series, of {} by {} periods: they are forecast from there, and "
        "what they demanded in between is not known.",
        options.future.filename().string(), moved, visible(file.panel.keys[furthest]), most);
  return said;
}

Result<FileDrivers> read_file_drivers(const FileForecastOptions& options, const FilePanel& panel) {
  SINAN_TRY(auto database, duck::Database::open({.memory_mb = 1024, .threads = options.threads}));
  SINAN_TRY(auto connection, database.connect());
  return Reading(options, panel, connection).all();
}

Drivers drivers_before(const FileDrivers& found, const Panel& panel, const std::vector<std::size_t>& kept, std::size_t periods,
                       const std::vector<std::string>& known) {
  const Drivers& drivers = found.drivers;
  Drivers out;
  out.horizon = drivers.horizon;
  for (const Driver& driver : drivers.columns) {
    Driver cut{driver.name, std::ranges::find(known, driver.name) != known.end(), driver.fixed, driver.category, {}, driver.common};
    if (driver.common) {
      cut.known_ahead = driver.known_ahead;
      cut.values.assign(driver.values.begin(), driver.values.end() - static_cast<std::ptrdiff_t>(periods));
      out.columns.push_back(std::move(cut));
      continue;
    }
    const auto since = found.known_since.find(driver.name);
    for (std::size_t i : kept) {
      if (driver.fixed) {
        const bool told = since == found.known_since.end() || since->second[i] + periods < panel.series(i).size();
        cut.values.push_back(told ? driver.values[i] : kUnknown);
        continue;
      }
      std::span<const float> values = drivers.of(driver, panel, i);
      const std::size_t seen = panel.series(i).size() - periods;
      for (std::size_t t = 0; t < seen + drivers.horizon; ++t)
        cut.values.push_back(t < seen || (cut.known_ahead && t < panel.series(i).size()) ? values[t] : kUnknown);
    }
    out.columns.push_back(std::move(cut));
  }
  out.last = drivers.last - static_cast<std::int64_t>(periods);
  return out;
}

}  // namespace sinan::demand
