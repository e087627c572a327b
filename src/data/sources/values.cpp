#include "data/sources/values.hpp"

#include <charconv>

#include "base/text.hpp"

namespace sinan::sources {
namespace {

constexpr std::int64_t kDayUs = std::int64_t{86'400} * 1'000'000;

std::int64_t floor_day(std::int64_t us) { return us >= 0 ? us / kDayUs : -((-us + kDayUs - 1) / kDayUs); }

template <typename T>
bool whole_number(std::string_view text, T& value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool truth(std::string_view text, std::int64_t& value) {
  const std::string lower = lowercase(text.substr(0, 6));
  value = lower == "1" || lower == "t" || lower == "true" || lower == "yes" || lower == "y" ? 1 : 0;
  return value == 1 || lower == "0" || lower == "f" || lower == "false" || lower == "no" || lower == "n";
}

bool floating(std::string_view text, double& value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool fits(Int128 value, int precision) {
  Int128 limit = 1;
  for (int i = 0; i < precision; ++i) limit *= 10;
  return value < limit && value > -limit;
}

bool has_offset(std::string_view text) {
  return text.size() > 10 && (text.ends_with('Z') || text.ends_with('z') || text.find_first_of("+-", 11) != std::string_view::npos);
}

bool in_reach(std::int64_t us) { return us <= LocalTime::kFurthestUs && us >= -LocalTime::kFurthestUs; }

bool timestamp(std::string_view text, const LocalTime& zone, std::int64_t& value) {
  auto at = parse_instant(text);
  if (!at) return false;
  value = at->time_since_epoch().count();
  if (!has_offset(text)) value = zone.to_utc(value);
  return true;
}

}  // namespace

LocalTime::LocalTime(Zone zone) : zone_(std::move(zone)), utc_(zone_.name() == "UTC" || zone_.name() == "Etc/UTC") {}

std::int64_t LocalTime::offset_us(std::int64_t utc_us) const { return zone_.offset_at(Instant{std::chrono::microseconds{utc_us}}).count(); }

std::int64_t LocalTime::to_utc(std::int64_t local_us) const {
  if (utc_ || !in_reach(local_us)) return local_us;
  std::int64_t number = floor_day(local_us);
  Day& day = days_[static_cast<std::uint64_t>(number) % days_.size()];
  if (day.number != number) {
    std::int64_t before = offset_us((number - 1) * kDayUs - kDayUs / 4);
    std::int64_t after = offset_us((number + 2) * kDayUs + kDayUs / 4);
    day = {number, before, before == after};
  }
  if (day.uniform) return local_us - day.offset;
  std::int64_t before = offset_us(local_us - kZoneMarginUs);
  std::int64_t after = offset_us(local_us + kZoneMarginUs);
  if (offset_us(local_us - before) == before) return local_us - before;
  if (offset_us(local_us - after) == after) return local_us - after;
  return local_us - before;
}

std::int64_t LocalTime::to_local(std::int64_t utc_us) const { return utc_ || !in_reach(utc_us) ? utc_us : utc_us + offset_us(utc_us); }

bool append_text_value(Column& column, std::string_view text, const LocalTime& zone) {
  switch (column.type.id) {
    case TypeId::kText:
      if (first_invalid_utf8(text)) return false;
      column.append_text(text);
      return true;
    case TypeId::kBinary: column.append_text(text); return true;
    case TypeId::kDouble: {
      double value = 0;
      if (!floating(text, value)) return false;
      column.append_double(value);
      return true;
    }
    case TypeId::kDecimal: {
      auto value = parse_decimal(text, column.type.scale);
      if (!value || !fits(*value, column.type.precision)) return false;
      column.append_decimal(*value);
      return true;
    }
    default: break;
  }
  std::int64_t value = 0;
  bool good = false;
  switch (column.type.id) {
    case TypeId::kBool: good = truth(text, value); break;
    case TypeId::kInt:
      good = whole_number(text, value);
      if (auto whole = good ? Result<Int128>(0) : parse_decimal(text, 0); !good && whole && *whole <= INT64_MAX && *whole >= INT64_MIN) {
        value = static_cast<std::int64_t>(*whole);  // "5.00"
        good = true;
      }
      break;
    case TypeId::kDate: {
      auto date = parse_date(text);
      good = date.has_value();
      if (good) value = date->time_since_epoch().count();
      break;
    }
    case TypeId::kTimestamp: good = timestamp(text, zone, value); break;
    default: break;
  }
  if (good) column.append_int(value);
  return good;
}

std::string value_text(const Value& value) {
  if (value.null) return {};
  switch (value.type.id) {
    case TypeId::kBool: return value.integer ? "true" : "false";
    case TypeId::kInt: return std::to_string(value.integer);
    case TypeId::kDouble: return fmt::format("{}", value.real);
    case TypeId::kDecimal: return decimal_text(value.decimal, value.type.scale);
    case TypeId::kDate: return format_date(Date{std::chrono::days{value.integer}});
    case TypeId::kTimestamp: return format_timestamp(Instant{std::chrono::microseconds{value.integer}});
    case TypeId::kText:
    case TypeId::kBinary: return value.text;
  }
  broken("type id in range");
}

Value cell_value(const Column& column, std::size_t row) {
  Value value{.type = column.type};
  value.null = column.is_null(row);
  if (value.null) return value;
  switch (column.type.id) {
    case TypeId::kDouble: value.real = column.doubles[row]; break;
    case TypeId::kDecimal: value.decimal = column.decimals[row]; break;
    case TypeId::kText:
    case TypeId::kBinary: value.text = column.text(row); break;
    default: value.integer = column.ints[row];
  }
  return value;
}

Status OddValues::odd(const std::string& column, std::string_view what) {
  if (refuse_)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("a value of the column does not fit its type: {}; `odd_values: null` reads such values as null", what),
                table_ + "." + column);
  ++counts_[{column, std::string(what)}];
  return {};
}

std::vector<Warning> OddValues::warnings() const {
  std::vector<Warning> out;
  for (const auto& [key, count] : counts_) out.push_back({table_, key.first, key.second + ", read as null", count});
  return out;
}

namespace {

class LazyScan final : public Scan {
 public:
  explicit LazyScan(std::function<Result<std::unique_ptr<Scan>>()> begin) : begin_(std::move(begin)) {}
  Result<bool> next(Batch& batch) override {
    if (!scan_) {
      SINAN_TRY(scan_, begin_());
    }
    return scan_->next(batch);
  }
  std::vector<Warning> warnings() const override { return scan_ ? scan_->warnings() : std::vector<Warning>(); }

 private:
  std::function<Result<std::unique_ptr<Scan>>()> begin_;
  std::unique_ptr<Scan> scan_;
};

class EmptyScan final : public Scan {
 public:
  Result<bool> next(Batch& batch) override {
    batch.columns.clear();
    return false;
  }
};

}  // namespace

std::unique_ptr<Scan> lazy_scan(std::function<Result<std::unique_ptr<Scan>>()> begin) {
  return std::make_unique<LazyScan>(std::move(begin));
}

std::unique_ptr<Scan> empty_scan() { return std::make_unique<EmptyScan>(); }

}  // namespace sinan::sources
