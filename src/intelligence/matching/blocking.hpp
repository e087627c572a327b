// Candidate pairs: each record with its nearest few, by an inverted index, so that the work grows with records and not with pairs.
#pragma once

#include "intelligence/matching/matching.hpp"
#include "intelligence/matching/similarity.hpp"

namespace sinan::matching {

// Values in normal form: normal[f][row].
struct Normalized {
  std::vector<std::vector<std::string>> normal;
};
Normalized normalize_all(const Records& records, unsigned threads);

struct Candidate {
  std::uint32_t left;  // < right
  std::uint32_t right;
  float similarity;  // cosine of the records' features, 0…1
  bool mutual;       // each is the other's nearest (within the other source, when sources are compared)
};

// In order of left, right; each pair once. A word that more than max(100, n / 50) records share brings nobody
// together, and a record looks at 4,000 others at most, those with its rarest words first.
std::vector<Candidate> candidates(const Records& records, const Normalized& normalized, const Options& options);

// Runs body(first, last) over [0, n) in blocks, on `threads` threads. Blocks do not depend on the number of threads.
void parallel(std::size_t n, unsigned threads, const std::function<void(std::size_t, std::size_t)>& body);

}  // namespace sinan::matching
