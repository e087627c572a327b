// Events: texts that become known in time, such as news, notices and reviews, and what trees (drivers.hpp) read of them.
//
// An event became known in one period and speaks of others: of its own, or of days that it announces. From an origin only events are seen
// that were known by then. What an event still means in a period is 1 where it speaks of that period, halves every `half_life` periods
// after, four times as fast where it said when it is over, and is 0 before. Of one series in one period trees read: how many events there
// are, so weighted; how long ago the newest began; and of each chosen bucket of hashed terms (text/words.hpp) the sum of the signs of its
// terms, so weighted, less its mean over the newest periods known: the level that demand is told against (drivers.hpp) holds what the
// events of those did.
//
// A bucket is chosen by the texts alone, as far as they are known: its terms are in five events or more, and not in almost all. Buckets
// that are in the same events are one feature. Of more than kMostFeatures the most frequent are taken; which of them trees learn from is
// found in the demand that they are taught (word_choice.hpp).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"

namespace sinan::forecasting {

inline constexpr std::uint32_t kBuckets = 1U << 18U;
inline constexpr std::size_t kMostFeatures = 200;

// Periods, counted as Panel::ends.
struct EventTime {
  std::int64_t known = 0;         // from the end of this one on
  std::int64_t from = 0, to = 0;  // what it speaks of
  bool ends = false;              // it says so; else `to` is where it was last known to go on
};

// As trees read them: what EventTexts::known_at() makes.
struct Events {
  struct Event {
    EventTime when;
    std::uint32_t first = 0, last = 0;  // `values` [first, last)
  };
  struct Value {
    std::uint32_t feature = 0;  // of `names`
    float value = 0;
  };
  struct Scope {
    std::vector<Event> events;  // in order of when.known
    std::int64_t longest = 0;   // from when.known to when.to, at most
  };
  double half_life = 7;            // periods
  std::vector<std::string> names;  // of the chosen buckets, by their terms; then of the topics, by their texts
  std::vector<Value> values;
  std::vector<Scope> scopes;
  // Series i is spoken of by scopes scope_ids[scope_offsets[i]] … scope_ids[scope_offsets[i + 1] − 1].
  std::vector<std::uint32_t> scope_ids;
  std::vector<std::uint64_t> scope_offsets{0};

  bool empty() const { return scopes.empty(); }
  std::span<const std::uint32_t> scopes_of(std::size_t i) const {
    return std::span(scope_ids).subspan(scope_offsets[i], scope_offsets[i + 1] - scope_offsets[i]);
  }
  // How many periods after its last one an event is still looked at: then less than 1/64 of it is left.
  std::int64_t reach() const;
  // Of the features, in the order in which they are read.
  std::vector<std::string> feature_names() const;
};

struct EventLimits {
  std::size_t events = 1'000'000;
  std::size_t terms = 1'000'000;         // that differ
  std::size_t occurrences = 20'000'000;  // of terms in events
  std::size_t numbers = 100'000'000;     // of vectors, each counted once a text
};

// Texts with their times and scopes, and their terms; not yet what trees read of them.
class EventTexts {
 public:
  EventTexts() = default;
  explicit EventTexts(const EventLimits& limits) : limits_(limits) {}
  // `scope`: 0, 1, …; what it means is the caller's. `embedding`: of length 1, the same for the same text, or none: then the event is in no
  // topic. kLimit names the limit; kInvalidInput where when.to is before when.from, or embeddings are of different sizes.
  Status add(std::string_view text, const EventTime& when, std::uint32_t scope, std::span<const float> embedding = {});
  bool empty() const { return events_.empty(); }
  std::size_t size() const { return events_.size(); }

  // What was known at the end of `period`, with the features chosen from it; which series are spoken of is left to the caller. The order
  // in which events were added does not matter. `topics`: whether there are any, where events have vectors.
  Events known_at(std::int64_t period, double half_life, bool topics = true) const;

 private:
  struct Term {
    std::string text;
    std::uint32_t bucket = 0;
    float sign = 1;
  };
  struct Event {
    EventTime when;
    std::uint32_t scope = 0;
    std::uint32_t first = 0, last = 0;  // occurrences_ [first, last)
    std::uint64_t text = 0;             // its hash
    std::uint32_t vector = kNoVector;   // of shown_
  };
  struct Choice;  // of features
  static constexpr std::uint32_t kNoVector = ~0U;

  std::span<const float> vector(std::uint32_t which) const {
    const std::size_t size = vectors_.size() / shown_.size();
    return std::span(vectors_).subspan(which * size, size);
  }
  Status add_vector(std::string_view text, std::span<const float> embedding, Event& event);

  EventLimits limits_;
  std::vector<Event> events_;
  std::vector<std::uint32_t> occurrences_;  // of terms_
  std::vector<Term> terms_;
  std::unordered_map<std::string, std::uint32_t> numbers_;  // of terms_
  // Different texts that have a vector: how they are shown, their vectors one after the other, and where they are by hash.
  std::vector<std::string> shown_;
  std::vector<float> vectors_;
  std::unordered_map<std::uint64_t, std::uint32_t> vector_of_;
};

// Reads the features of one series at a time; not for several threads at once.
class EventView {
 public:
  explicit EventView(const Events& events);
  // Looks at the events of series i that are known at the end of period `origin`; the last `usual` ≥ 1 periods make the mean.
  void look(std::size_t i, std::int64_t origin, std::int64_t usual);
  // The features for a later period, as many as Events::feature_names().
  void row(std::int64_t period, std::span<float> out) const;

 private:
  struct Fading {
    explicit Fading(double half_life);
    std::vector<float> left;   // of an event after 0, 1, … periods, as long as it counts
    std::vector<double> sums;  // of the first 0, 1, … of these
  };
  const Fading& fading_of(const EventTime& when) const { return when.ends ? fast_ : slow_; }
  double left_between(const EventTime& when, std::int64_t begin, std::int64_t end) const;

  const Events& events_;
  Fading slow_, fast_;
  std::vector<const Events::Event*> seen_;
  std::vector<float> means_;  // of the chosen buckets
};

}  // namespace sinan::forecasting
