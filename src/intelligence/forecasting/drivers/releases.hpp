// Numbers that become known in time: weather that is forecast and then measured, prices of a competitor, anything that is corrected later.
//
// Each value is of one period and was released in another, before or after. From an origin, the value of a period is the one released
// last by then; a period of which nothing was released yet is taken for the newest one before it. These are vintages, as in real-time data
// (Croushore & Stark 2001). Trees read: that value; it against its usual one, the mean of the newest 26 known at the origin; and how many
// periods it is old.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sinan::forecasting {

struct Releases {
  struct Release {
    std::int32_t period = 0;  // that it is of, counted as Panel::ends
    std::int32_t known = 0;   // from the end of this one on
    float value = 0;          // finite
  };
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr std::size_t kFeatures = 3;

  std::string name;
  std::shared_ptr<const std::vector<std::vector<Release>>> scopes;  // each sorted by sort(); shared: they may be large
  std::vector<std::uint32_t> scope_of;                              // of each series; kNone: nothing is known of it

  // By period, and by when it was known; of equals the larger value counts. So the order in which they came does not matter.
  static void sort(std::vector<Release>& scope);
  std::vector<std::string> feature_names() const;
};

// Reads the features of one series at a time; not for several threads at once.
class ReleaseView {
 public:
  explicit ReleaseView(const Releases& releases) : releases_(releases) {}
  // Looks at what was released of series i by the end of period `origin`.
  void look(std::size_t i, std::int64_t origin);
  // The features for a period, kFeatures of them; NaN where nothing was released yet.
  void row(std::int64_t period, std::span<float> out) const;

 private:
  // The newest release known at the origin of a period up to this one; null: none.
  const Releases::Release* newest(std::int64_t period) const;

  const Releases& releases_;
  std::span<const Releases::Release> seen_;
  std::int64_t origin_ = 0;
  float usual_ = 0;
};

}  // namespace sinan::forecasting
