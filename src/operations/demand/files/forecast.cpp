#include "operations/demand/files/forecast.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <numeric>

#include "base/text.hpp"
#include "base/whole_file.hpp"
#include "intelligence/forecasting/evaluation/evaluation.hpp"
#include "intelligence/forecasting/forecast.hpp"
#include "intelligence/forecasting/hierarchy/coherent.hpp"
#include "operations/demand/files/bursts.hpp"
#include "operations/demand/files/drivers.hpp"
#include "operations/demand/files/events.hpp"
#include "operations/demand/files/explanation.hpp"
#include "operations/demand/files/hierarchy.hpp"
#include "operations/demand/files/metrics.hpp"
#include "operations/demand/files/panel.hpp"
#include "operations/demand/files/plot_folder.hpp"
#include "operations/demand/files/remarks.hpp"
#include "operations/demand/files/row_file.hpp"
#include "operations/demand/files/tree_plot.hpp"

namespace sinan::demand {
namespace {

Schema output_schema(const FileForecastOptions& options, const std::vector<double>& quantiles, TypeId ds_type) {
  const Type text{TypeId::kText};
  const Type number{TypeId::kDouble};
  const Type time{options.output.extension() == ".parquet" ? ds_type : TypeId::kText};
  Schema schema{{{"unique_id", text}, {"ds", time}}};
  if (!options.blocks.empty()) schema.fields.push_back({"periods", number});
  if (options.backtest > 0) schema.fields.insert(schema.fields.end(), {{"cutoff", time}, {"y", number}});
  schema.fields.push_back({"yhat", number});
  for (double q : quantiles) schema.fields.push_back({fmt::format("q{:.10g}", q * 100), number});
  schema.fields.push_back({"model", text});
  return schema;
}

// The series without their last `periods`; at earlier origins those of which nothing was known are left out, `kept` says which remain.
Panel cut(const Panel& panel, std::size_t periods, std::vector<std::size_t>& kept) {
  Panel out;
  kept.clear();
  for (std::size_t i = 0; i < panel.size(); ++i) {
    std::span<const double> values = panel.series(i);
    if (values.size() <= periods) continue;
    values = values.first(values.size() - periods);
    if (periods > 0 && std::ranges::none_of(values, [](double v) { return std::isfinite(v); })) continue;
    kept.push_back(i);
    out.keys.push_back(panel.keys[i]);
    out.values.insert(out.values.end(), values.begin(), values.end());
    out.offsets.push_back(out.values.size());
    out.ends.push_back(panel.end_of(i) - static_cast<std::int64_t>(periods));
  }
  return out;
}

std::vector<std::size_t>& all_of(const FilePanel& file, std::vector<std::size_t>& kept) {
  kept.resize(file.panel.size());
  std::iota(kept.begin(), kept.end(), std::size_t{0});
  return kept;
}

// Further series behind those of `file`, with the same columns.
void append(FilePanel& file, FilePanel more) {
  auto join = [](auto& to, auto& from) { to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end())); };
  for (std::size_t i = 0; i < more.panel.size(); ++i) file.panel.offsets.push_back(file.panel.values.size() + more.panel.offsets[i + 1]);
  join(file.panel.values, more.panel.values);
  join(file.panel.keys, more.panel.keys);
  join(file.panel.ends, more.panel.ends);
  join(file.last, more.last);
  join(file.last_written, more.last_written);
  join(file.seasons, more.seasons);
}

// Of `series`, which is row `row` of forecasts made without the last `periods`; each step is the sum of `block` periods.
Status write_series(RowFile& out, const FilePanel& file, const forecasting::Forecasts& f, const FileForecastOptions& options,
                    std::size_t row, std::size_t series, std::size_t periods, std::size_t block = 1) {
  std::size_t horizon = static_cast<std::size_t>(f.horizon);
  std::size_t levels = f.quantile_levels.size();
  const std::string& written = file.last_written[series];
  const std::span<const double> values = options.backtest > 0 ? file.panel.series(series) : std::span<const double>();
  std::int64_t behind = static_cast<std::int64_t>(periods);
  std::string cutoff = periods == 0 ? written : file.calendar.after(file.last[series], -behind, written);
  const bool means = !options.hierarchy.empty() || !options.blocks.empty();
  // Coherent forecasts are made in double precision, so that they add up.
  auto write = [&](double value) { means ? out.number(value) : out.single(value); };
  double sum = 0;
  for (std::size_t h = 0; h < horizon; ++h) {
    std::size_t at = row * horizon + h;
    out.text(file.panel.keys[series]);
    out.text(file.calendar.after(file.last[series], static_cast<std::int64_t>((h + 1) * block) - behind, written));
    if (!options.blocks.empty()) out.number(static_cast<double>(block));
    if (options.backtest > 0) {
      double y = 0;
      for (std::size_t t = h * block; t < (h + 1) * block; ++t) y += t < periods ? values[values.size() - periods + t] : kMissing;
      sum += y;
      out.text(cutoff);
      out.exact(options.cumulative ? sum : y);
    }
    write(options.cumulative ? f.sum_mean[at] : means ? f.mean[at] : f.median[at]);
    for (std::size_t q = 0; q < levels; ++q) write((options.cumulative ? f.sums : f.quantiles)[at * levels + q]);
    out.text(f.models[row]);
    SINAN_CHECK(out.end_row());
  }
  return {};
}

Status write_tree(const FileForecastOptions& options, const FileDrivers& drivers, const Panel& panel,
                  const forecasting::Forecasts& forecasts, const forecasting::Options& how) {
  const auto i = static_cast<std::size_t>(std::ranges::find(panel.keys, options.explain) - panel.keys.begin());
  SINAN_TRY(const auto tree, forecasting::imitate(panel, how, forecasts, i));
  const std::size_t most = panel.size() * static_cast<std::size_t>(options.horizon);
  if (!tree && most < forecasting::kLeastImitated)
    return fail(
        ErrorCode::kInvalidInput,
        fmt::format("there is no tree to draw: it learns to say what trees say of {} periods at least, and these are {} ({} series, "
                    "{} ahead); look further ahead, or leave --tree out",
                    forecasting::kLeastImitated, most, panel.size(), options.horizon));
  if (!tree)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("there is no tree to draw: trees that learn from drivers have no part in the forecast of "
                            "'{}'; leave --tree out",
                            visible(options.explain)));
  return write_whole_file(options.tree, draw_tree(*tree, options.explain, drivers.categories));
}

// How many periods each of the longer ones has.
Result<std::vector<int>> read_blocks(const FileForecastOptions& options, const Calendar& calendar) {
  std::vector<int> out;
  for (const std::string& text : options.blocks) {
    int block = 0;
    auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), block);
    if (error != std::errc() || stop != text.data() + text.size()) block = calendar.periods_in(text).value_or(0);
    if (block < 2)
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("--aggregate takes numbers of periods from 2 on, such as 7, or day, week, quarter or year where these have a "
                              "whole number of periods, always the same; not '{}' of {} series",
                              visible(text), calendar.name()));
    if (block > options.horizon)
      return fail(ErrorCode::kInvalidInput, fmt::format("--aggregate {} has {} periods, more than the horizon of {}; look further ahead",
                                                        visible(text), block, options.horizon));
    if (std::ranges::find(out, block) == out.end()) out.push_back(block);
  }
  std::ranges::sort(out);
  return out;
}

forecasting::Options how_to(const FileForecastOptions& options, const Calendar& calendar) {
  forecasting::Options how;
  how.horizon = options.horizon;
  how.seasons = calendar.seasons();
  how.usual_season = calendar.usual_season();
  how.quantiles = options.quantiles;
  std::ranges::sort(how.quantiles);
  how.quantiles.erase(std::ranges::unique(how.quantiles).begin(), how.quantiles.end());
  how.cumulative = options.cumulative;
  how.threads = options.threads;
  how.seed = options.seed;
  how.models = options.models;
  how.trees = options.trees;
  return how;
}

// The known periods of the series `kept`; none if they are to be found.
std::vector<int> seasons_of(const FileForecastOptions& options, const FilePanel& file, const std::vector<std::size_t>& kept) {
  std::vector<int> out;
  if (options.season > 0) out.assign(kept.size(), options.season);
  if (options.season == 0 && !file.seasons.empty())
    for (std::size_t i : kept) out.push_back(file.seasons[i]);
  return out;
}

// What there is to forecast, and to learn from.
FileForecastReport begin_report(const FileForecastOptions& options, const FilePanel& file, std::size_t parts, const FileDrivers& drivers,
                                const FileEvents& events) {
  FileForecastReport out{.series = parts,
                         .sums = file.panel.size() - parts,
                         .rows_read = file.rows,
                         .frequency = file.calendar.name(),
                         .drivers = drivers.used,
                         .notes = drivers.notes};
  out.remarks = remarks_on(options, file, parts);
  for (const std::string& unused : drivers.unused) out.notes.push_back("not used: " + unused);
  if (!events.empty()) out.drivers.push_back(fmt::format("{} events{}", events.size(), events.how_read()));
  out.notes.insert(out.notes.end(), events.notes().begin(), events.notes().end());
  return out;
}

Result<FileForecastReport> forecast_whole(const FileForecastOptions& options) {
  SINAN_TRY(FilePanel file, read_file_panel(options));
  SINAN_TRY(const std::string moved, reach_future(options, file));
  FileDrivers found;
  if (options.drivers) {
    SINAN_TRY(found, read_file_drivers(options, file));
  }
  SINAN_TRY(const FileEvents events, FileEvents::read(options, file));
  SINAN_TRY(FileHierarchy hierarchy, FileHierarchy::open(options));
  SINAN_CHECK(hierarchy.add(file));
  SINAN_TRY(FilePanel sums, hierarchy.sums());
  append(file, std::move(sums));
  forecasting::Coherence coherence{.how = options.reconciliation};
  SINAN_TRY(coherence.blocks, read_blocks(options, file.calendar));
  forecasting::Options how = how_to(options, file.calendar);
  std::optional<FileMetrics> metrics;
  if (options.backtest > 0 && !options.cumulative) {
    metrics.emplace(file, how.quantiles);
    how.clock = [] { return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count(); };
  }
  std::optional<PlotFolder> pictures;
  if (!options.plot.empty()) {
    SINAN_TRY(pictures, PlotFolder::open(options, file));
  }
  SINAN_TRY(auto out,
            RowFile::open(options.output, {options.print, options.print_json}, output_schema(options, how.quantiles, file.ds_type)));

  FileForecastReport report = begin_report(options, file, hierarchy.parts(), found, events);
  if (!moved.empty()) report.remarks.push_back(moved);
  int origins = std::max(1, options.backtest);
  std::vector<std::size_t> kept;
  for (int origin = origins; origin >= 1; --origin) {
    std::size_t periods = options.backtest > 0 ? static_cast<std::size_t>(origin) * static_cast<std::size_t>(options.step) : 0;
    Panel panel = cut(file.panel, periods, kept);
    coherence.sums = hierarchy.sums_of(kept);
    if (options.backtest > 0) hierarchy.sum_up(panel, kept, file.seasons);
    const std::vector<std::size_t> kept_parts(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(coherence.sums.parts));
    Progress progress;
    if (options.progress)
      progress = [&, done_before = static_cast<std::uint64_t>(origins - origin)](std::uint64_t done, std::uint64_t total) {
        options.progress(done_before * total + done, static_cast<std::uint64_t>(origins) * total);
      };
    forecasting::Drivers then;
    if (options.backtest > 0) then = drivers_before(found, file.panel, kept_parts, periods, options.known_ahead);
    forecasting::Drivers& drivers = options.backtest > 0 ? then : found.drivers;
    drivers.events = events.seen_from(drivers.last, kept_parts);
    how.drivers = drivers.empty() ? nullptr : &drivers;
    const std::vector<int> seasons = seasons_of(options, file, kept);
    SINAN_TRY(auto all, forecasting::forecast_coherent(panel, seasons, how, coherence, options.cancel, progress));
    const forecasting::Forecasts& forecasts = all.single;
    for (std::size_t row = 0; row < kept.size(); ++row) SINAN_CHECK(write_series(*out, file, forecasts, options, row, kept[row], periods));
    for (std::size_t level = 0; level < coherence.blocks.size(); ++level)
      for (std::size_t row = 0; row < kept.size(); ++row)
        SINAN_CHECK(write_series(*out, file, all.of_blocks[level], options, row, kept[row], periods,
                                 static_cast<std::size_t>(coherence.blocks[level])));
    if (pictures) pictures->add(forecasts, kept, periods);
    if (!options.explain.empty()) {
      SINAN_TRY(auto why, explain_series(file, found, panel, seasons, how, forecasts, options.explain));
      report.explanation = std::make_shared<const FileExplanation>(std::move(why));
      if (!options.tree.empty()) SINAN_CHECK(write_tree(options, found, panel, forecasts, how));
    }
    if (metrics) metrics->add(forecasts, kept_parts, seasons, periods);  // the sums would outweigh them
    for (std::size_t row = 0; row < std::min(kept_parts.size(), forecasts.tree_shares.size()); ++row)
      if (double& share = report.tree_shares[std::string(name(forecasts.classes[row]))]; share < forecasts.tree_shares[row])
        share = forecasts.tree_shares[row];
    report.borrowed = forecasts.borrowed.size();
    if (origin == 1) std::ranges::move(remarks_on(options, file, forecasts, kept, seasons), std::back_inserter(report.remarks));
  }
  SINAN_TRY(report.rows_written, out->finish());
  if (!options.bursts.empty()) {
    SINAN_TRY(report.bursts, write_bursts(options, file, found));
  }
  if (metrics) report.measured = metrics->sentence();
  if (!options.metrics.empty()) SINAN_CHECK(metrics->write(options.metrics));
  if (pictures) {
    SINAN_TRY(report.plotted, pictures->finish());
    report.bands = !forecasting::symmetric_pairs(how.quantiles).empty();
  }
  return report;
}

// Of a large file: some of its series, from which is learnt what series share.
struct Sample {
  forecasting::Options how;
  Calendar calendar;
  TypeId ds_type;
  std::optional<CommonEnd> end;
  std::vector<int> blocks;
  forecasting::SharedOfPeriods shared;

  static Result<Sample> read(const FileForecastOptions& options, std::size_t rows) {
    SINAN_TRY(const FilePanel some, read_file_sample(options, std::max<std::size_t>(1, rows / options.sample_rows)));
    Sample out{.how = how_to(options, some.calendar), .calendar = some.calendar, .ds_type = some.ds_type};
    if (!options.hierarchy.empty()) {
      out.end = common_end(some);
      if (!out.end) return fail(ErrorCode::kPrecondition, "most series of the sample do not end together", options.input.string());
    }
    SINAN_TRY(out.blocks, read_blocks(options, some.calendar));
    std::vector<std::size_t> all;
    const std::vector<int> seasons = seasons_of(options, some, all_of(some, all));
    SINAN_TRY(out.shared, forecasting::learn_shared(some.panel, seasons, out.how, out.blocks, options.cancel));
    return out;
  }
};

// Reads the file some series at a time.
Status each_block(const FileForecastOptions& options, const Sample& sample, std::size_t rows, FileForecastReport& report,
                  const std::function<Status(FilePanel& block, std::span<const int> seasons)>& work) {
  std::vector<std::size_t> all;
  Noticed thin, ended;
  return each_file_block(options, sample.calendar, sample.end, options.stream_series, [&](FilePanel& block) -> Status {
    thin.add(block.thin);
    ended.add(block.ended);
    report.remarks = remarks_on(options, thin, ended, sample.calendar);
    report.series += block.panel.size();
    report.rows_read += block.rows;
    SINAN_CHECK(work(block, seasons_of(options, block, all_of(block, all))));
    if (options.progress) options.progress(report.rows_read, std::max(rows, report.rows_read));
    return {};
  });
}

// Series that stand alone are written as soon as they are forecast.
Status forecast_blocks(const FileForecastOptions& options, const Sample& sample, std::size_t rows, RowFile& out,
                       FileForecastReport& report) {
  forecasting::Options how = sample.how;
  how.shared = sample.shared.single.get();
  return each_block(options, sample, rows, report, [&](FilePanel& block, std::span<const int> seasons) -> Status {
    SINAN_TRY(auto forecasts, forecasting::forecast(block.panel, seasons, how, options.cancel));
    for (std::size_t i = 0; i < block.panel.size(); ++i) SINAN_CHECK(write_series(out, block, forecasts, options, i, i, 0));
    report.borrowed += forecasts.borrowed.size();
    return {};
  });
}

// Series whose forecasts add up: these are kept until the sums of all are known, the histories are not.
Status forecast_blocks_coherent(const FileForecastOptions& options, const Sample& sample, std::size_t rows, RowFile& out,
                                FileForecastReport& report) {
  SINAN_TRY(FileHierarchy hierarchy, FileHierarchy::open(options));
  forecasting::CoherentForecaster forecaster(sample.blocks, options.reconciliation);
  std::vector<FilePanel> files;
  auto keep_names = [&](FilePanel& file) {
    file.panel = {.offsets = std::move(file.panel.offsets), .keys = std::move(file.panel.keys)};
    file.attributes.clear();
    files.push_back(std::move(file));
  };
  SINAN_CHECK(each_block(options, sample, rows, report, [&](FilePanel& block, std::span<const int> seasons) -> Status {
    SINAN_CHECK(hierarchy.add(block));
    SINAN_CHECK(forecaster.add(block.panel, seasons, sample.how, &sample.shared, options.cancel));
    keep_names(block);
    return {};
  }));
  SINAN_TRY(FilePanel sums, hierarchy.sums());
  report.sums = sums.panel.size();
  if (report.sums > 0) {
    std::vector<std::size_t> all;
    SINAN_CHECK(forecaster.add(sums.panel, seasons_of(options, sums, all_of(sums, all)), sample.how, nullptr, options.cancel));
    keep_names(sums);
  }
  const std::vector<forecasting::CoherentForecasts> found = forecaster.finish(hierarchy.all_sums());
  auto write_file = [&](std::size_t f, const forecasting::Forecasts& forecasts, std::size_t block) -> Status {
    for (std::size_t i = 0; i < files[f].panel.size(); ++i) SINAN_CHECK(write_series(out, files[f], forecasts, options, i, i, 0, block));
    return {};
  };
  for (std::size_t f = 0; f < files.size(); ++f) {
    SINAN_CHECK(write_file(f, found[f].single, 1));
    report.borrowed += found[f].single.borrowed.size();
  }
  for (std::size_t level = 0; level < sample.blocks.size(); ++level)
    for (std::size_t f = 0; f < files.size(); ++f)
      SINAN_CHECK(write_file(f, found[f].of_blocks[level], static_cast<std::size_t>(sample.blocks[level])));
  return {};
}

// A large file: what series share is learnt from a sample of its series, then some series at a time are read and forecast.
// kPrecondition when a series does not lie in one piece, or ends later than those of the sample that it is added up with.
Result<FileForecastReport> forecast_streamed(const FileForecastOptions& options, std::size_t rows) {
  SINAN_TRY(const Sample sample, Sample::read(options, rows));
  SINAN_TRY(auto out, RowFile::open(options.output, {options.print, options.print_json},
                                    output_schema(options, sample.how.quantiles, sample.ds_type)));
  FileForecastReport report{.frequency = sample.calendar.name()};
  const bool coherent = !options.hierarchy.empty() || !options.blocks.empty();
  SINAN_CHECK(coherent ? forecast_blocks_coherent(options, sample, rows, *out, report)
                       : forecast_blocks(options, sample, rows, *out, report));
  SINAN_TRY(report.rows_written, out->finish());
  return report;
}

// Whether nothing that is asked for needs all series at once.
bool can_stream(const FileForecastOptions& options) {
  return !options.output.empty() && options.backtest == 0 && !options.zero_gaps && options.plot.empty() && options.bursts.empty() &&
         options.future.empty() && options.events.empty() && options.explain.empty();
}

}  // namespace

Result<FileForecastReport> forecast_file(const FileForecastOptions& options) {
  SINAN_CHECK(check(options));
  if (can_stream(options)) {
    SINAN_TRY(FileSize size, file_size(options));
    if (size.rows > options.stream_rows && !options.holidays && (!options.drivers || !size.other_columns)) {
      auto report = forecast_streamed(options, size.rows);
      if (report || report.error().code != ErrorCode::kPrecondition) return report;
    }
  }
  return forecast_whole(options);
}

}  // namespace sinan::demand
