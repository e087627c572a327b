#include "platform/duck/convert.hpp"

#include <duckdb/common/operator/cast_operators.hpp>
#include <duckdb/common/vector_operations/vector_operations.hpp>

#include "platform/duck/duck.hpp"

namespace sinan::duck {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

duckdb::LogicalType to_duck(const Type& type) {
  switch (type.id) {
    case TypeId::kBool: return LogicalType::BOOLEAN;
    case TypeId::kInt: return LogicalType::BIGINT;
    case TypeId::kDouble: return LogicalType::DOUBLE;
    case TypeId::kDecimal: return LogicalType::DECIMAL(type.precision, type.scale);
    case TypeId::kText: return LogicalType::VARCHAR;
    case TypeId::kDate: return LogicalType::DATE;
    case TypeId::kTimestamp: return LogicalType::TIMESTAMP;
    case TypeId::kBinary: return LogicalType::BLOB;
  }
  broken("a type is one of TypeId");
}

Type from_duck(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN: return {TypeId::kBool};
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER: return {TypeId::kInt};
    case LogicalTypeId::UBIGINT: return {TypeId::kDecimal, 20, 0};
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UHUGEINT: return {TypeId::kDecimal, 38, 0};
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE: return {TypeId::kDouble};
    case LogicalTypeId::DECIMAL: return {TypeId::kDecimal, duckdb::DecimalType::GetWidth(type), duckdb::DecimalType::GetScale(type)};
    case LogicalTypeId::DATE: return {TypeId::kDate};
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_TZ: return {TypeId::kTimestamp};
    case LogicalTypeId::BLOB: return {TypeId::kBinary};
    default: return {TypeId::kText};
  }
}

namespace {

Int128 wide(duckdb::hugeint_t value) { return (static_cast<Int128>(value.upper) << 64) | static_cast<Int128>(value.lower); }

duckdb::hugeint_t narrow(Int128 value) {
  duckdb::hugeint_t out;
  out.lower = static_cast<std::uint64_t>(value);
  out.upper = static_cast<std::int64_t>(value >> 64);
  return out;
}

// Calls `put(value)` for each row that is not null, and appends a null for the others.
template <typename T, typename Put>
void each(duckdb::Vector& vector, std::size_t rows, Column& out, const Put& put) {
  duckdb::UnifiedVectorFormat format;
  vector.ToUnifiedFormat(rows, format);
  const T* data = duckdb::UnifiedVectorFormat::GetData<T>(format);
  bool all_valid = format.validity.AllValid();
  for (std::size_t row = 0; row < rows; ++row) {
    auto at = format.sel->get_index(row);
    if (all_valid || format.validity.RowIsValid(at)) {
      put(data[at]);
    } else {
      out.append_null();
    }
  }
}

void append_decimals(duckdb::Vector& vector, std::size_t rows, Column& out) {
  switch (vector.GetType().InternalType()) {
    case duckdb::PhysicalType::INT16: return each<std::int16_t>(vector, rows, out, [&](auto v) { out.append_decimal(v); });
    case duckdb::PhysicalType::INT32: return each<std::int32_t>(vector, rows, out, [&](auto v) { out.append_decimal(v); });
    case duckdb::PhysicalType::INT64: return each<std::int64_t>(vector, rows, out, [&](auto v) { out.append_decimal(v); });
    default: return each<duckdb::hugeint_t>(vector, rows, out, [&](auto v) { out.append_decimal(wide(v)); });
  }
}

// `vector` has exactly the type to_duck(out.type).
void append_column(duckdb::Vector& vector, std::size_t rows, Column& out) {
  switch (out.type.id) {
    case TypeId::kBool: return each<bool>(vector, rows, out, [&](bool v) { out.append_int(v ? 1 : 0); });
    case TypeId::kInt: return each<std::int64_t>(vector, rows, out, [&](auto v) { out.append_int(v); });
    case TypeId::kDouble: return each<double>(vector, rows, out, [&](auto v) { out.append_double(v); });
    case TypeId::kDecimal: return append_decimals(vector, rows, out);
    case TypeId::kDate: return each<duckdb::date_t>(vector, rows, out, [&](auto v) { out.append_int(v.days); });
    case TypeId::kTimestamp: return each<duckdb::timestamp_t>(vector, rows, out, [&](auto v) { out.append_int(v.value); });
    case TypeId::kText:
    case TypeId::kBinary:
      return each<duckdb::string_t>(vector, rows, out, [&](const auto& v) { out.append_text({v.GetData(), v.GetSize()}); });
  }
}

// Writes the rows of `in` as T into a flat vector; nulls are set in its mask.
template <typename T, typename Get>
void put(const Column& in, std::size_t from, std::size_t count, duckdb::Vector& out, const Get& get) {
  T* data = duckdb::FlatVector::GetData<T>(out);
  if (in.validity.empty()) {
    for (std::size_t row = 0; row < count; ++row) data[row] = get(from + row);
    return;
  }
  auto& validity = duckdb::FlatVector::Validity(out);
  for (std::size_t row = 0; row < count; ++row) {
    if (in.is_null(from + row)) {
      validity.SetInvalid(row);
    } else {
      data[row] = get(from + row);
    }
  }
}

}  // namespace

void append(duckdb::ClientContext& context, duckdb::DataChunk& chunk, Batch& batch) {
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    Column& column = batch.columns[i];
    duckdb::Vector& vector = chunk.data[i];
    auto target = to_duck(column.type);
    if (vector.GetType() == target) {
      append_column(vector, chunk.size(), column);
    } else if (vector.GetType().id() == LogicalTypeId::TIMESTAMP_TZ) {
      duckdb::Vector same(target);  // both count microseconds in UTC
      same.Reinterpret(vector);
      append_column(same, chunk.size(), column);
    } else {
      duckdb::Vector cast(target, chunk.size());
      duckdb::VectorOperations::Cast(context, vector, cast, chunk.size(), true);
      append_column(cast, chunk.size(), column);
    }
  }
}

void fill(const Column& column, std::size_t from, std::size_t count, duckdb::Vector& out) {
  switch (column.type.id) {
    case TypeId::kBool: return put<bool>(column, from, count, out, [&](auto row) { return column.ints[row] != 0; });
    case TypeId::kInt: return put<std::int64_t>(column, from, count, out, [&](auto row) { return column.ints[row]; });
    case TypeId::kDouble: return put<double>(column, from, count, out, [&](auto row) { return column.doubles[row]; });
    case TypeId::kDate:
      return put<duckdb::date_t>(column, from, count, out,
                                 [&](auto row) { return duckdb::date_t(static_cast<std::int32_t>(column.ints[row])); });
    case TypeId::kTimestamp:
      return put<duckdb::timestamp_t>(column, from, count, out, [&](auto row) { return duckdb::timestamp_t(column.ints[row]); });
    case TypeId::kText:
    case TypeId::kBinary:
      return put<duckdb::string_t>(column, from, count, out, [&](auto row) {
        auto text = column.text(row);
        return duckdb::StringVector::AddStringOrBlob(out, text.data(), text.size());
      });
    case TypeId::kDecimal: break;
  }
  switch (out.GetType().InternalType()) {
    case duckdb::PhysicalType::INT16:
      return put<std::int16_t>(column, from, count, out, [&](auto row) { return static_cast<std::int16_t>(column.decimals[row]); });
    case duckdb::PhysicalType::INT32:
      return put<std::int32_t>(column, from, count, out, [&](auto row) { return static_cast<std::int32_t>(column.decimals[row]); });
    case duckdb::PhysicalType::INT64:
      return put<std::int64_t>(column, from, count, out, [&](auto row) { return static_cast<std::int64_t>(column.decimals[row]); });
    default: return put<duckdb::hugeint_t>(column, from, count, out, [&](auto row) { return narrow(column.decimals[row]); });
  }
}

duckdb::Value to_duck(const Value& value) {
  auto type = to_duck(value.type);
  if (value.null) return duckdb::Value(type);
  switch (value.type.id) {
    case TypeId::kBool: return duckdb::Value::BOOLEAN(value.integer != 0);
    case TypeId::kInt: return duckdb::Value::BIGINT(value.integer);
    case TypeId::kDouble: return duckdb::Value::DOUBLE(value.real);
    case TypeId::kDecimal:
      if (value.type.precision > 18) return duckdb::Value::DECIMAL(narrow(value.decimal), value.type.precision, value.type.scale);
      return duckdb::Value::DECIMAL(static_cast<std::int64_t>(value.decimal), value.type.precision, value.type.scale);
    case TypeId::kDate: return duckdb::Value::DATE(duckdb::date_t(static_cast<std::int32_t>(value.integer)));
    case TypeId::kTimestamp: return duckdb::Value::TIMESTAMP(duckdb::timestamp_t(value.integer));
    case TypeId::kText: return duckdb::Value(value.text);
    case TypeId::kBinary: return duckdb::Value::BLOB(reinterpret_cast<duckdb::const_data_ptr_t>(value.text.data()), value.text.size());
  }
  broken("a type is one of TypeId");
}

std::optional<Value> from_duck(const duckdb::Value& value, const Type& type) {
  if (value.IsNull() || value.type() != to_duck(type)) return std::nullopt;
  Value out{.type = type};
  switch (type.id) {
    case TypeId::kBool: out.integer = duckdb::BooleanValue::Get(value) ? 1 : 0; break;
    case TypeId::kInt: out.integer = duckdb::BigIntValue::Get(value); break;
    case TypeId::kDouble: out.real = duckdb::DoubleValue::Get(value); break;
    case TypeId::kDecimal: out.decimal = wide(duckdb::IntegralValue::Get(value)); break;
    case TypeId::kDate: out.integer = duckdb::DateValue::Get(value).days; break;
    case TypeId::kTimestamp: out.integer = duckdb::TimestampValue::Get(value).value; break;
    case TypeId::kText:
    case TypeId::kBinary: out.text = duckdb::StringValue::Get(value); break;
  }
  return out;
}

namespace {

ErrorCode code_of(duckdb::ExceptionType type, const std::string& message) {
  using duckdb::ExceptionType;
  switch (type) {
    case ExceptionType::INTERRUPT: return ErrorCode::kCancelled;
    case ExceptionType::OUT_OF_MEMORY: return ErrorCode::kLimit;
    case ExceptionType::PERMISSION: return ErrorCode::kDenied;
    case ExceptionType::NOT_IMPLEMENTED: return ErrorCode::kUnsupported;
    case ExceptionType::INTERNAL:
    case ExceptionType::FATAL:
    case ExceptionType::SERIALIZATION: return ErrorCode::kInternal;
    case ExceptionType::IO:
      if (message.contains("No space left") || message.contains("Disk quota") || message.contains("File too large"))
        return ErrorCode::kDiskFull;
      if (message.contains("No files found") || message.contains("No such file")) return ErrorCode::kNotFound;
      return ErrorCode::kInvalidInput;
    default: return ErrorCode::kInvalidInput;
  }
}

}  // namespace

Error to_error(const duckdb::ErrorData& error) {
  std::string message = error.RawMessage();
  auto type = error.Type();
  // A result that failed says so again to everyone who asks it for more: what counts is why it failed.
  if (constexpr std::string_view kAgain = "query result\nError: "; message.contains(kAgain)) {
    message.erase(0, message.find(kAgain) + kAgain.size());
    if (auto colon = message.find(" Error: "); colon != std::string::npos && colon < 40) {
      type = duckdb::Exception::StringToExceptionType(message.substr(0, colon));
      message.erase(0, colon + 8);
    }
  }
  auto code = code_of(type, message);
  // The lines after an empty one repeat the SQL; those after the first of a memory error tell of settings that are not ours.
  if (auto end = message.find(code == ErrorCode::kLimit || code == ErrorCode::kDiskFull ? "\n" : "\n\n"); end != std::string::npos)
    message.resize(end);
  // Ways out that are not ours.
  for (std::string_view advice : {"Possible fixes:", "Possible Solution", "Possible solution"})
    if (auto from = message.find(advice); from != std::string::npos) message.resize(from);
  std::ranges::replace(message, '\n', ' ');
  while (message.ends_with(' ')) message.pop_back();
  if (code == ErrorCode::kLimit && type == duckdb::ExceptionType::OUT_OF_MEMORY)
    message += "; allow more with memory_mb in sinan.yaml, or read fewer rows";
  return {code, std::move(message)};
}

std::string quote_name(std::string_view name) {
  std::string out = "\"";
  for (char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string quote_text(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

std::string literal(const Value& value) {
  auto duck = to_duck(value);
  if (!value.null) {
    switch (value.type.id) {
      case TypeId::kText: return quote_text(value.text);
      case TypeId::kBool:
      case TypeId::kInt: return duck.ToString();
      case TypeId::kDate: return "DATE " + quote_text(duck.ToString());
      case TypeId::kTimestamp: return "TIMESTAMP " + quote_text(duck.ToString());
      default: break;
    }
  }
  return fmt::format("CAST({} AS {})", duck.IsNull() ? "NULL" : quote_text(duck.ToString()), to_duck(value.type).ToString());
}

std::string condition(const Filter& filter) {
  std::string column = quote_name(filter.column);
  auto compare = [&](std::string_view op) { return fmt::format("{} {} {}", column, op, literal(filter.values.at(0))); };
  switch (filter.op) {
    case CompareOp::kEqual: return compare("=");
    case CompareOp::kNotEqual: return compare("<>");
    case CompareOp::kLess: return compare("<");
    case CompareOp::kLessEqual: return compare("<=");
    case CompareOp::kGreater: return compare(">");
    case CompareOp::kGreaterEqual: return compare(">=");
    case CompareOp::kIsNull: return column + " IS NULL";
    case CompareOp::kIsNotNull: return column + " IS NOT NULL";
    case CompareOp::kIn: break;
  }
  std::string list;
  for (const Value& value : filter.values) list += (list.empty() ? "" : ", ") + literal(value);
  return fmt::format("{} IN ({})", column, list);
}

}  // namespace sinan::duck
