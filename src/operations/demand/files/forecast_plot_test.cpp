// Pictures of forecasts, read back as XML: well-formed, as many points as values, hostile ids as text, names that stay in their folder.
#include "operations/demand/files/forecast_plot.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <map>
#include <set>

#include "base/series.hpp"
#include "base/text.hpp"
#include "operations/demand/files/plot_folder.hpp"

namespace sinan::demand {
namespace {

struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;
};

// The five entities of XML; anything else that begins with & is a mistake.
std::string decoded(std::string_view text) {
  static const std::map<std::string, char> kEntities{{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"#39", '\''}};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '&') {
      out += text[i];
      continue;
    }
    std::size_t end = text.find(';', i);
    auto entity = end == std::string_view::npos ? kEntities.end() : kEntities.find(std::string(text.substr(i + 1, end - i - 1)));
    if (entity == kEntities.end()) {
      ADD_FAILURE() << "a bare & in " << text;
      return out;
    }
    out += entity->second;
    i = end;
  }
  return out;
}

// Elements in order of their start; fails the test when tags do not match or attributes are not quoted.
std::vector<Element> read_xml(const std::string& xml) {
  std::vector<Element> out;
  std::vector<std::size_t> open;
  EXPECT_FALSE(first_invalid_utf8(xml)) << xml;
  for (std::size_t at = 0; at < xml.size();) {
    if (xml[at] != '<') {
      std::size_t end = std::min(xml.find('<', at), xml.size());
      if (open.empty()) ADD_FAILURE() << "text outside the root";
      if (!open.empty()) out[open.back()].text += decoded(std::string_view(xml).substr(at, end - at));
      at = end;
      continue;
    }
    std::size_t end = xml.find('>', at);
    if (end == std::string::npos) {
      ADD_FAILURE() << "a tag without end";
      return out;
    }
    std::string tag = xml.substr(at + 1, end - at - 1);
    at = end + 1;
    if (tag.starts_with('/')) {
      if (open.empty() || out[open.back()].name != tag.substr(1)) {
        ADD_FAILURE() << "</" << tag << "> closes nothing";
        return out;
      }
      open.pop_back();
      continue;
    }
    bool closed = tag.ends_with('/');
    if (closed) tag.pop_back();
    Element element{.name = tag.substr(0, tag.find(' '))};
    for (std::size_t i = element.name.size(); i < tag.size();) {
      std::size_t equals = tag.find("=\"", i);
      std::size_t quote = equals == std::string::npos ? equals : tag.find('"', equals + 2);
      if (tag[i] != ' ' || quote == std::string::npos) {
        ADD_FAILURE() << "attributes of <" << tag << ">";
        return out;
      }
      std::string value = decoded(std::string_view(tag).substr(equals + 2, quote - equals - 2));
      EXPECT_TRUE(element.attributes.emplace(tag.substr(i + 1, equals - i - 1), value).second) << tag;
      i = quote + 1;
    }
    out.push_back(element);
    if (!closed) open.push_back(out.size() - 1);
  }
  EXPECT_TRUE(open.empty());
  return out;
}

std::vector<Element> of_class(const std::vector<Element>& elements, const std::string& name, const std::string& css) {
  std::vector<Element> out;
  for (const Element& element : elements)
    if (element.name == name && element.attributes.at("class") == css) out.push_back(element);
  return out;
}

std::size_t points(const std::string& path) {
  return static_cast<std::size_t>(std::ranges::count_if(path, [](char c) { return c == 'M' || c == 'L'; }));
}

ForecastPlot monthly(std::size_t periods, std::size_t horizon) {
  ForecastPlot plot{.id = "M1", .model = "combination"};
  for (std::size_t i = 0; i < periods + horizon; ++i) plot.times.push_back(fmt::format("{}-{:02}-01", 2015 + i / 12, i % 12 + 1));
  for (std::size_t i = 0; i < periods; ++i) plot.actual.push_back(100 + static_cast<double>(i % 12));
  PlotForecast forecast{.begin = periods};
  forecast.median.assign(horizon, 105);
  forecast.bands = {{.share = 0.9, .low = std::vector(horizon, 90.0), .high = std::vector(horizon, 120.0)},
                    {.share = 0.5, .low = std::vector(horizon, 100.0), .high = std::vector(horizon, 110.0)}};
  plot.forecasts.push_back(forecast);
  return plot;
}

TEST(ForecastPlot, HasAPointForEveryValueAndABandForEveryPair) {
  ForecastPlot plot = monthly(60, 12);
  plot.actual[10] = kMissing;
  for (PlotSize size : {PlotSize{}, PlotSize{358, 300}}) {
    auto xml = read_xml(draw_plot(plot, size, true));
    ASSERT_EQ(of_class(xml, "path", "actual").size(), 1U);
    EXPECT_EQ(points(of_class(xml, "path", "actual")[0].attributes["d"]), 59U);
    EXPECT_EQ(points(of_class(xml, "path", "median")[0].attributes["d"]), 12U);
    auto bands = of_class(xml, "path", "band");
    ASSERT_EQ(bands.size(), 2U);
    for (Element& band : bands) EXPECT_EQ(points(band.attributes["d"]), 24U);
    EXPECT_EQ(of_class(xml, "text", "title")[0].text, "M1");
    std::string words;
    for (const Element& text : of_class(xml, "text", "tick")) words += text.text + "|";
    for (const char* part : {"model: combination", "90% band", "50% band", "2016|", "90|", "100|", "120|"})
      EXPECT_NE(words.find(part), std::string::npos) << part << " in " << words;
  }
}

TEST(ForecastPlot, HostileIdsAreTextAndNothingElse) {
  for (const char* id : {"</text><script>alert(1)</script>", "\" onload=\"x", "&lt;b&gt; & 'q'", "\xFF\xFE\x01", "a\xEF\xBF\xBFz",
                         "\u202Egnp.svg", "]]></style>", "<!--", ""}) {
    ForecastPlot plot = monthly(24, 6);
    plot.id = id;
    plot.model = id;
    auto xml = read_xml(draw_plot(plot, {}, true));
    for (const Element& element : xml) {
      EXPECT_TRUE(std::set<std::string>({"svg", "style", "line", "rect", "path", "text"}).contains(element.name)) << element.name;
      for (const auto& [name, value] : element.attributes) EXPECT_FALSE(name.starts_with("on")) << name;
    }
    std::string title = of_class(xml, "text", "title")[0].text;
    EXPECT_EQ(title.substr(0, 5), visible(id == std::string("a\xEF\xBF\xBFz") ? "a\\u{FFFF}z" : id).substr(0, 5));
  }
}

TEST(ForecastPlot, OnePointZerosAndGreatNumbersAreDrawnInsideThePicture) {
  auto inside = [](const ForecastPlot& plot) {
    for (const Element& element : read_xml(draw_plot(plot, {}, true)))
      for (const char* name : {"x", "y", "x1", "x2", "y1", "y2"})
        if (auto it = element.attributes.find(name); it != element.attributes.end()) {
          double value = std::stod(it->second);
          EXPECT_TRUE(value >= 0 && value <= (name[0] == 'x' ? 860 : 320)) << element.name << ' ' << name << '=' << it->second;
        }
  };
  ForecastPlot one{.id = "one", .model = "naive", .times = {"1", "2"}, .actual = {5}};
  one.forecasts = {{.begin = 1, .median = {5}}};
  inside(one);
  EXPECT_NE(draw_plot(one, {}, true).find("actual-dot\" cx"), std::string::npos);
  ForecastPlot none{.id = "none", .model = "", .times = {"1"}, .actual = {kMissing}};
  inside(none);
  for (double scale : {0.0, 1e-9, -3.0, 1e6, 1e30}) {
    ForecastPlot plot = monthly(36, 6);
    for (double& value : plot.actual) value *= scale;
    plot.forecasts[0].median.assign(6, 105 * scale);
    plot.forecasts[0].bands.clear();
    inside(plot);
  }
}

TEST(ForecastPlot, LabelsOfTimeBeginRoundUnits) {
  auto labels = [](const std::vector<std::string>& times) {
    std::string out;
    for (const TimeTick& tick : time_ticks(times, 6)) out += fmt::format("{}:{} ", tick.index, tick.label);
    return out;
  };
  EXPECT_EQ(labels(monthly(36, 0).times), "0:2015-01 6:2015-07 12:2016-01 18:2016-07 24:2017-01 30:2017-07 ");
  EXPECT_EQ(labels({"2026-03-31 22:00", "2026-03-31 23:00", "2026-04-01 00:00", "2026-04-01 01:00"}),
            "0:03-31 22:00 1:03-31 23:00 2:04-01 00:00 3:04-01 01:00 ");
  std::vector<std::string> numbers;
  for (int i = 93; i <= 330; ++i) numbers.push_back(std::to_string(i));
  EXPECT_EQ(labels(numbers), "7:100 57:150 107:200 157:250 207:300 ");
  EXPECT_EQ(labels({"7"}), "0:7 ");
  EXPECT_EQ(labels({}), "");
}

TEST(ForecastPlot, FileNamesStayInTheirFolderAndDiffer) {
  std::vector<std::string> taken;
  EXPECT_EQ(plot_file_name("M1", taken), "M1.svg");
  EXPECT_EQ(plot_file_name("m1", taken), "m1-2.svg");
  EXPECT_EQ(plot_file_name("../../etc/passwd", taken), "_.._.._etc_passwd.svg");
  EXPECT_EQ(plot_file_name("", taken), "_.svg");
  EXPECT_EQ(plot_file_name("a/b", taken), "a_b.svg");
  EXPECT_EQ(plot_file_name("a\\b", taken), "a_b-2.svg");
  EXPECT_EQ(plot_file_name(".hidden", taken), "_.hidden.svg");
  EXPECT_LE(plot_file_name(std::string(5'000, 'x'), taken).size(), 80U);
}

}  // namespace
}  // namespace sinan::demand
