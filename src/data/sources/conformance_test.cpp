#include "data/sources/conformance.hpp"

#include <gtest/gtest.h>

#include "data/sources/values.hpp"

namespace sinan::sources {

#define SINAN_CONNECTOR(name)                      \
  namespace name {                                 \
  std::unique_ptr<conformance::Fixture> fixture(); \
  }
#include "data/sources/connectors.inc"
#undef SINAN_CONNECTOR

namespace conformance {
namespace {

using FixtureMaker = std::unique_ptr<Fixture> (*)();

class Conformance : public ::testing::TestWithParam<std::pair<const char*, FixtureMaker>> {
 protected:
  void SetUp() override {
    fixture_ = GetParam().second();
    fixture_->create();
    rows_ = nasty_rows();
    for (LogicalRow& row : rows_)
      for (std::size_t c = 0; c < row.size(); ++c)
        if (!row[c].null && !fixture_->holds(things().fields[c], row[c])) row[c] = null(things().fields[c].type);
  }

  std::unique_ptr<Source> open(const std::string& extra = {}, OpenContext context = {}, const std::string& table_extra = {}) {
    std::string table = fixture_->table_options("things");
    if (!table.empty() && !table_extra.empty()) table += ", ";
    table += table_extra;
    config_ = config_from(fixture_->yaml() + extra + (table.empty() ? "" : "tables:\n  things: {" + table + "}\n"));
    context.base_dir = std::filesystem::temp_directory_path();
    auto source = open_source(config_, context);
    if (!source) throw std::runtime_error(source.error().text());
    return std::move(*source);
  }

  static std::vector<std::string> all_columns() {
    std::vector<std::string> out;
    for (const Field& field : things().fields) out.push_back(field.name);
    return out;
  }

  static std::vector<LogicalRow> scan(Snapshot& snapshot, const ScanRequest& request) {
    auto scan = snapshot.scan(request);
    if (!scan) throw std::runtime_error(scan.error().text());
    return rows_of(**scan);
  }

  static std::vector<std::string> texts(const std::vector<LogicalRow>& rows) {
    std::vector<std::string> out;
    for (const LogicalRow& row : rows) out.push_back(text_of(row));
    return out;
  }

  std::unique_ptr<Fixture> fixture_;
  std::vector<LogicalRow> rows_;
  SourceConfig config_;
};

TEST_P(Conformance, DescribesItsTableWithTypesAndKey) {
  fixture_->put(rows_);
  auto source = open();
  auto tables = source->discover();
  ASSERT_TRUE(tables) << tables.error().text();
  ASSERT_TRUE(std::any_of(tables->begin(), tables->end(), [](const TableInfo& t) { return t.name == "things"; }));
  auto info = source->describe("things");
  ASSERT_TRUE(info) << info.error().text();
  for (std::size_t i = 0; i < things().fields.size(); ++i) {
    EXPECT_EQ(info->schema.fields[i].name, things().fields[i].name);
    EXPECT_EQ(info->schema.fields[i].type.sql(), things().fields[i].type.sql()) << info->schema.fields[i].name;
  }
  EXPECT_EQ(info->key, std::vector<std::string>{"id"});
}

TEST_P(Conformance, AnUnknownTableIsNotFoundAndTheNearestNamed) {
  fixture_->put(rows_);
  auto missing = open()->describe("thing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message.find("did you mean 'things'"), std::string::npos) << missing.error().message;
}

TEST_P(Conformance, ATableThatIsGoneIsAnErrorOfItsOwnAndTheOthersCanBeRead) {
  fixture_->put(rows_);
  config_ = config_from(fixture_->yaml() + fmt::format("tables:\n  things: {{{}}}\n  gone: {{{}}}\n", fixture_->table_options("things"),
                                                       fixture_->table_options("gone")));
  auto source = open_source(config_, {.base_dir = std::filesystem::temp_directory_path()});
  ASSERT_TRUE(source) << source.error().text();
  auto all = (*source)->discover();
  ASSERT_FALSE(all) << "a list without the table would hide that it is gone";
  EXPECT_EQ(all.error().code, ErrorCode::kPrecondition) << all.error().text();
  auto described = (*source)->describe("gone");
  ASSERT_FALSE(described);
  EXPECT_EQ(described.error().code, ErrorCode::kPrecondition) << described.error().text();
  auto things = (*source)->describe("things");
  EXPECT_TRUE(things) << things.error().text();
  auto snapshot = (*source)->snapshot();
  ASSERT_TRUE(snapshot) << snapshot.error().text();
  auto read = (*snapshot)->scan({"gone", {}, {}});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kNotFound) << read.error().text();
  EXPECT_EQ(scan(**snapshot, {"things", {"id"}, {}}).size(), rows_.size());
}

TEST_P(Conformance, AScanBringsEveryValueAsItWasPut) {
  fixture_->put(rows_);
  auto source = open();
  auto snapshot = source->snapshot();
  ASSERT_TRUE(snapshot) << snapshot.error().text();
  EXPECT_EQ(texts(scan(**snapshot, {"things", all_columns(), {}})), texts(rows_));
}

TEST_P(Conformance, AScanBringsTheColumnsInTheOrderAsked) {
  fixture_->put(rows_);
  auto source = open();
  auto snapshot = source->snapshot();
  ASSERT_TRUE(snapshot) << snapshot.error().text();
  auto two = scan(**snapshot, {"things", {"id", "t"}, {}});
  ASSERT_EQ(two.size(), rows_.size());
  for (std::size_t i = 0; i < two.size(); ++i) EXPECT_EQ(text_of(two[i]), text_of({rows_[i][0], rows_[i][4]}));
  EXPECT_EQ(scan(**snapshot, {"things", {}, {}}).size(), rows_.size());
}

// Every filter that a connector says it answers, over every pair of nasty values, against the same filter applied here.
void compare_filters(Source& source, bool answers_filters, const std::vector<std::string>& columns,
                     const std::function<std::vector<LogicalRow>(const ScanRequest&)>& scan) {
  auto everything = scan({"things", columns, {}});
  int pushed = 0;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::vector<Filter> filters;
    for (CompareOp op : {CompareOp::kIsNull, CompareOp::kIsNotNull}) filters.push_back({columns[c], op, {}});
    std::vector<Value> constants = c == 0 ? std::vector<Value>{integer(3), integer(0)} : nasty_values()[c];
    for (const Value& constant : constants)
      for (CompareOp op : {CompareOp::kEqual, CompareOp::kNotEqual, CompareOp::kLess, CompareOp::kLessEqual, CompareOp::kGreater,
                           CompareOp::kGreaterEqual})
        filters.push_back({columns[c], op, {constant}});
    filters.push_back({columns[c], CompareOp::kIn, {constants.front(), constants.back()}});
    for (const Filter& filter : filters) {
      Pushdown how = source.pushdown("things", filter);
      if (how == Pushdown::kNone) continue;
      ++pushed;
      std::vector<std::string> expected;
      for (const LogicalRow& row : everything)
        if (satisfies(row[c], filter)) expected.push_back(text_of(row));
      std::vector<std::string> got;
      for (const LogicalRow& row : scan({"things", columns, {filter}}))
        if (how == Pushdown::kExact || satisfies(row[c], filter)) got.push_back(text_of(row));
      EXPECT_EQ(got, expected) << columns[c] << " op " << static_cast<int>(filter.op) << " "
                               << (filter.values.empty() ? "" : text_of({filter.values[0]})) << "\n  "
                               << source.explain({"things", columns, {filter}});
    }
  }
  if (answers_filters)
    EXPECT_GT(pushed, 16);
  else
    EXPECT_EQ(pushed, 0);
}

TEST_P(Conformance, EveryPushedFilterAgreesWithTheSameFilterAppliedHere) {
  fixture_->put(rows_);
  auto source = open();
  auto snapshot = source->snapshot();
  ASSERT_TRUE(snapshot) << snapshot.error().text();
  ASSERT_TRUE(source->describe("things"));
  compare_filters(*source, fixture_->answers_filters(), all_columns(),
                  [&](const ScanRequest& request) { return scan(**snapshot, request); });
}

TEST_P(Conformance, FiltersAgreeInAZoneWhoseClocksChange) {
  fixture_->put(rows_);
  auto source = open("timezone: Europe/Berlin\n");
  auto snapshot = source->snapshot();
  ASSERT_TRUE(snapshot) << snapshot.error().text();
  ASSERT_TRUE(source->describe("things"));
  compare_filters(*source, fixture_->answers_filters(), {"id", "n", "x", "d", "t", "on", "at"},
                  [&](const ScanRequest& request) { return scan(**snapshot, request); });
}

TEST_P(Conformance, TimesWithoutAnOffsetAreOfTheTimeZoneOfTheSourceElseOfTheWorkspace) {
  std::vector<LogicalRow> rows{rows_[0], rows_[1]};
  rows[0][6] = at("2024-01-15T12:00");
  rows[1][6] = at("2024-07-15T12:00");
  fixture_->put(rows);
  // Berlin is one hour before UTC, and two in summer; Shanghai is eight.
  std::vector<std::string> berlin{"1 | 2024-01-15 11:00:00", "2 | 2024-07-15 10:00:00"};
  std::vector<std::string> shanghai{"1 | 2024-01-15 04:00:00", "2 | 2024-07-15 04:00:00"};
  if (!fixture_->local_times()) berlin = shanghai = {"1 | 2024-01-15 12:00:00", "2 | 2024-07-15 12:00:00"};
  for (const auto& [timezone, expected] : {std::pair{"timezone: Europe/Berlin\n", berlin}, std::pair{"", shanghai}}) {
    auto source = open(timezone, {.zone = *Zone::find("Asia/Shanghai")});
    auto snapshot = source->snapshot();
    ASSERT_TRUE(snapshot) << snapshot.error().text();
    EXPECT_EQ(texts(scan(**snapshot, {"things", {"id", "at"}, {}})), expected) << timezone;
  }
}

TEST_P(Conformance, SeveralScansMayBeOpenAtOnceAndOneMayBeGivenUp) {
  fixture_->put(rows_);
  auto source = open();
  auto snapshot = source->snapshot();
  ASSERT_TRUE(snapshot) << snapshot.error().text();
  ScanRequest request{"things", {"id"}, {}};
  auto first = (*snapshot)->scan(request);
  ASSERT_TRUE(first) << first.error().text();
  auto given_up = (*snapshot)->scan(request);
  ASSERT_TRUE(given_up) << given_up.error().text();
  auto second = (*snapshot)->scan(request);
  ASSERT_TRUE(second) << second.error().text();
  given_up->reset();
  EXPECT_EQ(rows_of(**second).size(), rows_.size());
  EXPECT_EQ(rows_of(**first).size(), rows_.size());
  first->reset();
  second->reset();
  EXPECT_EQ(scan(**snapshot, request).size(), rows_.size());
}

TEST_P(Conformance, ASnapshotSeesNothingOfWhatComesLater) {
  fixture_->put({rows_[0], rows_[1]});
  auto source = open();
  auto snapshot = source->snapshot();
  ASSERT_TRUE(snapshot) << snapshot.error().text();
  EXPECT_EQ((*snapshot)->consistent(), fixture_->consistent());
  fixture_->put({rows_[2]});
  if (!fixture_->versioned()) {
    auto changed = (*snapshot)->scan({"things", all_columns(), {}});
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, ErrorCode::kConflict);
    return;
  }
  EXPECT_EQ(scan(**snapshot, {"things", all_columns(), {}}).size(), 2U);
  snapshot->reset();
  auto later = source->snapshot();
  ASSERT_TRUE(later) << later.error().text();
  EXPECT_EQ(scan(**later, {"things", all_columns(), {}}).size(), 3U);
}

// Enough that some are still to come when the first batch is there.
std::vector<LogicalRow> many_rows() {
  std::vector<LogicalRow> rows;
  for (std::int64_t id = 1; id <= 10'000; ++id) {
    LogicalRow& row = rows.emplace_back(LogicalRow{integer(id), integer(-id)});
    for (std::size_t c = 2; c < things().fields.size(); ++c) row.push_back(null(things().fields[c].type));
  }
  return rows;
}

TEST_P(Conformance, AScanOfManyRowsBringsEachOnceAndAfterItsEndNothing) {
  auto rows = many_rows();
  fixture_->put(rows);
  auto source = open();
  auto snapshot = source->snapshot();
  ASSERT_TRUE(snapshot) << snapshot.error().text();
  auto scan = (*snapshot)->scan({"things", {"id", "n"}, {}});
  ASSERT_TRUE(scan) << scan.error().text();
  std::set<std::int64_t> ids;
  std::size_t count = 0;
  Batch batch;
  auto more = (*scan)->next(batch);
  for (; more && *more && count <= rows.size(); more = (*scan)->next(batch)) {
    EXPECT_GT(batch.rows(), 0U);
    EXPECT_LE(batch.rows(), Scan::kMostRows);
    count += batch.rows();
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      ids.insert(batch.columns[0].ints[row]);
      ASSERT_EQ(batch.columns[1].ints[row], -batch.columns[0].ints[row]);
    }
  }
  ASSERT_TRUE(more) << more.error().text();
  EXPECT_EQ(count, rows.size());
  EXPECT_EQ(ids.size(), rows.size());
  for (int again = 0; again < 2; ++again) {
    more = (*scan)->next(batch);
    ASSERT_TRUE(more) << more.error().text();
    EXPECT_FALSE(*more) << "after its end, a scan has nothing more";
  }
}

TEST_P(Conformance, CancellingEndsAScanAtItsBeginningAndInItsMiddle) {
  fixture_->put(many_rows());
  for (bool begun : {false, true}) {
    CancelToken cancel;
    auto source = open({}, {.cancel = &cancel});
    auto snapshot = source->snapshot();
    ASSERT_TRUE(snapshot) << snapshot.error().text();
    if (!begun) cancel.cancel();
    auto scan = (*snapshot)->scan({"things", all_columns(), {}});
    Batch batch;
    auto more = scan ? (*scan)->next(batch) : Result<bool>(std::unexpected(scan.error()));
    if (begun) {
      ASSERT_EQ(more, true);
      cancel.cancel();
      more = (*scan)->next(batch);
    }
    ASSERT_FALSE(more) << "every next() looks at the token; cancelled in the middle: " << begun;
    EXPECT_EQ(more.error().code, ErrorCode::kCancelled);
  }
}

TEST_P(Conformance, AScanSeesNothingOfWhatComesWhileItIsRead) {
  auto rows = many_rows();
  fixture_->put(rows);
  auto source = open();
  auto snapshot = source->snapshot();
  ASSERT_TRUE(snapshot) << snapshot.error().text();
  auto scan = (*snapshot)->scan({"things", {"id", "n"}, {}});
  ASSERT_TRUE(scan) << scan.error().text();
  Batch batch;
  auto more = (*scan)->next(batch);
  ASSERT_TRUE(more) << more.error().text();
  LogicalRow changed = rows.back(), added = rows.back();
  changed[1] = integer(0);
  added[0] = integer(1'000'000);
  fixture_->put({changed, added});
  std::int64_t sum = 0;
  std::size_t count = 0;
  for (; more && *more && count <= rows.size(); more = (*scan)->next(batch)) {
    count += batch.rows();
    for (std::size_t row = 0; row < batch.rows(); ++row) sum += batch.columns[0].ints[row] + batch.columns[1].ints[row];
  }
  if (!fixture_->versioned()) {
    ASSERT_FALSE(more) << "the end of the scan must say that the data changed";
    EXPECT_EQ(more.error().code, ErrorCode::kConflict) << more.error().text();
    return;
  }
  ASSERT_TRUE(more) << more.error().text();
  EXPECT_EQ(count, rows.size());
  EXPECT_EQ(sum, 0);
}

// Applies changes to a model of the table, as sync does to the lake.
class Replica {
 public:
  void read(Source& source, const ChangeOptions& options, bool expect_all) {
    auto snapshot = source.snapshot();
    ASSERT_TRUE(snapshot) << snapshot.error().text();
    Position next;
    auto changes = (*snapshot)->changes(options, position_, next);
    ASSERT_TRUE(changes) << changes.error().text();
    if (expect_all) EXPECT_TRUE(changes->replaces_all);
    if (changes->replaces_all) rows_.clear();
    last_ = 0;
    for (const LogicalRow& row : rows_of(*changes->upserts)) {
      rows_[row[0].integer] = text_of(row);
      ++last_;
    }
    if (changes->present_keys) {
      std::map<std::int64_t, std::string> kept;
      for (const LogicalRow& key : rows_of(*changes->present_keys)) kept[key[0].integer] = rows_[key[0].integer];
      rows_ = std::move(kept);
    }
    position_.state = Json::parse(next.state.dump());
  }

  std::vector<std::string> rows() const {
    std::vector<std::string> out;
    for (const auto& [id, row] : rows_) out.push_back(row);
    return out;
  }
  std::size_t last() const { return last_; }

 private:
  Position position_;
  std::map<std::int64_t, std::string> rows_;
  std::size_t last_ = 0;
};

TEST_P(Conformance, ChangesBringInsertedChangedAndDeletedRows) {
  fixture_->put(rows_);
  auto source = open({}, {}, "cursor: n");
  auto info = source->describe("things");
  ASSERT_TRUE(info) << info.error().text();
  auto options = change_options(config_, *info);
  EXPECT_EQ(options.cursor, "n");
  Replica replica;
  replica.read(*source, options, true);
  EXPECT_EQ(replica.rows(), texts(rows_));
  auto changed = rows_;
  changed[1][1] = integer(INT64_MAX);
  changed[1][4] = text("changed");
  LogicalRow added = changed[2];
  added[0] = integer(1000);
  added[1] = integer(INT64_MAX);
  changed.push_back(added);
  fixture_->put({changed[1], added});
  fixture_->remove(changed[0][0].integer);
  changed.erase(changed.begin());
  replica.read(*source, options, false);
  EXPECT_EQ(replica.rows(), texts(changed));
  replica.read(*source, options, false);
  EXPECT_EQ(replica.rows(), texts(changed));
}

TEST_P(Conformance, ARowIsWrittenOncePerKey) {
  if (!fixture_->create_orders()) {
    fixture_->put(rows_);
    EXPECT_EQ(open()->writer(), nullptr);
    return;
  }
  auto writer = open()->writer();
  ASSERT_NE(writer, nullptr);
  auto good = writer->check("orders", "order_key", {"item", "quantity", "number"});
  EXPECT_TRUE(good) << good.error().text();
  WriteRequest request{
      "orders", "order_key", "k-1", {{"item", text("it's \"quoted\" \\ 日本")}, {"quantity", decimal(1250)}, {"number", integer(7)}}};
  auto first = writer->write(request);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(*first, WriteOutcome::kWritten);
  request.values[1].second = decimal(9900);
  auto again = open()->writer()->write(request);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(*again, WriteOutcome::kAlreadyThere);
  EXPECT_EQ(fixture_->orders(), (std::vector<std::vector<std::string>>{{"k-1", "it's \"quoted\" \\ 日本", "12.50", "7"}}));
  // A conflict on another column is an error, never taken for a row that is there.
  request.idempotency_key = "k-2";
  auto other = writer->write(request);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kConflict) << other.error().text();
  request.values[2].second = integer(8);
  auto second = writer->write(request);
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_EQ(fixture_->orders().size(), 2U);
}

TEST_P(Conformance, ATableThatCouldTakeARowTwiceIsRefused) {
  if (!fixture_->create_orders()) return;
  auto writer = open()->writer();
  EXPECT_FALSE(writer->check("loose", "order_key", {"item", "quantity", "number"})) << "no unique index";
  EXPECT_FALSE(writer->check("orders", "order_key", {"quantity"})) << "item may not be null";
  EXPECT_FALSE(writer->check("orders", "number", {"item"})) << "not a text column";
  auto unknown = writer->check("orders", "order_key", {"itm"});
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("'item'"), std::string::npos) << unknown.error().message;
  auto table = writer->check("order", "order_key", {"item"});
  ASSERT_FALSE(table);
  EXPECT_NE(table.error().message.find("'orders'"), std::string::npos) << table.error().message;
}

const std::vector<std::pair<const char*, FixtureMaker>> kEvery{
#define SINAN_CONNECTOR(name) {#name, &name::fixture},
#include "data/sources/connectors.inc"
#undef SINAN_CONNECTOR
};
INSTANTIATE_TEST_SUITE_P(Every, Conformance, ::testing::ValuesIn(kEvery), [](const auto& info) { return std::string(info.param.first); });

}  // namespace
}  // namespace conformance
}  // namespace sinan::sources
