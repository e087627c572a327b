// What every connector is tested against: one table of nasty values, kept in a real source by a fixture, and the filters applied here.
#pragma once

#include "data/sources/source.hpp"

namespace sinan::sources::conformance {

using LogicalRow = std::vector<Value>;

// id bigint (the key), n bigint, x double, d decimal(12,2), t text, on date, at timestamp, bytes blob.
const Schema& things();
// Constants of its columns, as short as in SQL.
Value integer(std::int64_t v, TypeId id = TypeId::kInt);
Value real(double v);
Value decimal(std::int64_t cents);
Value text(std::string v, TypeId id = TypeId::kText);
Value date(std::string_view v);
Value at(std::string_view v);
Value null(Type type);

// Of each column but the first, the values that are worth trying.
const std::vector<std::vector<Value>>& nasty_values();
// Rows of things(), among them every value that ever made two systems disagree. Times are UTC.
std::vector<LogicalRow> nasty_rows();

// Keeps a table "things" in a source of one kind. Each connector has one: `std::unique_ptr<Fixture> NAME::fixture()` in
// NAME_fixture_test.cpp.
class Fixture {
 public:
  virtual ~Fixture() = default;
  // sources/x.yaml without `tables:`, and what a table must say there ("path: …"): "things", or "gone", which is never there.
  virtual std::string yaml() const = 0;
  virtual std::string table_options(const std::string& /*table*/) const { return {}; }
  // Whether the source can keep the value in that column; null instead, if it cannot.
  virtual bool holds(const Field& field, const Value& value) const = 0;
  // Makes "things" empty, in the source's own words; then rows go in, and out by id. Each call is one committed transaction.
  virtual void create() = 0;
  virtual void put(const std::vector<LogicalRow>& rows) = 0;
  virtual void remove(std::int64_t id) = 0;
  // Makes a table "orders" that takes writes: order_key unique text, item text not null, quantity decimal(12,2), and a second unique
  // column `number`; and a table "loose" with the same columns, none of them unique. False: a source that cannot be written.
  virtual bool create_orders() { return false; }
  // The cells of "orders", for looking at what was written: order_key, item, quantity, number, in order of order_key.
  virtual std::vector<std::vector<std::string>> orders() { return {}; }
  // Whether the source answers filters itself; false for a connector that leaves pushdown() as it is.
  virtual bool answers_filters() const { return true; }
  // Whether the source keeps old states, so that a snapshot sees none of what is put later. If not, a scan of a table that changed since
  // the snapshot must fail with kConflict: at its beginning, and at its end if the table changed while it was read.
  virtual bool versioned() const { return true; }
  // What consistent() of its snapshots says.
  virtual bool consistent() const { return true; }
  // Whether the column `at` holds times without an offset, which are those of a time zone; false if the source keeps UTC itself.
  virtual bool local_times() const { return true; }
};

// Whether a row satisfies a filter, by the rules of the engine above the sources: NaN equals itself and is greater than all numbers,
// text and bytes compare by bytes, null satisfies only IS NULL.
bool satisfies(const Value& value, const Filter& filter);

// Reads sources/x.yaml text as a workspace would.
SourceConfig config_from(const std::string& yaml);
// All rows of a scan, sorted by the first column.
std::vector<LogicalRow> rows_of(Scan& scan);
std::string text_of(const LogicalRow& row);

}  // namespace sinan::sources::conformance
