#include "intelligence/forecasting/warm.hpp"

#include <bit>
#include <cmath>
#include <cstring>

#include "intelligence/forecasting/blend.hpp"
#include "intelligence/forecasting/sample.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::uint32_t kFormat = 8;  // of the bytes

std::uint64_t next_hash(std::uint64_t hash, std::uint64_t bits) {
  hash = (hash ^ bits) * 0x9e3779b97f4a7c15ULL;
  return hash ^ (hash >> 32);
}

// Of the first `length` values of a series without the first 0, 1, … of them.
std::array<std::uint64_t, kMostWarmPeriods> hashes_of(const Panel& panel, std::size_t i, std::size_t length) {
  std::array<std::uint64_t, kMostWarmPeriods> out{};
  const std::span<const double> values = panel.series(i);
  const std::span<const std::uint8_t> lost = panel.lost_of(i);
  std::uint64_t hash = kFormat;
  for (std::size_t t = length; t-- > 0;) {
    hash = next_hash(hash, std::bit_cast<std::uint64_t>(std::isfinite(values[t]) ? values[t] : kMissing) + (!lost.empty() && lost[t]));
    if (t < out.size()) out[t] = hash;
  }
  return out;
}

// Numbers and arrays of them, one after the other, and a checksum.
class Writer {
 public:
  template <typename T>
  Writer& put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
    return *this;
  }
  template <typename Values>
  Writer& list(const Values& values) {
    put(static_cast<std::uint64_t>(values.size()));
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(*values.data()));
    return *this;
  }
  std::string take() {
    const std::uint64_t sum = hash(bytes_, kFormat);
    put(sum);
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {
    std::uint64_t sum = 0;
    ok_ = bytes.size() >= sizeof(sum);
    if (!ok_) return;
    std::memcpy(&sum, bytes.data() + bytes.size() - sizeof(sum), sizeof(sum));
    bytes_.remove_suffix(sizeof(sum));
    ok_ = sum == hash(bytes_, kFormat);
  }
  template <typename T>
  Reader& get(T& value) {
    ok_ = ok_ && bytes_.size() >= sizeof(T);
    if (!ok_) return *this;
    std::memcpy(&value, bytes_.data(), sizeof(T));
    bytes_.remove_prefix(sizeof(T));
    return *this;
  }
  template <typename Values>
  Reader& list(Values& values) {
    std::uint64_t count = 0;
    get(count);
    ok_ = ok_ && count <= bytes_.size() / sizeof(*values.data());
    if (!ok_) return *this;
    values.resize(count);
    std::memcpy(values.data(), bytes_.data(), count * sizeof(*values.data()));
    bytes_.remove_prefix(count * sizeof(*values.data()));
    return *this;
  }
  Status end() const {
    if (ok_ && bytes_.empty()) return {};
    return fail(ErrorCode::kCorrupt, "what was learnt in an earlier night cannot be read; remove it, and all is learnt anew");
  }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

// The same order for both ways.
template <typename Stream, typename Series, typename Value, typename List>
void each_field(Stream& stream, Series& s, const Value& value, const List& list) {
  value(stream, s.kind), value(stream, s.demand_class), value(stream, s.non_negative);
  value(stream, s.known_season), value(stream, s.asked), value(stream, s.season), value(stream, s.fixed), value(stream, s.end),
      value(stream, s.length), value(stream, s.hashes);
  value(stream, s.scale), value(stream, s.noise), value(stream, s.level), value(stream, s.reach), value(stream, s.only),
      value(stream, s.weighted), value(stream, s.pooled_share);
  list(stream, s.point), list(stream, s.errors), list(stream, s.down), list(stream, s.up);
  value(stream, s.width_power);
  value(stream, s.rate.counting), value(stream, s.rate.mean), value(stream, s.rate.values);
  list(stream, s.rate.sums), list(stream, s.rate.indices);
}

}  // namespace

std::optional<std::size_t> WarmSeries::grown(const Panel& panel, std::size_t i) const {
  const std::int64_t now = panel.end_of(i);
  const std::size_t count = panel.series(i).size();
  const std::int64_t moved = (now - static_cast<std::int64_t>(count)) - (end - static_cast<std::int64_t>(length));
  const std::int64_t more = now - end;
  constexpr auto kMost = static_cast<std::int64_t>(kMostWarmPeriods);
  if (more < 0 || more >= kMost || moved < 0 || moved >= kMost || length <= hashes.size()) return std::nullopt;
  const auto grown = static_cast<std::size_t>(more);
  if (grown >= count || hashes_of(panel, i, count - grown)[0] != hashes[static_cast<std::size_t>(moved)]) return std::nullopt;
  const std::span<const double> fresh = panel.series(i).last(grown);
  const std::span<const std::uint8_t> lost = panel.lost_of(i);
  for (std::size_t t = 0; t < grown; ++t)
    if (!std::isfinite(fresh[t]) || (!lost.empty() && lost[count - grown + t])) return std::nullopt;
  return grown;
}

void WarmSeries::remember(const Panel& panel, std::size_t i) {
  end = panel.end_of(i);
  length = panel.series(i).size();
  hashes = hashes_of(panel, i, length);
}

std::string WarmState::bytes_of(const WarmSeries& series) {
  Writer out;
  out.put(kFormat);
  each_field(out, series, [](Writer& w, const auto& v) { w.put(v); }, [](Writer& w, const auto& v) { w.list(v); });
  return out.take();
}

Result<WarmSeries> WarmState::series_from(std::string_view bytes) {
  WarmSeries out;
  Reader in(bytes);
  std::uint32_t format = 0;
  in.get(format);
  each_field(in, out, [](Reader& r, auto& v) { r.get(v); }, [](Reader& r, auto& v) { r.list(v); });
  SINAN_CHECK(in.end());
  return out;
}

std::string WarmState::shared_bytes() const {
  return Writer()
      .put(kFormat)
      .put(method)
      .put(learnt)
      .list(trees)
      .list(shares)
      .list(low_trees)
      .list(middle_trees)
      .list(high_trees)
      .list(factor_trees)
      .list(factor_shares)
      .list(pooled ? numbers_of(*pooled) : std::vector<float>())
      .take();
}

Result<WarmState> WarmState::shared_from(std::string_view bytes) {
  WarmState out;
  std::uint32_t format = 0;
  std::vector<float> numbers;
  Reader in(bytes);
  in.get(format)
      .get(out.method)
      .get(out.learnt)
      .list(out.trees)
      .list(out.shares)
      .list(out.low_trees)
      .list(out.middle_trees)
      .list(out.high_trees);
  in.list(out.factor_trees).list(out.factor_shares);
  SINAN_CHECK(in.list(numbers).end());
  auto pooled = pooled_from(numbers);
  if (!pooled) return fail(ErrorCode::kCorrupt, "what was learnt in an earlier night cannot be read; remove it, and all is learnt anew");
  out.pooled = std::make_shared<const PooledBySeason>(std::move(*pooled));
  return out;
}

std::uint64_t hash_of_fixed(const Drivers* drivers, std::size_t i) {
  std::uint64_t out = 0;
  if (!drivers) return out;
  for (const Driver& driver : drivers->columns)
    if (driver.fixed) out = next_hash(out, std::bit_cast<std::uint32_t>(driver.values[i]));
  return out;
}

std::uint64_t method_of(const Options& options) {
  std::uint64_t out = next_hash(kFormat, static_cast<std::uint64_t>(options.horizon));
  auto add = [&](std::string_view text) { out = next_hash(out, hash(text, options.seed)); };
  out = next_hash(out, static_cast<std::uint64_t>(options.origins));
  out = next_hash(out, options.tree_rows);
  out = next_hash(out, static_cast<std::uint64_t>(options.trees));
  for (int season : options.seasons) out = next_hash(out, static_cast<std::uint64_t>(season));
  out = next_hash(out, static_cast<std::uint64_t>(options.usual_season));
  for (const ModelInfo& model : models()) add(model.name);
  for (const std::string& name : options.models) add(name);
  if (!options.drivers) return out;
  for (const Driver& driver : options.drivers->columns) add(driver.name);
  // Trees know words of events by their number alone.
  for (const std::string& word : options.drivers->events.names) add(word);
  for (const Releases& release : options.drivers->releases) add(release.name);
  return next_hash(out, options.drivers->tells_of_series());
}

}  // namespace sinan::forecasting
