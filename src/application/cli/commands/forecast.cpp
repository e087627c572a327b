// `sinan forecast`: a file of many series in, forecasts with quantiles out. Looks at no workspace.
#include "operations/demand/files/forecast.hpp"

#include <charconv>
#include <ranges>
#include <thread>

#include "application/cli/command.hpp"
#include "base/text.hpp"
#include "operations/demand/demand.hpp"
#include "operations/demand/files/explanation.hpp"

namespace sinan::cli {
namespace {

Result<std::vector<double>> read_quantiles(const std::string& text) {
  std::vector<double> out;
  const char* at = text.data();
  const char* end = at + text.size();
  while (true) {
    while (at != end && *at == ' ') ++at;
    double value = 0;
    auto [stop, error] = std::from_chars(at, end, value);
    while (stop != end && *stop == ' ') ++stop;
    if (error != std::errc() || !(value > 0 && value < 1) || (stop != end && *stop != ','))
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("--quantiles takes numbers between 0 and 1 with commas, such as 0.1,0.5,0.9, not '{}'", visible(text)));
    out.push_back(value);
    if (stop == end) return out;
    at = stop + 1;
  }
}

Result<int> whole(const Invocation& invocation, const std::string& name, int fallback, int least, int most = 1'000'000) {
  SINAN_TRY(std::int64_t value, invocation.integer(name, fallback));
  if (value < least || value > most)
    return fail(ErrorCode::kInvalidInput, fmt::format("--{} must be a whole number of {} … {}, not {}", name, least, most, value));
  return static_cast<int>(value);
}

// "price,promotion" or several such, without the spaces around names; a name that is missing or there twice is a mistake.
Result<std::vector<std::string>> names(const Invocation& invocation, const std::string& option) {
  std::vector<std::string> out;
  const auto missing = [&](const std::string& text) {
    return fail(ErrorCode::kInvalidInput, fmt::format("a name is missing in --{} '{}'; write --{} a,b", option, visible(text), option));
  };
  for (const std::string& text : invocation.texts(option)) {
    if (text.empty()) return missing(text);
    for (const auto part : std::views::split(text, ',')) {
      std::string_view name(part.begin(), part.end());
      while (name.starts_with(' ')) name.remove_prefix(1);
      while (name.ends_with(' ')) name.remove_suffix(1);
      if (name.empty()) return missing(text);
      if (std::ranges::find(out, name) != out.end())
        return fail(ErrorCode::kInvalidInput, fmt::format("--{} names '{}' twice; name it once", option, visible(name)));
      out.emplace_back(name);
    }
  }
  return out;
}

// An endpoint for the texts of events; the key is in the environment, where other users of the machine do not see it.
Result<std::optional<llm::EmbedderOptions>> read_embeddings(const Invocation& invocation) {
  if (!invocation.has("embeddings")) {
    for (const char* name : {"embedding-model", "embedding-dimensions"})
      if (invocation.has(name))
        return fail(ErrorCode::kInvalidInput, fmt::format("--{} is for an endpoint, which is missing: --embeddings URL", name));
    return std::nullopt;
  }
  if (!invocation.has("embedding-model"))
    return fail(ErrorCode::kInvalidInput, "--embeddings needs the endpoint's name of a model: --embedding-model NAME");
  llm::EmbedderOptions out{.endpoint = invocation.text("embeddings"), .model = invocation.text("embedding-model"), .ca_file = {}};
  if (const char* key = std::getenv("SINAN_EMBEDDING_KEY")) out.key = key;
  if (invocation.has("embedding-dimensions")) {
    SINAN_TRY(out.dimensions, whole(invocation, "embedding-dimensions", 0, 1));
  }
  return out;
}

// Which columns helped, and how much.
void say_drivers(Invocation& invocation, const demand::FileForecastReport& report) {
  for (const std::string& note : report.notes) invocation.say(fmt::format("Drivers: {}.", note));
  if (report.borrowed > 0)
    invocation.say(fmt::format("{} series with a short history borrow from older ones; their column model says from which, --explain how.",
                               report.borrowed));
  if (report.drivers.empty()) return;
  std::vector<std::string> columns;
  for (const std::string& name : report.drivers) columns.push_back(visible(name));
  std::string shares;
  for (const auto& [demand_class, share] : report.tree_shares)
    if (share > 0) shares += fmt::format("{}{:.0f} % of {} series' forecasts", shares.empty() ? "" : ", ", 100 * share, demand_class);
  invocation.say(fmt::format("Drivers: {}; {}.", fmt::join(columns, ", "),
                             shares.empty()
                                 ? "at earlier origins trees that learn from them made nothing better, so forecasts are made from y"
                                 : "trees that learn from them make " + shares));
}

// How far, how often and by what.
Status read_method(const Invocation& invocation, demand::FileForecastOptions& options) {
  SINAN_TRY(options.horizon, whole(invocation, "horizon", 1, 1, 10'000));
  SINAN_TRY(options.season, whole(invocation, "season", 0, 0, 20'000));
  SINAN_TRY(options.backtest, whole(invocation, "backtest", 0, 0, 10'000));
  SINAN_TRY(options.step, whole(invocation, "step", 1, 1));
  if (invocation.has("step") && options.backtest == 0)
    return fail(ErrorCode::kInvalidInput, "--step is the distance between the origins of a backtest, and there is none; say --backtest N");
  SINAN_TRY(options.quantiles, read_quantiles(invocation.text("quantiles", "0.1,0.5,0.9")));
  options.cumulative = invocation.flag("cumulative");
  options.frequency = invocation.text("freq");
  options.zero_gaps = invocation.text("gaps", "missing") == "zero";
  SINAN_TRY(options.models, names(invocation, "model"));
  SINAN_TRY(options.hierarchy, names(invocation, "hierarchy"));
  SINAN_TRY(options.blocks, names(invocation, "aggregate"));
  if (invocation.has("reconcile") && options.hierarchy.empty() && options.blocks.empty())
    return fail(ErrorCode::kInvalidInput, "--reconcile makes forecasts add up over --hierarchy or --aggregate, and both are missing");
  SINAN_TRY(options.reconciliation, forecasting::parse_reconciliation(invocation.text("reconcile", "wls")));
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  SINAN_TRY(options.threads, whole(invocation, "threads", cores, 1));
  SINAN_TRY(std::int64_t seed, invocation.integer("seed", 1));
  options.seed = static_cast<std::uint64_t>(seed);
  return {};
}

Status read_drivers(const Invocation& invocation, demand::FileForecastOptions& options) {
  if (invocation.has("future")) options.future = invocation.path("future");
  if (invocation.has("events")) options.events = invocation.path("events");
  SINAN_TRY(options.embeddings, read_embeddings(invocation));
  SINAN_TRY(options.known_ahead, names(invocation, "known"));
  SINAN_TRY(options.fixed, names(invocation, "static"));
  options.drivers = !invocation.flag("no-drivers");
  SINAN_TRY(options.trees, forecasting::parse_tree_method(invocation.text("trees", "boosting")));
  if (!invocation.has("holidays")) return {};
  options.holidays.emplace();
  SINAN_TRY(const auto kinds, names(invocation, "holidays"));
  if (kinds.size() > 1 && std::ranges::find(kinds, "none") != kinds.end())
    return fail(ErrorCode::kInvalidInput, "--holidays none goes with no others; name those to learn from, or none");
  for (const std::string& name : kinds) {
    if (name == "none") continue;
    SINAN_TRY(demand::Holidays kind, demand::parse_holidays(name));
    options.holidays->push_back(kind);
  }
  return {};
}

// What is written, drawn and told.
Status read_results(const Invocation& invocation, demand::FileForecastOptions& options) {
  if (invocation.has("output")) options.output = invocation.path("output");
  if (invocation.has("metrics")) options.metrics = invocation.path("metrics");
  if (invocation.has("bursts")) options.bursts = invocation.path("bursts");
  if (invocation.has("plot-series") && !invocation.has("plot"))
    return fail(ErrorCode::kInvalidInput, "--plot-series chooses series for --plot DIR, which is missing");
  if (invocation.has("plot") && invocation.text("plot").empty())
    return fail(ErrorCode::kInvalidInput, "--plot takes the name of a folder, not ''");
  if (invocation.has("plot")) options.plot = invocation.path("plot");
  options.plot_series = invocation.texts("plot-series");
  if (invocation.has("explain") && invocation.text("explain").empty())
    return fail(ErrorCode::kInvalidInput, "--explain takes the id of a series, and is empty");
  options.explain = invocation.text("explain");
  if (invocation.has("tree")) options.tree = invocation.path("tree");
  // The explanation is what is wanted on standard output then.
  if (options.explain.empty()) options.print = [&invocation](std::string_view text) { invocation.print(text); };
  options.print_json = invocation.json;
  return {};
}

// For people, on standard error.
void say_report(Invocation& invocation, const demand::FileForecastOptions& options, const demand::FileForecastReport& report) {
  for (const std::string& remark : report.remarks) invocation.say(remark);
  say_drivers(invocation, report);
  if (!options.output.empty())
    invocation.say(fmt::format("{} {} series{}, {} rows read; {} rows in {}.", report.series, report.frequency,
                               report.sums > 0 ? fmt::format(" and {} sums of them", report.sums) : "", report.rows_read,
                               report.rows_written, options.output.lexically_normal().string()));
  if (!report.bursts.empty()) invocation.say(report.bursts);
  if (!report.measured.empty()) invocation.say(report.measured);
  if (options.plot.empty()) return;
  if (!report.bands) invocation.say("No two quantiles are symmetric, such as 0.1,0.9, so the pictures have no band.");
  invocation.say(fmt::format("Pictures of {} series: {}.", report.plotted, (options.plot / "index.html").lexically_normal().string()));
}

// For programs: the same, where rows and explanations go elsewhere.
Json to_json(const demand::FileForecastOptions& options, const demand::FileForecastReport& report) {
  Json out{{"output", options.output.string()}, {"frequency", report.frequency},
           {"series", report.series},           {"sums", report.sums},
           {"rows_read", report.rows_read},     {"rows_written", report.rows_written},
           {"drivers", report.drivers},         {"tree_shares", Json::object()},
           {"borrowed", report.borrowed},       {"notes", report.notes},
           {"remarks", report.remarks}};
  for (const auto& [demand_class, share] : report.tree_shares) out["tree_shares"][demand_class] = share;
  if (!report.bursts.empty()) out["bursts"] = report.bursts;
  if (!report.measured.empty()) out["measured"] = report.measured;
  if (!options.plot.empty()) out["plotted"] = report.plotted;
  return out;
}

Result<int> forecast_command(Invocation& invocation) {
  demand::FileForecastOptions options;
  options.input = invocation.path("input");
  SINAN_CHECK(read_method(invocation, options));
  SINAN_CHECK(read_drivers(invocation, options));
  SINAN_CHECK(read_results(invocation, options));
  options.cancel = invocation.cancel;
  options.progress = invocation.progress("forecasting");
  SINAN_TRY(const auto report, demand::forecast_file(options));
  if (report.explanation && invocation.json) invocation.print_json(to_json(*report.explanation));
  if (report.explanation && !invocation.json) invocation.print(to_text(*report.explanation));
  if (invocation.json && !report.explanation && !options.output.empty()) invocation.print_json(to_json(options, report));
  say_report(invocation, options, report);
  return 0;
}

}  // namespace

CommandInfo forecast() {
  return {
      .name = "forecast",
      .summary = "Forecast the series of a file, with quantiles",
      .details =
          "The file has the columns unique_id, ds (integers, dates or times) and y; a column `season` gives each series its period. Other "
          "columns are "
          "drivers, such as price or promotion: they are used where that made earlier forecasts better. Series with a short history borrow "
          "from older ones with the same category, brand or place, and one without any y from what these began with. CSV "
          "(.gz too) or Parquet in, by the name's ending; CSV or Parquet out. yhat is the median; with --cumulative rows are sums from the "
          "first "
          "step on, and yhat is their mean. --plot draws history, median and a band for each symmetric pair of quantiles (0.1,0.9), "
          "with --backtest from each origin beside what came, as SVG files and an index.html that shows them all.",
      .options =
          {{.name = "input", .value = "FILE", .summary = "The series", .required = true},
           {.name = "horizon", .value = "N", .summary = "Periods ahead, 1 … 10000", .required = true},
           {.name = "output",
            .value = "FILE",
            .summary = "Where to write; default: CSV, with --json JSON, to standard output",
            .short_name = 'o'},
           {.name = "plot", .value = "DIR", .summary = "Pictures of a few series, and an index.html, into this folder"},
           {.name = "plot-series",
            .value = "ID",
            .summary = "Draw this series; may be repeated; default: six, spread over the file",
            .repeated = true},
           {.name = "explain",
            .value = "ID",
            .summary =
                "Print why the forecast of this series is what it is; forecasts are written with --output only; --json for programs"},
           {.name = "tree",
            .value = "FILE",
            .summary = "With --explain, where trees learn from drivers: a small decision tree that imitates them, as SVG"},
           {.name = "bursts",
            .value = "FILE",
            .summary = "Sudden demand in the history: when, its size, its confidence, and whether a burst, promotion (in a column "
                       "`promotion` or `promo`) or outlier"},
           {.name = "season", .value = "N", .summary = "Period of all series; 1: none; default: found in the data"},
           {.name = "quantiles", .value = "LIST", .summary = "Between 0 and 1; default: 0.1,0.5,0.9"},
           {.name = "cumulative", .summary = "Sums from the first step on"},
           {.name = "hierarchy",
            .value = "LIST",
            .summary = "Columns to sum by, such as category,place,category*place: the sums and the total are forecast too, and all "
                       "adds up; yhat is the mean then",
            .repeated = true},
           {.name = "aggregate",
            .value = "LIST",
            .summary = "Longer periods that are forecast too, and add up: numbers of periods, or day, week, quarter, year",
            .repeated = true},
           {.name = "reconcile",
            .value = "HOW",
            .summary = "How forecasts are made to add up: by least squares weighted by their errors, or down or up; default: wls",
            .allowed = {"wls", "top_down", "bottom_up"}},
           {.name = "backtest", .value = "N", .summary = "Forecast from N earlier origins instead, with cutoff and y"},
           {.name = "step", .value = "S", .summary = "Periods between origins; default: 1"},
           {.name = "metrics",
            .value = "FILE",
            .summary = "What the backtest's forecasts were worth, by class of demand: CSV, or JSON by the ending"},
           {.name = "future",
            .value = "FILE",
            .summary = "Drivers of the periods ahead: unique_id, ds and columns of the input; of those not in it only the past is known"},
           {.name = "events",
            .value = "FILE",
            .summary = "Texts that became known in time: ds and text; starts and ends of what they announce; unique_id or columns "
                       "that do not change in time for whom they are about, empty: all"},
           {.name = "embeddings",
            .value = "URL",
            .summary = "Read events by what they mean too: their texts are sent to this OpenAI-compatible endpoint, such as "
                       "https://api.example.com/v1; its key, if it asks for one, is in SINAN_EMBEDDING_KEY"},
           {.name = "embedding-model", .value = "NAME", .summary = "The endpoint's model for embeddings"},
           {.name = "embedding-dimensions", .value = "N", .summary = "Numbers of a vector; default: as many as the model has"},
           {.name = "known",
            .value = "LIST",
            .summary = "Drivers that a backtest sees beyond its origins; default: none",
            .repeated = true},
           {.name = "static", .value = "LIST", .summary = "Drivers that do not change in time; also found", .repeated = true},
           {.name = "holidays",
            .value = "LIST",
            .summary = "Learn from the calendar of daily series too, with western or chinese holidays, or none",
            .repeated = true},
           {.name = "trees",
            .value = "HOW",
            .summary = "How trees learn from drivers; default: boosting. A forest is a random forest",
            .allowed = {"boosting", "forest"}},
           {.name = "no-drivers", .summary = "Forecast from y alone, whatever other columns there are"},
           {.name = "gaps",
            .value = "HOW",
            .summary = "What missing rows and values are; default: missing. A series that ends before most others has had no demand since, "
                       "in backtests and sums",
            .allowed = {"missing", "zero"}},
           {.name = "freq", .value = "F", .summary = "D, B (Monday to Friday), W, M, Q, Y, H, 15min …; default: found in the data"},
           {.name = "model",
            .value = "LIST",
            .summary = fmt::format("Of the models of single series use only these, where they fit; drivers are learnt from beside them: {}",
                                   fmt::join(demand::model_names(), ", ")),
            .repeated = true},
           {.name = "threads", .value = "N", .summary = "Default: all cores; results do not depend on it"},
           {.name = "seed", .value = "N", .summary = "Of the sample from which errors are learnt when series are very many"}},
      .examples = {"sinan forecast --input sales.csv --horizon 14 --output f.csv",
                   "sinan forecast --input sales.csv --season 12 --horizon 24 --quantiles 0.1,0.9 --output f.csv --plot pictures",
                   "sinan forecast --input sales.csv --future prices.csv --horizon 8 --output f.csv",
                   "sinan forecast --input sales.csv --future prices.csv --horizon 8 --explain tea",
                   "sinan forecast --input sales.csv --events news.csv --horizon 8 --explain tea",
                   "sinan forecast --input sales.csv --events news.csv --embeddings http://localhost:11434/v1 --embedding-model bge-m3 "
                   "--horizon 8 --output f.csv",
                   "sinan forecast --input sales.csv --horizon 28 --holidays western,chinese --output f.csv",
                   "sinan forecast --input sales.csv --horizon 28 --hierarchy category,place --aggregate week --output f.csv",
                   "sinan forecast --input sales.csv --horizon 12 --backtest 4 --step 3 --metrics metrics.csv --output backtest.csv",
                   "sinan forecast --input sales.csv --horizon 7 --bursts bursts.csv --output f.csv",
                   "sinan forecast --input sales.csv --horizon 3 --cumulative --backtest 12 --quantiles 0.5,0.95,0.99"},
      .run = forecast_command,
  };
}

}  // namespace sinan::cli
