#include "operations/demand/live/live_demand.hpp"

#include <fmt/ranges.h>

#include "operations/demand/live/live_reading.hpp"

namespace sinan::demand {
namespace {

constexpr std::size_t kMostSights = 64;
constexpr int kMostTries = 8;  // to see a board before it is replaced

// Rows and sums of their numbers, exactly: whoever gets others does not see all of an item at a place as it is.
const std::string kSalesSeen =
    "SELECT CAST(item_id AS VARCHAR), CAST(location_id AS VARCHAR), count(*)::VARCHAR || ' ' || sum(TRY_CAST(quantity AS "
    "DECIMAL(38, 4)))::VARCHAR FROM ops.sales GROUP BY ALL";

std::string forecasts_seen() {
  std::string sums = "sum(TRY_CAST(mean AS DECIMAL(38, 4)))::VARCHAR";
  for (double level : quantile_levels())
    sums += fmt::format(" || ' ' || sum(TRY_CAST({} AS DECIMAL(38, 4)))::VARCHAR", quantile_name(level));
  return fmt::format(
      "SELECT CAST(item_id AS VARCHAR), CAST(location_id AS VARCHAR), count(*)::VARCHAR || ' ' || {} FROM ops.forecasts "
      "GROUP BY ALL",
      sums);
}

using Seen = std::map<std::uint32_t, std::string>;  // by series of the board

Result<Seen> seen_by(fabric::Fabric& fabric, const Principal& principal, const std::string& sql, const LiveBoard& board) {
  SINAN_TRY(auto rows, fabric.query(principal, sql, {.at = board.nights().version}));
  Seen out;
  Batch batch;
  while (true) {
    SINAN_TRY(bool more, rows->next(batch));
    if (!more) return out;
    const auto& c = batch.columns;
    for (std::size_t r = 0; r < batch.rows(); ++r)
      if (!c[0].is_null(r) && !c[1].is_null(r) && !c[2].is_null(r))
        if (auto series = board.find(c[0].text(r), c[1].text(r))) out.emplace(*series, std::string(c[2].text(r)));
  }
}

std::string name_of(const Principal& principal) { return fmt::format("{}\x1f{}", principal.user, fmt::join(principal.roles, "\x1f")); }

}  // namespace

LiveDemand::LiveDemand(fabric::Fabric& fabric, const Clock& clock, Zone zone, LiveOptions options)
    : fabric_(fabric), clock_(clock), zone_(std::move(zone)), options_(std::move(options)), since_(clock.now()) {}

Result<bool> LiveDemand::refresh() {
  std::lock_guard refreshing(refreshing_);
  const lake::Version at = fabric_.lake().current();
  const auto forecasts = forecasts_at(fabric_, at);
  if (!forecasts) return false;
  // Nobody else replaces the board.
  if (board_ && board_->nights().forecasts == *forecasts) return roll(), false;
  if (options_.data_changed) options_.data_changed();
  const Instant now = clock_.now();
  CancelToken cancel;
  auto reading = [this](CancelToken* token) {
    std::lock_guard lock(reading_mutex_);
    reading_ = token;
  };
  reading(&cancel);
  auto nights = read_nights(fabric_, {.at = at, .now = now, .zone = zone_, .most = options_.most_series, .cancel = &cancel});
  reading(nullptr);
  if (!nights) return fail(std::move(nights).error());
  auto fresh = std::make_shared<LiveBoard>(*std::move(nights), now);
  std::unique_lock lock(board_mutex_);
  if (const Instant then = clock_.now(); fresh->due(then)) fresh->roll(then);
  if (board_) fresh->take_over(*board_);
  if (!board_) since_ = now;
  board_ = std::move(fresh);
  sights_.clear();
  return true;
}

void LiveDemand::interrupt() {
  std::lock_guard lock(reading_mutex_);
  if (reading_) reading_->cancel();
}

// Whether there is a board; its days are those of now then.
bool LiveDemand::roll() {
  {
    std::shared_lock lock(board_mutex_);
    if (!board_ || !board_->due(clock_.now())) return board_ != nullptr;
  }
  std::unique_lock lock(board_mutex_);
  if (const Instant now = clock_.now(); board_->due(now)) board_->roll(now);
  return true;
}

Status LiveDemand::prepare() {
  if (roll()) return {};
  SINAN_CHECK(refresh());
  if (roll()) return {};
  return fail(ErrorCode::kPrecondition, "nothing is forecast yet, so that there is nothing to hold sales against; run a cycle first");
}

Instant LiveDemand::present() const {
  const Instant now = clock_.now();
  if (!options_.clock_stands || !options_.clock_stands()) return now;
  return std::max(now, Instant{std::chrono::microseconds{newest_us_.load(std::memory_order_relaxed)}});
}

Result<LiveDemand::Held> LiveDemand::hold(const Principal& principal) {
  static const auto kAll = std::make_shared<const Sight>(Sight{.all = true});
  SINAN_CHECK(prepare());
  const std::string name = name_of(principal);
  for (int tries = 0; tries < kMostTries; ++tries) {
    std::shared_lock lock(board_mutex_);
    if (principal.is_trusted()) return Held{std::move(lock), kAll};
    if (auto found = sights_.find(name); found != sights_.end()) return Held{std::move(lock), found->second};
    const std::shared_ptr<LiveBoard> board = board_;
    lock.unlock();
    SINAN_TRY(auto sight, look(principal, board));
    std::unique_lock alone(board_mutex_);
    // What was seen of another board says nothing of this one.
    if (board != board_) continue;
    if (sights_.size() >= kMostSights) sights_.clear();
    sights_.insert_or_assign(name, std::move(sight));
  }
  return fail(ErrorCode::kUnavailable, "newer forecasts are read again and again; ask again");
}

Result<std::shared_ptr<const LiveDemand::Sight>> LiveDemand::look(const Principal& principal, std::shared_ptr<const LiveBoard> board) {
  auto out = std::make_shared<Sight>(Sight{false, std::vector<std::uint8_t>(board->size(), 1)});
  const std::string forecasts = forecasts_seen();
  for (const std::string* sql : {&kSalesSeen, &forecasts}) {
    auto theirs = seen_by(fabric_, principal, *sql, *board);
    if (!theirs) {
      const ErrorCode code = theirs.error().code;
      if (code == ErrorCode::kTimeout || code == ErrorCode::kUnavailable) return fail(std::move(theirs).error());
      return fail(ErrorCode::kDenied, "live sales are for those who may read ops.sales and ops.forecasts");
    }
    SINAN_TRY(const Seen whole, seen_by(fabric_, system_principal("planner"), *sql, *board));
    for (std::uint32_t i = 0; i < board->size(); ++i) {
      const auto all = whole.find(i);
      const auto part = theirs->find(i);
      out->seen[i] &= all != whole.end() && part != theirs->end() && part->second == all->second;
    }
  }
  return std::shared_ptr<const Sight>(std::move(out));
}

Result<std::vector<SaleStatus>> LiveDemand::sell(const Principal& principal, std::span<const LiveNotice> sales) {
  SINAN_TRY(const Held held, hold(principal));
  std::vector<SaleStatus> out;
  std::vector<std::uint32_t> bursts;
  if (board_->sales() + sales.size() > options_.most_sales)
    return fail(ErrorCode::kLimit, fmt::format("sales of the current day that are remembered: at most {}; none of these was counted, the "
                                               "next cycle reads them from their source",
                                               options_.most_sales));
  const Instant now = clock_.now();
  const bool stands = options_.clock_stands && options_.clock_stands();
  const Instant latest = stands ? Instant::max() : now + options_.ahead;
  for (const LiveNotice& sale : sales) {
    const auto series = board_->find(sale.item_id, sale.location_id);
    if (!series || !held.sight->sees(*series)) {
      out.push_back(SaleStatus::kUnknown);
      continue;
    }
    bool burst = false;
    out.push_back(board_->sell(*series, {sale.id, sale.at, sale.quantity}, stands ? sale.at : now, latest, burst));
    if (burst) bursts.push_back(*series);
    if (!stands || out.back() != SaleStatus::kAccepted) continue;
    std::int64_t newest = newest_us_, at = sale.at.time_since_epoch().count();
    while (at > newest && !newest_us_.compare_exchange_weak(newest, at)) {
    }
  }
  if (!options_.on_burst) return out;
  for (std::uint32_t series : bursts)
    if (auto s = board_->stand(series, present()))
      options_.on_burst({s->item_id, s->location_id, s->sold, s->expected, s->burst_size, s->burst_confidence, s->promotion});
  return out;
}

Result<LiveStand> LiveDemand::stand(const Principal& principal, const std::string& item_id, const std::string& location_id) {
  SINAN_TRY(const Held held, hold(principal));
  const auto series = board_->find(item_id, location_id);
  if (series && held.sight->sees(*series))
    if (auto out = board_->stand(*series, present())) return *std::move(out);
  return fail(ErrorCode::kNotFound, "nothing is forecast of this item at this place today; ids are those of ops.forecasts");
}

Result<LivePage> LiveDemand::farthest(const Principal& principal, const LiveFilter& filter) {
  SINAN_TRY(const Held held, hold(principal));
  const Instant now = present();
  const LiveNights& nights = board_->nights();
  std::vector<std::pair<double, std::uint32_t>> found;  // −|surprise|, so that ties are in order of the board
  for (std::uint32_t i = 0; i < board_->size(); ++i) {
    const LiveNights::Series& s = nights.series[i];
    if (!held.sight->sees(i)) continue;
    if (!filter.item_id.empty() && filter.item_id != s.item_id) continue;
    if (!filter.location_id.empty() && filter.location_id != nights.places[s.place].location_id) continue;
    const auto rank = board_->rank(i, now);
    if (rank && (rank->bursting || !filter.bursting)) found.emplace_back(-std::abs(rank->surprise), i);
  }
  const std::size_t end = std::min(found.size(), filter.offset + filter.limit);
  std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(end));
  LivePage out{.more = end < found.size()};
  for (std::size_t k = filter.offset; k < end; ++k)
    if (auto s = board_->stand(found[k].second, now)) out.items.push_back(*std::move(s));
  return out;
}

bool LiveDemand::begun() const {
  std::shared_lock lock(board_mutex_);
  return board_ != nullptr;
}

LiveNow LiveDemand::now() const {
  std::shared_lock lock(board_mutex_);
  LiveNow out{.now = present(), .since = since_};
  if (board_) out.version = board_->nights().version, out.series = board_->size(), out.sales = board_->sales();
  return out;
}

}  // namespace sinan::demand
