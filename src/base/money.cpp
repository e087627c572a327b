#include "base/money.hpp"

#include <cmath>

#include "base/table.hpp"

namespace sinan {
namespace {

std::int64_t narrowed(Int128 value) {
  if (value > INT64_MAX || value < INT64_MIN) broken("decimal amounts stay below 922 million million");
  return static_cast<std::int64_t>(value);
}

}  // namespace

Decimal Decimal::round(double value) {
  double scaled = std::nearbyint(value * kOne);  // the default rounding mode: half to even
  if (!(std::abs(scaled) < 9.2e18)) broken("decimal amounts stay below 922 million million");
  return Decimal(static_cast<std::int64_t>(scaled));
}

Result<Decimal> Decimal::parse(std::string_view text) {
  SINAN_TRY(Int128 value, parse_decimal(text, kScale));
  if (value > INT64_MAX || value < INT64_MIN) return fail(ErrorCode::kInvalidInput, fmt::format("number too large: '{}'", text));
  return Decimal(static_cast<std::int64_t>(value));
}

std::string Decimal::text(int min_decimals) const {
  std::string out = decimal_text(raw_, kScale);
  std::size_t keep = out.size() - static_cast<std::size_t>(kScale - min_decimals);
  while (out.size() > keep && out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out;
}

Decimal Decimal::operator+(Decimal other) const { return Decimal(narrowed(Int128{raw_} + other.raw_)); }
Decimal Decimal::operator-(Decimal other) const { return Decimal(narrowed(Int128{raw_} - other.raw_)); }

Decimal Decimal::operator*(Decimal other) const {
  Int128 product = Int128{raw_} * other.raw_;
  Int128 quotient = product / kOne;
  Int128 twice = (product % kOne) * 2;
  if (twice > kOne || (twice == kOne && quotient % 2 != 0)) ++quotient;
  if (twice < -kOne || (twice == -kOne && quotient % 2 != 0)) --quotient;
  return Decimal(narrowed(quotient));
}

}  // namespace sinan
