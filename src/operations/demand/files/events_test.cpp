// A file of events beside the series of a file: whom they are about, when they are known, and what a backtest sees of them.
#include "operations/demand/files/events.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "operations/demand/files/explanation.hpp"
#include "platform/llm/test_endpoint.hpp"

namespace sinan::demand {
namespace {

class FileEventsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() /
           fmt::format("sinan-file-events-{}", std::chrono::steady_clock::now().time_since_epoch().count());
    std::filesystem::create_directories(dir_);
    options_.input = dir_ / "in.csv";
    options_.events = dir_ / "events.csv";
    options_.horizon = 3;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  Result<FileEvents> read(const std::string& series, const std::string& events) {
    std::ofstream(options_.input) << series;
    std::ofstream(options_.events) << events;
    auto panel = read_file_panel(options_);
    if (!panel) return std::unexpected(panel.error());
    panel_ = std::move(*panel);
    return FileEvents::read(options_, panel_);
  }
  // How many events, weighted by what is left of them, series i sees for a period, from an origin.
  float seen(const FileEvents& events, std::size_t i, std::int64_t origin, std::int64_t period) {
    const forecasting::Events found = events.seen_from(origin, {0, 1});
    if (found.empty()) return 0;
    forecasting::EventView view(found);
    view.look(i, origin, 26);
    std::vector<float> row(found.feature_names().size());
    view.row(period, row);
    return row[0];
  }

  std::filesystem::path dir_;
  FileForecastOptions options_;
  FilePanel panel_;
};

const std::string kSeries = "unique_id,ds,y,city\na,1,5,Xi'an\na,2,6,Xi'an\na,3,7,Xi'an\nb,1,1,Bonn\nb,2,2,Bonn\nb,3,2,Bonn\n";

TEST_F(FileEventsTest, AreAboutASeriesAnAttributeOrAll) {
  struct Case {
    const char* event;
    bool a, b;
  };
  for (const Case& c :
       {Case{"ds,text\n3,rain\n", true, true}, Case{"ds,text,unique_id\n3,rain,b\n", false, true},
        Case{"ds,text,unique_id\n3,rain,\n", true, true}, Case{"city,ds,text\nXi'an,3,雨\n", true, false},
        Case{"ds,text,unique_id,city\n3,rain,a,Bonn\n", false, false}, Case{"ds,text,unique_id,city\n3,rain, b ,Bonn\n", false, true}}) {
    auto events = read(kSeries, c.event);
    ASSERT_TRUE(events) << events.error().text();
    EXPECT_EQ(seen(*events, 0, 3, 4) > 0, c.a) << c.event;
    EXPECT_EQ(seen(*events, 1, 3, 4) > 0, c.b) << c.event;
    EXPECT_EQ(events->notes().size(), c.a || c.b ? 0U : 1U);
    EXPECT_EQ(seen(*events, 0, 2, 4), 0) << "it was not known";
  }
}

// An event is known at the first period whose ds is its own or later, however the series and the event write their times.
TEST_F(FileEventsTest, AreKnownFromTheirTimeOn) {
  auto series = [](const std::vector<std::string>& times) {
    std::string out = "unique_id,ds,y\n";
    for (const char* id : {"a", "b"})
      for (const std::string& time : times) out += fmt::format("{},{},1\n", id, time);
    return out;
  };
  const std::string sundays = series({"2026-03-01", "2026-03-08", "2026-03-15"}),
                    months = series({"2026-01-01", "2026-02-01", "2026-03-01"});
  const std::string days = series({"2026-03-01", "2026-03-02", "2026-03-03"});
  const std::string hours = series({"2026-03-01 22:00", "2026-03-01 23:00", "2026-03-02 00:00", "2026-03-02 01:00"});
  struct Case {
    const std::string& series;
    const char* ds;
    std::int64_t back;  // from the last period to the first in which it is known
  };
  for (const Case& c : {Case{sundays, "2026-03-08", 1}, Case{sundays, "2026-03-09", 0}, Case{sundays, "2026-03-07", 1},
                        Case{months, "2026-02-20", 1}, Case{days, "2026-03-02 23:30", 1}, Case{days, "2026-03-03", 0},
                        Case{hours, "2026-03-01 22:30", 2}, Case{hours, "2026-03-01 23:00", 2}, Case{hours, "2026-03-01", 1}}) {
    auto events = read(c.series, fmt::format("ds,text\n{},news\n", c.ds));
    ASSERT_TRUE(events) << events.error().text();
    const std::int64_t known = panel_.panel.ends[0] - c.back;
    EXPECT_GT(seen(*events, 0, known, known + 1), 0) << c.ds;
    EXPECT_EQ(seen(*events, 0, known - 1, known + 1), 0) << c.ds;
  }
}

TEST_F(FileEventsTest, MayAnnounceDays) {
  auto events = read(kSeries, "ds,text,starts,ends\n2,fair,5,6\n2,open end,6,\n");
  ASSERT_TRUE(events) << events.error().text();
  EXPECT_EQ(seen(*events, 0, 3, 4), 0);
  EXPECT_EQ(seen(*events, 0, 3, 5), 1);
  EXPECT_EQ(seen(*events, 0, 3, 6), 2);
}

TEST_F(FileEventsTest, MistakesNameTheirPlace) {
  struct Case {
    const char* events;
    const char* message;
  };
  for (const Case& c : {Case{"ds,words\n1,x\n", "the column 'text' is missing; a file of events has ds and text"},
                        Case{"text\nx\n", "the column 'ds' is missing"}, Case{"ds,text\n", "events.csv: the file has no rows"},
                        Case{"ds,text\n1,x\n,y\n", "events.csv, row 2: ds: '' is no integer"},
                        Case{"ds,text\n2026-01-01,x\n", "row 1: ds: integers and dates may not be mixed"},
                        Case{"ds,text\n9223372036854775807,x\n", "row 1: ds: lies beyond any calendar"},
                        Case{"ds,text,starts,ends\n1,x,5,4\n", "row 1: an event ends before it starts"},
                        Case{"ds,text,citty\n1,x,Bonn\n", "--events: there is no column 'citty' in the series, did you mean 'city'?"},
                        Case{"ds,text\n1,\"x\n", "events.csv"}, Case{"ds,text\n1,caf\xe9\n", "events.csv"}}) {
    auto events = read(kSeries, c.events);
    ASSERT_FALSE(events) << c.events;
    EXPECT_NE(events.error().text().find(c.message), std::string::npos) << events.error().text();
  }
  auto changing = read("unique_id,ds,y,city\na,1,5,Bonn\na,2,6,Xi'an\nb,1,1,Bonn\nb,2,2,Bonn\n", "ds,text,city\n1,x,Bonn\n");
  ASSERT_FALSE(changing);
  EXPECT_NE(changing.error().text().find("--events: the column 'city' changes in time"), std::string::npos);
}

// A word halves demand for some days in both of its languages; another says nothing.
class EventsForecast : public FileEventsTest {
 protected:
  void write() {
    std::string series = "unique_id,ds,y,place\n", events = "ds,text,place\n";
    std::uint64_t state = 5;
    auto random = [&] {
      state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;  // Knuth, MMIX
      return static_cast<double>(state >> 33U) / 2'147'483'648.0;
    };
    const int days = 240;
    std::vector<std::array<double, 2>> effect(days + 40, {0, 0});
    for (int day = 3; day < days; day += 3) {
      const auto place = static_cast<std::size_t>(random() * 2);
      const int kind = static_cast<int>(random() * 4);
      static const char* texts[] = {"A strike at the port, again", "港口罢工导致延误", "The mayor opens a parade", "今天 天气 晴朗"};
      events += fmt::format("{},\"{}\",{}\n", day, texts[kind], place);
      if (kind < 2)
        for (int t = 1; t < 20; ++t) effect[static_cast<std::size_t>(day + t)][place] -= 1.5 * std::exp2(-t / 1.5);
    }
    for (int i = 0; i < 12; ++i)
      for (int day = 0; day < days; ++day)
        series += fmt::format(
            "s{},{},{:.3f},{}\n", i, day,
            (20 + 3 * i) * std::exp(effect[static_cast<std::size_t>(day)][static_cast<std::size_t>(i % 2)] + 0.1 * random()), i % 2);
    std::ofstream(options_.input) << series;
    std::ofstream(options_.events) << events;
    options_.output = dir_ / "out.csv";
    options_.season = 1;
  }
  std::string forecast() {
    auto report = forecast_file(options_);
    EXPECT_TRUE(report) << report.error().text();
    if (!report) return {};
    report_ = *report;
    std::ifstream file(options_.output);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  FileForecastReport report_;
};

TEST_F(EventsForecast, AreUsedWhereTheyHelpAndExplainedByTheirWords) {
  write();
  options_.explain = "s0";
  forecast();
  EXPECT_EQ(report_.drivers, (std::vector<std::string>{"place", "79 events"}));
  EXPECT_GT(report_.explanation->why.tree_share, 0);
  std::set<std::string> names;
  for (const auto& step : report_.explanation->why.trees) {
    double score = step.expected;
    for (const auto& effect : step.effects) names.insert(effect.name), score += effect.score;
    EXPECT_NEAR(score, step.score, 1e-9);
  }
  EXPECT_TRUE(names.contains("events") && names.contains("periods since the newest event"));
  EXPECT_TRUE(std::ranges::any_of(names, [](const std::string& name) { return name.starts_with("event \""); }))
      << fmt::format("{}", fmt::join(names, "; "));
}

// What became known after an origin changes nothing that is forecast there.
TEST_F(EventsForecast, ABacktestSeesNothingThatBecameKnownLater) {
  write();
  options_.backtest = 1;
  options_.step = 6;
  const std::string found = forecast();
  ASSERT_NE(found.find("trees"), std::string::npos);
  std::string events = "ds,text,place\n", line;
  std::ifstream file(options_.events);
  std::getline(file, line);
  while (std::getline(file, line)) {
    const int day = std::stoi(line);
    events += day <= 233 ? line + "\n" : fmt::format("{},something else entirely,{}\n", day, day % 2);
  }
  file.close();
  std::ofstream(options_.events) << events + "239,A strike at the port,0\n234,parade,\n";
  EXPECT_TRUE(forecast() == found);
  std::ofstream(options_.events) << events + "233,A strike at the port,0\n";
  EXPECT_TRUE(forecast() != found) << "what is known at the origin is seen";
}

TEST_F(EventsForecast, AreTheSameAtTwoThreadsAndInAnyOrderOfRows) {
  write();
  const std::string found = forecast();
  options_.threads = 2;
  std::vector<std::string> lines;
  std::ifstream file(options_.events);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  file.close();
  std::reverse(lines.begin() + 1, lines.end());
  std::ofstream(options_.events) << fmt::format("{}\n", fmt::join(lines, "\n"));
  EXPECT_EQ(forecast(), found);
}

TEST_F(EventsForecast, DoNotGoWithoutDrivers) {
  write();
  options_.drivers = false;
  auto report = forecast_file(options_);
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().text().find("--events and --no-drivers contradict each other"), std::string::npos);
  options_.drivers = true;
  options_.events = dir_ / "none.csv";
  EXPECT_EQ(forecast_file(options_).error().code, ErrorCode::kNotFound);
}

// Half of the events announce days on which demand is cut, and no two events share a word: only what they mean tells them apart.
class EmbeddedEvents : public EventsForecast {
 protected:
  static constexpr int kDays = 220, kSeries = 8, kHorizon = 7, kOrigins = 3;

  // `moving`: whether events do anything.
  void write_meanings(bool moving) {
    std::string series = "unique_id,ds,y,place\n", events = "ds,text,place,starts,ends\n";
    std::mt19937 random(9);
    std::uniform_real_distribution<double> share(0, 1);
    std::vector<std::array<double, 2>> effect(kDays + 40, {0, 0});
    cut_.assign(kDays + 40, {false, false});
    for (int day = 3; day < kDays; day += 3) {
      const auto place = static_cast<std::size_t>(random() % 2);
      const bool strike = random() % 2 == 0;
      std::string text;
      for (int word = 0; word < 4; ++word) {
        for (int letter = 0; letter < 9; ++letter) text += static_cast<char>('a' + random() % 26);
        text += word == 3 ? "" : " ";
      }
      meaning_[text] = strike ? 1 : 2;
      events += fmt::format("{},{},{},{},{}\n", day, text, place, day + kHorizon + 1, day + kHorizon + 2);
      if (!strike || !moving) continue;
      for (int t = 1; t <= 2; ++t) {
        effect[static_cast<std::size_t>(day + kHorizon + t)][place] = -1.2;
        cut_[static_cast<std::size_t>(day + kHorizon + t)][place] = true;
      }
    }
    for (int i = 0; i < kSeries; ++i)
      for (int day = 0; day < kDays; ++day)
        series += fmt::format(
            "s{},{},{:.3f},{}\n", i, day,
            (20 + 3 * i) * std::exp(effect[static_cast<std::size_t>(day)][static_cast<std::size_t>(i % 2)] + 0.1 * share(random)), i % 2);
    std::ofstream(options_.input) << series;
    std::ofstream(options_.events) << events;
    options_.output = dir_ / "out.csv";
    options_.season = 1;
    options_.horizon = kHorizon;
    options_.backtest = kOrigins;
    options_.step = kHorizon;
  }

  http::Response answer(const http::Request& request) const {
    return llm::embeddings_of(request, [this](const std::string& text) {
      std::vector<double> out = llm::meanings({})(text);
      out.resize(24);
      if (auto found = meaning_.find(text); found != meaning_.end()) out[static_cast<std::size_t>(20 + found->second)] = 1;
      return out;
    });
  }

  // The sum of |y − yhat| over that of y, on days that an event cuts, or on all.
  double error(const std::string& forecasts, bool only_cut) const {
    std::istringstream lines(forecasts);
    std::string line;
    std::getline(lines, line);
    EXPECT_EQ(line, "unique_id,ds,cutoff,y,yhat,q10,q50,q90,model");
    double wrong = 0, sold = 0;
    while (std::getline(lines, line)) {
      std::vector<std::string> cells;
      std::istringstream parts(line);
      for (std::string cell; std::getline(parts, cell, ',');) cells.push_back(cell);
      const auto place = static_cast<std::size_t>(std::stoi(cells[0].substr(1)) % 2);
      if (only_cut && !cut_[static_cast<std::size_t>(std::stoi(cells[1]))][place]) continue;
      wrong += std::abs(std::stod(cells[3]) - std::stod(cells[4]));
      sold += std::stod(cells[3]);
    }
    return wrong / sold;
  }

  std::map<std::string, int> meaning_;
  std::vector<std::array<bool, 2>> cut_;
};

TEST_F(EmbeddedEvents, AreUnderstoodWhereNoTwoShareAWord) {
  write_meanings(true);
  const std::string words = forecast();
  llm::TestEndpoint endpoint([this](const http::Request& request) { return answer(request); });
  options_.embeddings = {.endpoint = endpoint.url(), .model = "m-small", .ca_file = {}};
  const std::string meanings = forecast();
  EXPECT_EQ(endpoint.requests(), 2) << "73 texts, each once";
  EXPECT_EQ(report_.drivers.back(), "73 events, read with embeddings of m-small");
  EXPECT_LT(error(meanings, true), 0.6 * error(words, true)) << "on days that events cut";
  EXPECT_LT(error(meanings, false), 0.7 * error(words, false));

  options_.backtest = 0;
  const std::string ahead = forecast();
  options_.threads = 2;
  EXPECT_TRUE(forecast() == ahead) << "the same bits at two threads";
  options_.explain = "s0";
  forecast();
  std::set<std::string> names;
  for (const auto& step : report_.explanation->why.trees)
    for (const auto& effect : step.effects) names.insert(effect.name);
  EXPECT_TRUE(std::ranges::any_of(names, [](const std::string& name) { return name.starts_with("event like \""); }))
      << fmt::format("{}", fmt::join(names, "; "));
  EXPECT_NE(to_text(*report_.explanation).find("event like \""), std::string::npos);
}

TEST_F(EmbeddedEvents, DoNoHarmWhereEventsDoNothing) {
  write_meanings(false);
  const double words = error(forecast(), false);
  llm::TestEndpoint endpoint([this](const http::Request& request) { return answer(request); });
  options_.embeddings = {.endpoint = endpoint.url(), .model = "m-small", .ca_file = {}};
  const double meanings = error(forecast(), false);
  EXPECT_LT(meanings, 1.02 * words);
}

// What became known after the origin changes nothing, whatever it means.
TEST_F(EmbeddedEvents, ABacktestSeesNoMeaningOfWhatBecameKnownLater) {
  write_meanings(true);
  options_.backtest = 1;
  llm::TestEndpoint endpoint([this](const http::Request& request) { return answer(request); });
  options_.embeddings = {.endpoint = endpoint.url(), .model = "m-small", .ca_file = {}};
  const std::string found = forecast();
  ASSERT_NE(found.find("trees"), std::string::npos);
  std::ifstream file(options_.events);
  std::string events, line;
  int later = 0;
  for (std::getline(file, line), events = line + "\n"; std::getline(file, line);) {
    const bool known = std::stoi(line) < kDays - kHorizon;
    events += known ? line + "\n" : fmt::format("{},quite another text {},,,\n", std::stoi(line), ++later);
  }
  file.close();
  ASSERT_GE(later, 2);
  for (int k = 1; k <= later; ++k) meaning_[fmt::format("quite another text {}", k)] = 3;
  std::ofstream(options_.events) << events;
  EXPECT_TRUE(forecast() == found);
}

TEST_F(EmbeddedEvents, AnEndpointThatIsGoneIsAnErrorThatNamesIt) {
  write_meanings(true);
  options_.backtest = 0;
  std::string gone;
  {
    llm::TestEndpoint endpoint([](const http::Request&) { return http::Response{.status = 401}; });
    gone = endpoint.url();
    options_.embeddings = {.endpoint = gone, .model = "m-small", .ca_file = {}, .first_pause = std::chrono::milliseconds{1}};
    EXPECT_EQ(forecast_file(options_).error().code, ErrorCode::kUnauthenticated);
    std::ofstream(options_.events) << "ds,text\n1,fine\nx,bad\n";
    EXPECT_NE(forecast_file(options_).error().text().find("row 2"), std::string::npos);
    EXPECT_EQ(endpoint.requests(), 1) << "nothing is sent of a file with mistakes";
  }
  std::ofstream(options_.events) << "ds,text\n1,fine\n2, \n";
  auto report = forecast_file(options_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(report.error().text().find(gone), std::string::npos) << report.error().text();
  EXPECT_FALSE(std::filesystem::exists(options_.output));
  std::ofstream(options_.events) << "ds,text\n1, \n";
  EXPECT_TRUE(forecast_file(options_)) << "of a blank text nobody is asked";
  options_.events.clear();
  EXPECT_NE(forecast_file(options_).error().text().find("--embeddings is for the texts of events"), std::string::npos);
}

}  // namespace
}  // namespace sinan::demand
