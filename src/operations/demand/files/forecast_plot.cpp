#include "operations/demand/files/forecast_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/svg.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "operations/demand/files/calendar.hpp"

namespace sinan::demand {
namespace {

constexpr std::int64_t kMinute = 60'000'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr double kDateWidth = 96;  // of a label with room around it
constexpr double kNumberWidth = 48;
constexpr double kLegendCharacter = 6.6;

// A unit of time in which ticks may be counted: so many months, or so many microseconds.
struct Unit {
  std::int64_t months;
  std::int64_t micros;
};
constexpr std::array kUnits{
    Unit{0, kMinute},   Unit{0, 5 * kMinute}, Unit{0, 15 * kMinute}, Unit{0, 30 * kMinute}, Unit{0, kHour},    Unit{0, 3 * kHour},
    Unit{0, 6 * kHour}, Unit{0, 12 * kHour},  Unit{0, kDay},         Unit{0, 2 * kDay},     Unit{0, 7 * kDay}, Unit{1, 0},
    Unit{3, 0},         Unit{6, 0},           Unit{12, 0},           Unit{24, 0},           Unit{60, 0},       Unit{120, 0},
    Unit{240, 0},       Unit{600, 0},         Unit{1200, 0}};

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::int64_t bucket(const Unit& unit, Instant at) {
  if (unit.months > 0) {
    std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(at)};
    return floor_divide(static_cast<int>(day.year()) * 12LL + static_cast<unsigned>(day.month()) - 1, unit.months);
  }
  // 1970-01-01 was a Thursday; weeks begin on Mondays.
  std::int64_t from = unit.micros == 7 * kDay ? 3 * kDay : 0;
  return floor_divide(at.time_since_epoch().count() + from, unit.micros);
}

std::string label(const Unit& unit, Instant at) {
  std::string text = format_timestamp(at);
  if (unit.months >= 12) return text.substr(0, 4);
  if (unit.months > 0) return text.substr(0, 7);
  return unit.micros >= kDay ? text.substr(0, 10) : text.substr(5, 11);
}

// The first and the last, where no unit fits.
std::vector<TimeTick> ends(const std::vector<std::string>& times) {
  std::vector<TimeTick> out{{0, times.front()}};
  if (times.size() > 1) out.push_back({times.size() - 1, times.back()});
  return out;
}

std::vector<TimeTick> number_ticks(const std::vector<std::string>& times, const std::vector<std::int64_t>& values, std::size_t most) {
  double raw = static_cast<double>(values.back() - values.front()) / static_cast<double>(most);
  auto step = static_cast<std::int64_t>(std::max(1.0, std::ceil(round_step(std::max(raw, 1.0)))));
  std::vector<TimeTick> out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    bool crossed = i > 0 && floor_divide(values[i], step) != floor_divide(values[i - 1], step);
    if (values[i] % step == 0 || crossed) out.push_back({i, times[i]});
  }
  return out.size() < 2 || out.size() > most + 2 ? ends(times) : out;
}

struct Range {
  double low = kMissingLow;
  double high = -kMissingLow;
  static constexpr double kMissingLow = 1e300;
  void add(const std::vector<double>& values) {
    for (double value : values)
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  }
};

// From periods and values to the drawing.
struct Frame {
  double left, right, top, bottom;
  double periods;
  double low, high;
  double x(std::size_t i) const { return left + (right - left) * (periods > 1 ? static_cast<double>(i) / (periods - 1) : 0.5); }
  double y(double value) const { return std::isfinite(value) ? bottom - (bottom - top) * (value - low) / (high - low) : value; }
};

// The axis begins at zero unless the values stay far away from it.
std::vector<double> value_ticks(const ForecastPlot& plot) {
  Range range;
  range.add(plot.actual);
  for (const PlotForecast& forecast : plot.forecasts) {
    range.add(forecast.median);
    for (const PlotBand& band : forecast.bands) range.add(band.low), range.add(band.high);
  }
  if (range.low > range.high) return {0, 1};
  if (range.low >= 0 && (range.low < 0.6 * range.high || range.low == range.high)) range.low = 0;
  if (range.high <= 0 && (range.high > 0.6 * range.low || range.low == range.high)) range.high = 0;
  return round_ticks(range.low, range.high);
}

std::string value_label(double value, double step) {
  double size = std::max(std::abs(value), step);
  if (value == 0 || std::abs(value) < step * 1e-6) return "0";
  if (size >= 1e15 || step < 1e-4) return fmt::format("{:.3g}", value);
  struct Scale {
    double unit;
    const char* sign;
  };
  Scale scale = step >= 1e8 ? Scale{1e9, "B"} : step >= 1e5 ? Scale{1e6, "M"} : step >= 1e2 && size >= 1e4 ? Scale{1e3, "k"} : Scale{1, ""};
  std::string text = fmt::format("{:.4f}", value / scale.unit);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text + scale.sign;
}

std::string cut_to(std::string_view words, double width, double character) {
  std::string text = visible(words);
  auto most = static_cast<std::size_t>(std::max(4.0, width / character));
  if (display_width(text) <= most) return text;
  while (!text.empty() && display_width(text) > most - 1) {
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
    if (!text.empty()) text.pop_back();
  }
  return text + "…";
}

std::string band_path(const Frame& frame, std::size_t begin, const PlotBand& band) {
  std::vector<SvgPoint> points;
  auto add = [&](std::size_t i, double value) { points.push_back({frame.x(begin + i), frame.y(value)}); };
  auto known = [&](std::size_t i) { return std::isfinite(band.low[i]) && std::isfinite(band.high[i]); };
  for (std::size_t i = 0; i < band.high.size(); ++i)
    if (known(i)) add(i, band.high[i]);
  for (std::size_t i = band.low.size(); i-- > 0;)
    if (known(i)) add(i, band.low[i]);
  return points.empty() ? "" : svg_line(points) + "Z";
}

// The swatches and words under the title; returns how many lines they took.
int draw_legend(Svg& svg, const ForecastPlot& plot, double left, double right, double top) {
  double x = left;
  int lines = 1;
  auto entry = [&](const std::string& words, auto&& swatch) {
    double width = 24 + static_cast<double>(display_width(words)) * kLegendCharacter;
    if (x > left && x + width > right) x = left, ++lines;
    double y = top + (lines - 1) * 18;
    swatch(y);
    svg.text(x + 22, y, "start", "tick", words);
    x += width + 14;
  };
  entry("actual", [&](double y) { svg.line(x, y - 4, x + 16, y - 4, "key-actual"); });
  if (plot.forecasts.empty()) return lines;
  entry("median forecast", [&](double y) { svg.line(x, y - 4, x + 16, y - 4, "key-median"); });
  const std::vector<PlotBand>& bands = plot.forecasts.back().bands;
  for (std::size_t i = 0; i < bands.size(); ++i) {
    if (bands.size() > 4 && i != 0 && i + 1 != bands.size()) continue;
    entry(fmt::format("{:.6g}% band", bands[i].share * 100), [&](double y) {
      for (std::size_t layer = 0; layer <= i; ++layer) svg.rect(x, y - 10, 16, 11, "band");  // bands lie on one another
    });
  }
  return lines;
}

void draw_axes(Svg& svg, const Frame& frame, const std::vector<double>& ticks, const std::vector<std::string>& times) {
  double step = ticks[1] - ticks[0];
  for (double tick : ticks) {
    svg.line(frame.left, frame.y(tick), frame.right, frame.y(tick), std::abs(tick) < step / 1e6 ? "axis" : "grid");
    svg.text(frame.left - 6, frame.y(tick) + 4, "end", "tick", value_label(tick, step));
  }
  if (times.empty()) return;
  double room = times.back().size() < 7 ? kNumberWidth : kDateWidth;
  for (const TimeTick& tick : time_ticks(times, static_cast<std::size_t>(std::max(2.0, (frame.right - frame.left) / room)))) {
    double x = frame.x(tick.index);
    double half = static_cast<double>(display_width(tick.label)) * kLegendCharacter / 2;
    bool last = x + half > frame.right + 12;
    svg.line(x, frame.bottom, x, frame.bottom + 4, "axis");
    svg.text(last ? frame.right + 10 : std::max(x, half + 8), frame.bottom + 18, last ? "end" : "middle", "tick", tick.label);
  }
}

}  // namespace

std::vector<TimeTick> time_ticks(const std::vector<std::string>& times, std::size_t most) {
  if (times.empty()) return {};
  std::vector<std::int64_t> values;
  Stamp::Kind kind = Stamp::Kind::kInteger;
  for (const std::string& time : times) {
    auto stamp = parse_stamp(time);
    if (!stamp) return ends(times);
    kind = stamp->kind;
    values.push_back(kind == Stamp::Kind::kDate ? stamp->value * kDay : stamp->value);
  }
  if (times.size() < 3) return ends(times);
  if (kind == Stamp::Kind::kInteger) return number_ticks(times, values, most);
  for (const Unit& unit : kUnits) {
    std::vector<TimeTick> out;
    std::int64_t before = bucket(unit, Instant(std::chrono::microseconds(values[0] - 1)));
    for (std::size_t i = 0; i < values.size() && out.size() <= most; ++i) {
      Instant at{std::chrono::microseconds{values[i]}};
      std::int64_t now = bucket(unit, at);
      if (now != before) out.push_back({i, label(unit, at)});
      before = now;
    }
    if (out.size() <= most) return out.size() < 2 ? ends(times) : out;
  }
  return ends(times);
}

namespace {

// Values rather than variables of CSS: viewers of pictures that know less than browsers would draw all in black.
struct Colours {
  std::string_view paper, ink, soft, line, accent;
};
constexpr Colours kLight{"#fff", "#1d1f23", "#5d636e", "#e5e2dc", "#0f5f66"};
constexpr Colours kDark{"#1b1e23", "#eceae6", "#a9aeb8", "#343941", "#5fc0c6"};

std::string coloured(const Colours& c) {
  return fmt::format(
      ".plot text{{fill:{2}}}.plot .paper{{fill:{0}}}.plot .title,.plot .words,.plot .actual-dot{{fill:{1}}}.plot .grid{{stroke:{3}}}"
      ".plot .axis,.plot .origin,.plot .branch{{stroke:{2}}}.plot .band,.plot .strong,.plot .median-dot{{fill:{4}}}"
      ".plot .actual,.plot .key-actual{{stroke:{1}}}.plot .median,.plot .key-median,.plot .way{{stroke:{4}}}",
      c.paper, c.ink, c.soft, c.line, c.accent);
}

}  // namespace

std::string plot_style() {
  return ".plot{display:block;width:100%;height:auto}"
         ".plot text{font:12px system-ui,-apple-system,\"Segoe UI\",Roboto,Arial,\"PingFang SC\",\"Noto Sans CJK SC\",sans-serif}"
         ".plot .title{font-size:15px;font-weight:600}.plot .band{fill-opacity:.2}"
         ".plot .actual,.plot .median{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}"
         ".plot .key-actual,.plot .key-median{stroke-width:2.4}.plot .origin{stroke-dasharray:3 3}" +
         coloured(kLight) + "@media (prefers-color-scheme:dark){" + coloured(kDark) + "}";
}

std::string draw_plot(const ForecastPlot& plot, const PlotSize& size, bool alone) {
  std::vector<double> ticks = value_ticks(plot);
  double step = ticks[1] - ticks[0];
  std::size_t longest = 0;
  for (double tick : ticks) longest = std::max(longest, value_label(tick, step).size());
  Svg svg(size.width, size.height, "plot", "Series " + plot.id + " with its forecast", alone ? SvgPlace::kOwnFile : SvgPlace::kInPage);
  if (alone) svg.style(plot_style());
  svg.rect(0, 0, size.width, size.height, "paper");
  svg.text(14, 24, "start", "title", cut_to(plot.id, size.width - 28, 10));
  std::string facts = plot.note.empty() ? "model: " + plot.model : fmt::format("model: {} · {}", plot.model, plot.note);
  svg.text(14, 43, "start", "tick", cut_to(facts, size.width - 28, 6.2));
  int lines = draw_legend(svg, plot, 14, size.width - 14, 64);
  Frame frame{18 + static_cast<double>(longest) * 7,  size.width - 18, 64 + lines * 18.0, size.height - 30,
              static_cast<double>(plot.times.size()), ticks.front(),   ticks.back()};
  draw_axes(svg, frame, ticks, plot.times);
  for (const PlotForecast& forecast : plot.forecasts) {
    for (const PlotBand& band : forecast.bands)
      if (std::string path = band_path(frame, forecast.begin, band); !path.empty()) svg.path(path, "band");
    if (forecast.begin > 0) {
      double x = (frame.x(forecast.begin) + frame.x(forecast.begin - 1)) / 2;
      svg.line(x, frame.top, x, frame.bottom, "origin");
    }
  }
  auto line = [&](std::size_t begin, const std::vector<double>& values, std::string_view css) {
    std::vector<SvgPoint> points;
    for (std::size_t i = 0; i < values.size(); ++i) points.push_back({frame.x(begin + i), frame.y(values[i])});
    if (std::string path = svg_line(points); !path.empty()) svg.path(path, css);
    auto missing = [&](std::size_t i) { return i >= values.size() || !std::isfinite(values[i]); };
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!missing(i) && missing(i + 1) && (i == 0 || missing(i - 1))) svg.dot(points[i].x, points[i].y, std::string(css) + "-dot");
  };
  line(0, plot.actual, "actual");
  for (const PlotForecast& forecast : plot.forecasts) line(forecast.begin, forecast.median, "median");
  return std::move(svg).finish();
}

}  // namespace sinan::demand
