#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "data/sources/conformance.hpp"
#include "data/sources/values.hpp"

namespace sinan::sources::conformance {

Value integer(std::int64_t v, TypeId id) { return {.type = {id}, .integer = v}; }
Value real(double v) { return {.type = {TypeId::kDouble}, .real = v}; }
Value decimal(std::int64_t v) { return {.type = {TypeId::kDecimal, 12, 2}, .decimal = v}; }
Value text(std::string v, TypeId id) { return {.type = {id}, .text = std::move(v)}; }
Value date(std::string_view v) { return integer(parse_date(v)->time_since_epoch().count(), TypeId::kDate); }
Value at(std::string_view v) { return integer(parse_instant(v)->time_since_epoch().count(), TypeId::kTimestamp); }
Value null(Type type) { return {.type = type, .null = true}; }

const std::vector<std::vector<Value>>& nasty_values() {
  static const std::vector<std::vector<Value>> kValues = [] {
    std::vector<std::vector<Value>> v(8);
    for (std::int64_t n :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, INT64_MIN, INT64_MAX, (std::int64_t{1} << 53) + 1, std::int64_t{1} << 53})
      v[1].push_back(integer(n));
    for (double x :
         {0.0, -0.0, 1.5, -1.5, 0.1 + 0.2, 0.3, 1e308, -1e308, 5e-324, 9007199254740993.0, std::numeric_limits<double>::quiet_NaN(),
          std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()})
      v[2].push_back(real(x));
    for (std::int64_t d : {0LL, 1LL, -1LL, 1230LL, 999'999'999'999LL, -999'999'999'999LL, 30LL}) v[3].push_back(decimal(d));
    for (const char* t : {"",  " ", "a", "A",  "a ", "b",   "ä", "Ä", "a\u0308", "ß",   "ss",   "日本", "𝒳",    "\uFFFD",
                          "%", "_", "'", "\"", "\\", "\\'", "Z", "z", "1",       "1.0", "true", "NULL", "a\nb", "\t"})
      v[4].push_back(text(t));
    for (const char* on : {"1970-01-01", "1969-12-31", "2024-02-29", "2024-03-31", "1000-01-01", "9999-12-31", "1582-10-10"})
      v[5].push_back(date(on));
    for (const char* when : {"1970-01-01", "2024-03-31T01:30", "2024-03-31T02:30:00.000001", "2024-10-27T00:59:59.999999",
                             "2024-10-27T01:30", "1900-01-01", "9998-12-31T23:59:59.999999", "2024-02-29T12:00:00.123456"})
      v[6].push_back(at(when));
    for (std::string_view bytes : {std::string_view(""), std::string_view("\0", 1), std::string_view("\xff\xfe"), std::string_view("abc"),
                                   std::string_view("abc\0", 4), std::string_view("ABC"), std::string_view("'\\")})
      v[7].push_back(text(std::string(bytes), TypeId::kBinary));
    return v;
  }();
  return kValues;
}

const Schema& things() {
  static const Schema kThings{{{"id", {TypeId::kInt}, false},
                               {"n", {TypeId::kInt}},
                               {"x", {TypeId::kDouble}},
                               {"d", {TypeId::kDecimal, 12, 2}},
                               {"t", {TypeId::kText}},
                               {"on", {TypeId::kDate}},
                               {"at", {TypeId::kTimestamp}},
                               {"bytes", {TypeId::kBinary}}}};
  return kThings;
}

std::vector<LogicalRow> nasty_rows() {
  std::size_t longest = 0;
  for (const auto& values : nasty_values()) longest = std::max(longest, values.size());
  std::vector<LogicalRow> rows;
  for (std::size_t i = 0; i <= longest; ++i) {
    LogicalRow row{integer(static_cast<std::int64_t>(i) + 1)};
    for (std::size_t c = 1; c < things().fields.size(); ++c)
      row.push_back(i < nasty_values()[c].size() ? nasty_values()[c][i] : null(things().fields[c].type));
    rows.push_back(std::move(row));
  }
  return rows;
}

namespace {

int order_of(const Value& a, const Value& b) {
  auto sign = [](auto x, auto y) { return x < y ? -1 : (y < x ? 1 : 0); };
  switch (a.type.id) {
    case TypeId::kDouble:
      if (std::isnan(a.real) || std::isnan(b.real)) return sign(std::isnan(a.real), std::isnan(b.real));
      return sign(a.real, b.real);
    case TypeId::kDecimal: return sign(a.decimal, b.decimal);
    case TypeId::kText:
    case TypeId::kBinary: return sign(a.text.compare(b.text), 0);
    default: return sign(a.integer, b.integer);
  }
}

}  // namespace

bool satisfies(const Value& value, const Filter& filter) {
  if (filter.op == CompareOp::kIsNull) return value.null;
  if (value.null) return false;
  if (filter.op == CompareOp::kIsNotNull) return true;
  if (filter.op == CompareOp::kIn)
    return std::any_of(filter.values.begin(), filter.values.end(), [&](const Value& v) { return order_of(value, v) == 0; });
  int order = order_of(value, filter.values[0]);
  switch (filter.op) {
    case CompareOp::kEqual: return order == 0;
    case CompareOp::kNotEqual: return order != 0;
    case CompareOp::kLess: return order < 0;
    case CompareOp::kLessEqual: return order <= 0;
    case CompareOp::kGreater: return order > 0;
    default: return order >= 0;
  }
}

SourceConfig config_from(const std::string& yaml) {
  static int counter = 0;
  auto root = std::filesystem::temp_directory_path() / fmt::format("sinan-config-{}-{}", ::getpid(), ++counter);
  std::filesystem::create_directories(root / "sources");
  std::ofstream(root / "sinan.yaml") << "name: Test\n";
  std::ofstream(root / "sources" / "x.yaml") << yaml;
  Diagnostics diagnostics;
  auto workspace = Workspace::open(root, diagnostics);
  std::vector<SourceConfig> configs;
  if (workspace) configs = read_configs(*workspace, diagnostics);
  std::filesystem::remove_all(root);
  for (const Diagnostic& d : diagnostics.sorted()) ADD_FAILURE() << d.place.text() << ": " << d.message << " (" << d.hint << ")";
  if (configs.empty()) throw std::runtime_error("no configuration");
  return configs[0];
}

std::string text_of(const LogicalRow& row) {
  std::string out;
  for (const Value& value : row) {
    std::string cell = value.null ? "NULL" : value_text(value);
    if (!value.null && value.type.id == TypeId::kDouble && value.real == 0) cell = "0";  // -0.0 equals 0.0
    if (value.type.id == TypeId::kBinary && !value.null) {
      cell = "x";
      for (unsigned char byte : value.text) cell += fmt::format("{:02x}", byte);
    }
    out += (out.empty() ? "" : " | ") + cell;
  }
  return out;
}

std::vector<LogicalRow> rows_of(Scan& scan) {
  std::vector<LogicalRow> out;
  Batch batch;
  while (true) {
    auto more = scan.next(batch);
    if (!more) throw std::runtime_error(more.error().text());
    if (!*more) break;
    if (out.size() > 1'000'000) throw std::runtime_error("the scan does not end");
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      auto& values = out.emplace_back();
      for (const Column& column : batch.columns) values.push_back(cell_value(column, row));
    }
  }
  std::sort(out.begin(), out.end(), [](const LogicalRow& a, const LogicalRow& b) { return order_of(a[0], b[0]) < 0; });
  return out;
}

}  // namespace sinan::sources::conformance
