// Random numbers that depend on what they are for, not on when they are drawn: seeded by a hash of names and numbers, so that any day of
// any item can be drawn again alone.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <numbers>
#include <string_view>

namespace sinan::example {

constexpr std::uint64_t scramble(std::uint64_t x) {  // the finaliser of SplitMix64 (Steele, Lea, Flood 2014)
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

constexpr std::uint64_t mix(std::initializer_list<std::uint64_t> parts) {
  std::uint64_t h = 0x51a4a9;
  for (auto part : parts) h = scramble(h ^ part);
  return h;
}

constexpr std::uint64_t hash_text(std::string_view text) {  // FNV-1a
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (unsigned char c : text) h = (h ^ c) * 0x100000001b3ULL;
  return h;
}

// SplitMix64: small, quick to seed, good enough for a company.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  Random(std::uint64_t seed, std::string_view purpose, std::uint64_t number = 0) : state_(mix({seed, hash_text(purpose), number})) {}

  std::uint64_t next() {
    const auto value = scramble(state_);
    state_ += 0x9e3779b97f4a7c15ULL;
    return value;
  }
  double real() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }  // [0, 1)
  double real(double low, double high) { return low + (high - low) * real(); }
  bool chance(double probability) { return real() < probability; }
  std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(real() * static_cast<double>(n)); }
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  template <typename Container>
  const auto& pick(const Container& from) {
    return from[static_cast<std::size_t>(below(static_cast<std::int64_t>(std::size(from))))];
  }

  double normal() { return std::sqrt(-2 * std::log(1 - real())) * std::cos(2 * std::numbers::pi * real()); }

  // Marsaglia, Tsang 2000; mean `shape`.
  double gamma(double shape) {
    if (shape < 1) return gamma(shape + 1) * std::pow(1 - real(), 1 / shape);
    const double d = shape - 1.0 / 3;
    const double c = 1 / std::sqrt(9 * d);
    for (;;) {
      const double x = normal();
      const double v = std::pow(1 + c * x, 3);
      if (v > 0 && std::log(1 - real()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
    }
  }

  // By multiplication below a mean of 30, by a rounded normal above.
  std::int64_t poisson(double mean) {
    if (mean <= 0) return 0;
    if (mean > 30) return std::max<std::int64_t>(0, std::llround(mean + std::sqrt(mean) * normal()));
    const double limit = std::exp(-mean);
    std::int64_t count = 0;
    for (double product = real(); product > limit; product *= real()) ++count;
    return count;
  }

 private:
  std::uint64_t state_;
};

}  // namespace sinan::example
