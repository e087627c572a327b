// The live board: sales of a day count once, in any order, in the day of their place; the next day and a newer night go on from there.
#include "operations/demand/live/live_board.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace sinan::demand {
namespace {

Instant at(const std::string& text) { return *parse_instant(text); }

// Items at places, each with ten a day and a deviation of four for ten days from a day on, and ten a day for four weeks behind it.
struct Night {
  LiveNights nights;
  explicit Night(const std::string& begin) : begin_(*parse_date(begin)) { nights.model_versions = {"m1"}; }
  Night& place(const std::string& id, const std::string& zone = "UTC") {
    nights.places.push_back({id, *Zone::find(zone), std::vector<double>(kQuartersOfDay, 1)});
    return *this;
  }
  Night& item(const std::string& id, double mean = 10, double deviation = 4) {
    LiveNights::Series s{.item_id = id,
                         .place = static_cast<std::uint32_t>(nights.places.size() - 1),
                         .begin = begin_,
                         .first = nights.mean.size(),
                         .days = 10};
    std::mt19937 random(7);
    for (int t = 0; t < 56; ++t) s.before.update(std::poisson_distribution<int>(10)(random));
    nights.series.push_back(std::move(s));
    nights.mean.resize(nights.mean.size() + 10, mean);
    nights.deviation.resize(nights.mean.size(), deviation);
    nights.promotion.resize(nights.mean.size(), 0);
    return *this;
  }
  LiveBoard board(const std::string& now) const { return {nights, at(now)}; }

 private:
  Date begin_;
};

SaleStatus sell(LiveBoard& board, std::uint32_t series, const std::string& id, const std::string& time, const std::string& quantity) {
  bool burst = false;
  return board.sell(series, {id, at(time), *Decimal::parse(quantity)}, at(time), Instant::max(), burst);
}

TEST(LiveBoard, ASaleSentTwiceCountsOnceAndAnotherWithItsIdIsAConflict) {
  Night night = Night("2026-03-02").place("N").item("pot").item("pan");
  LiveBoard board = night.board("2026-03-02T08:00:00Z");
  EXPECT_EQ(sell(board, 0, "a", "2026-03-02T08:00:00Z", "2.5"), SaleStatus::kAccepted);
  EXPECT_EQ(sell(board, 0, "a", "2026-03-02T08:00:00Z", "2.5"), SaleStatus::kDuplicate);
  EXPECT_EQ(sell(board, 0, "a", "2026-03-02T08:00:00Z", "2.6"), SaleStatus::kConflict);
  EXPECT_EQ(sell(board, 0, "a", "2026-03-02T08:00:01Z", "2.5"), SaleStatus::kConflict);
  EXPECT_EQ(sell(board, 1, "a", "2026-03-02T08:00:00Z", "1"), SaleStatus::kAccepted) << "ids are of an item at a place";
  EXPECT_EQ(sell(board, 0, "b", "2026-03-02T08:30:00Z", "-0.5"), SaleStatus::kAccepted);
  EXPECT_EQ(board.stand(0, at("2026-03-02T09:00:00Z"))->sold.text(), "2");
  EXPECT_EQ(board.stand(0, at("2026-03-02T09:00:00Z"))->sales, 2);
  EXPECT_EQ(board.sales(), 3U);
}

TEST(LiveBoard, FindsWhatIsForecastAndNothingElse) {
  LiveBoard board = Night("2026-03-02").place("N").item("pot").place("S").item("pot").item("p").board("2026-03-02T08:00:00Z");
  EXPECT_EQ(board.find("pot", "N"), 0U);
  EXPECT_EQ(board.find("pot", "S"), 1U);
  EXPECT_EQ(board.find("p", "S"), 2U);
  EXPECT_FALSE(board.find("p", "N"));
  EXPECT_FALSE(board.find("", ""));
  EXPECT_FALSE(Night("2026-03-02").board("2026-03-02T08:00:00Z").find("pot", "N"));
}

TEST(LiveBoard, BeginsWithWhatTheNightSaid) {
  LiveBoard board = Night("2026-03-02").place("N").item("pot").board("2026-03-02T00:00:00Z");
  const LiveStand stand = *board.stand(0, at("2026-03-02T00:00:00Z"));
  EXPECT_EQ(stand.expected, 0);
  EXPECT_EQ(stand.level, 1);
  EXPECT_EQ(stand.rest, 10);
  EXPECT_EQ(stand.surprise, 0);
  EXPECT_EQ(stand.lead_days, 7);
  EXPECT_DOUBLE_EQ(stand.lead, 70);
  EXPECT_TRUE(std::ranges::is_sorted(stand.quantiles));
  EXPECT_LT(stand.quantiles.front(), 70);
  EXPECT_GT(stand.quantiles.back(), 70);
  EXPECT_EQ(stand.model_version, "m1");
  EXPECT_EQ(stand.burst_confidence, 0);
  EXPECT_NEAR(board.stand(0, at("2026-03-02T06:00:00Z"))->expected, 2.5, 1e-12);
}

TEST(LiveBoard, TheOrderOfSalesDoesNotMatter) {
  Night night = Night("2026-03-02").place("N").item("pot");
  for (unsigned seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::vector<int> order(40);
    std::iota(order.begin(), order.end(), 0);
    LiveBoard forth = night.board("2026-03-02T00:00:00Z"), mixed = night.board("2026-03-02T00:00:00Z");
    auto sell_one = [&](LiveBoard& board, int k) {
      const int quantity = (k * 7) % 11 == 3 ? -1 : 1 + k % 3;
      bool burst = false;
      EXPECT_EQ(board.sell(0, {std::to_string(k), at("2026-03-02T00:00:00Z") + std::chrono::minutes(13 * k), Decimal::whole(quantity)},
                           at("2026-03-02T10:00:00Z"), Instant::max(), burst),
                SaleStatus::kAccepted);
    };
    for (int k : order) sell_one(forth, k);
    std::ranges::shuffle(order, random);
    for (int k : order) sell_one(mixed, k);
    const LiveStand a = *forth.stand(0, at("2026-03-02T10:00:00Z")), b = *mixed.stand(0, at("2026-03-02T10:00:00Z"));
    EXPECT_EQ(a.sold, b.sold);
    EXPECT_EQ(a.rest, b.rest);
    EXPECT_EQ(a.quantiles, b.quantiles);
    EXPECT_EQ(a.burst_confidence, b.burst_confidence);
    EXPECT_EQ(a.newest, b.newest);
  }
}

TEST(LiveBoard, ReturnsTakeBackAndMoreOfThemThanSalesAreShownAsTheyAre) {
  LiveBoard board = Night("2026-03-02").place("N").item("pot").board("2026-03-02T00:00:00Z");
  EXPECT_EQ(sell(board, 0, "a", "2026-03-02T08:00:00Z", "-3"), SaleStatus::kAccepted);
  const LiveStand stand = *board.stand(0, at("2026-03-02T08:00:00Z"));
  EXPECT_EQ(stand.sold.text(), "-3");
  EXPECT_GE(stand.rest, 0);
  EXPECT_TRUE(std::ranges::all_of(stand.quantiles, [](double q) { return q >= 0; }));
}

// Berlin: 29 March 2026 has 23 hours, 25 October 25.
TEST(LiveBoard, DaysAreThoseOfTheirPlaceAlsoWhenClocksChange) {
  for (const auto& [day, begin, hour_before_end, end, hours] :
       {std::tuple{"2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T21:00:00Z", "2026-03-29T22:00:00Z", 23.0},
        {"2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T22:00:00Z", "2026-10-25T23:00:00Z", 25.0},
        {"2026-06-01", "2026-05-31T22:00:00Z", "2026-06-01T21:00:00Z", "2026-06-01T22:00:00Z", 24.0}}) {
    SCOPED_TRACE(day);
    LiveBoard board = Night(day).place("B", "Europe/Berlin").item("pot").board(begin);
    const LiveStand stand = *board.stand(0, at(hour_before_end));
    EXPECT_EQ(format_date(stand.day), day);
    EXPECT_EQ(stand.begins, at(begin));
    EXPECT_EQ(stand.ends, at(end));
    EXPECT_NEAR(stand.expected, 10 * (hours - 1) / hours, 1e-9) << "an even pace: as many quarters of an hour as the day has";
    EXPECT_EQ(sell(board, 0, "a", begin, "1"), SaleStatus::kAccepted);
    bool burst = false;
    EXPECT_EQ(board.sell(0, {"b", at(begin) - std::chrono::microseconds(1), Decimal::whole(1)}, at(begin), Instant::max(), burst),
              SaleStatus::kLate);
    EXPECT_EQ(board.sell(0, {"c", at(end), Decimal::whole(1)}, at(begin), Instant::max(), burst), SaleStatus::kEarly);
    EXPECT_EQ(board.sell(0, {"d", at(end) - std::chrono::microseconds(1), Decimal::whole(1)}, at(begin), at(begin), burst),
              SaleStatus::kEarly)
        << "of the future";
  }
}

TEST(LiveBoard, DemandComesByTheClockOfThePlace) {
  Night night = Night("2026-10-25").place("B", "Europe/Berlin").item("pot");
  // All between two and three, which the clocks of Berlin show twice on this day.
  std::ranges::fill(night.nights.places[0].pace, 0);
  std::fill_n(night.nights.places[0].pace.begin() + 8, 4, 1.0);
  LiveBoard board = night.board("2026-10-24T22:00:00Z");
  EXPECT_EQ(board.stand(0, at("2026-10-25T00:00:00Z"))->expected, 0);
  EXPECT_DOUBLE_EQ(board.stand(0, at("2026-10-25T01:00:00Z"))->expected, 5);
  EXPECT_DOUBLE_EQ(board.stand(0, at("2026-10-25T02:00:00Z"))->expected, 10);
}

TEST(LiveBoard, TheNextDayBeginsAnewWhereADayIsOver) {
  LiveBoard board = Night("2026-03-02").place("N", "Asia/Shanghai").item("pot").place("S").item("pot").board("2026-03-02T10:00:00Z");
  EXPECT_EQ(sell(board, 0, "a", "2026-03-02T11:00:00Z", "4"), SaleStatus::kAccepted);
  EXPECT_EQ(sell(board, 1, "a", "2026-03-02T11:00:00Z", "5"), SaleStatus::kAccepted);
  EXPECT_FALSE(board.due(at("2026-03-02T15:59:59Z")));
  ASSERT_TRUE(board.due(at("2026-03-02T16:00:00Z")));
  board.roll(at("2026-03-02T16:00:00Z"));
  EXPECT_EQ(format_date(board.stand(0, at("2026-03-02T16:00:00Z"))->day), "2026-03-03");
  EXPECT_EQ(board.stand(0, at("2026-03-02T16:00:00Z"))->sold.text(), "0");
  EXPECT_EQ(board.stand(0, at("2026-03-02T16:00:00Z"))->rest, 10);
  EXPECT_EQ(board.stand(1, at("2026-03-02T16:00:00Z"))->sold.text(), "5");
  EXPECT_EQ(board.sales(), 1U) << "ids of a day that is over are forgotten";
  EXPECT_EQ(sell(board, 0, "a", "2026-03-02T11:00:00Z", "4"), SaleStatus::kLate);
  EXPECT_EQ(sell(board, 1, "a", "2026-03-02T11:00:00Z", "5"), SaleStatus::kDuplicate);
  board.roll(at("2026-03-11T12:00:00Z"));
  EXPECT_EQ(board.stand(0, at("2026-03-11T12:00:00Z"))->lead_days, 1) << "the last day that was forecast";
  board.roll(at("2026-03-12T12:00:00Z"));
  EXPECT_FALSE(board.stand(0, at("2026-03-12T12:00:00Z")));
  EXPECT_FALSE(board.rank(0, at("2026-03-12T12:00:00Z")));
  EXPECT_EQ(sell(board, 0, "b", "2026-03-12T11:00:00Z", "4"), SaleStatus::kUnknown);
}

TEST(LiveBoard, ANewerNightOfTheSameDayGoesOnWithItsSales) {
  LiveBoard board = Night("2026-03-02").place("N").item("pot").item("pan").item("lid").board("2026-03-02T08:00:00Z");
  EXPECT_EQ(sell(board, 0, "a", "2026-03-02T08:10:00Z", "4"), SaleStatus::kAccepted);
  EXPECT_EQ(sell(board, 1, "b", "2026-03-02T08:20:00Z", "1"), SaleStatus::kAccepted);
  EXPECT_EQ(sell(board, 2, "c", "2026-03-02T08:30:00Z", "2"), SaleStatus::kAccepted);
  Night newer = Night("2026-03-02").place("S").item("pot").place("N").item("pan", 20, 5).item("pot", 20, 5);
  LiveBoard next = newer.board("2026-03-02T09:00:00Z"), fresh = newer.board("2026-03-02T09:00:00Z");
  next.take_over(board);
  const Instant now = at("2026-03-02T09:00:00Z");
  EXPECT_EQ(next.stand(0, now)->sales, 0) << "another place";
  EXPECT_EQ(next.sales(), 2U) << "of the lid nothing is forecast any more";
  EXPECT_EQ(sell(next, 2, "a", "2026-03-02T08:10:00Z", "4"), SaleStatus::kDuplicate);
  EXPECT_EQ(sell(fresh, 2, "a", "2026-03-02T08:10:00Z", "4"), SaleStatus::kAccepted);
  EXPECT_EQ(next.stand(2, now)->sold.text(), "4");
  EXPECT_EQ(next.stand(2, now)->rest, fresh.stand(2, now)->rest) << "as if it had been sold there";
  EXPECT_EQ(next.stand(1, now)->newest, at("2026-03-02T08:20:00Z"));
  LiveBoard tomorrow = Night("2026-03-03").place("N").item("pot").board("2026-03-03T01:00:00Z");
  tomorrow.take_over(board);
  EXPECT_EQ(tomorrow.stand(0, at("2026-03-03T01:00:00Z"))->sales, 0);
}

TEST(LiveBoard, ABurstIsToldOnceADay) {
  LiveBoard board = Night("2026-03-02").place("N").item("pot").board("2026-03-02T08:00:00Z");
  int told = 0;
  for (int k = 0; k < 80; ++k) {
    bool burst = false;
    // Every tenth is taken back and comes again.
    for (int quantity : {1, k % 10 == 9 ? -40 : 0, k % 10 == 9 ? 40 : 0}) {
      if (quantity == 0) continue;
      board.sell(0, {fmt::format("{} {}", k, quantity), at("2026-03-02T08:00:00Z"), Decimal::whole(quantity)}, at("2026-03-02T08:01:00Z"),
                 Instant::max(), burst);
      told += burst;
    }
  }
  EXPECT_EQ(told, 1);
  const LiveStand stand = *board.stand(0, at("2026-03-02T08:02:00Z"));
  EXPECT_GT(stand.burst_confidence, 0.9);
  EXPECT_GT(stand.burst_size, 5);
  EXPECT_EQ(stand.burst_seen, at("2026-03-02T08:01:00Z"));
  EXPECT_GT(stand.surprise, 5);
  EXPECT_TRUE(board.rank(0, at("2026-03-02T08:02:00Z"))->bursting);
}

TEST(LiveBoard, CountsEverySaleOnceWhenManyThreadsPostTheSame) {
  Night night = Night("2026-03-02").place("N");
  for (int i = 0; i < 100; ++i) night.item(fmt::format("item{}", i));
  LiveBoard board = night.board("2026-03-02T08:00:00Z");
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (std::uint32_t k = 0; k < 5'000; ++k) {
        bool burst = false;
        accepted += board.sell(k % 100, {std::to_string(k), at("2026-03-02T08:00:00Z"), Decimal::whole(1)}, at("2026-03-02T08:00:00Z"),
                               Instant::max(), burst) == SaleStatus::kAccepted;
        (void)board.stand(k % 100, at("2026-03-02T08:00:00Z"));
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, 5'000);
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_EQ(board.stand(i, at("2026-03-02T09:00:00Z"))->sold.text(), "50");
}

}  // namespace
}  // namespace sinan::demand
