#include "operations/models/version.hpp"

#include "intelligence/forecasting/models/model.hpp"
#include "operations/demand/demand_drivers.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::models {
namespace {

constexpr std::size_t kFixedDays = 200;
constexpr int kFixedHorizon = 8;
constexpr std::size_t kFixedRows = 1'000;  // for trees: they cost most
constexpr int kPromoted = 17;              // a promotion each so many days,
constexpr int kPromotedDays = 3;           // for so many

// Series of every class: a week, a trend, noise, few demands, few and uneven ones, a short one, a dead one; few ones that a promotion
// moves; and enough older and new ones that these borrow from those.
Panel fixed_series() {
  Panel panel;
  std::uint64_t state = 20'260'301;
  auto random = [&] {
    state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;  // Knuth, MMIX
    return static_cast<double>(state >> 33U) / 2'147'483'648.0;
  };
  auto add = [&](std::string key, std::size_t days, const auto& demand) {
    panel.keys.push_back(std::move(key));
    for (std::size_t t = 0; t < days; ++t) panel.values.push_back(std::floor(demand(static_cast<double>(t)) + 0.5));
    panel.offsets.push_back(panel.values.size());
  };
  add("week", kFixedDays, [&](double t) { return 60 + 25 * (static_cast<int>(t) % 7 >= 5) + 8 * random(); });
  add("trend", kFixedDays, [&](double t) { return 20 + 0.4 * t + 6 * random(); });
  add("noise", kFixedDays, [&](double) { return 50 * random() * random() + 3; });
  add("few", kFixedDays, [&](double) { return random() < 0.25 ? 2.0 : 0.0; });
  add("uneven", kFixedDays, [&](double) { return random() < 0.2 ? 1 + 40 * random() * random() : 0.0; });
  add("short", 9, [&](double) { return 5 + 4 * random(); });
  add("dead", kFixedDays, [&](double t) { return t < 20 ? 3.0 : 0.0; });
  for (int i = 0; i < 20; ++i)
    add(fmt::format("promoted{}", i), kFixedDays,
        [&](double t) { return random() < (static_cast<int>(t) % kPromoted < kPromotedDays ? 0.8 : 0.05) ? 1.0 : 0.0; });
  for (int i = 0; i < 24; ++i)
    add(fmt::format("old{}", i), 60, [&](double t) { return (20 + 9 * (static_cast<int>(t) % 7 >= 5)) * random(); });
  for (int i = 0; i < 3; ++i) add(fmt::format("new{}", i), 3, [&](double) { return 1 + 20 * random(); });
  return panel;
}

// A promotion of some days, so that the way trees are learnt and mixed in shows too.
forecasting::Drivers fixed_driver(const Panel& panel) {
  forecasting::Drivers out{.horizon = kFixedHorizon};
  forecasting::Driver& promotion = out.columns.emplace_back();
  promotion.name = "promotion";
  promotion.known_ahead = true;
  for (std::size_t i = 0; i < panel.size(); ++i)
    for (std::size_t t = 0; t < panel.series(i).size() + kFixedHorizon; ++t)
      promotion.values.push_back(t % kPromoted < kPromotedDays ? 0.2F : 0.0F);
  return out;
}

Result<std::string> fingerprint(const demand::Method& method) {
  demand::Method fixed = method;
  fixed.horizon_days = kFixedHorizon;
  const Panel panel = fixed_series();
  forecasting::Options options = demand::options_of(fixed, 1);
  const forecasting::Drivers drivers = fixed_driver(panel);
  if (method.drivers) options.drivers = &drivers;
  options.tree_rows = std::min(options.tree_rows, kFixedRows);
  SINAN_TRY(auto forecasts, forecasting::forecast(panel, {}, options));
  std::string text;
  for (double v : forecasts.median) text += fmt::format("{:.4e} ", v);
  for (double v : forecasts.quantiles) text += fmt::format("{:.4e} ", v);
  return secrets::sha256(text).substr(0, 16);
}

}  // namespace

Result<Json> parameters_of(const demand::Method& method) {
  const forecasting::Options options = demand::options_of(method, 1);
  Json members = Json::array();
  for (const forecasting::ModelInfo& model : forecasting::models()) {
    bool asked = method.models.empty() ? model.routes != forecasting::kOnlyNamed && !model.intermittent
                                       : std::ranges::find(method.models, model.name) != method.models.end();
    if (asked) members.push_back(std::string(model.name));
  }
  SINAN_TRY(std::string made, fingerprint(method));
  Json out{{"horizon_days", method.horizon_days},
           {"seasons", method.seasons},
           {"history_days", method.history_days},
           {"members", std::move(members)},
           {"named", !method.models.empty()},
           {"drivers", method.drivers ? Json(demand::driver_names(method.holidays)) : Json::array()},
           {"tree_rows", options.tree_rows},
           {"seed", options.seed},
           {"origins", options.origins},
           {"quantiles", options.quantiles},
           {"method", std::move(made)}};
  if (!method.hierarchy.empty()) {
    out["hierarchy"] = method.hierarchy;
    out["reconciliation"] = std::string(forecasting::name(method.reconciliation));
  }
  if (method.drivers && method.trees != forecasting::TreeMethod::kBoosting) out["trees"] = std::string(forecasting::name(method.trees));
  if (method.drivers && !method.embedding_model.empty()) out["embeddings"] = method.embedding_model;
  return out;
}

std::string version_id(const Json& parameters) { return "m" + secrets::sha256(canonical(parameters)).substr(0, 12); }

}  // namespace sinan::models
