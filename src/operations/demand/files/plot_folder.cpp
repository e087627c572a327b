#include "operations/demand/files/plot_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/svg.hpp"
#include "base/text.hpp"
#include "base/whole_file.hpp"
#include "intelligence/forecasting/evaluation/evaluation.hpp"

namespace sinan::demand {
namespace {

constexpr std::string_view kGenerator = "<meta name=\"generator\" content=\"sinan forecast\">";
constexpr std::string_view kProbe = ".sinan-plot.part";
constexpr std::size_t kHorizons = 10;      // of history, at most
constexpr std::size_t kLeastHistory = 60;  // when the horizon is short
constexpr std::size_t kMostHistory = 5'000;
constexpr std::size_t kNameLength = 60;

Result<std::vector<std::size_t>> choose(const FileForecastOptions& options, const Panel& panel) {
  std::vector<std::size_t> out;
  if (options.plot_series.empty()) {
    std::size_t count = std::min(PlotFolder::kUsual, panel.size());
    for (std::size_t i = 0; i < count; ++i) out.push_back(count == 1 ? 0 : i * (panel.size() - 1) / (count - 1));
    return out;
  }
  if (options.plot_series.size() > PlotFolder::kMost)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("--plot draws at most {} series, not {}", PlotFolder::kMost, options.plot_series.size()));
  for (const std::string& id : options.plot_series) {
    auto found = std::ranges::find(panel.keys, id);
    if (found == panel.keys.end())
      return fail(ErrorCode::kInvalidInput, fmt::format("--plot-series: no series of the file has the unique_id '{}'", visible(id)),
                  options.input.string());
    auto series = static_cast<std::size_t>(found - panel.keys.begin());
    if (std::ranges::find(out, series) == out.end()) out.push_back(series);
  }
  return out;
}

Status try_folder(const std::filesystem::path& folder) {
  auto bad = [&](const std::string& why) {
    return fail(ErrorCode::kInvalidInput, "--plot takes a folder that can be written: " + why, folder.string());
  };
  std::error_code error;
  if (std::filesystem::exists(folder, error) && !std::filesystem::is_directory(folder, error)) return bad("this is a file");
  std::filesystem::create_directories(folder, error);
  if (error) return bad(error.message());
  std::FILE* probe = std::fopen((folder / kProbe).c_str(), "wb");
  if (!probe) return bad(std::strerror(errno));
  std::fclose(probe);
  std::filesystem::remove(folder / kProbe, error);
  if (!std::filesystem::exists(folder / "index.html", error)) return {};
  std::ifstream index(folder / "index.html", std::ios::binary);
  std::string head(1'000, '\0');
  index.read(head.data(), static_cast<std::streamsize>(head.size()));
  if (head.find(kGenerator) == std::string::npos) return bad("its index.html is not one of sinan forecast and stays; name another folder");
  return {};
}

std::string page(const std::string& body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">{}<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src "
      "'none'; style-src 'unsafe-inline'\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta "
      "name=\"color-scheme\" content=\"light dark\"><title>Forecasts</title>\n<style>{}"
      "body{{margin:0;background:#fbfaf8;color:#1d1f23;font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,Arial,sans-serif}}"
      "main{{max-width:900px;margin:0 auto;padding:20px 16px 48px}}h1{{font-size:24px;margin:0 0 4px}}p{{margin:0 0 18px;color:#5d636e;"
      "overflow-wrap:anywhere}}figure{{margin:0 0 18px;border:1px solid #e5e2dc;border-radius:10px;overflow:hidden}}"
      "a{{display:block}}a:focus-visible{{outline:2px solid #0f5f66}}.narrow{{display:none}}"
      "@media (max-width:640px){{.wide{{display:none}}.narrow{{display:block}}}}"
      "@media (prefers-color-scheme:dark){{body{{background:#14161a;color:#eceae6}}p{{color:#a9aeb8}}figure{{border-color:#343941}}}}"
      "</style></head>\n<body><main>\n{}</main></body></html>\n",
      kGenerator, plot_style(), body);
}

}  // namespace

std::string plot_file_name(std::string_view id, std::vector<std::string>& taken) {
  std::string name;
  for (char c : id.substr(0, kNameLength)) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    name += plain ? c : '_';
  }
  if (name.empty() || name.front() == '.' || name.front() == '-') name.insert(0, "_");
  auto free = [&](std::string_view given) {
    std::string text = lowercase(given);
    if (std::ranges::find(taken, text) != taken.end()) return false;
    taken.push_back(std::move(text));
    return true;
  };
  std::string out = name;
  for (int i = 2; !free(out); ++i) out = fmt::format("{}-{}", name, i);
  return out + ".svg";
}

Result<PlotFolder> PlotFolder::open(const FileForecastOptions& options, const FilePanel& file) {
  if (options.cumulative)
    return fail(ErrorCode::kInvalidInput, "--plot draws values of single periods and does not go with --cumulative, whose rows are sums");
  PlotFolder out;
  out.folder_ = options.plot;
  out.file_ = &file;
  SINAN_TRY(auto chosen, choose(options, file.panel));
  SINAN_CHECK(try_folder(out.folder_));
  auto horizon = static_cast<std::size_t>(options.horizon);
  std::size_t most = std::max({kLeastHistory, 2 * horizon, std::min(kHorizons * horizon, kMostHistory)});
  for (std::size_t series : chosen) {
    std::size_t periods = file.panel.series(series).size();
    std::size_t from = periods - std::min(periods, most);
    ForecastPlot plot{.id = file.panel.keys[series]};
    std::span<const double> values = file.panel.series(series).subspan(from);
    plot.actual.assign(values.begin(), values.end());
    if (from > 0) plot.note = fmt::format("newest {} of {} periods", values.size(), periods);
    out.chosen_.push_back({.series = series, .from = from, .plot = std::move(plot)});
  }
  return out;
}

void PlotFolder::add(const forecasting::Forecasts& f, const std::vector<std::size_t>& kept, std::size_t periods) {
  auto horizon = static_cast<std::size_t>(f.horizon);
  std::size_t levels = f.quantile_levels.size();
  for (Chosen& chosen : chosen_) {
    auto found = std::ranges::lower_bound(kept, chosen.series);
    std::size_t known = file_->panel.series(chosen.series).size();
    if (found == kept.end() || *found != chosen.series) continue;
    if (known - periods < chosen.from) {
      ++chosen.undrawn;
      continue;
    }
    std::size_t first = static_cast<std::size_t>(found - kept.begin()) * horizon;
    PlotForecast forecast{.begin = known - periods - chosen.from};
    for (std::size_t h = 0; h < horizon; ++h) forecast.median.push_back(f.median[first + h]);
    for (auto [low, high] : forecasting::symmetric_pairs(f.quantile_levels)) {
      PlotBand band{.share = f.quantile_levels[high] - f.quantile_levels[low]};
      for (std::size_t h = 0; h < horizon; ++h) {
        band.low.push_back(f.quantiles[(first + h) * levels + low]);
        band.high.push_back(f.quantiles[(first + h) * levels + high]);
      }
      forecast.bands.push_back(std::move(band));
    }
    ForecastPlot& plot = chosen.plot;
    plot.model = f.models[first / horizon];
    if (plot.forecasts.size() == kMostOrigins) {
      plot.forecasts.erase(plot.forecasts.begin());
      ++chosen.undrawn;
    }
    plot.forecasts.push_back(std::move(forecast));
  }
}

Status PlotFolder::write(const std::string& name, std::string_view content) const { return write_whole_file(folder_ / name, content); }

Result<std::size_t> PlotFolder::finish() const {
  std::vector<std::string> taken;
  std::string figures;
  for (const Chosen& chosen : chosen_) {
    ForecastPlot plot = chosen.plot;
    std::size_t known = file_->panel.series(chosen.series).size();
    std::size_t end = plot.actual.size();
    for (const PlotForecast& forecast : plot.forecasts) end = std::max(end, forecast.begin + forecast.median.size());
    if (plot.forecasts.empty()) plot.model = "none; too short for these origins";
    if (chosen.undrawn > 0)
      plot.note += fmt::format("{}newest {} of {} origins", plot.note.empty() ? "" : ", ", plot.forecasts.size(),
                               plot.forecasts.size() + chosen.undrawn);
    for (std::size_t i = 0; i < end; ++i) {
      auto steps = static_cast<std::int64_t>(chosen.from + i) - static_cast<std::int64_t>(known) + 1;
      plot.times.push_back(file_->calendar.after(file_->last[chosen.series], steps, file_->last_written[chosen.series]));
    }
    std::string name = plot_file_name(plot.id, taken);
    SINAN_CHECK(write(name, draw_plot(plot, {}, true) + "\n"));
    figures += fmt::format("<figure><a href=\"./{}\"><span class=\"wide\">{}</span><span class=\"narrow\">{}</span></a></figure>\n", name,
                           draw_plot(plot, {}, false), draw_plot(plot, {.width = 358, .height = 300}, false));
  }
  std::string head = fmt::format("<h1>Forecasts</h1>\n<p>{} of {} series, {}.</p>\n", chosen_.size(), file_->panel.size(),
                                 escape_markup(file_->calendar.name()));
  SINAN_CHECK(write("index.html", page(head + figures)));
  return chosen_.size();
}

}  // namespace sinan::demand
