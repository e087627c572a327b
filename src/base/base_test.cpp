// What every room leans on: decimals, times, text, JSON and YAML with places.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/json.hpp"
#include "base/money.hpp"
#include "base/table.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/workspace.hpp"

namespace sinan {
namespace {

TEST(Money, ReadsAsPeopleWriteIt) {
  auto words = [](const char* amount, const char* currency) { return in_words({*Decimal::parse(amount), currency}); };
  EXPECT_EQ(words("7652.74", "GBP"), "£7,652.74");
  EXPECT_EQ(words("-1234567.8", "EUR"), "-€1,234,567.80");
  EXPECT_EQ(words("0", "SEK"), "SEK 0.00");
  EXPECT_EQ(words("999.995", "CNY"), "¥1,000.00");
  EXPECT_EQ(words("0.125", "USD"), "$0.12");  // half to even
  EXPECT_EQ(words("-0.004", "USD"), "$0.00");
  for (auto [plain, grouped] : {std::pair{"1", "1"}, {"999", "999"}, {"1000", "1,000"}, {"-1000.5", "-1,000.5"}, {"-999", "-999"}})
    EXPECT_EQ(with_separators(plain), grouped);
}

TEST(Decimal, RoundsHalfToEvenAtTheFourthDecimal) {
  EXPECT_EQ(Decimal::round(0.03125).text(), "0.0312");
  EXPECT_EQ(Decimal::round(0.09375).text(), "0.0938");
  EXPECT_EQ((*Decimal::parse("0.0001") * *Decimal::parse("0.5")).text(), "0");
  EXPECT_EQ((*Decimal::parse("0.0003") * *Decimal::parse("0.5")).text(), "0.0002");
  EXPECT_EQ((*Decimal::parse("-0.0003") * *Decimal::parse("0.5")).text(), "-0.0002");
  EXPECT_EQ(Decimal::parse("12.5")->text(2), "12.50");
  EXPECT_EQ(Decimal::parse("-7")->text(2), "-7.00");
}

TEST(Decimal, RefusesWhatIsNoExactAmount) {
  for (const char* text : {"", "-", "1.00001", "1e5", "12a", " 1", "0x1", "99999999999999999999"})
    EXPECT_FALSE(Decimal::parse(text)) << text;
  EXPECT_EQ(Decimal::parse("1.00000")->text(), "1");
}

TEST(DecimalText, RoundTripsTheExtremes) {
  for (const char* text : {"0", "-0.01", "99999999999999999999999999999999999999", "-99999999999999999999999999999999999.999"}) {
    int scale = std::string_view(text).find('.') == std::string_view::npos ? 0 : (std::string_view(text).ends_with(".999") ? 3 : 2);
    EXPECT_EQ(decimal_text(*parse_decimal(text, scale), scale), text);
  }
  EXPECT_FALSE(parse_decimal("999999999999999999999999999999999999999", 0));
}

TEST(Time, ParsesAndPrintsWithOffsets) {
  EXPECT_EQ(format_rfc3339(*parse_instant("2026-03-01T08:15:00+08:00")), "2026-03-01T00:15:00Z");
  EXPECT_EQ(format_rfc3339(*parse_instant("2026-03-01 08:15")), "2026-03-01T08:15:00Z");
  EXPECT_EQ(format_rfc3339(*parse_instant("1969-12-31T23:59:59.25Z")), "1969-12-31T23:59:59.250000Z");
  for (const char* text : {"2026-02-29", "2026-13-01", "2026-01-01T25:00", "2026-01-01T10:00:00.Z", "20260101", "2026-01-01T10:00 "})
    EXPECT_FALSE(parse_instant(text)) << text;
}

TEST(Zone, CutsDaysWhereTheClockChanges) {
  Zone berlin = *Zone::find("Europe/Berlin");
  EXPECT_EQ(format_rfc3339(berlin.start_of(*parse_date("2026-03-29"))), "2026-03-28T23:00:00Z");
  EXPECT_EQ(format_rfc3339(berlin.start_of(*parse_date("2026-03-30"))), "2026-03-29T22:00:00Z");
  EXPECT_EQ(format_rfc3339(berlin.start_of(*parse_date("2026-10-26"))), "2026-10-25T23:00:00Z");
  // Midnight does not exist in Santiago on the day that summer time starts.
  Zone santiago = *Zone::find("America/Santiago");
  EXPECT_EQ(format_rfc3339(santiago.start_of(*parse_date("2025-09-07"))), "2025-09-07T04:00:00Z");
  for (const char* name : {"Europe/Berlin", "America/Santiago", "Asia/Shanghai", "Asia/Kathmandu", "Pacific/Apia"}) {
    Zone zone = *Zone::find(name);
    for (int d = 0; d < 800; ++d) {
      Date day = *parse_date("2024-06-01") + std::chrono::days{d};
      EXPECT_EQ(zone.day_of(zone.start_of(day)), day) << name << " " << format_date(day);
      EXPECT_LT(zone.day_of(zone.start_of(day) - std::chrono::microseconds{1}), day) << name << " " << format_date(day);
    }
  }
  EXPECT_FALSE(Zone::find("Mars/Olympus"));
}

TEST(Column, KeepsNullsAcrossWordBoundaries) {
  Column column{Type{TypeId::kInt}};
  for (int i = 0; i < 200; ++i) {
    if (i % 7 == 3)
      column.append_null();
    else
      column.append_int(i);
  }
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(column.is_null(i), i % 7 == 3) << i;
    if (i % 7 != 3) EXPECT_EQ(column.to_text(i), std::to_string(i));
  }
}

TEST(Text, MakesControlAndBidiCharactersVisible) {
  EXPECT_EQ(visible("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(visible("x\xE2\x80\xAEy"), "x\\u{202e}y");
  EXPECT_EQ(visible("司南 ok"), "司南 ok");
  EXPECT_EQ(visible("\xff"), "\\xff");
}

TEST(Json, SaysWhereItIsWrongAndLimitsDepth) {
  EXPECT_EQ(parse_json("{\"a\":\n [1,,2]}").error().message, "not valid JSON at line 2, column 5");
  std::string deep(1000, '[');
  EXPECT_FALSE(parse_json(deep));
  EXPECT_EQ(canonical(*parse_json(R"({"b":1,"a":{"d":1.5,"c":null}})")), R"({"a":{"c":null,"d":1.5},"b":1})");
}

TEST(Yaml, PlacesCountCharactersFromOne) {
  Diagnostics diagnostics;
  auto tree = parse_yaml("name: 司南\nitems:\n  - {城: 上海, size: 3}\n", "a.yaml", diagnostics);
  ASSERT_TRUE(tree && diagnostics.ok());
  const YamlNode& item = tree->find("items")->items[0];
  EXPECT_EQ(item.find("size")->place.text(), "a.yaml:3:19");
}

TEST(Yaml, ReportsDuplicateKeysAliasesAndSyntax) {
  Diagnostics diagnostics;
  parse_yaml("a: 1\na: 2\n", "dup.yaml", diagnostics);
  parse_yaml("a: &x 1\nb: *x\n", "alias.yaml", diagnostics);
  parse_yaml("a: [1, 2\nb: 3\n", "syntax.yaml", diagnostics);
  parse_yaml("a: \"\xff\"\n", "bytes.yaml", diagnostics);
  std::vector<std::string> codes;
  for (const Diagnostic& d : diagnostics.sorted()) codes.push_back(d.place.file + " " + d.code);
  EXPECT_EQ(codes, (std::vector<std::string>{"alias.yaml yaml_alias", "bytes.yaml encoding", "dup.yaml duplicate_key",
                                             "syntax.yaml yaml_syntax"}));
}

struct Inner {
  double min = 0;
};
const Shape<Inner>& shape_of(const Inner*) {
  static const auto shape = Shape<Inner>("rule", "A rule.").required("min", &Inner::min, "The least", {{}, 0, 10});
  return shape;
}
struct Outer {
  std::string kind;
  std::map<std::string, Inner> rules;
  std::optional<std::chrono::microseconds> every;
};
const Shape<Outer>& shape_of(const Outer*) {
  static const auto shape = Shape<Outer>("thing", "A thing.")
                                .required("kind", &Outer::kind, "Its kind", {{"sqlite", "postgres"}})
                                .optional("rules", &Outer::rules, "Its rules")
                                .optional("every", &Outer::every, "How often");
  return shape;
}

TEST(Shape, ReportsEveryMistakeWithPlaceAndWayOut) {
  Diagnostics diagnostics;
  auto tree = parse_yaml("kind: postgre\nrule: {}\nrules: {a: {min: 11}, b: {}, c: 3}\nevery: 5 minutes\n", "t.yaml", diagnostics);
  Outer outer;
  EXPECT_FALSE(shape_detail::read(*tree, {}, outer, diagnostics));
  std::vector<std::string> found;
  for (const Diagnostic& d : diagnostics.sorted()) found.push_back(d.place.text() + " " + d.code + " " + d.hint);
  ASSERT_EQ(found.size(), 6U);
  EXPECT_EQ(found[0], "t.yaml:1:7 invalid_value did you mean 'postgres'? Possible: sqlite, postgres");
  EXPECT_EQ(found[1], "t.yaml:2:1 unknown_key did you mean 'rules'?");
  EXPECT_EQ(found[2], "t.yaml:3:18 invalid_value the largest value is 10");
  EXPECT_EQ(found[3], "t.yaml:3:26 missing_key The least");
  EXPECT_EQ(found[4], "t.yaml:3:33 invalid_value write 'key: value' lines, indented below");
}

TEST(Secret, NamesTheVariableThatIsMissingAndKeepsTheReference) {
  ::setenv("SINAN_TEST_SECRET", "s3cret", 1);
  EXPECT_EQ(*Secret("u:${SINAN_TEST_SECRET}@h $${x}", {}).resolve("."), "u:s3cret@h ${x}");
  auto missing = Secret("${SINAN_TEST_MISSING}", {"a.yaml", 3, 4}).resolve(".");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().text(), "a.yaml:3:4: the environment variable SINAN_TEST_MISSING is not set; set it before the command");
}

TEST(Workspace, ReadsItsSectionsAndFindsItselfFromBelow) {
  auto root = std::filesystem::temp_directory_path() / fmt::format("sinan-workspace-{}", ::getpid());
  std::filesystem::create_directories(root / "model");
  std::ofstream(root / "sinan.yaml") << "name: Acme\ntimezone: Asia/Shanghai\n";
  std::ofstream(root / "model" / "items.sql") << "SELECT 1";
  Diagnostics diagnostics;
  auto workspace = Workspace::open(root, diagnostics);
  ASSERT_TRUE(workspace && diagnostics.ok());
  EXPECT_EQ(workspace->zone().name(), "Asia/Shanghai");
  ASSERT_EQ(workspace->files("model").size(), 1U);
  EXPECT_EQ(workspace->files("model")[0]->shown_path, "model/items.sql");
  EXPECT_EQ(Workspace::find(root / "model"), std::filesystem::canonical(root));
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace sinan
