#include "operations/reports/chart.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/svg.hpp"
#include "operations/reports/numbers.hpp"

namespace sinan::reports {
namespace {

std::string n(double value) { return svg_number(value); }

Svg open_chart(const ChartSize& size, std::string_view label) { return {size.width, size.height, "chart " + size.css_class, label}; }

// Words in both languages; the page shows one.
void text(Svg& svg, double x, double y, std::string_view anchor, const std::string& css, const Text& words) {
  if (words.en == words.zh) return svg.text(x, y, anchor, css, words.en);
  svg.text(x, y, anchor, css + " en", words.en);
  svg.text(x, y, anchor, css + " zh", words.zh);
}

// From data to the drawing: days to x, values to y.
struct Frame {
  double left, right, top, bottom;  // of the plot
  Date first;
  double days;
  double maximum;
  double x(Date day) const { return left + (right - left) * static_cast<double>((day - first).count()) / std::max(days, 1.0); }
  double y(double value) const { return bottom - (bottom - top) * value / maximum; }
};

// A line through the points that are there; a missing one breaks it.
std::string line_path(const Frame& frame, const std::vector<DayPoint>& days, double DayPoint::* member) {
  std::vector<SvgPoint> points;
  for (const DayPoint& point : days) {
    double value = point.*member;
    points.push_back({frame.x(point.day), std::isfinite(value) ? frame.y(std::max(value, 0.0)) : value});
  }
  return svg_line(points);
}

std::string band_path(const Frame& frame, const std::vector<DayPoint>& days) {
  std::string there;
  std::string back;
  for (const DayPoint& point : days) {
    if (!std::isfinite(point.low) || !std::isfinite(point.high)) continue;
    there += fmt::format("{}{} {}", there.empty() ? "M" : "L", n(frame.x(point.day)), n(frame.y(std::max(point.high, 0.0))));
    back = fmt::format("L{} {}", n(frame.x(point.day)), n(frame.y(std::max(point.low, 0.0)))) + back;
  }
  return there.empty() ? "" : there + back + "Z";
}

std::string axis_number(double value) {
  if (value >= 999'500) return decimal(value / 1e6, value < 1e7 ? 1 : 0) + "M";
  if (value >= 10'000) return decimal(value / 1e3, 0) + "k";
  return decimal(value, value < 10 && value != std::round(value) ? 1 : 0);
}

const DayPoint* last_with(const std::vector<DayPoint>& days, double DayPoint::* member) {
  for (auto it = days.rbegin(); it != days.rend(); ++it) {
    if (std::isfinite((*it).*member)) return &*it;
  }
  return nullptr;
}

void draw_axes(Svg& svg, const Frame& frame, const std::vector<DayPoint>& days, double width) {
  for (double tick : nice_ticks(frame.maximum)) {
    if (tick > frame.maximum * 1.001) break;
    svg.line(frame.left, frame.y(tick), frame.right, frame.y(tick), tick == 0 ? "axis" : "grid");
    text(svg, frame.left - 6, frame.y(tick) + 4, "end", "tick", {axis_number(tick), axis_number(tick)});
  }
  auto step = static_cast<std::int64_t>(std::ceil(static_cast<double>(days.size()) / std::max(2.0, std::floor(width / 110))));
  step = std::max<std::int64_t>(7, (step + 6) / 7 * 7);  // whole weeks
  for (Date day = days.front().day; day <= days.back().day; day += std::chrono::days{step}) {
    double x = frame.x(day);
    bool last = x > frame.right - 20;
    text(svg, last ? frame.right : x, frame.bottom + 18,
         last                  ? "end"
         : x < frame.left + 20 ? "start"
                               : "middle",
         "tick", short_day_text(day));
  }
}

}  // namespace

std::vector<double> nice_ticks(double maximum) {
  if (!(maximum > 0) || !std::isfinite(maximum)) return {0, 1};
  return round_ticks(0, maximum);
}

std::string forecast_chart(const std::vector<DayPoint>& days, Date today, const ChartSize& size) {
  if (days.size() < 2) return "";
  double maximum = 0;
  for (const DayPoint& p : days) {
    for (double value : {p.actual, p.forecast, p.high}) maximum = std::isfinite(value) ? std::max(maximum, value) : maximum;
  }
  Frame frame{46,
              size.width - 12,
              26,
              size.height - 26,
              days.front().day,
              static_cast<double>((days.back().day - days.front().day).count()),
              nice_ticks(maximum).back()};
  Svg svg = open_chart(size, "Sold per day, and the forecast with its range from 10 to 90 percent");
  draw_axes(svg, frame, days, size.width);
  if (std::string band = band_path(frame, days); !band.empty()) svg.path(band, "band");
  if (today > days.front().day && today < days.back().day) {
    double x = frame.x(today) - (frame.x(today) - frame.x(today - std::chrono::days{1})) / 2;
    svg.line(x, frame.top - 8, x, frame.bottom, "today");
    text(svg, x + 5, frame.top - 2, "start", "tick", {"today", "今天"});
  }
  svg.path(line_path(frame, days, &DayPoint::forecast), "forecast");
  svg.path(line_path(frame, days, &DayPoint::actual), "actual");
  if (const DayPoint* end = last_with(days, &DayPoint::actual))
    svg.dot(frame.x(end->day), frame.y(std::max(end->actual, 0.0)), "actual-dot");
  return std::move(svg).finish();
}

std::string steps_chart(const std::vector<StepLine>& steps, const ChartSize& size) {
  double whole = 0;
  for (const StepLine& step : steps) whole = std::max(whole, step.start_s + step.duration_s);
  if (steps.empty() || whole <= 0) return "";
  constexpr double kRow = 26;
  ChartSize tall{size.width, kRow * static_cast<double>(steps.size()) + 6, size.css_class};
  Svg svg = open_chart(tall, "Steps of the run over time");
  double left = size.width < 500 ? 84 : 120;
  double right = size.width - 70;
  double y = 4;
  for (const StepLine& step : steps) {
    double x = left + (right - left) * step.start_s / whole;
    double width = std::max(2.0, (right - left) * step.duration_s / whole);
    bool good = step.status == "done" || step.status == "running";
    bool idle = step.status == "skipped" || step.status == "pending";
    text(svg, left - 10, y + 15, "end", "label", {step.id, step.id});
    svg.line(left, y + 11, right, y + 11, "grid");
    if (!idle) svg.rect(x, y + 4, width, 14, good ? "bar" : "bar-bad");
    text(svg, x + (idle ? 0 : width) + 6, y + 15, "start", "tick", idle ? Text{"skipped", "已跳过"} : duration_text(step.duration_s));
    y += kRow;
  }
  return std::move(svg).finish();
}

std::string cover_bar(double cover_days, double lead_time_days) {
  constexpr double kDays = 30;
  constexpr double kWidth = 90;
  auto scale = [=](double value) { return kWidth * std::clamp(value, 0.0, kDays) / kDays; };
  double lead = scale(lead_time_days);
  std::string out = fmt::format(
      "<svg class=\"cover\" viewBox=\"0 0 {0} 12\" aria-hidden=\"true\"><rect class=\"track\" x=\"0\" y=\"3\" "
      "width=\"{0}\" height=\"6\" rx=\"3\"/>",
      n(kWidth));
  out += fmt::format("<rect class=\"{}\" x=\"0\" y=\"3\" width=\"{}\" height=\"6\" rx=\"3\"/>",
                     cover_days < lead_time_days ? "low" : "enough", n(std::max(scale(cover_days), 2.0)));
  if (lead_time_days > 0) out += fmt::format("<line class=\"mark\" x1=\"{0}\" y1=\"0\" x2=\"{0}\" y2=\"12\"/>", n(lead));
  return out + "</svg>";
}

std::string share_bar(double share, const std::string& css_class) {
  double width = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) * 100 : 0;
  return fmt::format(
      "<svg class=\"share\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"track\" x=\"0\" "
      "y=\"0\" width=\"100\" height=\"6\"/><rect class=\"{}\" x=\"0\" y=\"0\" width=\"{}\" height=\"6\"/></svg>",
      css_class, n(width));
}

}  // namespace sinan::reports
