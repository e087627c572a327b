// Drawing in SVG: elements with a class and no style, foreign text escaped, round ticks. For pages without script.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sinan {

// For element content and quoted attributes of HTML and XML. Invalid UTF-8, control characters, bidirectional overrides and characters
// that XML does not allow are shown as \xNN, \u{NNNN}.
std::string escape_markup(std::string_view text);

// A coordinate with one decimal at most, which keeps pages small.
std::string svg_number(double value);

enum class SvgPlace : std::uint8_t { kInPage, kOwnFile };

// Collects the elements of one picture. Classes and anchors are fixed texts of the caller; `words` may be anything.
class Svg {
 public:
  // `label` is what a screen reader says.
  Svg(double width, double height, std::string_view css, std::string_view label, SvgPlace place = SvgPlace::kInPage);
  void style(std::string_view css) { out_ += "<style>" + std::string(css) + "</style>"; }
  void line(double x1, double y1, double x2, double y2, std::string_view css);
  void rect(double x, double y, double width, double height, std::string_view css);
  void path(std::string_view d, std::string_view css);
  void dot(double x, double y, std::string_view css);
  // `anchor`: start, middle or end.
  void text(double x, double y, std::string_view anchor, std::string_view css, std::string_view words);
  std::string finish() && { return std::move(out_) + "</svg>"; }

 private:
  std::string out_;
};

// The path through the points; one that is not finite breaks it, and one alone becomes a dot where line caps are round.
struct SvgPoint {
  double x;
  double y;
};
std::string svg_line(std::span<const SvgPoint> points);

// A distance of 1, 2, 2.5 or 5 times a power of ten, at least `raw`, which is above zero and finite.
double round_step(double raw);
// Multiples of a round step from at most `low` to at least `high`, about four steps; of an empty range, one step of 1 or of its size.
std::vector<double> round_ticks(double low, double high);

}  // namespace sinan
