#include <gtest/gtest.h>

#include <cstring>

#include "base/mistakes.hpp"
#include "data/sources/conformance.hpp"
#include "data/sources/cursor_marks.hpp"
#include "data/sources/options.hpp"
#include "data/sources/postgres/copy_decoder.hpp"
#include "data/sources/spool.hpp"
#include "data/sources/values.hpp"

namespace sinan::sources {
namespace {

std::int64_t us(std::string_view time) { return parse_instant(time)->time_since_epoch().count(); }

TEST(LocalTime, FollowsTheClocksOfItsZone) {
  LocalTime berlin(*Zone::find("Europe/Berlin"));
  LocalTime apia(*Zone::find("Pacific/Apia"));
  // Each local time with the UTC time that the zone's published rules give it.
  for (const auto& [zone, local, utc] : std::vector<std::tuple<const LocalTime*, const char*, const char*>>{
           {&berlin, "2024-01-15T12:00", "2024-01-15T11:00"},
           {&berlin, "2024-07-15T12:00", "2024-07-15T10:00"},
           {&berlin, "2024-03-31T01:59:59", "2024-03-31T00:59:59"},
           {&berlin, "2024-03-31T02:30", "2024-03-31T01:30"},  // was not: moved forward
           {&berlin, "2024-03-31T03:00", "2024-03-31T01:00"},
           {&berlin, "2024-10-27T02:30", "2024-10-27T00:30"},  // was twice: the first
           {&berlin, "2024-10-27T03:00", "2024-10-27T02:00"},
           {&berlin, "1900-01-01T00:00", "1899-12-31T23:00"},
           {&apia, "2011-12-29T12:00", "2011-12-29T22:00"},  // 30 December 2011 was left out there
           {&apia, "2011-12-31T12:00", "2011-12-30T22:00"},
       })
    EXPECT_EQ(format_timestamp(Instant{std::chrono::microseconds{zone->to_utc(us(local))}}), format_timestamp(*parse_instant(utc)))
        << local;
}

// Infinite times, and such beyond any calendar, are as far away in every zone.
TEST(LocalTime, LeavesTheEndsOfTimeAsTheyAre) {
  LocalTime zone(*Zone::find("Europe/Berlin"));
  for (std::int64_t us : {INT64_MAX, INT64_MAX - 1, INT64_MIN, INT64_MIN + 1, std::int64_t{9'223'372'022'400'000'000}}) {
    EXPECT_EQ(zone.to_utc(us), us);
    EXPECT_EQ(zone.to_local(us), us);
  }
  for (std::int64_t us : {LocalTime::kFurthestUs - kZoneMarginUs, kZoneMarginUs - LocalTime::kFurthestUs})  // of very far years
    EXPECT_EQ(zone.to_local(zone.to_utc(us)), us);
}

TEST(LocalTime, GoingThereAndBackIsTheSameForEveryHourOfAYear) {
  LocalTime zone(*Zone::find("America/New_York"));
  for (std::int64_t at = us("2024-01-01"); at < us("2025-01-01"); at += std::int64_t{3600} * 1'000'000) {
    std::int64_t back = zone.to_utc(zone.to_local(at));
    EXPECT_TRUE(back == at || back == at - std::int64_t{3600} * 1'000'000) << at;  // the second of two equal hours is read as the first
  }
}

TEST(CursorMarks, TheNextReadBeginsAtTheLastMarkBeforeTheOldestTransaction) {
  CursorMarks marks;
  marks.add(100, 10);
  EXPECT_EQ(marks.settle(50), std::nullopt) << "a transaction older than all marks: everything";
  marks.add(200, 20);
  marks.add(300, 30);
  EXPECT_EQ(marks.settle(250), Json(20));
  EXPECT_EQ(marks.settle(299), Json(20));
  marks = CursorMarks(Json::parse(marks.to_json().dump()));
  EXPECT_EQ(marks.settle(300), Json(30));
  EXPECT_EQ(marks.settle(250), std::nullopt) << "older marks are forgotten; then everything is read";
}

TEST(CursorMarks, AMarkOfAnEmptyTableOrOfAClockSetBackIsNotTrusted) {
  CursorMarks marks;
  marks.add(100, Json());
  EXPECT_EQ(marks.settle(150), std::nullopt);
  marks.add(200, 5);
  marks.add(120, 6);  // the clock was set back: what claims to be later goes
  EXPECT_EQ(marks.settle(150), Json(6));
  for (std::int64_t i = 0; i < 1000; ++i) marks.add(1000 + i, i);
  EXPECT_LE(marks.to_json().size(), 64U);
  auto low = marks.settle(1500);
  ASSERT_TRUE(low);
  EXPECT_LE(low->get<std::int64_t>(), 500) << "thinning may only read more";
}

TEST(Address, IsTakenApartAndDecoded) {
  auto address = parse_address("mysql://us%40er:p%3Aw%2Fd@[::1]:3307/shop%20db?ssl-mode=required&ssl-ca=%2Fca.pem");
  ASSERT_TRUE(address) << address.error().text();
  EXPECT_EQ(address->user, "us@er");
  EXPECT_EQ(address->password, "p:w/d");
  EXPECT_EQ(address->host, "::1");
  EXPECT_EQ(address->port, 3307);
  EXPECT_EQ(address->database, "shop db");
  EXPECT_EQ(address->parameters.at("ssl-ca"), "/ca.pem");
  for (const char* bad :
       {"", "shop", "://x", "mysql://u:secret@h:99999/d", "mysql://u:sec%zzret@h/d", "mysql://u:secret@[::1/d", "mysql://h/d?x"}) {
    auto refused = parse_address(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().text().find("sec"), std::string::npos);
  }
}

TEST(Spool, GivesBackWhatItWasGiven) {
  Batch batch;
  batch.columns.emplace_back(Type{TypeId::kInt});
  batch.columns.emplace_back(Type{TypeId::kText});
  for (int i = 0; i < 100; ++i) {
    i % 3 ? batch.columns[0].append_int(i) : batch.columns[0].append_null();
    batch.columns[1].append_text(std::string(static_cast<std::size_t>(i), 'x'));
  }
  auto spool = Spool::create(1 << 20);
  ASSERT_TRUE(spool);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE((*spool)->append(batch));
  ASSERT_TRUE((*spool)->rewind());
  Batch back;
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ((*spool)->next(back), true);
    for (std::size_t c = 0; c < 2; ++c)
      for (std::size_t r = 0; r < 100; ++r) EXPECT_EQ(cell_value(back.columns[c], r), cell_value(batch.columns[c], r));
  }
  EXPECT_EQ((*spool)->next(back), false);
  auto small = Spool::create(100);
  EXPECT_EQ((*small)->append(batch).error().code, ErrorCode::kLimit);
}

// A stream of one row in PostgreSQL's binary format, as its documentation describes it.
std::string copy_stream(const std::vector<std::string>& values) {
  std::string out("PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0", 19);
  auto put16 = [&](std::size_t v) { out += {static_cast<char>(v >> 8), static_cast<char>(v)}; };
  put16(values.size());
  for (const std::string& value : values) {
    put16(0), put16(value.size());
    out += value;
  }
  return out + "\xFF\xFF";
}

TEST(CopyDecoder, DecodesAStreamHoweverItIsCut) {
  using postgres::Wire;
  LocalTime zone{Zone()};
  std::string stream = copy_stream({std::string("\0\0\0\0\0\0\0\x2A", 8), "text", std::string("\0\2\0\0\0\0\0\2\0\x0C\x0D\x48", 12)});
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    OddValues odd("t", false);
    postgres::CopyDecoder decoder(
        {{"i", {TypeId::kInt}, Wire::kInt8}, {"t", {TypeId::kText}, Wire::kBytes}, {"d", {TypeId::kDecimal, 6, 2}, Wire::kNumeric}}, "t",
        zone, odd);
    Batch batch = decoder.start();
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      auto fed = decoder.feed(std::string_view(stream).substr(at, piece), batch);
      ASSERT_TRUE(fed) << fed.error().text();
    }
    EXPECT_TRUE(decoder.ended());
    ASSERT_EQ(batch.rows(), 1U);
    EXPECT_EQ(batch.columns[0].ints[0], 42);
    EXPECT_EQ(batch.columns[1].text(0), "text");
    EXPECT_EQ(batch.columns[2].to_text(0), "12.34");
  }
}

TEST(CopyDecoder, RefusesWhatIsNoSuchStream) {
  LocalTime zone{Zone()};
  std::string good = copy_stream({std::string(8, '\0')});
  std::string bad_count = good;
  bad_count[20] = 9;
  std::string bad_size = good;
  bad_size[24] = 7;
  for (const std::string& stream : {std::string("no such thing at all, and long enough"), bad_count, bad_size, good + "more"}) {
    OddValues odd("t", false);
    postgres::CopyDecoder decoder({{"i", {TypeId::kInt}, postgres::Wire::kInt8}}, "t", zone, odd);
    Batch batch = decoder.start();
    auto fed = decoder.feed(stream, batch);
    EXPECT_TRUE(!fed || !decoder.ended()) << stream;
    if (!fed) EXPECT_EQ(fed.error().code, ErrorCode::kCorrupt);
  }
}

// The mistakes of sources/x.yaml: "line:column code".
std::vector<std::string> mistakes(const std::string& yaml) {
  return mistakes_in("sources/x.yaml", yaml, [](auto& workspace, auto& diagnostics) {
    EXPECT_TRUE(read_configs(workspace, diagnostics).empty()) << "a file with mistakes is left out";
  });
}

TEST(SourceConfig, EveryMistakeIsToldAtItsPlace) {
  EXPECT_EQ(mistakes("kind: postgrs\nconnection: x\n"), (std::vector<std::string>{"1:7 unknown_kind"}));
  EXPECT_EQ(mistakes("kind: sqlite\npaht: x.db\n"), (std::vector<std::string>{"1:1 missing_key", "2:1 unknown_key"}));
  EXPECT_EQ(mistakes("kind: postgres\nconnection: {hst: a}\ntimezone: Mars/Olympus\n"),
            (std::vector<std::string>{"2:14 unknown_key", "3:11 invalid_value"}));
  EXPECT_EQ(mistakes("kind: files\n"), (std::vector<std::string>{"1:1 missing_key"}));
  EXPECT_EQ(mistakes("kind: files\ntables:\n  t: {path: a.csv, delimeter: ';', types: {a: moneyy}}\n"),
            (std::vector<std::string>{"3:20 unknown_key", "3:47 invalid_value"}));
  EXPECT_EQ(mistakes("kind: sqlite\npath: a.db\nwrites: {purchase_orders: {columns: {a: itm_id, b: '=x'}, idempotency_key: k}}\n"),
            (std::vector<std::string>{"3:41 unknown_field"}));
}

TEST(SourceConfig, TheSchemaKnowsEveryKindAndItsKeys) {
  Json schema = config_schema();
  EXPECT_EQ(schema["properties"]["kind"]["enum"].size(), connectors().size());
  EXPECT_EQ(schema["allOf"].size(), connectors().size());
  EXPECT_TRUE(schema["properties"].contains("connection"));
  for (const ConnectorInfo& connector : connectors()) {
    EXPECT_FALSE(connector.summary.empty());
    for (const auto& [key, property] : connector.options_schema["properties"].items())
      EXPECT_TRUE(property.contains("description")) << connector.kind << "." << key;
  }
}

// Such an option would never reach the kind: the key is read above it.
TEST(SourceConfig, NoOptionOfAKindHasTheNameOfAKeyThatAllKindsShare) {
  auto expect_own = [](const Json& options, const Json& shared, const std::string& kind, std::string_view whose) {
    const Json own = options.value("properties", Json::object());
    for (const auto& [key, unused] : own.items())
      EXPECT_FALSE(shared["properties"].contains(key))
          << fmt::format("option '{}' of kind {} is one of the keys that every {} has: rename it", key, kind, whose);
  };
  for (const ConnectorInfo& connector : connectors()) {
    expect_own(connector.options_schema, schema_of_options<SourceConfig>(), connector.kind, "source");
    expect_own(connector.table_options_schema, schema_of_options<TableConfig>(), connector.kind, "table");
  }
}

TEST(SourceConfig, TheSchemaAsksForWhatAKindCannotDoWithout) {
  std::map<std::string, Json> needs;
  std::map<std::string, Json> tables_need;
  Json schema = config_schema();
  for (const Json& a_case : schema["allOf"]) {
    const std::string kind = a_case["if"]["properties"]["kind"]["const"];
    needs[kind] = a_case["then"].value("required", Json());
    tables_need[kind] = a_case["then"]["properties"]["tables"]["additionalProperties"].value("required", Json());
  }
  EXPECT_EQ(needs["sqlite"], Json::array({"path"}));
  EXPECT_EQ(needs["mysql"], Json::array({"connection"}));
  EXPECT_EQ(needs["postgres"], Json::array({"connection"}));
  EXPECT_EQ(tables_need["files"], Json::array({"path"}));
  EXPECT_EQ(tables_need["sqlite"], Json());
  const Json files = std::ranges::find_if(schema["allOf"], [](const Json& a_case) {
                       return a_case["if"]["properties"]["kind"]["const"] == "files";
                     })->at("then");
  EXPECT_EQ(files["anyOf"].dump(), R"([{"required":["folder"]},{"required":["tables"]}])");
}

}  // namespace
}  // namespace sinan::sources
