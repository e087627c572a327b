#include "base/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace sinan {

std::string escape_markup(std::string_view text) {
  std::string shown = visible(text);
  std::string out;
  out.reserve(shown.size());
  for (std::size_t i = 0; i < shown.size(); ++i) {
    std::string_view rest = std::string_view(shown).substr(i);
    if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) {  // U+FFFE and U+FFFF are no characters of XML
      out += rest[2] == '\xBE' ? "\\u{FFFE}" : "\\u{FFFF}";
      i += 2;
      continue;
    }
    switch (shown[i]) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += shown[i];
    }
  }
  return out;
}

std::string svg_number(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

Svg::Svg(double width, double height, std::string_view css, std::string_view label, SvgPlace place) {
  out_ = fmt::format("<svg{} class=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
                     place == SvgPlace::kOwnFile ? " xmlns=\"http://www.w3.org/2000/svg\"" : "", css, svg_number(width), svg_number(height),
                     escape_markup(label));
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view css) {
  out_ += fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>", css, svg_number(x1), svg_number(y1), svg_number(x2),
                      svg_number(y2));
}

void Svg::rect(double x, double y, double width, double height, std::string_view css) {
  out_ += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2\"/>", css, svg_number(x), svg_number(y),
                      svg_number(width), svg_number(height));
}

void Svg::path(std::string_view d, std::string_view css) { out_ += fmt::format("<path class=\"{}\" d=\"{}\"/>", css, d); }

void Svg::dot(double x, double y, std::string_view css) {
  out_ += fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"3\"/>", css, svg_number(x), svg_number(y));
}

void Svg::text(double x, double y, std::string_view anchor, std::string_view css, std::string_view words) {
  out_ += fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>", css, svg_number(x), svg_number(y), anchor,
                      escape_markup(words));
}

std::string svg_line(std::span<const SvgPoint> points) {
  std::string d;
  auto finite = [&](std::size_t i) { return i < points.size() && std::isfinite(points[i].x) && std::isfinite(points[i].y); };
  bool pen_down = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!finite(i)) {
      pen_down = false;
      continue;
    }
    d += fmt::format("{}{} {}", pen_down ? "L" : "M", svg_number(points[i].x), svg_number(points[i].y));
    if (!pen_down && !finite(i + 1)) d += "h0";
    pen_down = true;
  }
  return d;
}

double round_step(double raw) {
  double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (double factor : {1.0, 2.0, 2.5, 5.0})
    if (factor * power >= raw * 0.999) return factor * power;
  return 10 * power;
}

std::vector<double> round_ticks(double low, double high) {
  if (!std::isfinite(low) || !std::isfinite(high)) return {0, 1};
  double span = high - low;
  double size = std::max(std::abs(low), std::abs(high));
  if (!(span > size * 1e-9)) span = size > 0 ? size : 1;
  double step = round_step(span / 4);
  if (size == 0) return {0, 1};
  double first = std::floor(low / step + 0.001);
  std::vector<double> out;
  for (int i = 0; i < 12; ++i) {
    out.push_back((first + i) * step);
    if (i > 0 && out.back() >= high - step * 0.004) break;
  }
  return out;
}

}  // namespace sinan
