// What the attributes of series say of them: the level that series of a category and a place have, the season of a brand.
//
// A row of values is the mean of all rows, plus an effect for each attribute, plus what is its own. Effects are random and crossed; each is
// the mean of what the others leave in its rows, drawn towards none by n / (n + σ² / τ²) (best linear unbiased prediction, Henderson 1975;
// by backfitting, Breiman & Friedman 1985). The variance σ² within and τ² between the values of an attribute are those of the analysis of
// variance, one for all places of a row (Searle, Casella & McCulloch 1992, chapter 3): an attribute that says nothing has no effects.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

namespace sinan::forecasting {

class Effects {
 public:
  // Rows of `width` values, each with a code for each of `attributes`; a code below zero is unknown.
  Effects(std::size_t width, std::size_t attributes) : width_(width), attributes_(attributes), mean_(width, 0) {}

  // First all rows, if any, in an order that does not depend on their places (sums are rounded), then finish().
  void add(std::span<const int> codes, std::span<const float> values);
  void finish();

  std::size_t rows() const { return codes_.size() / (attributes_ + 1); }
  // What is expected of a row with these codes, from all rows but `without`, which must have them; there must be another row.
  void expect(std::span<const int> codes, std::optional<std::size_t> without, std::span<double> out) const;
  // How many rows with this code are behind an effect of the attribute; 0: it says nothing.
  std::size_t behind(std::size_t attribute, int code) const;

 private:
  struct Value {
    std::vector<double> sum;     // of what the other effects leave
    std::vector<double> effect;  // drawn towards zero
    std::size_t rows = 0;
  };
  struct Attribute {
    std::map<int, Value> values;
    double noise = 0;  // σ² / τ², or more where that would be too near zero; only where there are effects
    bool speaks = false;
  };
  int code(std::size_t row, std::size_t attribute) const { return codes_[row * (attributes_ + 1) + attribute]; }
  // What is left of a row without the mean and the effects of all attributes but one.
  double left(std::size_t row, std::size_t but, std::size_t place) const;
  void estimate(std::size_t attribute);

  std::size_t width_;
  std::size_t attributes_;
  std::vector<double> mean_;
  std::vector<int> codes_;  // rows × (attributes + 1); the last is no attribute
  std::vector<float> values_;
  std::vector<Attribute> found_;
};

}  // namespace sinan::forecasting
