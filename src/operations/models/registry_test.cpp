#include "operations/models/registry.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "intelligence/forecasting/explanation/explain.hpp"
#include "operations/models/backtest.hpp"
#include "operations/models/cycle.hpp"
#include "operations/models/scoring.hpp"
#include "operations/models/version.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::models {
namespace {

Date day(int number) { return Date{std::chrono::days{20'000 + number}}; }

class RegistryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(dir_);
    open();
  }
  void TearDown() override {
    registry_.reset();
    ledger_.reset();
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  void open() {
    registry_.reset();
    ledger_.reset();
    store_.reset();
    store_ = *storage::Store::open(dir_ / "state.db");
    ledger_ = *audit::Ledger::open(*store_, dir_, clock_);
    registry_ = *Registry::open(*ledger_);
  }
  static ModelVersion version(const std::string& id) {
    ModelVersion out{.id = id, .name = "default", .registered_at = {}, .run_id = "cycle-1", .parameters = Json{{"seed", 1}}};
    out.measurement.day = "2026-03-01";
    out.measurement.lake_version = 41;
    out.measurement.metrics.push_back({.demand_class = "all", .series = 3, .wape = 0.25, .mase = std::nan("")});
    return out;
  }

  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / ("sinan-models-" + secrets::random_token(8));
  FixedClock clock_{*parse_instant("2026-03-02T06:00:00Z")};
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<audit::Ledger> ledger_;
  std::unique_ptr<Registry> registry_;
};

TEST_F(RegistryTest, keeps_a_version_once_with_all_that_was_said_of_it) {
  ASSERT_TRUE(registry_->add(version("m1")));
  ASSERT_TRUE(registry_->add(version("m1")));
  open();
  State state = *registry_->state();
  ASSERT_EQ(state.versions.size(), 1U);
  const ModelVersion& v = state.versions[0];
  EXPECT_EQ(v.registered_at, "2026-03-02T06:00:00Z");
  EXPECT_EQ(v.measurement.lake_version, 41);
  ASSERT_NE(v.measurement.of("all"), nullptr);
  EXPECT_EQ(v.measurement.of("all")->wape, 0.25);
  EXPECT_TRUE(std::isnan(v.measurement.of("all")->mase));
  EXPECT_EQ(to_json(v), to_json(*state.find("m1")));
  EXPECT_TRUE(registry_->verify()->ok());
}

TEST_F(RegistryTest, a_version_goes_by_the_name_that_was_given_last) {
  EXPECT_EQ(registry_->rename("m1", "level", "cycle-2").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(registry_->add(version("m1")));
  ASSERT_TRUE(registry_->rename("m1", "level", "cycle-2"));
  ASSERT_TRUE(registry_->rename("m1", "level", "cycle-3"));
  open();
  State state = *registry_->state();
  ASSERT_EQ(state.versions.size(), 1U);
  EXPECT_EQ(state.versions[0].name, "level");
  EXPECT_EQ(state.versions[0].run_id, "cycle-1") << "registered once";
  EXPECT_EQ(state.versions[0].measurements, 1);
  EXPECT_TRUE(registry_->verify()->ok());
}

TEST_F(RegistryTest, a_decision_promotes_once_and_only_what_is_registered) {
  ASSERT_TRUE(registry_->add(version("m1")));
  EXPECT_EQ(registry_->promote("m2", "d-1", "ben").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(*registry_->promote("m1", "d-1", "ben"));
  EXPECT_FALSE(*registry_->promote("m1", "d-1", "ben"));
  State state = *registry_->state();
  ASSERT_EQ(state.promotions.size(), 1U);
  EXPECT_EQ(state.promotions[0].by, "ben");
}

TEST_F(RegistryTest, a_review_asks_for_one_new_measurement) {
  ASSERT_TRUE(registry_->add(version("m1")));
  EXPECT_TRUE(*registry_->review("m1", "d-2", "ben"));
  EXPECT_FALSE(*registry_->review("m1", "d-2", "ben"));
  EXPECT_TRUE(registry_->state()->versions[0].measure_again);
  ModelVersion again = version("m1");
  again.measurement.day = "2026-04-01";
  ASSERT_TRUE(registry_->add(again));
  ASSERT_TRUE(registry_->add(again));
  State state = *registry_->state();
  EXPECT_FALSE(state.versions[0].measure_again);
  EXPECT_EQ(state.versions[0].measurements, 2);
  EXPECT_EQ(state.versions[0].measurement.day, "2026-04-01");
}

TEST_F(RegistryTest, runs_and_scores_come_and_go_with_their_transaction) {
  models::Run run{.run_id = "cycle-1", .made_at = clock_.now(), .origin = day(1), .version = 7, .series = 3, .made = {{"m1", 0.5, 0.25}}};
  std::vector<Score> scores{{"m1", day(2), 1, "smooth", 4, 10, 9, 2, -1, 0.5, 3}};
  EXPECT_FALSE(store_->transact([&](storage::Session& session) -> Status {
    SINAN_CHECK(Registry::keep(session, run));
    SINAN_CHECK(Registry::keep(session, scores));
    return fail(ErrorCode::kUnavailable, "cut off");
  }));
  EXPECT_TRUE(registry_->runs(10)->empty());
  ASSERT_TRUE(store_->transact([&](storage::Session& session) -> Status {
    SINAN_CHECK(Registry::keep(session, run));
    return Registry::keep(session, scores);
  }));
  EXPECT_EQ(registry_->runs(10)->at(0).made.at(0).explained, 0.25);
  EXPECT_EQ(registry_->scores(day(0))->at(0).error, 2);
  EXPECT_EQ(**registry_->scored_until(), day(2));
  EXPECT_FALSE(store_->transact([&](storage::Session& session) { return Registry::keep(session, scores); })) << "a day is scored once";
}

TEST(ModelVersions, follow_from_what_decides_the_forecast_and_from_nothing_else) {
  demand::Method method{"default", 28, {7}, 1095, false, {}, {}};
  auto id = [](const demand::Method& m) { return version_id(*parameters_of(m)); };
  const std::string first = id(method);
  EXPECT_EQ(first.size(), 13U);
  EXPECT_EQ(id(method), first);
  demand::Method renamed = method;
  renamed.name = "another";
  EXPECT_EQ(id(renamed), first);
  std::set<std::string> ids{first};
  for (auto change :
       std::vector<void (*)(demand::Method&)>{[](demand::Method& m) { m.horizon_days = 14; }, [](demand::Method& m) { m.seasons = {}; },
                                              [](demand::Method& m) { m.history_days = 90; }, [](demand::Method& m) { m.drivers = true; },
                                              [](demand::Method& m) { m.models = {"naive"}; }}) {
    demand::Method changed = method;
    change(changed);
    EXPECT_TRUE(ids.insert(id(changed)).second);
  }
  demand::Method embedded = method;
  embedded.embedding_model = "m-small";
  EXPECT_EQ(id(embedded), first) << "without drivers no event is read";
  embedded.drivers = true;
  EXPECT_TRUE(ids.insert(id(embedded)).second);
  embedded.embedding_model = "m-small, 256 dimensions";
  EXPECT_TRUE(ids.insert(id(embedded)).second);
  demand::Method forest = method;
  forest.trees = forecasting::TreeMethod::kForest;
  EXPECT_EQ(id(forest), first) << "without drivers no tree is grown";
  forest.drivers = true;
  EXPECT_TRUE(ids.insert(id(forest)).second);
}

TEST(Contenders, forecast_from_words_alone_where_vectors_cannot_be_had_by_versions_that_say_so) {
  demand::ForecastConfig config;
  config.embedding_model = "m-small";
  config.challengers = {
      {.name = {"short", {}}, .seasons = {}, .history_days = 90, .drivers = {}, .trees = {}, .embeddings = {}, .models = {}},
      {.name = {"words", {}}, .seasons = {}, .history_days = {}, .drivers = {}, .trees = {}, .embeddings = false, .models = {}}};
  State state;
  const auto before = *contenders_of(config, state);
  ASSERT_EQ(before.size(), 3U) << "with embeddings and without are two methods";
  state.promotions.push_back({before[1].version, "d-1", "ben", ""});
  const auto after = *without_embeddings(*contenders_of(config, state));
  ASSERT_EQ(after.size(), 2U) << "and one without them";
  EXPECT_EQ(after[0].method.name, "short") << "the champion's method stays in the lead";
  EXPECT_NE(after[0].version, before[1].version);
  EXPECT_EQ(after[1].version, before[2].version);
  config.embeddings = false;
  config.challengers[1].embeddings = true;
  const auto tried = *contenders_of(config, {});
  EXPECT_EQ(tried[0].version, before[2].version);
  EXPECT_EQ(tried[2].version, before[0].version) << "embeddings may be the challenger";
}

TEST(Contenders, the_promoted_version_leads_while_the_configuration_has_it) {
  demand::ForecastConfig config;
  config.challengers = {
      {.name = {"short", {}}, .seasons = {}, .history_days = 90, .drivers = {}, .trees = {}, .embeddings = {}, .models = {}},
      {.name = {"same", {}}, .seasons = {}, .history_days = {}, .drivers = {}, .trees = {}, .embeddings = {}, .models = {}}};
  State state;
  auto contenders = *contenders_of(config, state);
  ASSERT_EQ(contenders.size(), 2U) << "the same method by another name forecasts once";
  EXPECT_EQ(contenders[0].method.name, "default");
  state.promotions.push_back({contenders[1].version, "d-1", "ben", ""});
  contenders = *contenders_of(config, state);
  EXPECT_EQ(contenders[0].method.name, "short");
  EXPECT_EQ(contenders[1].method.name, "default");
  state.promotions.push_back({"m000000000000", "d-2", "ben", ""});
  EXPECT_EQ(contenders_of(config, state)->at(0).method.name, "short") << "a version that nobody configures cannot forecast";
}

TEST(ChooseRuns, a_day_meets_each_distance_once_with_the_newest_run_of_it) {
  std::vector<models::Run> runs;
  for (int origin : {0, 5, 9}) runs.push_back({.number = origin, .run_id = {}, .made_at = {}, .origin = day(origin), .made = {}});
  auto numbers = [&](int at) {
    std::vector<std::pair<std::int64_t, int>> out;
    for (const Asked& a : choose_runs(runs, day(at), day(at))) out.emplace_back(a.run->number, a.lead);
    return out;
  };
  using Expected = std::vector<std::pair<std::int64_t, int>>;
  EXPECT_EQ(numbers(10), (Expected{{9, 1}, {0, 8}}));
  EXPECT_EQ(numbers(13), (Expected{{9, 1}, {5, 8}}));
  EXPECT_EQ(numbers(17), (Expected{{9, 8}, {0, 15}}));
  EXPECT_EQ(numbers(0), Expected{});
}

demand::DemandPanel weekly_panel(std::size_t series, std::size_t days) {
  demand::DemandPanel out;
  for (std::size_t i = 0; i < series; ++i) {
    out.item_ids.push_back(fmt::format("i{:02}", i));
    out.location_ids.emplace_back("A");
    out.panel.keys.push_back(out.item_ids.back() + "@A");
    for (std::size_t t = 0; t < days; ++t) out.panel.values.push_back(t % 7 == 6 ? 0 : 10 + static_cast<double>((t * 7 + i * 5) % 4));
    out.panel.offsets.push_back(out.panel.values.size());
    out.panel.ends.push_back(day(static_cast<int>(days)).time_since_epoch().count());
  }
  out.panel.lost.assign(out.panel.values.size(), 0);
  return out;
}

TEST(Measure, is_what_the_forecasts_of_four_origins_were_worth) {
  demand::DemandPanel panel = weekly_panel(3, 120);
  demand::Method method{"naive", 14, {}, 1095, false, {}, {"naive"}};
  Measurement m = *measure(panel, {}, {}, method, 1, nullptr);
  EXPECT_EQ(m.series, 3);
  EXPECT_EQ(m.days, 360);
  ASSERT_NE(m.of("all"), nullptr);
  // Origins 7, 14, 21, 28 days before the end see 7 + 14 + 14 + 14 days each.
  EXPECT_EQ(m.of("all")->points, 3 * (7 + 14 + 14 + 14));
  EXPECT_EQ(m.of("all")->watch_days, 28);
  // The naive forecast is the last value: its error by hand.
  double error = 0;
  double sold = 0;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t origin : {7U, 14U, 21U, 28U})
      for (std::size_t h = 0; h < std::min<std::size_t>(14, origin); ++h) {
        auto values = panel.panel.series(i);
        error += std::abs(values[values.size() - origin + h] - values[values.size() - origin - 1]);
        sold += values[values.size() - origin + h];
      }
  EXPECT_NEAR(m.of("all")->wape, error / sold, 1e-6);
  Measurement again = *measure(panel, {}, {}, method, 2, nullptr);
  EXPECT_EQ(again.data_hash, m.data_hash);
  panel.panel.values[5] += 1;
  EXPECT_NE(measure(panel, {}, {}, method, 1, nullptr)->data_hash, m.data_hash);
}

TEST(Measure, days_without_stock_are_not_scored) {
  demand::DemandPanel panel = weekly_panel(1, 120);
  panel.panel.lost[119] = 1;
  demand::Method method{"naive", 14, {}, 1095, false, {}, {"naive"}};
  EXPECT_EQ(measure(panel, {}, {}, method, 1, nullptr)->of("all")->points, 7 + 14 + 14 + 14 - 2) << "the last day is ahead of two origins";
}

TEST(Explained, counts_the_series_that_explain_names_parts_for) {
  Panel panel;
  auto add = [&](std::string key, std::size_t days, auto demand) {
    panel.keys.push_back(std::move(key));
    for (std::size_t t = 0; t < days; ++t) panel.values.push_back(demand(t));
    panel.offsets.push_back(panel.values.size());
  };
  add("smooth", 120, [](std::size_t t) { return 10.0 + static_cast<double>(t * 7 % 5); });
  add("erratic", 120, [](std::size_t t) { return t % 5 == 0 ? 60.0 : 1.0 + static_cast<double>(t % 3); });
  add("intermittent", 120, [](std::size_t t) { return t % 4 == 0 ? 3.0 : 0.0; });
  add("lumpy", 120, [](std::size_t t) { return t % 20 == 0 ? 50.0 : t % 5 == 0 ? 1.0 : 0.0; });
  add("short", 8, [](std::size_t t) { return 5.0 + static_cast<double>(t % 3); });
  add("dead", 400, [](std::size_t t) { return t < 10 ? 5.0 : 0.0; });
  forecasting::Options options = demand::options_of({"default", 14, {7}, 1095, false, {}, {}}, 1);
  forecasting::Forecasts f = *forecasting::forecast(panel, {}, options);
  double all = 0;
  double named = 0;
  std::set<forecasting::DemandClass> classes;
  for (std::size_t i = 0; i < panel.size(); ++i) {
    double volume = 0;
    for (std::size_t h = 0; h < 14; ++h) volume += f.mean[i * 14 + h];
    all += volume;
    forecasting::Explanation why = *forecasting::explain(panel, {}, options, f, i);
    if (!why.members.empty()) named += volume;
    classes.insert(f.classes[i]);
  }
  EXPECT_GE(classes.size(), 4U);
  EXPECT_GT(named, 0);
  EXPECT_LT(named, all);
  EXPECT_NEAR(explained_share(f), named / all, 1e-12);
}

TEST(Newest, cuts_history_and_begins_with_a_demand) {
  Panel panel;
  panel.values = {5, 0, 0, 3, 1, 0, 0};
  panel.offsets = {0, 5, 7};
  panel.keys = {"a", "b"};
  Panel cut = demand::newest(panel, 4);
  EXPECT_EQ(std::vector<double>(cut.series(0).begin(), cut.series(0).end()), (std::vector<double>{3, 1}));
  EXPECT_EQ(cut.series(1).size(), 2U) << "nothing is cut of a series that is no longer";
  Panel one = demand::newest(panel, 1);
  EXPECT_EQ(one.series(1).size(), 1U);
}

}  // namespace
}  // namespace sinan::models
