// Topics: which texts speak of the same, found in their vectors (embeddings).
//
// Vectors of a model lie in a narrow cone; less their mean they spread, and cosines mean the same for every model (Mu & Viswanath 2018,
// "All-but-the-top", step 1). They are parted by spherical k-means (Dhillon & Modha 2001, section 3) from a greedy k-means++ start (Arthur
// & Vassilvitskii 2007, section 2), fine rather than coarse; then topics with too few events are given up, smallest first, and their texts
// go to the nearest that remain. Parts of one theme are joined again, nearest first (by their centres), and each joint is a topic too: so
// a theme is there as a whole, and so are its kinds.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sinan::forecasting {

inline constexpr std::size_t kMostTopics = 24;       // before they are joined
inline constexpr std::size_t kLeastTopicEvents = 5;  // of a topic
inline constexpr double kLeastTopicCosine = 0.3;     // of a text to the centre of its topic
inline constexpr double kLeastJointCosine = 0.1;     // of the centres of topics that are joined; unrelated ones are below zero
inline constexpr std::size_t kTopicSample = 5'000;   // texts from which topics are learnt, the others are only told theirs
inline constexpr int kTopicRounds = 10;              // of k-means

// One of different texts.
struct TopicText {
  std::span<const float> vector;  // of length 1; of as many numbers as the others
  std::uint64_t key = 0;          // another for each text: keys make the order in which all is done
  std::uint32_t events = 1;       // that have it
};

struct Topic {
  std::vector<std::uint32_t> texts;     // by their place, ascending
  std::vector<std::uint32_t> examples;  // the nearest to its centre; of a joint one of each of the two that it joins
  std::size_t events = 0;
};

// The parts, those with most events first, then the joints, in the order in which they were joined. None where there are fewer than two
// times kLeastTopicEvents events, or all texts mean the same. Same texts, same bits, in whatever order they come. Time grows with texts ·
// size · kMostTopics, and 30 times that for those that are learnt from: ten thousand texts of 1,536 numbers take seconds.
std::vector<Topic> find_topics(std::span<const TopicText> all);

}  // namespace sinan::forecasting
