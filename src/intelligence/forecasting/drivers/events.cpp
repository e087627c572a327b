#include "intelligence/forecasting/drivers/events.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "intelligence/forecasting/drivers/topics.hpp"
#include "intelligence/text/words.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kLeastEvents = 5;    // that a bucket is in
constexpr double kMostShare = 0.9;         // of all events that a bucket is in
constexpr std::size_t kTermsNamed = 3;     // of a bucket, and of those that come with it
constexpr double kHalvings = 6;            // after which an event is forgotten
constexpr double kFaster = 4;              // fades what said when it is over
constexpr std::uint64_t kHashSeed = 2009;  // of terms

// A bucket as it is found in the events of a period.
struct Bucket {
  std::uint32_t number = 0;
  std::vector<std::uint32_t> terms;  // most frequent first
  std::size_t events = 0;
  float first = 0;            // its value in the first event that has it
  std::uint64_t pattern = 0;  // of the events that it is in and of its values there, up to the sign
};

std::int64_t reach_of(double half_life) { return static_cast<std::int64_t>(std::ceil(kHalvings * half_life)); }

constexpr std::size_t kShownCharacters = 60;  // of a text that a topic is called by

std::string in_quotes(std::string_view term) { return fmt::format("\"{}\"", term); }

// A text on one line, cut.
std::string shown(std::string_view text) {
  std::string out;
  std::size_t characters = 0;
  bool space = false;
  for (char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      space = !out.empty();
      continue;
    }
    const bool begins = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    characters += (begins ? 1U : 0U) + (space ? 1U : 0U);
    if (characters > kShownCharacters) return visible(out) + "…";
    if (space) out += ' ';
    space = false;
    out += c;
  }
  return visible(out);
}

}  // namespace

std::int64_t Events::reach() const { return reach_of(half_life); }

std::vector<std::string> Events::feature_names() const {
  std::vector<std::string> out{"events", "periods since the newest event"};
  out.insert(out.end(), names.begin(), names.end());
  return out;
}

Status EventTexts::add(std::string_view text, const EventTime& when, std::uint32_t scope, std::span<const float> embedding) {
  auto most = [](std::size_t limit, std::string_view what) {
    return fail(ErrorCode::kLimit, fmt::format("more than {} {}, the most that are learnt from; leave out the oldest events", limit, what));
  };
  if (when.to < when.from) return fail(ErrorCode::kInvalidInput, "an event ends before it starts");
  if (events_.size() >= limits_.events) return most(limits_.events, "events");
  Event event{when, scope, static_cast<std::uint32_t>(occurrences_.size()), 0, hash(text, kHashSeed)};
  if (!embedding.empty()) SINAN_CHECK(add_vector(text, embedding, event));
  if (vectors_.size() > limits_.numbers) return most(limits_.numbers, "numbers in embeddings of different texts");
  for (text::Term& term : text::terms(text, kBuckets, kHashSeed)) {
    auto [number, fresh] = numbers_.try_emplace(term.text, static_cast<std::uint32_t>(terms_.size()));
    if (fresh) terms_.push_back({std::move(term.text), term.bucket, term.sign});
    occurrences_.push_back(number->second);
  }
  if (terms_.size() > limits_.terms) return most(limits_.terms, "different words and pairs of words in events");
  if (occurrences_.size() > limits_.occurrences) return most(limits_.occurrences, "words and pairs of words in events");
  event.last = static_cast<std::uint32_t>(occurrences_.size());
  events_.push_back(event);
  return {};
}

Status EventTexts::add_vector(std::string_view text, std::span<const float> embedding, Event& event) {
  if (!shown_.empty() && embedding.size() * shown_.size() != vectors_.size())
    return fail(ErrorCode::kInvalidInput, "embeddings of events have different sizes; they must come from one model");
  auto [found, fresh] = vector_of_.try_emplace(event.text, static_cast<std::uint32_t>(shown_.size()));
  event.vector = found->second;
  if (!fresh) return {};
  shown_.push_back(shown(text));
  vectors_.insert(vectors_.end(), embedding.begin(), embedding.end());
  return {};
}

// The events known at the end of a period, and the features that their texts give.
struct EventTexts::Choice {
  Choice(const EventTexts& texts, std::int64_t period, bool topics) : all(texts) {
    for (const Event& event : all.events_)
      if (event.when.known <= period) events.push_back(&event);
    // In an order of their own.
    auto key = [](const Event* e) { return std::tuple(e->when.known, e->when.from, e->when.to, e->when.ends, e->scope, e->text); };
    std::ranges::sort(events, [&](const Event* a, const Event* b) { return key(a) < key(b); });
    count();
    choose();
    if (topics) find_topics_of_texts();
  }

  // The buckets of an event, and the sums of the signs of its terms there.
  std::map<std::uint32_t, float> buckets_of(const Event& event) const {
    std::map<std::uint32_t, float> sums;
    for (std::uint32_t o = event.first; o < event.last; ++o) {
      const Term& term = all.terms_[all.occurrences_[o]];
      sums[term.bucket] += term.sign;
    }
    std::erase_if(sums, [](const auto& sum) { return sum.second == 0; });
    return sums;
  }

  void count() {
    counts.assign(all.terms_.size(), 0);
    for (std::size_t order = 0; order < events.size(); ++order) {
      const Event& event = *events[order];
      for (std::uint32_t o = event.first; o < event.last; ++o) {
        const std::uint32_t term = all.occurrences_[o];
        if (counts[term]++ == 0) buckets[all.terms_[term].bucket].terms.push_back(term);
      }
      for (auto [number, value] : buckets_of(event)) {
        Bucket& bucket = buckets[number];
        bucket.number = number;
        if (bucket.events++ == 0) bucket.first = value;
        const auto size = static_cast<std::int64_t>(value * std::copysign(1.0F, bucket.first));
        bucket.pattern = mix(bucket.pattern ^ mix(order) ^ static_cast<std::uint64_t>(size));
      }
    }
  }

  // Groups of buckets that are in the same events, most frequent first.
  void choose() {
    std::vector<Bucket*> found;
    for (auto& [number, bucket] : buckets)
      if (bucket.events >= kLeastEvents && static_cast<double>(bucket.events) <= kMostShare * static_cast<double>(events.size()))
        found.push_back(&bucket);
    std::ranges::sort(
        found, [](const Bucket* a, const Bucket* b) { return a->events != b->events ? a->events > b->events : a->number < b->number; });
    std::unordered_map<std::uint64_t, std::size_t> groups;
    for (Bucket* bucket : found) {
      std::ranges::sort(bucket->terms, [&](std::uint32_t a, std::uint32_t b) {
        return counts[a] != counts[b] ? counts[a] > counts[b] : all.terms_[a].text < all.terms_[b].text;
      });
      auto [group, fresh] = groups.try_emplace(bucket->pattern, features.size());
      if (fresh && features.size() == kMostFeatures) break;
      if (fresh) features.emplace_back();
      features[group->second].push_back(bucket);
    }
    // The one that says most stands for its group: the longest.
    for (auto& group : features)
      std::ranges::stable_sort(group, std::ranges::greater{}, [&](const Bucket* b) { return all.terms_[b->terms[0]].text.size(); });
  }

  void find_topics_of_texts() {
    place_of.assign(all.shown_.size(), kNoVector);
    std::vector<TopicText> texts;
    std::vector<std::uint32_t> vectors;  // of each of them
    for (const Event* event : events) {
      if (event->vector == kNoVector) continue;
      std::uint32_t& place = place_of[event->vector];
      if (place != kNoVector) {
        ++texts[place].events;
        continue;
      }
      place = static_cast<std::uint32_t>(texts.size());
      texts.push_back({.vector = all.vector(event->vector), .key = event->text, .events = 1});
      vectors.push_back(event->vector);
    }
    topics_of.resize(texts.size());
    for (const Topic& topic : find_topics(texts)) {
      if (static_cast<double>(topic.events) > kMostShare * static_cast<double>(events.size())) continue;
      for (std::uint32_t place : topic.texts) topics_of[place].push_back(static_cast<std::uint32_t>(topic_names.size()));
      std::string name = "event like ";
      for (std::uint32_t example : topic.examples)
        name += (example == topic.examples.front() ? "" : " or ") + in_quotes(all.shown_[vectors[example]]);
      const std::string once = name;
      for (int k = 2; std::ranges::find(topic_names, name) != topic_names.end(); ++k) name = fmt::format("{} ({})", once, k);
      topic_names.push_back(std::move(name));
    }
  }

  // "strike"; "strike" or "parade" (share a bucket); "port strike", always with "harbour".
  std::string name_of(const std::vector<Bucket*>& group) const {
    auto text_of = [&](std::uint32_t term) -> const std::string& { return all.terms_[term].text; };
    const Bucket& bucket = *group.front();
    std::string out = "event " + in_quotes(text_of(bucket.terms[0]));
    for (std::size_t t = 1; t < std::min(bucket.terms.size(), kTermsNamed); ++t) out += " or " + in_quotes(text_of(bucket.terms[t]));
    if (bucket.terms.size() > kTermsNamed) out += " or others";
    if (bucket.terms.size() > 1) return out + " (share a bucket)";
    std::size_t named = 1;
    for (std::size_t b = 1; b < group.size() && named < kTermsNamed; ++b) {
      const std::string& other = text_of(group[b]->terms[0]);
      if (text_of(bucket.terms[0]).find(other) != std::string::npos) continue;
      out += (named++ == 1 ? ", always with " : ", ") + in_quotes(other);
    }
    return out;
  }

  Events made(double half_life) const {
    Events out;
    out.half_life = half_life;
    std::unordered_map<std::uint32_t, Events::Value> chosen;  // by bucket: its feature, and the sign of its most frequent term
    for (const auto& group : features) {
      const Bucket& bucket = *group.front();
      chosen[bucket.number] = {static_cast<std::uint32_t>(out.names.size()), all.terms_[bucket.terms[0]].sign};
      out.names.push_back(name_of(group));
    }
    const auto first_topic = static_cast<std::uint32_t>(out.names.size());
    out.names.insert(out.names.end(), topic_names.begin(), topic_names.end());
    for (const Event* event : events) {
      const auto first = static_cast<std::uint32_t>(out.values.size());
      for (auto [number, value] : buckets_of(*event))
        if (auto feature = chosen.find(number); feature != chosen.end())
          out.values.push_back({feature->second.feature, value * feature->second.value});
      if (event->vector != kNoVector && !place_of.empty())
        for (std::uint32_t topic : topics_of[place_of[event->vector]]) out.values.push_back({first_topic + topic, 1});
      if (out.scopes.size() <= event->scope) out.scopes.resize(event->scope + 1);
      Events::Scope& scope = out.scopes[event->scope];
      scope.events.push_back({event->when, first, static_cast<std::uint32_t>(out.values.size())});
      scope.longest = std::max(scope.longest, event->when.to - event->when.known);
    }
    return out;
  }

  const EventTexts& all;
  std::vector<const Event*> events;
  std::vector<std::uint32_t> counts;  // of events with each term
  std::unordered_map<std::uint32_t, Bucket> buckets;
  std::vector<std::vector<Bucket*>> features;
  std::vector<std::string> topic_names;
  std::vector<std::uint32_t> place_of;                // of each of shown_, among the texts known
  std::vector<std::vector<std::uint32_t>> topics_of;  // by that place
};

Events EventTexts::known_at(std::int64_t period, double half_life, bool topics) const {
  return Choice(*this, period, topics).made(half_life);
}

EventView::Fading::Fading(double half_life) : sums{0} {
  for (std::int64_t age = 0; age <= reach_of(half_life); ++age) {
    left.push_back(static_cast<float>(std::exp2(-static_cast<double>(age) / half_life)));
    sums.push_back(sums.back() + double{left.back()});
  }
}

EventView::EventView(const Events& events)
    : events_(events), slow_(events.half_life), fast_(events.half_life / kFaster), means_(events.names.size()) {}

void EventView::look(std::size_t i, std::int64_t origin, std::int64_t usual) {
  seen_.clear();
  std::ranges::fill(means_, 0.0F);
  const std::int64_t begin = origin - usual + 1;        // of the periods that make the mean
  const std::int64_t oldest = begin - events_.reach();  // that an event may end in, to count there or after the origin
  for (std::uint32_t id : events_.scopes_of(i)) {
    const Events::Scope& scope = events_.scopes[id];
    auto end = std::ranges::upper_bound(scope.events, origin, {}, [](const Events::Event& e) { return e.when.known; });
    for (auto event = end; event != scope.events.begin();) {
      --event;
      if (event->when.known + scope.longest < oldest) break;
      if (event->when.to < oldest) continue;
      seen_.push_back(&*event);
      const double mean = left_between(event->when, begin, origin) / static_cast<double>(usual);
      for (std::uint32_t v = event->first; v < event->last; ++v)
        means_[events_.values[v].feature] += static_cast<float>(mean) * events_.values[v].value;
    }
  }
}

// The sum of what an event means in the periods begin … end.
double EventView::left_between(const EventTime& when, std::int64_t begin, std::int64_t end) const {
  const std::int64_t full = std::min(end, when.to) - std::max(begin, when.from) + 1;
  const Fading& fading = fading_of(when);
  const auto ages = static_cast<std::int64_t>(fading.left.size());
  const std::int64_t first = std::clamp<std::int64_t>(begin - when.to, 1, ages),
                     last = std::clamp<std::int64_t>(end - when.to + 1, first, ages);
  return static_cast<double>(std::max<std::int64_t>(0, full)) + fading.sums[static_cast<std::size_t>(last)] -
         fading.sums[static_cast<std::size_t>(first)];
}

void EventView::row(std::int64_t period, std::span<float> out) const {
  out[0] = 0;
  std::ranges::transform(means_, out.begin() + 2, std::negate{});
  std::int64_t newest = std::numeric_limits<std::int64_t>::min();
  for (const Events::Event* event : seen_) {
    if (event->when.from > period) continue;
    const auto age = static_cast<std::size_t>(std::max<std::int64_t>(0, period - event->when.to));
    const Fading& fading = fading_of(event->when);
    if (age >= fading.left.size()) continue;
    const float left = fading.left[age];
    newest = std::max(newest, event->when.from);
    out[0] += left;
    for (std::uint32_t v = event->first; v < event->last; ++v) out[2 + events_.values[v].feature] += left * events_.values[v].value;
  }
  out[1] = out[0] > 0 ? static_cast<float>(period - newest) : std::numeric_limits<float>::quiet_NaN();
}

}  // namespace sinan::forecasting
