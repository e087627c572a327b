// Words and hashed terms of Chinese and English texts, and of what is hardly a text.
#include "intelligence/text/words.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "base/text.hpp"

namespace sinan::text {
namespace {

// Words that follow each other are joined by a space, others by a bar.
std::string shown(std::string_view text) {
  std::string out;
  for (const Word& word : words(text)) out += (out.empty() ? "" : word.follows ? " " : "|") + word.text;
  return out;
}

TEST(Words, AreFoldedAndWithoutNumbersAndPunctuation) {
  struct Case {
    const char* text;
    const char* words;
  };
  for (const Case& c : {
           Case{"Port STRIKE: 3 days!", "port strike|days"},
           Case{"ＳＡＬＥ　ｎｏｗ", "sale now"},                       // full width, with an ideographic space
           Case{"Straße, cafe\u0301, \ufb01ne", "strasse|café|fine"},  // ß, a combining accent, a ligature
           Case{"don't iPhone15 3.5 $20 50%", "don't iphone15"},
           Case{"港口罢工，导致延误。", "港口 罢工|导致 延误"},  // no spaces: by dictionary
           Case{"新品 Black Friday 促销50%", "新品 black friday 促销"},
           Case{"", ""},
           Case{" \t\n 12 ,.;:!? — 。、", ""},
       })
    EXPECT_EQ(shown(c.text), c.words) << c.text;
}

TEST(Words, HostileTextHasLimits) {
  // Invalid UTF-8 parts words: a lone continuation, an overlong slash, half a character, a surrogate.
  EXPECT_EQ(shown("ice\x80 cream"), "ice|cream");
  EXPECT_EQ(shown("a\xc0\xaf b\xe6\xb8 c\xed\xa0\x80 d"), "a|b|c|d");
  EXPECT_EQ(shown(std::string_view("one\0two\x01\x1b[31mred\x7f", 16)), "one|two|31mred") << "control characters";
  EXPECT_EQ(shown(std::string(kLongestWord, 'x') + " y"), std::string(kLongestWord, 'x') + " y");
  EXPECT_EQ(shown(std::string(kLongestWord + 1, 'x') + " y"), "y");
  std::string many;
  while (many.size() < 5'000'000) many += "word ";
  EXPECT_EQ(words(many).size(), kMostWords);
  std::string han;
  while (han.size() < 5'000'000) han += "港口";
  for (std::size_t shift = 0; shift < 3; ++shift)  // the limit falls on each byte of a character
    for (const Word& word : words(std::string(shift, ' ') + han)) ASSERT_EQ(first_invalid_utf8(word.text), std::nullopt);
  EXPECT_TRUE(words(std::string(5'000'000, '\xff')).empty());
  EXPECT_TRUE(words(std::string(5'000'000, '\0')).empty());
}

// Buckets and signs were computed by an independent implementation of FNV-1a and of the finaliser of MurmurHash3 in Python.
TEST(Terms, AreWordsAndPairsWithTheirBucketAndSign) {
  struct Case {
    const char* text;
    std::uint32_t bucket;
    float sign;
  };
  auto same = [](const std::vector<Term>& found, const std::vector<Case>& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t t = 0; t < found.size(); ++t) {
      EXPECT_EQ(found[t].text, expected[t].text);
      EXPECT_EQ(found[t].bucket, expected[t].bucket) << found[t].text;
      EXPECT_EQ(found[t].sign, expected[t].sign) << found[t].text;
    }
  };
  same(terms("PORT strike, port 港口", 1U << 18U, 2009),
       {{"port", 67'343, -1}, {"strike", 164'660, 1}, {"port strike", 220'592, -1}, {"港口", 106'411, 1}, {"port 港口", 5'421, -1}});
}

// The hash kernel is unbiased (Weinberger et al. 2009, lemma 2): over seeds, inner products of two texts are those of their words.
TEST(Terms, KeepInnerProductsOnAverage) {
  const char* first = "heavy rain in the city closes shops";
  const char* second = "heavy snow closes all shops of the city";
  std::set<std::string> left;
  double exact = 0;
  for (const Term& term : terms(first, 1, 1)) left.insert(term.text);
  for (const Term& term : terms(second, 1, 1)) exact += left.contains(term.text) ? 1 : 0;
  double sum = 0;
  const int seeds = 4'000;
  for (int seed = 0; seed < seeds; ++seed) {
    std::map<std::uint32_t, float> a, b;
    for (const Term& term : terms(first, 16, static_cast<std::uint64_t>(seed))) a[term.bucket] += term.sign;
    for (const Term& term : terms(second, 16, static_cast<std::uint64_t>(seed))) b[term.bucket] += term.sign;
    for (auto [bucket, value] : a) sum += value * (b.contains(bucket) ? b[bucket] : 0.0F);
  }
  // The variance of one is below 2 · 13 · 15 / 16: four deviations of the mean of 4,000.
  EXPECT_NEAR(sum / seeds, exact, 4 * std::sqrt(2.0 * 13 * 15 / 16 / seeds));
}

}  // namespace
}  // namespace sinan::text
