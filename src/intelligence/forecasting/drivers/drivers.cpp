#include "intelligence/forecasting/drivers/drivers.hpp"

#include <cmath>
#include <limits>

#include "base/text.hpp"

namespace sinan::forecasting {

std::string_view name(TreeMethod method) { return method == TreeMethod::kForest ? "forest" : "boosting"; }

Result<TreeMethod> parse_tree_method(std::string_view text) {
  for (TreeMethod method : {TreeMethod::kBoosting, TreeMethod::kForest})
    if (text == name(method)) return method;
  return fail(ErrorCode::kInvalidInput, fmt::format("trees learn by boosting or as a forest, not by '{}'", visible(text)));
}
namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kRecent = 26;  // values that make the level of a series, and the usual value of a driver
constexpr std::size_t kLong = 104;
constexpr double kLinear = 0.1;  // of the level: below, asinh is nearly linear
constexpr const char* kHistory[] = {"last value", "mean of 4", "mean of 8", "mean of 104", "spread of 26", "values known", "steps ahead"};

}  // namespace

Status check(const Drivers& drivers, const Panel& panel, std::size_t horizon) {
  auto bad = [](std::string message, std::string place = {}) {
    return fail(ErrorCode::kInvalidInput, std::move(message), std::move(place));
  };
  if (drivers.horizon != horizon) return bad(fmt::format("drivers were given for {} periods ahead, not for {}", drivers.horizon, horizon));
  if (panel.size() > 0 && panel.latest_end() > drivers.last)
    return bad(fmt::format("drivers end at period {}, and series at period {}", drivers.last, panel.latest_end()));
  std::size_t longest = 0;
  for (std::size_t i = 0; i < panel.size(); ++i)
    longest = std::max(longest, panel.series(i).size() + static_cast<std::size_t>(drivers.last - panel.end_of(i)));
  for (const Driver& driver : drivers.columns) {
    if (driver.common && driver.values.size() < longest + horizon)
      return bad(fmt::format("a driver of all series needs {} values, not {}", longest + horizon, driver.values.size()), driver.name);
    std::size_t cells = driver.fixed ? panel.size() : panel.values.size() + panel.size() * horizon;
    if (!driver.common && driver.values.size() != cells)
      return bad(fmt::format("a driver needs {} values, not {}", cells, driver.values.size()), driver.name);
    if (std::ranges::any_of(driver.values, [](float v) { return std::isinf(v); }))
      return bad("a driver may not hold infinite values; correct or remove them", driver.name);
  }
  const Events& events = drivers.events;
  if (!events.empty() && (events.scope_offsets.size() != panel.size() + 1 ||
                          std::ranges::any_of(events.scope_ids, [&](std::uint32_t id) { return id >= events.scopes.size(); })))
    return bad("events need the scopes of every series, and no others", "events");
  for (const Releases& releases : drivers.releases)
    if (!releases.scopes || releases.scope_of.size() != panel.size() ||
        std::ranges::any_of(releases.scope_of, [&](std::uint32_t id) { return id != Releases::kNone && id >= releases.scopes->size(); }))
      return bad("numbers that become known in time need the scope of every series", releases.name);
  return {};
}

std::uint32_t cluster_of(const Drivers& drivers, const Panel& panel, std::size_t i, std::size_t at) {
  const std::size_t before_last = panel.series(i).size() + static_cast<std::size_t>(drivers.last - panel.end_of(i)) - at;
  return static_cast<std::uint32_t>(std::min(static_cast<double>(before_last) / (2 * drivers.events.half_life), 4e9));
}

Features::Features(const Panel& panel, const Drivers& drivers)
    : panel_(panel),
      drivers_(drivers),
      past_(drivers.columns.size()),
      events_(drivers.events),
      releases_(drivers.releases.begin(), drivers.releases.end()) {
  names_.assign(std::begin(kHistory), std::end(kHistory));
  names_.insert(names_.end(), {"a season before", "two seasons before"});
  owners_.assign(names_.size(), -1);
  for (const Driver& driver : drivers.columns) {
    driver_names_.push_back(driver.name);
    if (driver.category) categories_.push_back(static_cast<int>(names_.size()));
    add_feature(driver.name);
    if (driver.fixed || driver.category) continue;
    add_feature(driver.name + " against its usual value");
    if (!driver.known_ahead) continue;
    add_feature(driver.name + " against the period before");
    add_feature(driver.name + " against two periods before");
  }
  if (!drivers.events.empty())
    for (std::string& name : drivers.events.feature_names()) {
      driver_names_.push_back(name);
      add_feature(std::move(name));
    }
  first_word_ = names_.size() - drivers.events.names.size();
  for (const Releases& releases : drivers.releases) {
    driver_names_.push_back(releases.name);
    for (std::string& name : releases.feature_names()) add_feature(std::move(name));
  }
}

// Of the driver named last.
void Features::add_feature(std::string name) {
  names_.push_back(std::move(name));
  owners_.push_back(static_cast<int>(driver_names_.size()) - 1);
}

double Features::taught(double value) const { return std::asinh(value / unit_) - centre_; }
double Features::value(double taught) const { return unit_ * std::sinh(taught + centre_); }

bool Features::look(std::size_t i, std::size_t known, std::size_t season) {
  series_ = i;
  known_ = known;
  season_ = season;
  std::span<const double> values = panel_.series(i).first(known);
  std::span<const std::uint8_t> lost = panel_.lost_of(i);
  // The newest known values, newest first.
  double recent[kLong];
  std::size_t count = 0;
  for (std::size_t t = known; t-- > 0 && count < kLong;)
    if (std::isfinite(values[t]) && (lost.empty() || !lost[t])) recent[count++] = values[t];
  double size = 0;
  std::size_t near = std::min(count, kRecent);
  for (std::size_t k = 0; k < near; ++k) size += std::abs(recent[k]);
  for (std::size_t k = near; k < count && size == 0; ++k) size += std::abs(recent[k]), near = k + 1;
  if (size == 0) return false;
  unit_ = kLinear * size / static_cast<double>(near);
  centre_ = 0;
  double sum = 0, squares = 0, total = 0, four = 0, eight = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const double v = std::asinh(recent[k] / unit_);
    if (k < near) sum += v, squares += v * v;
    if (k < 4) four += v;
    if (k < 8) eight += v;
    total += v;
  }
  const double n = static_cast<double>(near);
  centre_ = sum / n;
  auto against = [&](double of, std::size_t most) { return static_cast<float>(of / static_cast<double>(std::min(count, most)) - centre_); };
  history_[0] = static_cast<float>(std::asinh(recent[0] / unit_) - centre_);
  history_[1] = against(four, 4);
  history_[2] = against(eight, 8);
  history_[3] = against(total, kLong);
  history_[4] = static_cast<float>(std::sqrt(std::max(0.0, squares / n - centre_ * centre_)));
  history_[5] = static_cast<float>(count);

  for (std::size_t c = 0; c < drivers_.columns.size(); ++c) {
    const Driver& driver = drivers_.columns[c];
    if (driver.fixed || driver.category) continue;
    std::span<const float> x = drivers_.of(driver, panel_, i);
    Past& past = past_[c];
    past = {.mean = 0, .last = kUnknown, .positive = true};
    std::size_t seen = 0;
    for (std::size_t t = known; t-- > 0 && seen < kRecent;) {
      if (!std::isfinite(x[t])) continue;
      if (seen++ == 0) past.last = x[t];
      past.mean += x[t];
      past.positive = past.positive && x[t] > 0;
    }
    past.mean = seen > 0 ? past.mean / static_cast<double>(seen) : kUnknown;
  }
  origin_ = panel_.end_of(i) - static_cast<std::int64_t>(panel_.series(i).size() - known);
  if (!drivers_.events.empty()) events_.look(i, origin_, static_cast<std::int64_t>(std::min(known, kRecent)));
  for (ReleaseView& releases : releases_) releases.look(i, origin_);
  return true;
}

void Features::row(std::size_t step, std::span<float> out) const {
  std::size_t at = 0;
  for (std::size_t k = 0; k < 6; ++k) out[at++] = history_[k];
  out[at++] = static_cast<float>(step);
  std::span<const double> values = panel_.series(series_);
  const std::size_t target = known_ - 1 + step;
  const std::size_t back = season_ > 1 ? season_ * ((step + season_ - 1) / season_) : 0;
  for (std::size_t away : {back, back + season_}) {
    const bool there = back > 0 && target >= away && std::isfinite(values[target - away]);
    out[at++] = there ? static_cast<float>(taught(values[target - away])) : kUnknown;
  }
  for (std::size_t c = 0; c < drivers_.columns.size(); ++c) {
    const Driver& driver = drivers_.columns[c];
    if (driver.fixed) {
      out[at++] = driver.values[series_];
      continue;
    }
    std::span<const float> x = drivers_.of(driver, panel_, series_);
    const float now = driver.known_ahead ? x[target] : driver.category ? x[known_ - 1] : past_[c].last;
    out[at++] = now;
    if (driver.category) continue;
    const Past& past = past_[c];
    out[at++] =
        past.positive && past.mean > 0 && now > 0 ? std::log(now / static_cast<float>(past.mean)) : now - static_cast<float>(past.mean);
    if (!driver.known_ahead) continue;
    for (std::size_t away : {1U, 2U}) out[at++] = target >= away ? now - x[target - away] : kUnknown;
  }
  const std::int64_t period = origin_ + static_cast<std::int64_t>(step);
  if (!drivers_.events.empty()) {
    events_.row(period, out.subspan(at, 2 + drivers_.events.names.size()));
    at += 2 + drivers_.events.names.size();
  }
  for (const ReleaseView& releases : releases_) {
    releases.row(period, out.subspan(at, Releases::kFeatures));
    at += Releases::kFeatures;
  }
}

}  // namespace sinan::forecasting
