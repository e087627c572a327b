// Live demand of a workspace: the board (live/live_board.hpp) that follows what cycles publish and the clock, and who may see what of it.
//
// Sales that are posted are notices, not records: they are kept in memory until their day is over, and the next cycle reads them from their
// source. A person sees an item at a place, and may post its sales, if policy shows them all of its rows in ops.sales and in ops.forecasts,
// with their numbers; any other is as if it were not there. Thread-safe.
#pragma once

#include <shared_mutex>

#include "operations/demand/live/live_board.hpp"

namespace sinan::demand {

struct LiveBurst {
  std::string item_id, location_id;
  Decimal sold;
  double expected = 0;  // of the day until then
  double size = 0, confidence = 0;
  bool promotion = false;
};

struct LiveOptions {
  std::chrono::minutes ahead{5};  // a sale may be so far in the future, for clocks that differ
  // Whether the clock is one that stands (--now, now: from_data): then the present is the newest sale of the day.
  std::function<bool()> clock_stands;
  // Before newer forecasts are read: lets a clock that stands follow the data that they were made from.
  std::function<void()> data_changed;
  std::function<void(const LiveBurst&)> on_burst;  // once a day for an item at a place; from several threads
  std::size_t most_series = kMostLiveSeries;
  std::size_t most_sales = kMostLiveSales;
};

struct LiveNotice {
  std::string id, item_id, location_id;
  Instant at;
  Decimal quantity;
};

struct LiveFilter {
  std::string item_id, location_id;  // empty: all
  bool bursting = false;             // only where a burst runs
  std::size_t limit = 50, offset = 0;
};

struct LivePage {
  std::vector<LiveStand> items;  // the farthest from their forecast first
  bool more = false;
};

// What all answers have in common.
struct LiveNow {
  Instant now;
  Instant since;              // sales are counted that were posted from then on
  lake::Version version = 0;  // that the board began with
  std::size_t series = 0, sales = 0;
};

class LiveDemand {
 public:
  // Both outlive it. `zone` is of places that have none of their own.
  LiveDemand(fabric::Fabric& fabric, const Clock& clock, Zone zone, LiveOptions options = {});

  // Reads the newest forecasts if they are not those on the board, which takes as long as a few queries over half a year of sales; else
  // begins days that are due. The board goes on meanwhile. True: it read.
  Result<bool> refresh();
  // A reading that is under way, in refresh() or for the first that asks, ends soon with kCancelled.
  void interrupt();

  // Whether somebody has asked, so that there is a board to refresh.
  bool begun() const;

  // The first of the following reads the board, and waits for it.
  //
  // The status of each sale, in their order. kLimit when they could be more than are remembered: then none was counted. kPrecondition
  // before any forecast; kDenied for who may not read ops.sales and ops.forecasts at all; the same of the following.
  Result<std::vector<SaleStatus>> sell(const Principal& principal, std::span<const LiveNotice> sales);
  // kNotFound in the same words for what is unknown and what is hidden.
  Result<LiveStand> stand(const Principal& principal, const std::string& item_id, const std::string& location_id);
  // Looks at all that the principal sees.
  Result<LivePage> farthest(const Principal& principal, const LiveFilter& filter);
  LiveNow now() const;

 private:
  struct Sight {
    bool all = false;
    std::vector<std::uint8_t> seen;  // of each series of the board
    bool sees(std::uint32_t series) const { return all || seen[series]; }
  };
  // The board as it is, and what somebody sees of it, until it is let go.
  struct Held {
    std::shared_lock<std::shared_mutex> lock;
    std::shared_ptr<const Sight> sight;
  };
  Status prepare();
  bool roll();
  Result<Held> hold(const Principal& principal);
  Result<std::shared_ptr<const Sight>> look(const Principal& principal, std::shared_ptr<const LiveBoard> board);
  Instant present() const;

  fabric::Fabric& fabric_;
  const Clock& clock_;
  Zone zone_;
  LiveOptions options_;
  std::mutex refreshing_;                  // before board_mutex_
  mutable std::shared_mutex board_mutex_;  // held alone to change the board as a whole
  std::shared_ptr<LiveBoard> board_;
  std::map<std::string, std::shared_ptr<const Sight>> sights_;  // by user and roles; of this board
  std::atomic<std::int64_t> newest_us_ = INT64_MIN;             // sale
  Instant since_;
  std::mutex reading_mutex_;
  CancelToken* reading_ = nullptr;  // of the reading under way
};

}  // namespace sinan::demand
