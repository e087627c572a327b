// Measures of how alike two texts are.
#include "intelligence/matching/similarity.hpp"

#include <algorithm>
#include <cmath>

namespace sinan::matching {

std::u32string characters(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    auto lead = static_cast<unsigned char>(utf8[i]);
    std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length == 1 || i + length > utf8.size()) {
      out += lead;
      ++i;
      continue;
    }
    char32_t c = lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) c = (c << 6U) | (static_cast<unsigned char>(utf8[i + k]) & 0x3FU);
    out += c;
    i += length;
  }
  return out;
}

std::size_t edit_distance(std::u32string_view a, std::u32string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

double edit_similarity(std::string_view a, std::string_view b) {
  std::u32string left = characters(a);
  std::u32string right = characters(b);
  std::size_t longer = std::max(left.size(), right.size());
  return longer == 0 ? 1 : 1 - static_cast<double>(edit_distance(left, right)) / static_cast<double>(longer);
}

double jaro(std::u32string_view a, std::u32string_view b) {
  if (a.empty() && b.empty()) return 1;
  if (a.empty() || b.empty()) return 0;
  std::size_t window = std::max(a.size(), b.size()) / 2;
  window = window > 0 ? window - 1 : 0;
  std::vector<bool> used_a(a.size());
  std::vector<bool> used_b(b.size());
  std::size_t common = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t end = std::min(i + window + 1, b.size());
    for (std::size_t j = i > window ? i - window : 0; j < end; ++j) {
      if (used_b[j] || a[i] != b[j]) continue;
      used_a[i] = used_b[j] = true;
      ++common;
      break;
    }
  }
  if (common == 0) return 0;
  std::size_t moved = 0;
  for (std::size_t i = 0, j = 0; i < a.size(); ++i) {
    if (!used_a[i]) continue;
    while (!used_b[j]) ++j;
    moved += a[i] != b[j];
    ++j;
  }
  auto m = static_cast<double>(common);
  return (m / static_cast<double>(a.size()) + m / static_cast<double>(b.size()) + (m - static_cast<double>(moved) / 2) / m) / 3;
}

double jaro_winkler(std::string_view a, std::string_view b) {
  constexpr std::size_t kMaxPrefix = 4;
  constexpr double kBonus = 0.1;
  constexpr double kBoosted = 0.7;
  std::u32string left = characters(a);
  std::u32string right = characters(b);
  double similarity = jaro(left, right);
  if (similarity <= kBoosted) return similarity;
  std::size_t prefix = 0;
  while (prefix < std::min({kMaxPrefix, left.size(), right.size()}) && left[prefix] == right[prefix]) ++prefix;
  return similarity + static_cast<double>(prefix) * kBonus * (1 - similarity);
}

double qgram_similarity(std::string_view a, std::string_view b, std::size_t q) {
  auto grams = [q](std::string_view text) {
    std::u32string padded = std::u32string(q - 1, U'\1') + characters(text) + std::u32string(q - 1, U'\2');
    std::vector<std::u32string> out;
    for (std::size_t i = 0; i + q <= padded.size(); ++i) out.push_back(padded.substr(i, q));
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  };
  if (a.empty() && b.empty()) return 1;
  auto left = grams(a);
  auto right = grams(b);
  std::vector<std::u32string> shared;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(shared));
  return static_cast<double>(shared.size()) / static_cast<double>(left.size() + right.size() - shared.size());
}

double dot(const Features& a, const Features& b) {
  double sum = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i].id == b[j].id) {
      sum += static_cast<double>(a[i++].weight) * static_cast<double>(b[j++].weight);
    } else if (a[i].id < b[j].id) {
      ++i;
    } else {
      ++j;
    }
  }
  return sum;
}

}  // namespace sinan::matching
