#include "intelligence/forecasting/drivers/topics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/hash.hpp"
#include "intelligence/forecasting/kernels/lanes.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kDotLanes = 16;
constexpr std::size_t kCandidates = 4;  // for each start of k-means++, of which the best is taken
constexpr double kNearMean = 1e-3;      // a vector that is no farther from the mean of all has no direction
constexpr std::uint32_t kNoTopic = ~0U;

SINAN_LANES double dot(std::span<const float> a, std::span<const float> b) {
  std::array<float, kDotLanes> sums{};
  std::size_t i = 0;
  for (; i + kDotLanes <= a.size(); i += kDotLanes)
    for (std::size_t lane = 0; lane < kDotLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  double out = 0;
  for (; i < a.size(); ++i) out += double{a[i]} * double{b[i]};
  for (float sum : sums) out += double{sum};
  return out;
}

class Clustering {
 public:
  explicit Clustering(std::span<const TopicText> all) : all_(all), size_(all[0].vector.size()), mean_(size_) {
    order_.resize(all.size());
    std::iota(order_.begin(), order_.end(), std::uint32_t{0});
    std::ranges::sort(order_, {}, [&](std::uint32_t text) { return all[text].key; });
    centre_texts();
  }

  std::vector<Topic> topics() {
    const auto parts = std::min({kMostTopics, events_ / kLeastTopicEvents, order_.size()});
    if (parts < 2) return {};
    start(parts);
    if (centres_.size() < 2) return {};
    assign(sample_);
    for (int round = 0; round < kTopicRounds; ++round) {
      move_centres(sample_);
      if (!assign(sample_)) break;
    }
    assign(order_);
    dissolve();
    move_centres(order_);
    assign(order_);
    std::vector<Topic> out = found();
    join(out);
    return out;
  }

 private:
  using Centre = std::vector<float>;  // of length 1, less the mean

  // The mean of all events, how far each text is from it, and which texts are learnt from.
  void centre_texts() {
    std::vector<double> sum(size_, 0.0);
    for (std::uint32_t text : order_) {
      events_ += all_[text].events;
      const std::span<const float> vector = all_[text].vector;
      for (std::size_t d = 0; d < size_; ++d) sum[d] += all_[text].events * double{vector[d]};
    }
    for (std::size_t d = 0; d < size_; ++d) mean_[d] = static_cast<float>(sum[d] / static_cast<double>(std::max<std::size_t>(1, events_)));
    const double square = dot(mean_, mean_);
    far_.resize(all_.size());
    for (std::uint32_t text : order_)
      far_[text] = std::sqrt(std::max(0.0, dot(all_[text].vector, all_[text].vector) - 2 * dot(all_[text].vector, mean_) + square));
    std::erase_if(order_, [&](std::uint32_t text) { return far_[text] <= kNearMean; });
    const std::size_t stride = (order_.size() + kTopicSample - 1) / kTopicSample;
    for (std::size_t at = 0; at < order_.size(); at += stride) sample_.push_back(order_[at]);
    topic_.assign(all_.size(), kNoTopic);
    cosine_.assign(all_.size(), -1.0);
  }

  // Of a text, less the mean, to a centre; `shift` is what the centre has of the mean.
  double cosine(std::uint32_t text, const Centre& centre, double shift) const {
    return (dot(all_[text].vector, centre) - shift) / far_[text];
  }

  Centre at(std::uint32_t text) const {
    Centre out(size_);
    for (std::size_t d = 0; d < size_; ++d) out[d] = static_cast<float>((double{all_[text].vector[d]} - double{mean_[d]}) / far_[text]);
    return out;
  }

  // Texts as first centres: each drawn among those that are far from the centres before it, the best of some draws.
  void start(std::size_t parts) {
    std::vector<double> left(sample_.size(), 2.0);  // 1 − cosine to the nearest centre
    std::uint64_t draws = 0;
    while (centres_.size() < parts) {
      double total = 0;
      for (std::size_t s = 0; s < sample_.size(); ++s) total += left[s] * all_[sample_[s]].events;
      if (total < 1e-6) return;
      std::vector<double> best;
      double best_sum = 0;
      Centre chosen;
      for (std::size_t candidate = 0; candidate < kCandidates; ++candidate) {
        const double target = total * static_cast<double>(mix(++draws) >> 11U) * 0x1p-53;
        std::size_t s = 0;
        for (double sum = 0; s + 1 < sample_.size(); ++s)
          if ((sum += left[s] * all_[sample_[s]].events) > target) break;
        Centre centre = at(sample_[s]);
        std::vector<double> then = nearer(centre, left);
        double sum = 0;
        for (std::size_t t = 0; t < sample_.size(); ++t) sum += then[t] * all_[sample_[t]].events;
        if (best.empty() || sum < best_sum) best = std::move(then), best_sum = sum, chosen = std::move(centre);
      }
      left = std::move(best);
      centres_.push_back(std::move(chosen));
    }
  }

  std::vector<double> nearer(const Centre& centre, const std::vector<double>& left) const {
    const double shift = dot(mean_, centre);
    std::vector<double> out(left.size());
    for (std::size_t s = 0; s < left.size(); ++s) out[s] = std::min(left[s], std::max(0.0, 1 - cosine(sample_[s], centre, shift)));
    return out;
  }

  // Each of the texts to its nearest centre; whether one has moved.
  bool assign(std::span<const std::uint32_t> texts) {
    std::vector<double> shifts;
    for (const Centre& centre : centres_) shifts.push_back(dot(mean_, centre));
    bool moved = false;
    for (std::uint32_t text : texts) {
      const std::uint32_t before = topic_[text];
      topic_[text] = kNoTopic;
      for (std::uint32_t c = 0; c < centres_.size(); ++c) {
        if (centres_[c].empty()) continue;
        const double near = cosine(text, centres_[c], shifts[c]);
        if (topic_[text] == kNoTopic || near > cosine_[text]) topic_[text] = c, cosine_[text] = near;
      }
      moved = moved || topic_[text] != before;
    }
    return moved;
  }

  // Each centre to the direction of the sum of its texts.
  void move_centres(std::span<const std::uint32_t> texts) {
    std::vector<std::vector<double>> sums(centres_.size(), std::vector<double>(size_, 0.0));
    for (std::uint32_t text : texts) {
      const std::span<const float> vector = all_[text].vector;
      std::vector<double>& sum = sums[topic_[text]];
      const double weight = all_[text].events / far_[text];
      for (std::size_t d = 0; d < size_; ++d) sum[d] += weight * (double{vector[d]} - double{mean_[d]});
    }
    for (std::size_t c = 0; c < centres_.size(); ++c) {
      double squares = 0;
      for (double v : sums[c]) squares += v * v;
      if (centres_[c].empty() || !(squares > 0)) continue;  // one without texts stays
      for (std::size_t d = 0; d < size_; ++d) centres_[c][d] = static_cast<float>(sums[c][d] / std::sqrt(squares));
    }
  }

  bool counts(std::uint32_t text) const { return topic_[text] != kNoTopic && cosine_[text] >= kLeastTopicCosine; }

  // Gives up centres with too few events, smallest first.
  void dissolve() {
    while (true) {
      std::vector<std::size_t> events(centres_.size(), 0);
      for (std::uint32_t text : order_)
        if (counts(text)) events[topic_[text]] += all_[text].events;
      std::uint32_t smallest = kNoTopic;
      std::size_t remaining = 0;
      for (std::uint32_t c = 0; c < centres_.size(); ++c) {
        if (centres_[c].empty()) continue;
        ++remaining;
        if (smallest == kNoTopic || events[c] < events[smallest]) smallest = c;
      }
      if (remaining <= 1 || events[smallest] >= kLeastTopicEvents) return;
      centres_[smallest].clear();
      std::vector<std::uint32_t> freed;
      for (std::uint32_t text : order_)
        if (topic_[text] == smallest) freed.push_back(text);
      assign(freed);
    }
  }

  // Those with enough events, the largest first; their centres, in the same order, into centres_.
  std::vector<Topic> found() {
    std::vector<Topic> all(centres_.size());
    std::vector<double> nearest(centres_.size(), -1.0);
    for (std::uint32_t text : order_) {
      if (!counts(text)) continue;
      Topic& topic = all[topic_[text]];
      topic.texts.push_back(text);
      topic.events += all_[text].events;
      if (cosine_[text] <= nearest[topic_[text]]) continue;
      nearest[topic_[text]] = cosine_[text];
      topic.examples.assign(1, text);
    }
    std::vector<std::size_t> kept;
    for (std::size_t c = 0; c < all.size(); ++c)
      if (all[c].events >= kLeastTopicEvents) kept.push_back(c);
    std::ranges::stable_sort(kept, std::ranges::greater{}, [&](std::size_t c) { return all[c].events; });
    std::vector<Topic> out;
    std::vector<Centre> centres;
    for (std::size_t c : kept) {
      std::ranges::sort(all[c].texts);
      out.push_back(std::move(all[c]));
      centres.push_back(std::move(centres_[c]));
    }
    centres_ = std::move(centres);
    return out;
  }

  // Appends what two topics make together, as long as two are near enough.
  void join(std::vector<Topic>& topics) {
    std::vector<std::size_t> open(topics.size());
    std::iota(open.begin(), open.end(), std::size_t{0});
    while (open.size() > 1) {
      double nearest = kLeastJointCosine;
      std::size_t first = 0, second = 0;
      for (std::size_t a = 0; a < open.size(); ++a)
        for (std::size_t b = a + 1; b < open.size(); ++b)
          if (const double near = dot(centres_[open[a]], centres_[open[b]]); near > nearest) nearest = near, first = a, second = b;
      if (second == 0) return;
      joined(topics, open[first], open[second]);
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(second));
      open[first] = topics.size() - 1;
    }
  }

  void joined(std::vector<Topic>& topics, std::size_t a, std::size_t b) {
    if (topics[b].events > topics[a].events) std::swap(a, b);
    Topic out;
    std::ranges::merge(topics[a].texts, topics[b].texts, std::back_inserter(out.texts));
    out.examples = {topics[a].examples[0], topics[b].examples[0]};
    out.events = topics[a].events + topics[b].events;
    Centre centre(size_);
    std::vector<double> sum(size_);
    double squares = 0;
    for (std::size_t d = 0; d < size_; ++d) {
      sum[d] =
          static_cast<double>(topics[a].events) * double{centres_[a][d]} + static_cast<double>(topics[b].events) * double{centres_[b][d]};
      squares += sum[d] * sum[d];
    }
    for (std::size_t d = 0; d < size_; ++d) centre[d] = static_cast<float>(sum[d] / std::sqrt(squares));
    topics.push_back(std::move(out));
    centres_.push_back(std::move(centre));
  }

  std::span<const TopicText> all_;
  std::size_t size_;
  std::vector<float> mean_;
  std::vector<double> far_;  // of each text from the mean
  std::vector<std::uint32_t> order_, sample_;
  std::size_t events_ = 0;
  std::vector<Centre> centres_;  // empty: given up
  std::vector<std::uint32_t> topic_;
  std::vector<double> cosine_;  // of each text to the centre of its topic
};

}  // namespace

std::vector<Topic> find_topics(std::span<const TopicText> all) { return all.empty() ? std::vector<Topic>() : Clustering(all).topics(); }

}  // namespace sinan::forecasting
