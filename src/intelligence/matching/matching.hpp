// Finds records that describe the same thing, without examples of right answers.
//
// Records come as columns of text, from one source or several; out come pairs with a probability, and clusters. The way:
//   1. values are normalised (normalize.hpp);
//   2. each record meets its nearest few by TF-IDF over words and 4-grams (blocking.hpp): never all pairs;
//   3. each pair becomes a vector of agreement levels, one a field (comparison.hpp);
//   4. weights of levels are learnt by expectation-maximisation (Fellegi & Sunter 1969; Winkler 1988; fellegi_sunter.hpp);
//      where the pairs so found disagree in most fields, they are no matches, and usual weights take the place of learnt ones;
//      a pair with one field to compare out of three or more stays doubtful (at most 0.4), whatever that field says;
//   5. likely pairs become clusters, guarded against chains (clustering.hpp).
// Deterministic: the same records in the same order give the same bits at any number of threads.
//
// Memory: about 2 KB a record plus 64 bytes a candidate pair. Time: linear in records times `neighbours`, as long as rare words are shared
// by few.
#pragma once

#include "base/cancel.hpp"
#include "intelligence/matching/normalize.hpp"

namespace sinan::matching {

struct Field {
  std::string name;
  Kind kind = Kind::kText;
};

// values[f][row] as somebody wrote it; "" is missing.
struct Records {
  std::vector<Field> fields;
  std::vector<std::vector<std::string>> values;
  std::vector<std::uint32_t> source;  // of each row; empty: all rows come from one

  std::size_t size() const { return values.empty() ? 0 : values.front().size(); }
};

// Which rows may be the same thing.
enum class Relation : std::uint8_t {
  kAny,       // any two rows
  kAcross,    // rows of different sources only
  kOneToOne,  // rows of different sources, and each at most one of every other source: no source repeats itself
};

// left < right.
struct Pair {
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  double probability = 0;

  bool operator==(const Pair&) const = default;
};

struct Options {
  Relation relation = Relation::kAny;
  double threshold = 0.5;        // probability from which a pair counts
  std::size_t neighbours = 10;   // candidates a record proposes
  std::vector<Pair> known = {};  // pairs that are the same beyond doubt (an agreed key)
  unsigned threads = 1;
  const CancelToken* cancel = nullptr;
};

// What was learnt about one field: how often each level of agreement occurs in pairs that match (m) and in those that do not (u).
struct FieldModel {
  std::string name;
  std::vector<double> m;
  std::vector<double> u;
};

struct Matches {
  std::vector<Pair> pairs;             // at or above the threshold, in order of left, right
  std::vector<std::uint32_t> cluster;  // of each row: the smallest row in it
  std::size_t candidates = 0;          // pairs that were compared
  double share = 0;                    // of candidates that match, as estimated
  std::vector<FieldModel> model;
};

// kInvalidInput: columns of unequal length, more than 4,000 million rows; kCancelled.
Result<Matches> match(const Records& records, const Options& options = {});

}  // namespace sinan::matching
