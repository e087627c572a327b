// Events: what is seen of them from an origin, which of their words become features, and how those are called.
#include "intelligence/forecasting/drivers/events.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "base/hash.hpp"
#include "intelligence/text/words.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::int64_t kLate = 1'000'000;

// Of one series in all scopes.
Events seen(const EventTexts& texts, std::int64_t period = kLate, double half_life = 2) {
  Events out = texts.known_at(period, half_life);
  for (std::uint32_t scope = 0; scope < out.scopes.size(); ++scope) out.scope_ids.push_back(scope);
  out.scope_offsets.push_back(out.scope_ids.size());
  return out;
}

std::vector<float> row(const Events& events, std::int64_t origin, std::int64_t period) {
  EventView view(events);
  view.look(0, origin, 26);
  std::vector<float> out(events.feature_names().size());
  view.row(period, out);
  return out;
}

std::size_t place_of(const Events& events, const std::string& name) {
  return static_cast<std::size_t>(std::ranges::find(events.names, name) - events.names.begin()) + 2;
}

// Five of each, so that the words are chosen; what is tested comes after.
EventTexts warmed_up(std::initializer_list<const char*> more = {}) {
  EventTexts out;
  for (int k = 0; k < 5; ++k)
    for (const char* text : {"strike", "罢工", "sunny"}) EXPECT_TRUE(out.add(text, {-1'000 - k, -1'000 - k, -1'000 - k}, 0));
  for (const char* text : more) EXPECT_TRUE(out.add(text, {10, 10, 10}, 0));
  return out;
}

TEST(Events, FadeFromTheirPeriodOn) {
  EventTexts texts = warmed_up({"Strike in the port"});
  const Events events = seen(texts);
  const std::size_t strike = place_of(events, "event \"strike\"");
  ASSERT_LT(strike, events.feature_names().size());
  EXPECT_EQ(row(events, 9, 12)[0], 0) << "not known yet";
  EXPECT_TRUE(std::isnan(row(events, 9, 12)[1]));
  for (std::int64_t age : {1, 2, 5, 12}) {
    const std::vector<float> now = row(events, 10, 10 + age);
    EXPECT_FLOAT_EQ(now[0], std::exp2(-static_cast<float>(age) / 2)) << age;
    EXPECT_EQ(now[1], static_cast<float>(age));
    EXPECT_NEAR(now[strike], now[0] - 1.0F / 26, 1e-6) << "against the 26 periods up to the origin, of which one has it";
    EXPECT_EQ(row(events, 10 + age - 1, 10 + age)[0], now[0]) << "from any origin after it";
  }
  EXPECT_EQ(row(events, 10, 10 + events.reach() + 1)[0], 0);
  // Once it is among them: the mean of 1, 2^(-1/2), …, 2^(-20/2).
  double mean = 0;
  for (int back = 0; back <= events.reach(); ++back) mean += std::exp2(-back / 2.0) / 26;
  EXPECT_NEAR(row(events, 30, 33)[strike], -mean, 1e-6);
}

TEST(Events, SpeakOfDaysThatTheyAnnounce) {
  EventTexts texts = warmed_up();
  ASSERT_TRUE(texts.add("strike", {10, 20, 22}, 0));
  const Events events = seen(texts);
  auto at = [&](std::int64_t origin, std::int64_t period) { return row(events, origin, period)[0]; };
  EXPECT_EQ(at(9, 21), 0) << "not announced yet";
  EXPECT_EQ(at(10, 19), 0) << "not begun";
  for (std::int64_t period : {20, 21, 22}) EXPECT_EQ(at(10, period), 1);
  EXPECT_FLOAT_EQ(at(10, 24), 0.5F);
  EXPECT_FLOAT_EQ(at(21, 24), 0.5F);
  EXPECT_EQ(row(events, 12, 22)[1], 2);
  const std::size_t strike = place_of(events, "event \"strike\"");
  EXPECT_NEAR(row(events, 21, 22)[strike], 1 - 2.0F / 26, 1e-6);
  EXPECT_NEAR(row(events, 23, 24)[strike], 0.5 - (3 + std::sqrt(0.5)) / 26, 1e-6);
}

TEST(Events, AreSoonOverWhereTheySaidWhen) {
  EventTexts texts = warmed_up();
  ASSERT_TRUE(texts.add("strike", {.known = 10, .from = 20, .to = 22, .ends = true}, 0));
  const Events events = seen(texts);
  EXPECT_EQ(row(events, 10, 22)[0], 1);
  EXPECT_FLOAT_EQ(row(events, 10, 23)[0], 0.25F) << "four times as fast as the half-life of two periods";
  EXPECT_FLOAT_EQ(row(events, 21, 24)[0], 0.0625F);
  EXPECT_EQ(row(events, 21, 26)[0], 0) << "forgotten after six halvings";
  EXPECT_NEAR(row(events, 23, 24)[place_of(events, "event \"strike\"")], 0.0625 - 3.25 / 26, 1e-6);
}

// Whatever comes to be known after the origin, no feature of any period changes: of events that are there, and of which words are chosen.
TEST(Events, HoldNothingThatBecameKnownLater) {
  const std::vector<std::string> vocabulary{"strike", "storm", "罢工", "促销", "sunny", "quiet", "parade", "开业"};
  std::mt19937 random(7);
  auto text = [&] {
    std::string out;
    for (int k = 0; k < 3; ++k) out += vocabulary[random() % vocabulary.size()] + " ";
    return out;
  };
  EventTexts known, more;
  for (int k = 0; k < 300; ++k) {
    const auto period = static_cast<std::int64_t>(random() % 100);
    const auto begin = period + static_cast<std::int64_t>(random() % 8);
    const EventTime when{period, begin, begin + static_cast<std::int64_t>(random() % 4)};
    const std::string words = text();
    const auto scope = static_cast<std::uint32_t>(random() % 3);
    if (period <= 60) ASSERT_TRUE(known.add(words, when, scope));
    ASSERT_TRUE(more.add(words, when, scope));
  }
  for (int k = 0; k < 50; ++k) ASSERT_TRUE(more.add("utterly new words", {61, 40, 70}, 1));
  // The choice of words at the origin.
  const Events then = seen(known, 60), now = seen(more, 60);
  EXPECT_GT(then.names.size(), 5U);
  EXPECT_EQ(then.names, now.names);
  for (std::int64_t origin : {20, 45, 60})
    for (std::int64_t period = origin + 1; period < origin + 20; ++period) EXPECT_EQ(row(then, origin, period), row(now, origin, period));
  // An earlier origin, seen with the words of a later one.
  const Events all = seen(more, kLate);
  Events cut = all;
  for (auto& scope : cut.scopes) std::erase_if(scope.events, [](const Events::Event& e) { return e.when.known > 45; });
  for (std::int64_t period = 46; period < 60; ++period) EXPECT_EQ(row(all, 45, period), row(cut, 45, period));
}

TEST(Events, ComeInAnyOrder) {
  std::vector<std::pair<std::string, std::int64_t>> rows;
  std::mt19937 random(3);
  for (int k = 0; k < 200; ++k)
    rows.emplace_back(k % 3 ? "storm warning for the coast" : "新店 开业 优惠", static_cast<std::int64_t>(random() % 50));
  EventTexts forth, back;
  for (const auto& [text, period] : rows) ASSERT_TRUE(forth.add(text, {period, period, period}, 0));
  std::ranges::reverse(rows);
  for (const auto& [text, period] : rows) ASSERT_TRUE(back.add(text, {period, period, period}, 0));
  const Events a = seen(forth), b = seen(back);
  EXPECT_EQ(a.names, b.names);
  for (std::int64_t origin : {10, 30, 49}) EXPECT_EQ(row(a, origin, origin + 3), row(b, origin, origin + 3));
}

TEST(Events, AreCalledByTheirWords) {
  EventTexts texts;
  for (int k = 0; k < 8; ++k) {
    ASSERT_TRUE(texts.add(k < 6 ? "port strike in Rotterdam" : "quiet week", {k, k, k}, 0));
    ASSERT_TRUE(texts.add("天气 晴朗", {k, k, k}, 0));
  }
  const Events events = seen(texts);
  // Words that always come together are one feature, and two are too few events for the quiet week.
  EXPECT_EQ(events.names,
            (std::vector<std::string>{"event \"天气 晴朗\"", "event \"in rotterdam\", always with \"port strike\", \"strike in\""}));

  // Two words of one bucket, found by counting up.
  std::map<std::uint32_t, std::string> buckets;
  std::string one, other;
  for (int k = 0; other.empty(); ++k) {
    EventTexts probe;
    std::string word;
    for (int n = k; word.empty() || n > 0; n /= 26) word += static_cast<char>('a' + n % 26);
    word += "q";
    auto [found, fresh] = buckets.try_emplace(text::terms(word, kBuckets, 2009)[0].bucket, word);
    if (!fresh) one = found->second, other = word;
  }
  EventTexts shared;
  for (int k = 0; k < 20; ++k) ASSERT_TRUE(shared.add(k < 9 ? one : k < 15 ? other : "else", {k, k, k}, 0));
  const std::string name = fmt::format("event \"{}\" or \"{}\" (share a bucket)", one, other);
  EXPECT_EQ(seen(shared).names[0], name);
}

// A vector near axis `theme`, made different by the text.
std::vector<float> vector_of(std::size_t theme, const std::string& text) {
  std::vector<float> out(12, 0.3F);
  out[theme] = 2;
  double squares = 0;
  for (std::size_t d = 0; d < out.size(); ++d) out[d] += static_cast<float>(hash(text, d) % 1'000) / 4'000;
  for (float v : out) squares += v * v;
  for (float& v : out) v /= static_cast<float>(std::sqrt(squares));
  return out;
}

TEST(Events, MakeTopicsOfTextsThatMeanTheSame) {
  const std::vector<std::vector<std::string>> themes{
      {"Port strike in Rotterdam", "Dockers walk out", "码头工人停工", "Cranes stand idle", "Terminal staff down tools",
       "Wharf picket line"},
      {"Free cake for all", "Bakery opens", "新店开张", "Come and taste", "Doors open on Monday", "Ribbon is cut"}};
  EventTexts texts;
  for (std::size_t theme = 0; theme < 2; ++theme)
    for (std::size_t k = 0; k < 6; ++k) {
      const auto period = static_cast<std::int64_t>(10 * k + theme);
      ASSERT_TRUE(texts.add(themes[theme][k], {period, period, period}, 0, vector_of(theme, themes[theme][k])));
    }
  ASSERT_TRUE(texts.add(" ", {80, 80, 80}, 0)) << "a blank text has no vector";
  const Events events = seen(texts);
  ASSERT_EQ(events.names.size(), 2U) << fmt::format("{}", fmt::join(events.names, ", "));
  for (std::size_t theme = 0; theme < 2; ++theme) {
    const auto topic = std::ranges::find_if(events.names, [&](const std::string& name) {
      return std::ranges::any_of(themes[theme], [&](const std::string& text) { return name == "event like \"" + text + "\""; });
    });
    ASSERT_NE(topic, events.names.end()) << fmt::format("{}", fmt::join(events.names, ", "));
    const std::size_t feature = place_of(events, *topic);
    const auto period = static_cast<std::int64_t>(50 + theme);
    EXPECT_NEAR(row(events, period, period + 1)[feature] - row(events, period - 1, period + 1)[feature], std::exp2(-0.5) - (1.0 / 26), 0.05)
        << "the newest event of the theme";
  }
  Status other = texts.add("of another model", {1, 1, 1}, 0, std::vector<float>(5, 0.4F));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kInvalidInput);
}

// As words: whatever becomes known later, topics and what is seen of them stay.
TEST(Events, TopicsHoldNothingThatBecameKnownLater) {
  std::mt19937 random(21);
  EventTexts known, more, back;
  std::vector<std::tuple<std::string, EventTime, std::vector<float>>> rows;
  for (int k = 0; k < 200; ++k) {
    const auto period = static_cast<std::int64_t>(random() % 100);
    const std::string text = fmt::format("text {}", k);
    // Later ones mean something else, and would move all centres.
    rows.emplace_back(text, EventTime{period, period, period + 2}, vector_of(period <= 60 ? random() % 5 : 5 + random() % 5, text));
  }
  for (const auto& [text, when, vector] : rows) {
    if (when.known <= 60) ASSERT_TRUE(known.add(text, when, 0, vector));
    ASSERT_TRUE(more.add(text, when, 0, vector));
  }
  std::ranges::reverse(rows);
  for (const auto& [text, when, vector] : rows) ASSERT_TRUE(back.add(text, when, 0, vector));
  const Events then = seen(known, 60), now = seen(more, 60), other = seen(back, 60);
  EXPECT_GE(std::ranges::count_if(then.names, [](const std::string& name) { return name.starts_with("event like"); }), 5);
  EXPECT_EQ(then.names, now.names);
  EXPECT_EQ(then.names, other.names);
  EXPECT_NE(then.names, seen(more).names) << "the others do make other topics once they are known";
  auto told = [](const Events& events, std::int64_t origin, std::int64_t period) {
    std::vector<float> out = row(events, origin, period);
    for (float& v : out) v = std::isnan(v) ? -1 : v;
    return out;
  };
  for (std::int64_t origin : {30, 45, 60})
    for (std::int64_t period = origin + 1; period < origin + 20; ++period) {
      const std::vector<float> expected = told(then, origin, period);
      EXPECT_EQ(told(now, origin, period), expected);
      EXPECT_EQ(told(other, origin, period), expected);
    }
}

TEST(Events, TopicsAreCalledByTextsThatCanBeRead) {
  EventTexts texts;
  std::string length;
  for (int k = 0; k < 80; ++k) length += "码";
  for (int k = 0; k < 12; ++k) {
    const std::string text = fmt::format("  a\n\tb {}\x1b{}", length, k);
    ASSERT_TRUE(texts.add(text, {k, k, k}, 0, vector_of(k % 2 ? 0 : 1, text)));
  }
  std::set<std::string> names;
  for (const std::string& name : seen(texts).names)
    if (name.starts_with("event like")) names.insert(name);
  std::string cut = length;
  cut.resize(3 * 56);
  EXPECT_EQ(names, (std::set<std::string>{"event like \"a b " + cut + "…\"", "event like \"a b " + cut + "…\" (2)"}));
}

TEST(Events, HaveLimits) {
  EXPECT_EQ(EventTexts().add("ends before it starts", {1, 5, 4}, 0).error().code, ErrorCode::kInvalidInput);
  for (const EventLimits& limits :
       {EventLimits{.events = 2}, EventLimits{.terms = 5}, EventLimits{.occurrences = 6}, EventLimits{.numbers = 5}}) {
    EventTexts texts(limits);
    const std::vector<float> vector{0.6F, 0.8F};
    ASSERT_TRUE(texts.add("strike port", {1, 1, 1}, 0, vector));
    ASSERT_TRUE(texts.add("port strike", {1, 1, 1}, 0, vector));
    Status more = texts.add("storm over sea", {1, 1, 1}, 0, vector);
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code, ErrorCode::kLimit);
    EXPECT_NE(more.error().message.find("leave out the oldest events"), std::string::npos);
  }
}

}  // namespace
}  // namespace sinan::forecasting
