// The live board: where every item at every place stands today, while sales come in (forecasting/live/live.hpp).
//
// The board begins with what the last night said, and counts the sales of the current day of each place, cut in its time zone. Demand of a
// day comes as it came by the clock of the place so far. A day that ended without a newer forecast is missing to the detector of bursts,
// and the next day begins from what the same night said of it.
//
// Pure: time comes in with each call. A series costs one to two kilobytes, a sale about a hundred bytes until its day ends. find(), sell(),
// stand() and rank() may be called from several threads at once; the others from one, while nobody calls any.
#pragma once

#include <mutex>
#include <unordered_map>

#include "base/money.hpp"
#include "data/lake/lake.hpp"
#include "intelligence/forecasting/live/live.hpp"
#include "operations/demand/demand_bursts.hpp"

namespace sinan::demand {

inline constexpr std::size_t kMostLiveSeries = 1'000'000;
inline constexpr std::size_t kMostLiveSales = 2'000'000;  // of all current days together
inline constexpr std::size_t kQuartersOfDay = 96;

// A place, and how its demand comes by the clock there: the quarters of an hour from midnight on, at any scale, none below zero and not all
// zero.
struct LivePlace {
  std::string location_id;
  Zone zone;
  std::vector<double> pace;
};

// What a night said, as it was read (live/live_reading.hpp).
struct LiveNights {
  struct Series {
    std::string item_id;
    std::uint32_t place = 0;                          // of `places`
    std::uint32_t model_version = 0;                  // of `model_versions`
    Date begin;                                       // the first day that is forecast
    std::size_t first = 0, days = 0;                  // its part of `mean`, `deviation` and `promotion`
    double sale_size = 1;                             // Σq² / Σq of single sales
    int lead_days = 7;                                // that stock must cover, the current day with them
    forecasting::BurstDetector before{kDailyBursts};  // has seen the days before `Instant now` of the reading
  };
  lake::Version version = 0;    // that all was read at
  lake::Version forecasts = 0;  // that holds these ops.forecasts
  std::vector<LivePlace> places;
  std::vector<std::string> model_versions;
  std::vector<Series> series;
  std::vector<float> mean, deviation;  // of each day
  std::vector<std::uint8_t> promotion;
};

enum class SaleStatus : std::uint8_t {
  kAccepted,
  kDuplicate,  // was counted before
  kConflict,   // another sale of the same item and place has this id
  kLate,       // of a day that is over: the next cycle reads it
  kEarly,      // of the future
  kUnknown,    // nothing is forecast of this item at this place today
};
std::string_view name(SaleStatus status);

struct LiveSale {
  std::string_view id;
  Instant at;
  Decimal quantity;  // below zero: a return
};

// Where one item at one place stands. Quantities in units of the item.
struct LiveStand {
  std::string item_id, location_id, model_version;
  Date day;              // the current one there,
  Instant begins, ends;  // and when it is cut
  Decimal sold;          // sum of what was posted; below zero where more came back
  std::int64_t sales = 0;
  std::optional<Instant> newest;  // sale
  double day_mean = 0;            // the night's,
  double expected = 0;            // and its part until now
  double level = 1;               // of today's demand, in what was forecast
  double rest = 0;                // of today, still to come
  double surprise = 0;            // how far the day's demand is from the night's mean by now, in its standard deviations
  int lead_days = 1;              // at most what was forecast
  double lead = 0;                // mean of the demand from now to the end of the lead time,
  std::vector<double> quantiles;  // and its quantiles at quantile_levels()
  bool promotion = false;
  double burst_size = 0, burst_confidence = 0;  // confidence 0: none runs
  std::optional<Instant> burst_seen;            // today, for the first time
};

struct LiveRank {
  double surprise = 0;
  bool bursting = false;
};

class LiveBoard {
 public:
  // `now`: when the nights were read.
  LiveBoard(LiveNights nights, Instant now);

  const LiveNights& nights() const { return nights_; }
  std::size_t size() const { return nights_.series.size(); }
  std::size_t sales() const { return sales_.load(std::memory_order_relaxed); }  // that are remembered

  std::optional<std::uint32_t> find(std::string_view item_id, std::string_view location_id) const;
  // Counts a sale once. `latest`: no sale is later. `burst`: true when with this sale a burst was seen for the first time today.
  SaleStatus sell(std::uint32_t series, const LiveSale& sale, Instant now, Instant latest, bool& burst);
  // Nothing where nothing is forecast of today.
  std::optional<LiveStand> stand(std::uint32_t series, Instant now) const;
  std::optional<LiveRank> rank(std::uint32_t series, Instant now) const;

  // Whether a day is over somewhere.
  bool due(Instant now) const { return now >= next_end_; }
  // Begins the days of `now` where others are over.
  void roll(Instant now);
  // Goes on with the sales of another board whose days are the same.
  void take_over(const LiveBoard& other);

 private:
  struct Day {
    Date day;
    Instant begins, ends;
    std::vector<double> share;  // of its demand that comes before each quarter of an hour from its begin on, 0 … 1
  };
  struct State {
    forecasting::LiveSeries live;
    std::int64_t sold = 0;  // Decimal::raw
    std::int64_t sales = 0;
    Instant newest, burst_seen;
    bool burst = false;        // was seen today
    bool is_forecast = false;  // of today
  };
  struct SaleKey {
    std::uint64_t a = 0, b = 0;
    bool operator==(const SaleKey&) const = default;
  };
  struct SaleHash {
    std::size_t operator()(const SaleKey& key) const { return key.a; }
  };
  struct Known {
    std::uint64_t content;
    std::uint32_t series;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<SaleKey, Known, SaleHash> known;  // sales of the current days
    forecasting::BurstDetector scratch{kDailyBursts};
  };

  void begin_day(std::size_t place, Instant now);
  void begin(std::uint32_t series);
  void settle_next_end();
  double share(const Day& day, Instant at) const;
  std::size_t offset_of(std::uint32_t series) const;  // of its current day in mean and deviation
  int lead_days(std::uint32_t series) const;
  double surprise(std::uint32_t series, const forecasting::LivePosition& now) const;
  Shard& shard_of(std::uint32_t series) const { return *shards_[series % shards_.size()]; }

  LiveNights nights_;
  std::vector<Day> days_;             // of each place
  std::vector<State> states_;         // of each series
  std::vector<std::uint32_t> slots_;  // open addressing over series, by item and place
  std::vector<std::unique_ptr<Shard>> shards_;
  std::atomic<std::size_t> sales_ = 0;
  Instant next_end_;
  std::vector<double> mean_, deviation_;  // of one lead time, to be reused
};

}  // namespace sinan::demand
