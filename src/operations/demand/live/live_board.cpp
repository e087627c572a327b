#include "operations/demand/live/live_board.hpp"

#include <cmath>

#include "base/hash.hpp"
#include "operations/demand/distribution.hpp"

namespace sinan::demand {
namespace {

using std::chrono::days;

constexpr std::size_t kShards = 64;
constexpr std::chrono::minutes kQuarter{15};
constexpr std::uint32_t kFree = UINT32_MAX;

std::uint64_t hash_of(std::string_view item_id, std::string_view location_id, std::uint64_t seed) {
  return mix(hash(item_id, seed) + 3 * hash(location_id, seed));
}

}  // namespace

std::string_view name(SaleStatus status) {
  switch (status) {
    case SaleStatus::kAccepted: return "accepted";
    case SaleStatus::kDuplicate: return "duplicate";
    case SaleStatus::kConflict: return "conflict";
    case SaleStatus::kLate: return "late";
    case SaleStatus::kEarly: return "early";
    case SaleStatus::kUnknown: return "unknown";
  }
  return "";
}

LiveBoard::LiveBoard(LiveNights nights, Instant now) : nights_(std::move(nights)) {
  for (std::size_t i = 0; i < kShards; ++i) shards_.push_back(std::make_unique<Shard>());
  states_.resize(size());
  slots_.assign(std::bit_ceil(2 * size() + 1), kFree);
  for (std::uint32_t i = 0; i < size(); ++i) {
    const LiveNights::Series& s = nights_.series[i];
    std::size_t at = hash_of(s.item_id, nights_.places[s.place].location_id, 1) & (slots_.size() - 1);
    while (slots_[at] != kFree) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = i;
  }
  days_.resize(nights_.places.size());
  for (std::size_t p = 0; p < days_.size(); ++p) begin_day(p, now);
  for (std::uint32_t i = 0; i < size(); ++i) begin(i);
  settle_next_end();
}

std::optional<std::uint32_t> LiveBoard::find(std::string_view item_id, std::string_view location_id) const {
  for (std::size_t at = hash_of(item_id, location_id, 1) & (slots_.size() - 1); slots_[at] != kFree; at = (at + 1) & (slots_.size() - 1)) {
    const LiveNights::Series& s = nights_.series[slots_[at]];
    if (s.item_id == item_id && nights_.places[s.place].location_id == location_id) return slots_[at];
  }
  return std::nullopt;
}

// Quarters of an hour are taken by what the clock of the place shows as they begin: one that is shown twice when clocks go back comes
// twice.
void LiveBoard::begin_day(std::size_t p, Instant now) {
  const LivePlace& place = nights_.places[p];
  Day& day = days_[p];
  day.day = place.zone.day_of(now);
  day.begins = place.zone.start_of(day.day);
  day.ends = place.zone.start_of(day.day + days(1));
  day.share.assign(1, 0);
  for (Instant at = day.begins; at < day.ends; at += kQuarter) {
    const auto by_clock = at + place.zone.offset_at(at) - std::chrono::floor<days>(at + place.zone.offset_at(at));
    const auto quarter = static_cast<std::size_t>(by_clock / kQuarter) % kQuartersOfDay;
    day.share.push_back(day.share.back() + place.pace[quarter]);
  }
  const double all = day.share.back();
  for (std::size_t k = 0; k < day.share.size(); ++k)
    day.share[k] = all > 0 ? day.share[k] / all : static_cast<double>(k) / static_cast<double>(day.share.size() - 1);
}

std::size_t LiveBoard::offset_of(std::uint32_t i) const {
  const LiveNights::Series& s = nights_.series[i];
  return s.first + static_cast<std::size_t>((days_[s.place].day - s.begin).count());
}

int LiveBoard::lead_days(std::uint32_t i) const {
  const LiveNights::Series& s = nights_.series[i];
  return std::clamp(s.lead_days, 1, static_cast<int>(s.first + s.days - offset_of(i)));
}

void LiveBoard::begin(std::uint32_t i) {
  const LiveNights::Series& s = nights_.series[i];
  State& state = states_[i];
  state = State{};
  const Date day = days_[s.place].day;
  state.is_forecast = day >= s.begin && day < s.begin + days(s.days);
  if (!state.is_forecast) return;
  const std::size_t from = offset_of(i);
  const auto count = static_cast<std::size_t>(lead_days(i));
  mean_.assign(count, 0);
  deviation_.assign(count, 0);
  for (std::size_t h = 0; h < count; ++h) {
    mean_[h] = std::max(nights_.mean[from + h], 0.0F);
    deviation_[h] = std::max(nights_.deviation[from + h], 0.0F);
  }
  state.live = forecasting::LiveSeries(
      {.mean = mean_, .deviation = deviation_, .sale_size = s.sale_size, .promotion = nights_.promotion[from] != 0});
}

void LiveBoard::settle_next_end() {
  next_end_ = Instant::max();
  for (const Day& day : days_) next_end_ = std::min(next_end_, day.ends);
}

void LiveBoard::roll(Instant now) {
  std::vector<std::size_t> missed(days_.size(), 0);
  for (std::size_t p = 0; p < days_.size(); ++p) {
    if (now < days_[p].ends) continue;
    const Date before = days_[p].day;
    begin_day(p, now);
    missed[p] = static_cast<std::size_t>((days_[p].day - before).count());
  }
  for (std::uint32_t i = 0; i < size(); ++i) {
    LiveNights::Series& s = nights_.series[i];
    if (missed[s.place] == 0) continue;
    // Of days that are missing the detector keeps no more than the day of the week.
    for (std::size_t d = 0; d < missed[s.place] % kDailyBursts.season; ++d) s.before.update(kMissing);
    begin(i);
  }
  std::size_t left = 0;
  for (const auto& shard : shards_) {
    std::erase_if(shard->known, [&](const auto& sale) { return missed[nights_.series[sale.second.series].place] > 0; });
    left += shard->known.size();
  }
  sales_ = left;
  settle_next_end();
}

void LiveBoard::take_over(const LiveBoard& other) {
  std::vector<std::uint32_t> here(other.size(), kFree);
  for (std::uint32_t j = 0; j < other.size(); ++j) {
    const State& from = other.states_[j];
    if (from.sales == 0) continue;
    const LiveNights::Series& s = other.nights_.series[j];
    const auto i = find(s.item_id, other.nights_.places[s.place].location_id);
    if (!i || !states_[*i].is_forecast || days_[nights_.series[*i].place].day != other.days_[s.place].day) continue;
    here[j] = *i;
    State& to = states_[*i];
    const bool burst = to.live.take_over(from.live, nights_.series[*i].before, shard_of(*i).scratch);
    to.sold = from.sold;
    to.sales = from.sales;
    to.newest = from.newest;
    to.burst = from.burst;
    to.burst_seen = from.burst_seen;
    if (burst && !to.burst) to.burst = true, to.burst_seen = from.newest;
  }
  for (const auto& shard : other.shards_)
    for (const auto& [key, known] : shard->known)
      if (const std::uint32_t i = here[known.series]; i != kFree) shard_of(i).known.emplace(key, Known{known.content, i}), ++sales_;
}

double LiveBoard::share(const Day& day, Instant at) const {
  if (at <= day.begins) return 0;
  if (at >= day.ends) return 1;
  const auto since = std::chrono::duration<double>(at - day.begins) / kQuarter;
  const auto quarter = std::min(static_cast<std::size_t>(since), day.share.size() - 2);
  return day.share[quarter] + (since - static_cast<double>(quarter)) * (day.share[quarter + 1] - day.share[quarter]);
}

SaleStatus LiveBoard::sell(std::uint32_t i, const LiveSale& sale, Instant now, Instant latest, bool& burst) {
  burst = false;
  const LiveNights::Series& s = nights_.series[i];
  const Day& day = days_[s.place];
  State& state = states_[i];
  if (!state.is_forecast) return SaleStatus::kUnknown;
  if (sale.at < day.begins) return SaleStatus::kLate;
  if (sale.at >= day.ends || sale.at > latest) return SaleStatus::kEarly;
  const std::uint64_t seed = hash_of(s.item_id, nights_.places[s.place].location_id, 2);
  const SaleKey key{hash(sale.id, seed), hash(sale.id, mix(seed))};
  const std::uint64_t content = mix(static_cast<std::uint64_t>(sale.at.time_since_epoch().count())) ^
                                mix(static_cast<std::uint64_t>(sale.quantity.raw()) * 0x9e3779b97f4a7c15ULL);
  Shard& shard = shard_of(i);
  std::lock_guard lock(shard.mutex);
  const auto [known, fresh] = shard.known.try_emplace(key, Known{content, i});
  if (!fresh) return known->second.content == content ? SaleStatus::kDuplicate : SaleStatus::kConflict;
  sales_.fetch_add(1, std::memory_order_relaxed);
  const bool begun = state.live.sell(sale.quantity.to_double(), share(day, sale.at), s.before, shard.scratch);
  state.sold += sale.quantity.raw();
  state.newest = state.sales == 0 ? sale.at : std::max(state.newest, sale.at);
  ++state.sales;
  burst = begun && !state.burst;
  if (burst) state.burst = true, state.burst_seen = now;
  return SaleStatus::kAccepted;
}

double LiveBoard::surprise(std::uint32_t i, const forecasting::LivePosition& now) const {
  const std::size_t at = offset_of(i);
  const double deviation = nights_.deviation[at];
  // Where nothing was expected, each unit is one deviation.
  return (now.sold + now.rest - std::max(nights_.mean[at], 0.0F)) / (deviation > 0 ? deviation : 1);
}

std::optional<LiveRank> LiveBoard::rank(std::uint32_t i, Instant now) const {
  const State& state = states_[i];
  std::lock_guard lock(shard_of(i).mutex);
  if (!state.is_forecast) return std::nullopt;
  return LiveRank{surprise(i, state.live.position(share(days_[nights_.series[i].place], now))), state.live.bursting()};
}

std::optional<LiveStand> LiveBoard::stand(std::uint32_t i, Instant now) const {
  const LiveNights::Series& s = nights_.series[i];
  const Day& day = days_[s.place];
  State state;
  {
    std::lock_guard lock(shard_of(i).mutex);
    state = states_[i];
  }
  if (!state.is_forecast) return std::nullopt;
  const forecasting::LivePosition position = state.live.position(share(day, now));
  LiveStand out{.item_id = s.item_id,
                .location_id = nights_.places[s.place].location_id,
                .model_version = nights_.model_versions[s.model_version],
                .day = day.day,
                .begins = day.begins,
                .ends = day.ends,
                .sold = Decimal::raw(state.sold),
                .sales = state.sales};
  if (state.sales > 0) out.newest = state.newest;
  if (state.burst) out.burst_seen = state.burst_seen;
  out.day_mean = std::max(nights_.mean[offset_of(i)], 0.0F);
  out.expected = out.day_mean * position.elapsed;
  out.level = position.level;
  out.rest = position.rest;
  out.surprise = surprise(i, position);
  out.lead_days = lead_days(i);
  out.lead = position.lead;
  const Distribution lead = Distribution::of(position.lead, std::sqrt(std::max(position.lead_variance, 0.0)));
  for (double level : quantile_levels()) out.quantiles.push_back(lead.quantile(level));
  out.promotion = nights_.promotion[offset_of(i)] != 0;
  if (state.live.bursting()) out.burst_size = state.live.burst_size(), out.burst_confidence = state.live.confidence();
  return out;
}

}  // namespace sinan::demand
