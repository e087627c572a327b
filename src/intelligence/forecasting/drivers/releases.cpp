#include "intelligence/forecasting/drivers/releases.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace sinan::forecasting {
namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kRecent = 26;  // values that make the usual one

}  // namespace

void Releases::sort(std::vector<Release>& scope) {
  std::ranges::sort(scope, [](const Release& a, const Release& b) {
    return std::tie(a.period, a.known, a.value) < std::tie(b.period, b.known, b.value);
  });
}

std::vector<std::string> Releases::feature_names() const {
  return {name, name + " against its usual value", name + ": periods since the value"};
}

void ReleaseView::look(std::size_t i, std::int64_t origin) {
  const std::uint32_t scope = releases_.scope_of[i];
  seen_ = scope == Releases::kNone ? std::span<const Releases::Release>() : std::span((*releases_.scopes)[scope]);
  origin_ = origin;
  double sum = 0;
  std::size_t count = 0;
  for (const auto* release = newest(origin); release && count < kRecent; release = newest(std::int64_t{release->period} - 1))
    sum += release->value, ++count;
  usual_ = count > 0 ? static_cast<float>(sum / static_cast<double>(count)) : kUnknown;
}

const Releases::Release* ReleaseView::newest(std::int64_t period) const {
  auto end = std::ranges::upper_bound(seen_, period, {}, &Releases::Release::period);
  while (end != seen_.begin())
    if ((--end)->known <= origin_) return &*end;
  return nullptr;
}

void ReleaseView::row(std::int64_t period, std::span<float> out) const {
  const Releases::Release* release = newest(period);
  out[0] = release ? release->value : kUnknown;
  out[1] = out[0] - usual_;
  out[2] = release ? static_cast<float>(period - release->period) : kUnknown;
}

}  // namespace sinan::forecasting
