// What each model version is worth: accuracy when it was registered and since, latency, and how much of it can be explained.
#pragma once

#include "operations/models/registry.hpp"

namespace sinan::models {

// Sums of scores over days, distances and classes.
struct Realised {
  std::string first_day, last_day;
  std::int64_t days = 0;
  std::int64_t points = 0;
  double sold = 0, error = 0, excess = 0, pinball = 0;
  std::int64_t inside = 0;
  double wape() const;
  double bias() const;
  double pinball_mean() const;
  double coverage80() const;
};
Json to_json(const Realised& realised);

enum class Role : std::uint8_t { kChampion, kChallenger, kNext, kRetired };
std::string_view name(Role role);  // "champion", "challenger", "next" (promoted, from the next cycle on), "retired"

struct Scorecard {
  ModelVersion version;
  Role role = Role::kRetired;
  std::int64_t runs = 0;  // cycles that it forecast in, of those looked at
  std::string last_run;
  double seconds = 0;                        // of its newest cycle
  double explained = 0;                      // share of the volume of that forecast
  std::map<std::string, Realised> realised;  // by class, and "all"; every distance
  std::map<int, Realised> by_lead;           // all classes
  std::vector<Alarm> alarms;
};
Json to_json(const Scorecard& card);

inline constexpr int kCardDays = 90;  // of scores that a card looks back

// Champion, then challengers, then the others, newest first.
Result<std::vector<Scorecard>> scorecards(const Registry& registry);

}  // namespace sinan::models
