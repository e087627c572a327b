#include "operations/demand/files/events.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "operations/demand/events/event_vectors.hpp"
#include "operations/demand/files/input_file.hpp"

namespace sinan::demand {
namespace {

constexpr std::size_t kMostScopeColumns = 10;
constexpr std::int64_t kFarthest = 1'000'000'000'000'000'000;
constexpr double kWeeks = 52;            // in a year: what an event means halves in a week
constexpr double kShortestHalfLife = 2;  // periods

std::int64_t day_of(const Stamp& time) { return std::chrono::floor<std::chrono::days>(std::chrono::microseconds(time.value)).count(); }

// A time as the series write theirs. `whole_day`: a date is the end of its day, else its beginning.
Result<Stamp> like(const Stamp& stamp, Stamp::Kind kind, bool whole_day) {
  using enum Stamp::Kind;
  if (stamp.kind == kind) return stamp;
  if (stamp.kind == kTime && kind == kDate) return Stamp{kDate, day_of(stamp)};
  if (stamp.kind == kDate && kind == kTime)
    return Stamp{kTime, std::chrono::microseconds(std::chrono::days(stamp.value + (whole_day ? 1 : 0))).count() - (whole_day ? 1 : 0)};
  return fail(ErrorCode::kInvalidInput, "integers and dates may not be mixed, here and in the series");
}

class Reading {
 public:
  Reading(const FileForecastOptions& options, const FilePanel& file) : options_(options), file_(file) {
    // Of series whose periods begin on different days, those that begin first: what is known there is known everywhere.
    for (std::size_t i = 0; i < file.panel.size(); ++i)
      if (file.calendar.distance(file.last[reference_], file.last[i]) < file.panel.ends[i] - file.panel.ends[reference_]) reference_ = i;
  }

  Status all(forecasting::EventTexts& texts) {
    SINAN_TRY(auto database, duck::Database::open({.memory_mb = 1024, .threads = options_.threads}));
    SINAN_TRY(auto connection, database.connect());
    SINAN_TRY(std::string columns, columns_of(connection));
    SINAN_TRY(auto reader,
              connection.query(fmt::format("SELECT {} FROM {}", columns, file_sql(options_.events)), {.cancel = options_.cancel}));
    Batch batch;
    while (true) {
      SINAN_TRY(bool more, reader->next(batch));
      if (!more) break;
      for (std::size_t r = 0; r < batch.rows(); ++r) {
        ++row_;
        if (auto added = add(batch, r, texts); !added)
          return fail(added.error().code, added.error().message, fmt::format("{}, row {}", options_.events.string(), row_));
      }
    }
    if (row_ == 0) return fail(ErrorCode::kInvalidInput, "the file has no rows", options_.events.string());
    return {};
  }

  // All rows again, with vectors.
  Result<forecasting::EventTexts> embedded() const {
    return with_vectors(for_vectors_,
                        [&](std::span<const std::string> texts) { return llm::embed(*options_.embeddings, texts, options_.cancel); });
  }

  // Columns that say whom an event is about, beside unique_id.
  const std::vector<std::string>& attributes() const { return attributes_; }
  const Scopes& scopes() const { return scopes_; }

 private:
  // ds, text, starts, ends, unique_id, then attributes, as text.
  Result<std::string> columns_of(duck::Connection& connection) {
    SINAN_TRY(const Schema schema, open_file(connection, options_.events));
    std::string sql;
    for (const char* name : {"ds", "text", "starts", "ends", "unique_id"}) {
      const bool there = schema.index_of(name).has_value();
      if (!there && sql.find("text") == std::string::npos)
        return fail(ErrorCode::kInvalidInput, fmt::format("the column '{}' is missing; a file of events has ds and text", name),
                    options_.events.string());
      sql += fmt::format("{}ifnull({}, '') AS {}", sql.empty() ? "" : ", ",
                         there ? fmt::format("trim(CAST({} AS VARCHAR))", duck::quote_name(name)) : "''", name);
    }
    for (const Field& field : schema.fields) {
      bool ours = false;
      for (const char* name : {"ds", "text", "starts", "ends", "unique_id"}) ours = ours || field.name == name;
      if (ours) continue;
      attributes_.push_back(field.name);
      sql += fmt::format(", ifnull(trim(CAST({} AS VARCHAR)), '')", duck::quote_name(field.name));
    }
    if (attributes_.size() > kMostScopeColumns)
      return fail(ErrorCode::kLimit,
                  fmt::format("{} columns beside ds, text, starts, ends and unique_id; at most {} may say whom an event is about",
                              attributes_.size(), kMostScopeColumns),
                  options_.events.string());
    return sql;
  }

  Result<Stamp> stamp(std::string_view name, std::string_view text, bool whole_day) const {
    auto at = parse_stamp(text);
    if (at && std::abs(at->value) > kFarthest) return fail(ErrorCode::kInvalidInput, fmt::format("{}: lies beyond any calendar", name));
    if (at) at = like(*at, file_.calendar.kind(), whole_day);
    if (!at) return fail(at.error().code, fmt::format("{}: {}", name, at.error().message));
    return at;
  }

  // The period that a time lies in, or is the first of.
  std::int64_t period_of(const Stamp& at) const {
    return file_.panel.ends[reference_] + file_.calendar.distance(file_.last[reference_], at);
  }

  Status add(const Batch& batch, std::size_t r, forecasting::EventTexts& texts) {
    const auto& c = batch.columns;
    SINAN_TRY(const Stamp known, stamp("ds", c[0].text(r), true));
    SINAN_TRY(const Stamp begun, stamp("ds", c[0].text(r), false));
    forecasting::EventTime when{.known = file_.panel.ends[reference_] - file_.calendar.distance(known, file_.last[reference_]),
                                .from = period_of(begun)};
    if (!c[2].text(r).empty()) {
      SINAN_TRY(const Stamp starts, stamp("starts", c[2].text(r), false));
      when.from = period_of(starts);
    }
    when.to = when.from;
    if (!c[3].text(r).empty()) {
      SINAN_TRY(const Stamp ends, stamp("ends", c[3].text(r), false));
      when.to = period_of(ends);
      when.ends = true;
    }
    std::vector<std::string_view> about;
    for (std::size_t column = 4; column < c.size(); ++column) about.push_back(c[column].text(r));
    const std::uint32_t scope = scopes_.add(about);
    SINAN_CHECK(texts.add(c[1].text(r), when, scope));
    if (options_.embeddings) for_vectors_.push_back({std::string(c[1].text(r)), when, scope});
    return {};
  }

  const FileForecastOptions& options_;
  const FilePanel& file_;
  std::size_t reference_ = 0;
  std::size_t row_ = 0;
  std::vector<std::string> attributes_;
  Scopes scopes_;
  std::vector<TextEvent> for_vectors_;
};

}  // namespace

Result<FileEvents> FileEvents::read(const FileForecastOptions& options, const FilePanel& file) {
  FileEvents out;
  if (options.events.empty()) return out;
  Reading reading(options, file);
  if (auto done = reading.all(out.texts_); !done) {
    Error error = std::move(done).error();
    if (error.place.empty()) error.place = options.events.string();  // what the engine says of a file that it cannot read
    return fail(std::move(error));
  }
  if (options.embeddings) {
    SINAN_TRY(out.texts_, reading.embedded());
    out.how_read_ = ", read with embeddings of " + options.embeddings->model;
  }
  SINAN_TRY(const FileAttributes attributes, FileAttributes::read(options, file, reading.attributes(), "--events"));
  std::vector<bool> met(reading.scopes().size(), false);
  std::vector<std::string_view> about;
  for (std::size_t i = 0; i < file.panel.size(); ++i) {
    about.assign(1, file.panel.keys[i]);
    for (const std::string& column : reading.attributes()) about.push_back(attributes.of(column, i));
    for (std::uint32_t scope : out.scopes_of_.emplace_back(reading.scopes().of(about))) met[scope] = true;
  }
  if (const auto strangers = std::ranges::count(met, false); strangers > 0)
    out.notes_.push_back(fmt::format("{}: of {} things that events are about, {} are in no series; their events were not used",
                                     options.events.filename().string(), met.size(), strangers));
  if (std::ranges::none_of(met, [](bool used) { return used; })) out.texts_ = {};
  out.half_life_ = std::max(kShortestHalfLife, file.calendar.periods_per_year() / kWeeks);
  return out;
}

forecasting::Events FileEvents::seen_from(std::int64_t period, const std::vector<std::size_t>& kept) const {
  forecasting::Events out = texts_.known_at(period, half_life_);
  if (out.empty()) return out;
  for (std::size_t i : kept) {
    for (std::uint32_t scope : scopes_of_[i])
      if (scope < out.scopes.size()) out.scope_ids.push_back(scope);
    out.scope_offsets.push_back(out.scope_ids.size());
  }
  return out;
}

}  // namespace sinan::demand
