// From pairs to groups: which records are one thing.
#pragma once

#include "intelligence/matching/matching.hpp"

namespace sinan::matching {

// Groups of rows 0 … n-1: for each row the smallest row of its group.
//
// Pairs are taken from the most probable down; two groups join only if their members fit on the average: the mean probability over all
// pairs between them (a pair that is not listed counts 0) is at least `fit`. So A–B and B–C do not pull A and C together when these
// have little in common. Pairs of probability 1 or more always join. Ties are settled by row numbers.
std::vector<std::uint32_t> cluster(std::size_t n, std::vector<Pair> pairs, double fit = 0.35);

// The pairs that remain when each row has at most one partner in every other source, the most probable first.
// `order` breaks ties: greater first; one value a pair.
std::vector<Pair> one_to_one(const std::vector<Pair>& pairs, const std::vector<float>& order, const std::vector<std::uint32_t>& source);

}  // namespace sinan::matching
