#include "operations/demand/demand.hpp"

#include <gtest/gtest.h>

#include "base/mistakes.hpp"

namespace sinan::demand {
namespace {

// The mistakes of forecasts/demand.yaml: "line:column code".
std::vector<std::string> mistakes(const std::string& yaml) {
  return mistakes_in("forecasts/demand.yaml", yaml, [](auto& workspace, auto& diagnostics) { read_config(workspace, diagnostics); });
}

using Places = std::vector<std::string>;

TEST(ForecastConfig, every_mistake_is_told_at_once_and_at_its_place) {
  EXPECT_EQ(mistakes("kind: demand\n"
                     "history_days: many\n"
                     "seasons: [7, 1]\n"
                     "challengers:\n"
                     "  - {name: flat, models: [window_average, 3]}\n"
                     "  - {name: flat, models: ses}\n"
                     "  - {name: default, history: 90}\n"),
            (Places{"2:15 invalid_value", "3:14 invalid_value", "5:27 invalid_value", "5:43 invalid_value", "6:12 duplicate_name",
                    "6:26 invalid_value", "7:12 duplicate_name", "7:21 unknown_key"}));
  EXPECT_EQ(mistakes("challengers: flat\n"), (Places{"1:14 invalid_value"}));
}

TEST(ForecastConfig, models_are_named_once_each_and_not_none) {
  EXPECT_EQ(mistakes("models: []\n"), (Places{"1:9 invalid_value"}));
  EXPECT_EQ(mistakes("models: [ses, theta, ses]\n"), (Places{"1:22 duplicate_name"}));
  EXPECT_EQ(mistakes("challengers:\n  - {name: a, models: []}\n  - {name: b, models: [ses, ses]}\n"),
            (Places{"2:23 invalid_value", "3:29 duplicate_name"}));
  EXPECT_EQ(mistakes("models: [ses, theta]\nchallengers: [{name: a, models: [ses]}]\n"), Places());
}

}  // namespace
}  // namespace sinan::demand
