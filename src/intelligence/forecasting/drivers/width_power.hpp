// How far widths of errors (width_model.hpp) are to be believed: trees may see more difference than there is where they have seen little.
//
// Errors of earlier origins are taken as Laplace's at their series' own scale, with one width below and one above. The power of the widths
// under which those of all series are likeliest is theirs; none, if that is hardly more likely than with no widths at all.
#pragma once

#include <array>
#include <span>
#include <vector>

namespace sinan::forecasting {

class WidthPower {
 public:
  // Errors of one series and their widths; what is not finite, or has no width, tells nothing. Sums are taken in the order given.
  void add(std::span<const float> errors, std::span<const float> down, std::span<const float> up);

  // 1, .75 or .5, to which widths are to be taken; 0: they are of no use.
  float best() const;

 private:
  static constexpr std::array kPowers{1.0F, 0.75F, 0.5F};
  struct Series {
    std::array<double, kPowers.size()> gains{};  // mean logarithm by which widths to each power make an error more likely
    double errors = 0;
  };
  std::vector<Series> series_;
};

}  // namespace sinan::forecasting
