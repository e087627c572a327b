// Money and quantities: decimal, never floating point. Four decimals; rounding half to even, here and nowhere else.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sinan {

// A decimal number with four decimals, ±922 million million. Arithmetic that overflows is a broken invariant.
class Decimal {
 public:
  static constexpr int kScale = 4;
  static constexpr std::int64_t kOne = 10'000;

  constexpr Decimal() = default;
  static constexpr Decimal raw(std::int64_t ten_thousandths) { return Decimal(ten_thousandths); }
  static constexpr Decimal whole(std::int64_t units) { return Decimal(units * kOne); }
  // Rounds half to even at the fourth decimal; the one place where a computed double becomes an amount.
  static Decimal round(double value);
  // Whether round() can hold it; infinities and NaN it cannot.
  static bool holds(double value);
  // As round(), and the largest amount for what is beyond; for figures that are shown and compared, never for what is booked. Not of NaN.
  static Decimal capped(double value);
  static Result<Decimal> parse(std::string_view text);

  constexpr std::int64_t raw() const { return raw_; }
  double to_double() const { return static_cast<double>(raw_) / kOne; }
  // Without trailing zeros beyond `min_decimals`: "12.50".
  std::string text(int min_decimals = 0) const;

  Decimal operator+(Decimal other) const;
  Decimal operator-(Decimal other) const;
  Decimal operator-() const { return Decimal(-raw_); }
  Decimal& operator+=(Decimal other) { return *this = *this + other; }
  Decimal& operator-=(Decimal other) { return *this = *this - other; }
  // The product, rounded half to even at the fourth decimal.
  Decimal operator*(Decimal other) const;
  constexpr auto operator<=>(const Decimal&) const = default;

 private:
  constexpr explicit Decimal(std::int64_t raw) : raw_(raw) {}
  std::int64_t raw_ = 0;
};

struct Money {
  Decimal amount;
  std::string currency;  // ISO 4217, "EUR"
  bool operator==(const Money&) const = default;
};

// "1234567.8" as "1,234,567.8".
std::string with_separators(std::string decimal);
// "€"; "SEK " where a currency has no well-known sign.
std::string sign_of(std::string_view currency);
// "€1,234.50", "-€3.00", to the cent, half to even: for sentences.
std::string in_words(const Money& amount);

struct Quantity {
  Decimal amount;
  std::string unit;  // "each", "kg"
  bool operator==(const Quantity&) const = default;
};

}  // namespace sinan
