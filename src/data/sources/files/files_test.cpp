#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <fstream>

#include "data/sources/conformance.hpp"
#include "data/sources/values.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::sources::files {
namespace {

using conformance::config_from;
using conformance::LogicalRow;
using conformance::rows_of;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("sinan-files-test-{}", ::getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name, std::ios::binary) << text; }

  Result<std::unique_ptr<Source>> open(const std::string& tables, const Zone& zone = {}) {
    config_ = config_from("kind: files\nfolder: " + folder_.string() + "\n" + tables);
    return open_source(config_, {.base_dir = folder_, .zone = zone});
  }

  // All cells of a table, rows in order of the first column: "a|b; c|d".
  std::string read(const std::string& tables, const std::string& table = "t", const Zone& zone = {}) {
    auto source = open(tables, zone);
    if (!source) return source.error().text();
    auto info = (*source)->describe(table);
    if (!info) return info.error().text();
    std::vector<std::string> columns;
    types_.clear();
    for (const Field& field : info->schema.fields) {
      columns.push_back(field.name);
      types_ += (types_.empty() ? "" : " ") + field.type.sql();
    }
    auto snapshot = (*source)->snapshot();
    if (!snapshot) return snapshot.error().text();
    auto scan = (*snapshot)->scan({table, columns, {}});
    if (!scan) return scan.error().text();
    std::string out;
    try {
      for (const LogicalRow& row : rows_of(**scan)) {
        std::string line;
        for (const Value& value : row) line += (line.empty() ? "" : "|") + (value.null ? "NULL" : value_text(value));
        out += (out.empty() ? "" : "; ") + line;
      }
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return out;
  }

  std::filesystem::path folder_;
  SourceConfig config_;
  std::string types_;
};

TEST_F(Files, AMissingFileIsToldAtThePathOfItsTable) {
  write("good.csv", "id\n1\n");
  const SourceConfig config =
      config_from("kind: files\nfolder: " + folder_.string() +
                  "\ntables:\n  good: {path: good.csv, key: [nr]}\n  gone: {path: gone.csv}\n  lost: {path: lost-*.csv}\n");
  Diagnostics diagnostics;
  check_source(config, {.base_dir = folder_}, diagnostics);
  std::vector<std::string> told;
  for (const Diagnostic& d : diagnostics.sorted()) told.push_back(fmt::format("{}:{} {}", d.place.line, d.place.column, d.code));
  EXPECT_EQ(told, (std::vector<std::string>{"4:32 unknown_column", "5:16 not_found", "6:16 not_found"}));
}

TEST_F(Files, CsvTypesAreThoseOfAllValues) {
  write("t.csv", "id;sold;price;ok;note\n1;2024-03-01;2,50;true;\"a;b\"\n2;2024-03-02;10,00;false;\n");
  EXPECT_EQ(read("tables: {t: {path: t.csv, decimal_separator: ','}}"), "1|2024-03-01|2.5|true|a;b; 2|2024-03-02|10|false|NULL");
  EXPECT_EQ(types_, "bigint date double boolean text");
}

TEST_F(Files, ACodeThatLooksLikeANumberStaysText) {
  std::string csv = "id,ean,zip,amount\n";
  for (int i = 1; i < 30'000; ++i) csv += fmt::format("{},4006381333931,{},0.5\n", i, 10'000 + i);
  csv += "30000,40063813339310000001,01067,0.25\n";
  write("t.csv", csv);
  std::string all = read("tables: {t: {path: t.csv}}");
  EXPECT_EQ(types_, "bigint text text double");
  EXPECT_TRUE(all.ends_with("30000|40063813339310000001|01067|0.25")) << all.substr(all.size() - 60);
}

TEST_F(Files, TypesCanBePinned) {
  write("t.csv", "id,price,code\n1,2.555,7\n");
  EXPECT_EQ(read("tables: {t: {path: t.csv, types: {price: 'decimal(18,4)', code: text}}}"), "1|2.5550|7");
  EXPECT_EQ(types_, "bigint decimal(18,4) text");
  write("t.jsonl", "{\"id\":1,\"price\":2.5}\n");
  EXPECT_EQ(read("tables: {t: {path: t.jsonl, types: {price: 'decimal(18,4)'}}}"), "1|2.5000");
}

TEST_F(Files, ACellThatIsNoValueOfItsColumnIsToldWithItsLineAndTheWayOut) {
  write("t.csv", "id,n\n1,2\n2,\"no, 7 to 'x'\"\n");
  EXPECT_EQ(read("tables: {t: {path: t.csv, types: {n: bigint}}}"),
            (folder_ / "t.csv").string() +
                ":3: the column 'n' holds 'no, 7 to 'x'', which is no bigint: mend it, or read the column as text (types: {n: text})");
  write("u.csv", "id,n\n1,2024-13-45\n");
  EXPECT_TRUE(read("tables: {t: {path: '?.csv', types: {n: date}}}").contains("which is no date"));
}

TEST_F(Files, JsonLinesKeepNestedValuesAsText) {
  write("t.jsonl", "{\"id\":1,\"at\":\"2024-03-01T10:00:00Z\",\"tags\":[\"a\",\"b\"],\"deep\":{\"x\":1}}\n{\"id\":2,\"extra\":\"日本\"}\n");
  EXPECT_EQ(read("tables: {t: {path: t.jsonl}}"), "1|2024-03-01 10:00:00|[\"a\",\"b\"]|{\"x\":1}|NULL; 2|NULL|NULL|NULL|日本");
}

TEST_F(Files, APatternIsOneTableAndColumnsGoByName) {
  write("t-1.csv", "id,a\n1,x\n");
  write("t-2.csv", "a,id,b\ny,2,new\n");
  EXPECT_EQ(read("tables: {t: {path: 't-*.csv'}}"), "1|x|NULL; 2|y|new");
}

TEST_F(Files, AFolderWithoutTablesIsOneTableAFile) {
  write("one.csv", "id\n1\n");
  write("two.jsonl", "{\"id\":2}\n");
  write("notes.md", "not data");
  auto source = open("");
  ASSERT_TRUE(source);
  auto tables = (*source)->discover();
  ASSERT_TRUE(tables) << tables.error().text();
  ASSERT_EQ(tables->size(), 2U);
  EXPECT_EQ((*tables)[0].name, "one");
  EXPECT_EQ((*tables)[1].name, "two");
}

TEST_F(Files, TimesWithoutAnOffsetAreLocal) {
  write("t.csv", "id,at\n1,2024-01-15 12:00:00\n2,2024-07-15 12:00:00\n3,2024-03-31 02:30:00\n4,2024-10-27 02:30:00\n");
  // Berlin is UTC+1, in summer UTC+2. 02:30 on 31 March never was, and moves to 03:30; on 27 October it was twice, and is the first.
  EXPECT_EQ(read("tables: {t: {path: t.csv}}", "t", *Zone::find("Europe/Berlin")),
            "1|2024-01-15 11:00:00; 2|2024-07-15 10:00:00; 3|2024-03-31 01:30:00; 4|2024-10-27 00:30:00");
}

TEST_F(Files, BadFilesAreClearErrors) {
  write("t.csv", "id,name\n1,\xff\xfe\xfa\n");
  EXPECT_NE(read("tables: {t: {path: t.csv}}").find("t.csv"), std::string::npos);
  write("t.parquet", "PAR1 this is no parquet file");
  EXPECT_NE(read("tables: {t: {path: t.parquet}}").find("t.parquet"), std::string::npos);
  write("t.csv.gz", "not compressed");
  EXPECT_NE(read("tables: {t: {path: t.csv.gz}}").find("t.csv.gz"), std::string::npos);
  std::string missing = read("tables: {t: {path: 'nothing-*.csv'}}");
  EXPECT_NE(missing.find("there is no such file"), std::string::npos) << missing;
}

TEST_F(Files, ADamagedFileIsToldInOneSentenceWithTheWayOut) {
  std::string rows = "id,name\n";
  for (int i = 0; i < 3000; ++i) rows += fmt::format("{},\"Item, no {}\"\n", i, i);
  struct {
    std::string name, bytes, options, words;
  } cases[] = {
      {"cut.csv", rows.substr(0, rows.find("2500,") + 9), "", "cut.csv:2502: a quote that begins a value is not closed"},
      {"binary.csv", std::string("\x7f\x45\x4c\x46\x00\x01\xff\xfe\"\n\"\x00\n", 13), "", "encoding"},
      {"latin.csv", "id,name\n1,M\xfcller\n", "", "encoding: latin-1"},
      {"utf16.csv", std::string("\xff\xfei\0d\0\n\0001\0\n\0", 12), "", "encoding: utf-16"},
      {"cut.jsonl", "{\"id\": 1}\n{\"id\": 2, \"na", "", "JSON"},
  };
  for (const auto& [name, bytes, options, words] : cases) {
    SCOPED_TRACE(name);
    write(name, bytes);
    std::string said = read("tables: {t: {path: " + name + options + "}}");
    EXPECT_NE(said.find(name), std::string::npos) << said;
    EXPECT_NE(said.find(words), std::string::npos) << said;
    EXPECT_EQ(said.find("Possible"), std::string::npos) << said;
    EXPECT_LT(said.size(), folder_.string().size() + 300) << said;
  }
}

// DuckDB takes such a file for one column, and would read it as that.
TEST_F(Files, ARowWithMoreOrFewerValuesIsAnErrorWithItsLine) {
  for (const char* row : {"3,c,7", "3", "3,c,"}) {
    write("t.csv", fmt::format("id,name\n1,a\n2,\"b, with a comma\"\n{}\n4,d\n", row));
    std::string said = read("tables: {t: {path: t.csv}}\n");
    EXPECT_TRUE(said.contains("t.csv:4: the row has ")) << row << ": " << said;
    EXPECT_TRUE(said.contains("the first has 2")) << said;
  }
  write("t.csv", "\"a,b\"\n1\n2\n");
  EXPECT_EQ(read("tables: {t: {path: t.csv}}\n"), "1; 2") << "one column, with a comma in its name";
  write("t.csv", "");
  EXPECT_TRUE(read("tables: {t: {path: t.csv}}\n").contains("the file is empty"));
}

// DuckDB looks for quotes in the first thousands of rows, and leaves out lines at the head that do not fit the rest.
TEST_F(Files, LateQuotesAreQuotesAndNoRowIsLeftOut) {
  std::string text = "id,name\n";
  for (int i = 0; i < 30'000; ++i) text += fmt::format("{},chair\n", i);
  write("t.csv", text + "30000,\"Chair, oak\"\n");
  EXPECT_TRUE(read("tables: {t: {path: t.csv}}\n").ends_with("30000|Chair, oak"));
  text = "id,amount\n1,2\n2,3\n";
  for (int i = 0; i < 50; ++i) text += fmt::format("{},{},5\n", i, i);
  write("t.csv", text);
  EXPECT_TRUE(read("tables: {t: {path: t.csv}}\n").contains("t.csv:4: the row has 3 values, the first has 2"));
  write("t.csv", "Report of March, in full\n\nid,name,n\n1,a,1\n2,b,1\n");
  EXPECT_EQ(read("tables: {t: {path: t.csv}}\n"), "1|a|1; 2|b|1") << "nor is one with a comma";
  write("t.csv", "Report of March\n\nid,name\n1,a\n2,b\n");
  EXPECT_EQ(read("tables: {t: {path: t.csv}}\n"), "1|a; 2|b") << "a heading is no row";
}

// DuckDB reads up to where it was cut off, as if that were all.
TEST_F(Files, ACompressedFileThatWasCutOffIsAnError) {
  std::string text = "id,name\n";
  for (int i = 0; i < 5'000; ++i) text += fmt::format("{},name {}\n", i, i * 7'919 % 5'003);
  gzFile out = ::gzopen((folder_ / "t.csv.gz").c_str(), "wb");
  ASSERT_EQ(::gzwrite(out, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size()));
  ASSERT_EQ(::gzclose(out), Z_OK);
  EXPECT_TRUE(read("tables: {t: {path: t.csv.gz}}\n").starts_with("0|name 0; 1|name "));
  const auto whole = std::filesystem::file_size(folder_ / "t.csv.gz");
  for (auto left : {whole - 1, whole - 9, whole / 2, std::uintmax_t{30}}) {
    std::filesystem::resize_file(folder_ / "t.csv.gz", left);
    std::string said = read("tables: {t: {path: t.csv.gz}}\n");
    EXPECT_TRUE(said.contains("the compressed file is cut off; fetch it again")) << left << ": " << said;
  }
}

TEST_F(Files, AFileThatIsCutInsideAQuoteIsAnErrorWithItsLineAndNeverReadAsUnquoted) {
  struct {
    std::string name, bytes;
    int line;
  } cases[] = {
      {"two_lines.csv", "a,b,c\n1,x,2\n2,\"cut\ninside,3\n", 3},          {"one_line.csv", "a,b,c\n1,x,2\n2,\"cut inside,3\n", 3},
      {"semicolons.csv", "a;b\n1;\"good\nvalue\"\n2;\"cut\noff", 4},      {"header.csv", "a,\"b\n1,2\n", 1},
      {"windows.csv", "a,b\r\n1,\"one, \"\"two\"\"\"\r\n2,\"cut\r\n", 3},
  };
  for (const auto& [name, bytes, line] : cases) {
    SCOPED_TRACE(name);
    write(name, bytes);
    std::string said = read("tables: {t: {path: " + name + "}}");
    EXPECT_NE(said.find(fmt::format("{}:{}: a quote", name, line)), std::string::npos) << said;
  }
  write("stray.csv", "a,b\n1,\"not closed\n2,\"x\"\n3,\"y\"\n");
  EXPECT_NE(read("tables: {t: {path: stray.csv}}").find("stray.csv:2: a quote"), std::string::npos);
  // Quotes that are part of values.
  write("names.csv", "id,name\n1,\"Super\" glue\n2,see;\"A\" b\n");
  EXPECT_EQ(read("tables: {t: {path: names.csv}}"), "1|\"Super\" glue; 2|see;\"A\" b");
  write("inches.csv", "id,size\n1,5\" pipe\n2,7\" pipe\n");
  EXPECT_EQ(read("tables: {t: {path: inches.csv}}"), "1|5\" pipe; 2|7\" pipe");
  write("doubled.csv", "id,said\n1,\"yes, \"\"no\"\",\"\"\"\n2,\"two\nlines\"\n");
  EXPECT_EQ(read("tables: {t: {path: doubled.csv}}"), "1|yes, \"no\",\"; 2|two\nlines");
  write("apostrophes.csv", "id,said\n1,'a,\"b'\n2,'\"c'\n");
  EXPECT_EQ(read("tables: {t: {path: apostrophes.csv, quote: \"'\"}}"), "1|a,\"b; 2|\"c");
}

TEST_F(Files, AParquetFileThatIsDamagedInTheMiddleSaysSoOnce) {
  auto engine = duck::Database::open({.memory_mb = 256, .threads = 1});
  auto connection = engine->connect();
  auto path = (folder_ / "t.parquet").string();
  ASSERT_TRUE(connection->execute("COPY (SELECT range AS id, 'name ' || hash(range) AS name FROM range(200000)) TO '" + path +
                                  "' (FORMAT parquet)"));
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path) / 2));
  file << std::string(20000, '\x5a') << std::flush;
  std::string said = read("tables: {t: {path: t.parquet}}");
  EXPECT_NE(said.find("t.parquet"), std::string::npos) << said;
  EXPECT_EQ(said.find("Attempting to"), std::string::npos) << said;
}

TEST_F(Files, NewFilesAreReadAloneAndAChangedOneReplacesAll) {
  write("t-1.csv", "id\n1\n2\n");
  auto source = open("tables: {t: {path: 't-*.csv'}}");
  auto options = change_options(config_, *(*source)->describe("t"));
  Position position;
  auto next_read = [&] {
    auto snapshot = (*source)->snapshot();
    Position next;
    auto changes = (*snapshot)->changes(options, position, next);
    position = next;
    return std::make_pair(changes->replaces_all, rows_of(*changes->upserts).size());
  };
  EXPECT_EQ(next_read(), std::make_pair(true, std::size_t{2}));
  EXPECT_EQ(next_read(), std::make_pair(false, std::size_t{0}));
  write("t-2.csv", "id\n3\n");
  EXPECT_EQ(next_read(), std::make_pair(false, std::size_t{1}));
  write("t-1.csv", "id\n1\n2\n9\n");
  EXPECT_EQ(next_read(), std::make_pair(true, std::size_t{4}));
  std::filesystem::remove(folder_ / "t-2.csv");
  EXPECT_EQ(next_read(), std::make_pair(true, std::size_t{3}));
}

TEST_F(Files, APathMayComeFromTheEnvironment) {
  write("t.csv", "id\n7\n");
  ::setenv("SINAN_TEST_FILE", (folder_ / "t.csv").c_str(), 1);
  EXPECT_EQ(read("tables: {t: {path: '${SINAN_TEST_FILE}'}}"), "7");
  ::unsetenv("SINAN_TEST_FILE");
  EXPECT_NE(read("tables: {t: {path: '${SINAN_TEST_FILE}'}}").find("SINAN_TEST_FILE"), std::string::npos);
}

}  // namespace
}  // namespace sinan::sources::files
