// Matching against published values of the measures, closed forms of the weights, and small worlds whose truth is known.
#include "intelligence/matching/matching.hpp"

#include <gtest/gtest.h>

#include <random>

#include "intelligence/matching/clustering.hpp"
#include "intelligence/matching/fellegi_sunter.hpp"
#include "intelligence/matching/similarity.hpp"

namespace sinan::matching {
namespace {

struct Written {
  Kind kind;
  std::string_view raw;
  std::string_view normal;
};

TEST(Normalize, makes_equal_things_equal_text) {
  const Written cases[] = {
      {Kind::kText, "  Crème   BRÛLÉE! ", "creme brulee"},
      {Kind::kText, "Straße", "strasse"},
      {Kind::kText, "ＡＢＣ１２３", "abc123"},
      {Kind::kText, "ﬁne 3.5 kg", "fine 3.5 kg"},
      {Kind::kText, "台灣電腦", "台湾电脑"},
      {Kind::kText, "O'Brien", "obrien"},
      {Kind::kText, "...", ""},
      {Kind::kCompany, "Müller & Söhne GmbH & Co. KG", "muller sohne"},
      {Kind::kCompany, "ACME Trading Ltd.", "acme trading"},
      {Kind::kCompany, "Tecnica S.A.", "tecnica"},
      {Kind::kCompany, "上海大众汽车有限公司", "上海大众汽车"},
      {Kind::kCompany, "華為技術有限公司", "华为技术"},
      {Kind::kCompany, "GmbH", "gmbh"},
      {Kind::kPerson, "Dr. Anna Schmidt", "anna schmidt"},
      {Kind::kPerson, "王伟先生", "王伟"},
      {Kind::kAddress, "12 Main Street, Apartment 4", "12 main st apt 4"},
      {Kind::kAddress, "Hauptstraße 5", "hauptstr 5"},
      {Kind::kEmail, " Anna+shop@Example.COM ", "anna@example.com"},
      {Kind::kPhone, "+49 (0)30 1234567", "301234567"},
      {Kind::kPhone, "030/1234567", "301234567"},
      {Kind::kPhone, "+86 138 0013 8000", "800138000"},
      {Kind::kPhone, "n/a", ""},
      {Kind::kCode, "AB-12/c", "ab12c"},
      {Kind::kNumber, "$1,299.00", "1299.00"},
      {Kind::kDate, "1971-06-24T00:00:00", "19710624"},
  };
  for (const Written& one : cases) EXPECT_EQ(normalize(one.kind, one.raw), one.normal) << one.raw;
}

TEST(Normalize, is_settled_after_one_application) {
  for (std::string_view raw : {"Müller & Söhne GmbH", "台灣電腦", "12 Main Street", "Dr. O'Neil", "ﬁne 3.5 kg"})
    for (Kind kind : {Kind::kText, Kind::kPerson, Kind::kAddress, Kind::kEmail, Kind::kCode, Kind::kPhone}) {
      std::string once = normalize(kind, raw);
      EXPECT_EQ(normalize(kind, once), once) << raw << " as " << name_of(kind);
    }
}

TEST(Words, of_han_text_are_overlapping_pairs) {
  EXPECT_EQ(words("上海大众 abc"), (std::vector<std::string>{"上海", "海大", "大众", "abc"}));
  EXPECT_EQ(words("王"), (std::vector<std::string>{"王"}));
  EXPECT_EQ(words("a1电b"), (std::vector<std::string>{"a1", "电", "b"}));
  EXPECT_TRUE(words("").empty());
}

TEST(GuessKind, reads_names_and_values) {
  std::vector<std::string> emails{"a@b.de", "", "c@d.org"};
  std::vector<std::string> phones{"404/231-1368", "213/848-6677"};
  std::vector<std::string> dates{"1971-06-24", "19710624"};
  std::vector<std::string> prices{"399", "", "49.5"};
  std::vector<std::string> names{"Anna", "Ben"};
  EXPECT_EQ(guess_kind("x", emails), Kind::kEmail);
  EXPECT_EQ(name_of(guess_kind("x", phones)), "phone");
  EXPECT_EQ(guess_kind("x", dates), Kind::kDate);
  EXPECT_EQ(guess_kind("price", prices), Kind::kNumber);
  EXPECT_EQ(guess_kind("surname", names), Kind::kPerson);
  EXPECT_EQ(guess_kind("公司名称", names), Kind::kCompany);
  EXPECT_EQ(guess_kind("title", names), Kind::kText);
}

// Winkler (1990), "String Comparator Metrics and Enhanced Decision Rules", table of examples; three decimals.
TEST(JaroWinkler, gives_the_published_values) {
  EXPECT_NEAR(jaro_winkler("martha", "marhta"), 0.961, 0.0005);
  EXPECT_NEAR(jaro_winkler("dwayne", "duane"), 0.840, 0.0005);
  EXPECT_NEAR(jaro_winkler("dixon", "dicksonx"), 0.813, 0.0005);
  EXPECT_NEAR(jaro_winkler("jones", "johnson"), 0.832, 0.0005);
  EXPECT_NEAR(jaro_winkler("abroms", "abrams"), 0.922, 0.0005);
  EXPECT_EQ(jaro_winkler("", ""), 1);
  EXPECT_EQ(jaro_winkler("a", ""), 0);
  EXPECT_EQ(jaro_winkler("王伟", "王伟"), 1);
}

TEST(EditDistance, counts_edits_and_swaps_of_neighbours_by_character) {
  auto distance = [](std::string_view a, std::string_view b) { return edit_distance(characters(a), characters(b)); };
  EXPECT_EQ(distance("kitten", "sitting"), 3u);
  EXPECT_EQ(distance("ca", "ac"), 1u);
  EXPECT_EQ(distance("", "abc"), 3u);
  EXPECT_EQ(distance("上海", "上每"), 1u);
  EXPECT_DOUBLE_EQ(edit_similarity("abcd", "abxd"), 0.75);
}

TEST(Similarity, is_symmetric_bounded_and_one_for_equal_text) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 500; ++round) {
    auto text = [&] {
      std::string out;
      for (std::uint64_t i = random() % 9; i > 0; --i) out += "abcd "[random() % 5];
      return out;
    };
    std::string a = text();
    std::string b = text();
    for (auto measure : {+[](std::string_view x, std::string_view y) { return jaro_winkler(x, y); },
                         +[](std::string_view x, std::string_view y) { return edit_similarity(x, y); },
                         +[](std::string_view x, std::string_view y) { return qgram_similarity(x, y); }}) {
      EXPECT_DOUBLE_EQ(measure(a, a), 1) << a;
      EXPECT_NEAR(measure(a, b), measure(b, a), 1e-12) << "seed 11: '" << a << "', '" << b << "'";
      EXPECT_GE(measure(a, b), 0);
      EXPECT_LE(measure(a, b), 1);
    }
  }
}

// With the truth drawn from known weights, learning must find them again.
TEST(FellegiSunter, finds_the_weights_that_made_the_pairs) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> uniform;
  const std::vector<std::vector<double>> m{{0.05, 0.15, 0.8}, {0.1, 0.9}, {0.02, 0.08, 0.2, 0.7}};
  const std::vector<std::vector<double>> u{{0.85, 0.12, 0.03}, {0.95, 0.05}, {0.7, 0.2, 0.07, 0.03}};
  auto draw = [&](const std::vector<double>& weights) {
    double x = uniform(random);
    std::size_t level = 0;
    while (level + 1 < weights.size() && x >= weights[level]) x -= weights[level++];
    return static_cast<std::int8_t>(level);
  };
  LevelTable table{{{}, {}, {}}, {3, 2, 4}, 60'000};
  std::vector<double> start;
  std::vector<bool> truth;
  for (std::size_t i = 0; i < table.pairs; ++i) {
    truth.push_back(uniform(random) < 0.2);
    double agreed = 0;
    for (std::size_t f = 0; f < m.size(); ++f) {
      table.levels[f].push_back(draw(truth.back() ? m[f] : u[f]));
      agreed += table.levels[f].back() + 1 == table.counts[f];
    }
    start.push_back(agreed >= 2 ? 0.9 : 0.1);
  }
  Weights learnt = learn(table, start);
  EXPECT_NEAR(learnt.share, 0.2, 0.01);
  for (std::size_t f = 0; f < m.size(); ++f)
    for (std::size_t level = 0; level < m[f].size(); ++level) {
      EXPECT_NEAR(learnt.m[f][level], m[f][level], 0.02) << f << ' ' << level;
      EXPECT_NEAR(learnt.u[f][level], u[f][level], 0.02) << f << ' ' << level;
    }
  // Calibrated: of pairs given about p, about p match.
  auto probability = probabilities(table, learnt);
  double expected = 0;
  double matched = 0;
  for (std::size_t i = 0; i < table.pairs; ++i)
    if (probability[i] > 0.4 && probability[i] < 0.9) expected += probability[i], matched += truth[i];
  EXPECT_NEAR(matched / expected, 1, 0.1);
}

TEST(FellegiSunter, never_holds_more_agreement_against_a_match) {
  // Level 1 is seen more often among matches than level 2: pooled, so that both weigh the same.
  LevelTable table{{{}, {}}, {3, 2}, 0};
  std::vector<double> start;
  for (int i = 0; i < 300; ++i) {
    bool match = i % 3 == 0;
    table.levels[0].push_back(static_cast<std::int8_t>(match ? (i % 4 == 0 ? 2 : 1) : (i % 2 == 0 ? 2 : 0)));
    table.levels[1].push_back(match ? 1 : 0);
    start.push_back(match ? 0.95 : 0.05);
    ++table.pairs;
  }
  Weights learnt = learn(table, start);
  for (std::size_t f = 0; f < 2; ++f)
    for (std::size_t level = 1; level < learnt.m[f].size(); ++level)
      EXPECT_GE(learnt.m[f][level] / learnt.u[f][level], learnt.m[f][level - 1] / learnt.u[f][level - 1] - 1e-9);
}

TEST(Cluster, joins_what_fits_and_breaks_chains) {
  EXPECT_EQ(cluster(5, {{0, 1, 0.9}, {1, 2, 0.9}, {0, 2, 0.9}}), (std::vector<std::uint32_t>{0, 0, 0, 3, 4}));
  // A chain of six in which only neighbours are alike does not become one.
  auto chain = cluster(6, {{0, 1, 0.9}, {1, 2, 0.8}, {2, 3, 0.9}, {3, 4, 0.8}, {4, 5, 0.9}});
  EXPECT_EQ(chain, (std::vector<std::uint32_t>{0, 0, 2, 2, 4, 4}));
  // Known pairs join whatever the rest says.
  EXPECT_EQ(cluster(4, {{0, 1, 1}, {1, 2, 1}, {2, 3, 1}}), (std::vector<std::uint32_t>{0, 0, 0, 0}));
}

TEST(OneToOne, keeps_the_best_partner_in_each_other_source) {
  std::vector<Pair> pairs{{0, 2, 0.9}, {0, 3, 0.8}, {1, 2, 0.95}, {1, 4, 0.7}};
  auto kept = one_to_one(pairs, {0, 0, 0, 0}, {0, 0, 1, 1, 2});
  EXPECT_EQ(kept, (std::vector<Pair>{{0, 3, 0.8}, {1, 2, 0.95}, {1, 4, 0.7}}));
}

// People with a given, a family name, a city, an e-mail and a telephone; `copies` of them again with a mistake each.
struct World {
  Records records;
  std::set<std::pair<std::uint32_t, std::uint32_t>> truth;
};

World world(std::uint64_t seed, std::size_t people, std::size_t copies) {
  std::mt19937_64 random(seed);
  World out;
  out.records.fields = {
      {"given", Kind::kPerson}, {"family", Kind::kPerson}, {"city", Kind::kText}, {"email", Kind::kEmail}, {"phone", Kind::kPhone}};
  out.records.values.resize(5);
  auto word = [&](std::size_t many) {
    std::size_t n = random() % many;
    std::string text;
    for (int i = 0; i < 3; ++i, n /= 18) {
      text += "bcdfghklmnprstvwxz"[n % 18];
      text += "aeiou"[(n * 7 + static_cast<std::size_t>(i)) % 5];
    }
    return text;
  };
  for (std::size_t i = 0; i < people; ++i) {
    std::string given = word(400);
    std::string family = word(3000);
    const std::string cells[] = {given, family, word(60), given + "." + family + "@example.com",
                                 std::to_string(random() % 900'000'000 + 100'000'000)};
    for (std::size_t f = 0; f < 5; ++f) out.records.values[f].push_back(cells[f]);
  }
  for (std::size_t i = 0; i < copies; ++i) {
    auto copy = static_cast<std::uint32_t>(people + i);
    auto from = static_cast<std::uint32_t>(i);
    for (auto& column : out.records.values) column.push_back(column[from]);
    std::string& typo = out.records.values[random() % 2][copy];
    std::swap(typo[1], typo[2]);
    out.records.values[2 + random() % 3][copy].clear();
    out.truth.emplace(from, copy);
  }
  return out;
}

TEST(Match, finds_copies_with_typing_errors_and_missing_values) {
  for (std::uint64_t seed : {1, 2}) {
    World one = world(seed, 600, 150);
    auto matches = match(one.records);
    ASSERT_TRUE(matches);
    std::size_t hits = 0;
    for (const Pair& pair : matches->pairs) hits += one.truth.contains({pair.left, pair.right});
    EXPECT_GE(hits, 146u) << "seed " << seed;
    EXPECT_LE(matches->pairs.size() - hits, 4u) << "seed " << seed;
  }
}

TEST(Match, calls_strangers_strangers) {
  World one = world(9, 600, 0);
  auto matches = match(one.records);
  ASSERT_TRUE(matches);
  EXPECT_LE(matches->pairs.size(), 6u);  // one in a hundred
}

TEST(Match, gives_the_same_bits_at_any_number_of_threads) {
  World one = world(4, 500, 100);
  auto alone = match(one.records, {.threads = 1});
  auto together = match(one.records, {.threads = 4});
  EXPECT_EQ(alone->pairs, together->pairs);
  EXPECT_EQ(alone->cluster, together->cluster);
}

TEST(Match, takes_known_pairs_as_they_are) {
  World one = world(4, 300, 0);
  auto matches = match(one.records, {.known = {{7, 200, 1}}});
  ASSERT_TRUE(matches);
  EXPECT_EQ(matches->cluster[200], 7u);
}

TEST(Match, answers_on_nothing_and_on_next_to_nothing) {
  EXPECT_TRUE(match({})->pairs.empty());
  Records one{{{"name", Kind::kText}}, {{"a"}}, {}};
  EXPECT_EQ(match(one)->cluster, std::vector<std::uint32_t>{0});
  Records empty{{{"name", Kind::kText}}, {{"", "", ""}}, {}};
  EXPECT_TRUE(match(empty)->pairs.empty());
  Records uneven{{{"a", Kind::kText}, {"b", Kind::kText}}, {{"x", "y"}, {"x"}}, {}};
  EXPECT_EQ(match(uneven).error().code, ErrorCode::kInvalidInput);
}

TEST(Match, stops_when_it_is_told_to) {
  CancelToken cancel;
  cancel.cancel();
  World one = world(4, 300, 50);
  EXPECT_EQ(match(one.records, {.cancel = &cancel}).error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace sinan::matching
