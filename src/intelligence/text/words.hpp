// The words of a text in Chinese, English or any other language, and what a text is made of as hashed terms.
//
// A text is folded (NFKC case folding, Unicode Standard Annex 15: ＳＡＬＥ and sale are one word), cut by ICU's word break iterator
// (Unicode Standard Annex 29; Chinese, Japanese and Thai by dictionary), and what holds no letter goes: numbers, punctuation, symbols.
//
// Terms are the words and the pairs of words with nothing but white space between them. Each falls into one of `buckets` and has a sign,
// both by its hash: so a text becomes a vector of known length, without a dictionary, and what terms of one bucket do to each other is
// zero on average (Weinberger et al. 2009, "Feature hashing for large scale multitask learning", section 2).
//
// Pure; any thread. Time and memory grow with the bytes read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sinan::text {

inline constexpr std::size_t kMostBytes = 65'536;  // of a text that are read
inline constexpr std::size_t kMostWords = 1'000;   // of a text that are kept
inline constexpr std::size_t kLongestWord = 60;    // in characters; a longer run of letters is no word

struct Word {
  std::string text;      // folded; UTF-8
  bool follows = false;  // the word before it, with nothing but white space between
};

// In order. Invalid UTF-8 parts words; beyond the limits the rest of the text is not read.
std::vector<Word> words(std::string_view utf8);

struct Term {
  std::string text;  // "port", "port strike"
  std::uint32_t bucket = 0;
  float sign = 1;  // 1 or −1
};

// Each once, in order of the text. `buckets`: 1 or more.
std::vector<Term> terms(std::string_view utf8, std::uint32_t buckets, std::uint64_t seed);

}  // namespace sinan::text
