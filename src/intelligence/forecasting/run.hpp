// One run of forecast() while it works: what each pass over the series finds and the next ones need.
#pragma once

#include "intelligence/forecasting/clean.hpp"
#include "intelligence/forecasting/forecast.hpp"
#include "intelligence/forecasting/past_errors.hpp"

namespace sinan::forecasting {

// Of one series.
struct Facts {
  float unit = 1;           // of its errors
  float noise = 0;          // mean size of its changes from season to season, in units
  float own = 0;            // mean size of its errors; −1: there are none
  std::uint32_t reach = 0;  // how many values came after the oldest of its earlier origins
  int asked = 1;            // the season it was cleaned with
  bool resumed = false;     // as an earlier night left it: what series learn from each other is in its median
  bool bursts = false;      // some of its history is forgotten
  bool regular = false;
  bool sparse = false;
  bool non_negative = false;
  bool unknown = false;  // all its values are missing
  // Drivers say how far it may err (Run::down and up ahead, PastErrors::down and up before), to this power; 0: they do not.
  float width_power = 0;
  bool widths() const { return width_power > 0; }
};

struct Run {
  Run(const Panel& the_panel, const Options& how, std::span<const int> known_seasons);

  // The season that is known; 0: it is to be found.
  int known_season(std::size_t i) const { return seasons.empty() ? 0 : std::max(seasons[i], 0); }
  // Series that learn the shape of their errors together: by class, with a season or without.
  std::size_t group_of(std::size_t i) const { return static_cast<std::size_t>(out.classes[i]) * 2 + (out.seasons[i] > 1 ? 1 : 0); }
  static constexpr std::size_t kGroups = 12;
  // The history that models are given, once its season was asked for (Facts::asked); the first time, and again.
  void clean_first(std::size_t i, Cleaned& cleaned);
  void clean_again(std::size_t i, Cleaned& cleaned) const;
  // Errors of a blend with that share of a rival, whose errors are `theirs`, take the place of those of sampled series i.
  void blend_errors(std::size_t i, float share, std::span<const float> theirs);
  // Says that the pooled regression has that share of the median of series i.
  void note_pooled(std::size_t i, float share);
  // For the widths of errors, before any are known.
  void make_room_for_widths();
  // Mixes a share of `values`, by step and in the units of the panel, into the median of series i.
  void mix(std::size_t i, float share, std::span<const double> values);

  const Panel& panel;
  const Options& options;
  std::span<const int> seasons;
  std::size_t horizon;
  std::vector<std::size_t> order;  // the series by key, so that sums over them have the same bits in any order of series
  Forecasts out;
  std::vector<Facts> facts;
  PastErrors past;
  std::vector<float> down, up;  // widths by series and step, in units of the panel, where Facts::widths; else, and without trees, none
};

// The mean size of what is known among errors; −1: nothing is.
float mean_size(std::span<const float> errors);

}  // namespace sinan::forecasting
