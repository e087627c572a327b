#include "base/money.hpp"

#include <cmath>

#include "base/table.hpp"

namespace sinan {
namespace {

constexpr double kMost = 9.2e14;

std::int64_t narrowed(Int128 value) {
  if (value > INT64_MAX || value < INT64_MIN) broken("decimal amounts stay below 922 million million");
  return static_cast<std::int64_t>(value);
}

}  // namespace

Decimal Decimal::round(double value) {
  if (!holds(value)) broken("decimal amounts stay below 922 million million");
  return Decimal(static_cast<std::int64_t>(std::nearbyint(value * kOne)));  // the default rounding mode: half to even
}

bool Decimal::holds(double value) { return std::abs(value) < kMost; }

Decimal Decimal::capped(double value) {
  return round(holds(value) || std::isnan(value) ? value : std::copysign(std::nextafter(kMost, 0), value));
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

std::string with_separators(std::string decimal) {
  const std::size_t begin = decimal.starts_with('-') ? 1 : 0;
  for (std::size_t at = std::min(decimal.find('.'), decimal.size()); at > begin + 3;) {
    at -= 3;
    decimal.insert(at, ",");
  }
  return decimal;
}

std::string sign_of(std::string_view currency) {
  static constexpr std::pair<std::string_view, std::string_view> kSigns[] = {
      {"EUR", "€"}, {"USD", "$"}, {"GBP", "£"}, {"CNY", "¥"}, {"JPY", "JP¥"}};
  for (const auto& [code, sign] : kSigns)
    if (code == currency) return std::string(sign);
  return std::string(currency) + " ";
}

std::string in_words(const Money& amount) {
  constexpr std::int64_t kCent = 100;  // ten-thousandths
  const std::int64_t raw = amount.amount.raw();
  std::int64_t cents = raw / kCent;
  const std::int64_t twice = 2 * std::abs(raw % kCent);
  if (twice > kCent || (twice == kCent && cents % 2 != 0)) cents += raw < 0 ? -1 : 1;
  const Decimal rounded = Decimal::raw(std::abs(cents) * kCent);
  return (cents < 0 ? "-" : "") + sign_of(amount.currency) + with_separators(rounded.text(2));
}

}  // namespace sinan
