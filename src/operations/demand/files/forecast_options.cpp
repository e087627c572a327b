// What of the options of a forecast of a file goes together, and what does not.
#include <map>

#include "base/text.hpp"
#include "operations/demand/files/forecast.hpp"
#include "platform/duck/text_files.hpp"

namespace sinan::demand {
namespace {

// A file that is read must be there, and one that can be read again. Patterns are judged by what they find.
Status check_read(const std::filesystem::path& file) {
  std::error_code ignored;
  if (file.empty() || duck::is_pattern(file)) return {};
  if (!std::filesystem::exists(file, ignored))
    return fail(ErrorCode::kNotFound, "there is no such file; check its name, and the folder that it is looked for in", file.string());
  if (std::filesystem::is_directory(file, ignored))
    return fail(ErrorCode::kInvalidInput, "this is a folder; name a file, or those in it with a pattern: folder/*.csv", file.string());
  if (!std::filesystem::is_regular_file(file, ignored))
    return fail(ErrorCode::kInvalidInput, "this is no file that can be read more than once, as a pipe is none; write it to a file first",
                file.string());
  return {};
}

// No file is written twice.
Status check_written(const FileForecastOptions& options) {
  std::map<std::filesystem::path, std::string_view> names;
  const std::pair<std::string_view, const std::filesystem::path&> all[] = {{"--output", options.output},
                                                                           {"--metrics", options.metrics},
                                                                           {"--bursts", options.bursts},
                                                                           {"--tree", options.tree},
                                                                           {"--plot", options.plot}};
  for (const auto& [option, path] : all) {
    std::error_code ignored;
    if (path.empty()) continue;
    auto [other, is_new] = names.emplace(std::filesystem::weakly_canonical(path, ignored), option);
    if (!is_new)
      return fail(ErrorCode::kInvalidInput, fmt::format("{} and {} name the same file; write each to its own", other->second, option),
                  path.string());
  }
  return {};
}

}  // namespace

Status check(const FileForecastOptions& options) {
  auto bad = [](std::string message) { return fail(ErrorCode::kInvalidInput, std::move(message)); };
  if (options.backtest < 0 || options.backtest > 10'000)
    return bad(fmt::format("--backtest must be 0 … 10000 origins, not {}", options.backtest));
  if (options.input.empty()) return bad("--input takes the file of the series, and is empty");
  for (const std::filesystem::path& file : {options.input, options.future, options.events}) SINAN_CHECK(check_read(file));
  for (const std::filesystem::path& written : {options.output, options.metrics, options.bursts, options.tree})
    for (const std::filesystem::path& read : {options.input, options.future, options.events})
      if (std::error_code ignored; !written.empty() && !read.empty() && std::filesystem::equivalent(written, read, ignored))
        return fail(ErrorCode::kInvalidInput, "what is written would take the place of what is read; write to another file", read.string());
  SINAN_CHECK(check_written(options));
  for (const std::filesystem::path& written : {options.output, options.bursts})
    if (const std::string ending = written.extension().string();
        !ending.empty() && ending != ".csv" && ending != ".parquet" && ending != ".txt")
      return fail(ErrorCode::kInvalidInput, "forecasts and bursts are written as CSV or Parquet; let the name end in .csv or .parquet",
                  written.string());
  if (options.step < 1) return bad(fmt::format("--step must be 1 or more periods, not {}", options.step));
  if (options.season < 0) return bad(fmt::format("--season must be 1 or more periods, not {}", options.season));
  if (options.backtest > 0 && !options.future.empty())
    return bad(
        "--future does not go with --backtest, whose periods all have passed; name the drivers that were known ahead: --known "
        "price,promotion");
  if (options.cumulative && !options.explain.empty())
    return bad("--explain is of single periods, and does not go with --cumulative, whose rows are sums; leave one out");
  if (options.backtest > 0 && !options.explain.empty()) return bad("--explain is of a forecast, it does not go with --backtest");
  if (!options.tree.empty() && options.explain.empty())
    return bad("--tree draws how the forecast of one series comes about; say which: --explain ID");
  if (options.backtest == 0 && !options.known_ahead.empty())
    return bad("--known is for --backtest; give the drivers of the periods ahead in a file: --future drivers.csv");
  if (!options.future.empty() && !options.drivers) return bad("--future and --no-drivers contradict each other; leave one out");
  if (options.trees != forecasting::TreeMethod::kBoosting && !options.drivers)
    return bad("--trees says how drivers are learnt from, and --no-drivers that they are not; leave one out");
  if (options.holidays && !options.drivers) return bad("--holidays and --no-drivers contradict each other; leave one out");
  if (!options.events.empty() && !options.drivers) return bad("--events and --no-drivers contradict each other; leave one out");
  if (options.embeddings) {
    if (options.events.empty())
      return bad("--embeddings is for the texts of events, and there are none; name their file: --events news.csv");
    SINAN_CHECK(llm::check(*options.embeddings));
  }
  if (!options.metrics.empty() && options.backtest == 0) return bad("--metrics measures a backtest; say how many origins: --backtest 4");
  if (!options.metrics.empty() && options.cumulative)
    return bad("--metrics measures forecasts of single periods and does not go with --cumulative, whose rows are sums");
  if (!options.hierarchy.empty() || !options.blocks.empty()) {
    if (!options.explain.empty())
      return bad("--explain is of a series that is forecast by itself; leave --hierarchy and --aggregate out to see why");
    if (!options.bursts.empty()) return bad("--bursts looks at the series of the file; leave --hierarchy and --aggregate out");
  }
  return {};
}

}  // namespace sinan::demand
