#include "intelligence/text/words.hpp"

#include <unicode/brkiter.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <memory>
#include <unordered_set>

#include "base/hash.hpp"
#include "base/result.hpp"

namespace sinan::text {
namespace {

// The text up to the limit, without a character that the limit would cut.
std::string_view head(std::string_view utf8) {
  if (utf8.size() <= kMostBytes) return utf8;
  std::size_t end = kMostBytes;
  while (end > kMostBytes - 4 && (static_cast<unsigned char>(utf8[end]) & 0xC0U) == 0x80U) --end;
  return utf8.substr(0, end);
}

icu::UnicodeString fold(std::string_view utf8) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* folding = icu::Normalizer2::getNFKCCasefoldInstance(error);
  if (U_FAILURE(error)) broken("ICU has no data for NFKC case folding");
  // What is not valid becomes U+FFFD, which is no letter.
  auto text = icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())));
  icu::UnicodeString out = folding->normalize(text, error);
  if (U_FAILURE(error)) broken("a text of limited size cannot be folded");
  return out;
}

icu::BreakIterator& breaks() {
  thread_local const std::unique_ptr<icu::BreakIterator> iterator = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> made(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), error));
    if (U_FAILURE(error)) broken("ICU has no data for the breaks between words");
    return made;
  }();
  return *iterator;
}

bool has_letter(const icu::UnicodeString& text, std::int32_t from, std::int32_t to) {
  for (std::int32_t i = from; i < to; i = text.moveIndex32(i, 1))
    if (u_isalpha(text.char32At(i))) return true;
  return false;
}

bool is_space(const icu::UnicodeString& text, std::int32_t from, std::int32_t to) {
  for (std::int32_t i = from; i < to; i = text.moveIndex32(i, 1))
    if (!u_isUWhiteSpace(text.char32At(i))) return false;
  return true;
}

}  // namespace

std::vector<Word> words(std::string_view utf8) {
  std::vector<Word> out;
  const icu::UnicodeString text = fold(head(utf8));
  icu::BreakIterator& at = breaks();
  at.setText(text);
  bool follows = false;
  std::int32_t from = at.first();
  for (std::int32_t to = at.next(); to != icu::BreakIterator::DONE && out.size() < kMostWords; from = to, to = at.next()) {
    if (has_letter(text, from, to) && text.countChar32(from, to - from) <= static_cast<std::int32_t>(kLongestWord)) {
      text.tempSubStringBetween(from, to).toUTF8String(out.emplace_back(Word{{}, follows}).text);
      follows = true;
    } else {
      follows = follows && is_space(text, from, to);
    }
  }
  return out;
}

std::vector<Term> terms(std::string_view utf8, std::uint32_t buckets, std::uint64_t seed) {
  std::vector<Term> out;
  std::unordered_set<std::string> met;
  auto add = [&](std::string term) {
    if (!met.insert(term).second) return;
    const std::uint64_t h = hash(term, seed);
    out.push_back({std::move(term), static_cast<std::uint32_t>(h % buckets), (h >> 63U) != 0 ? -1.0F : 1.0F});
  };
  const std::vector<Word> found = words(utf8);
  for (std::size_t w = 0; w < found.size(); ++w) {
    add(found[w].text);
    if (found[w].follows) add(found[w - 1].text + " " + found[w].text);
  }
  return out;
}

}  // namespace sinan::text
