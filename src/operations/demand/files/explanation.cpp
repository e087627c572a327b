#include "operations/demand/files/explanation.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "base/yaml.hpp"

namespace sinan::demand {
namespace {

// Four digits, as a person would write them.
std::string number(double value) { return std::abs(value) >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value); }

std::string value_of(const FileExplanation& e, const forecasting::Effect& effect) {
  if (!std::isfinite(effect.value)) return "unknown";
  auto texts = e.categories.find(effect.name);
  auto code = static_cast<std::size_t>(std::max(0.0, effect.value));
  if (texts != e.categories.end() && code < texts->second.size()) return visible(texts->second[code]);
  return number(effect.value);
}

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

void tell_members(const FileExplanation& e, std::string& out) {
  const forecasting::Explanation& why = e.why;
  if (why.members.empty() || why.tree_share == 1) return;
  const double share = (1 - why.tree_share) * (1 - why.pooled_share);
  const bool weighted = why.median_share < 1;
  const bool one = why.members.size() == 1;
  out += one ? std::string("\nOne model")
             : fmt::format("\nThe median of {} models{}", why.members.size(),
                           weighted ? fmt::format(" ({}), and each with its weight", percent(why.median_share)) : "");
  out += fmt::format("{}, for {}:\n", share < 1 ? (one ? ", " : ", together ") + percent(share) : "", e.ds.front());
  std::vector<const forecasting::MemberForecast*> sorted;
  for (const auto& member : why.members) sorted.push_back(&member);
  std::ranges::stable_sort(sorted, {}, [](const auto* member) { return member->values.front(); });
  for (std::size_t m = 0; m < sorted.size(); ++m) {
    const bool middle = !one && (m == sorted.size() / 2 || m == (sorted.size() - 1) / 2);
    out += fmt::format("  {:28}{:>10}{}{}\n", sorted[m]->model, number(sorted[m]->values.front()),
                       weighted ? fmt::format("{:>8}", percent(sorted[m]->weight)) : "", middle ? "  <- the middle" : "");
  }
  if (!weighted) return;
  out += "  the weights were learnt from series with such a";
  for (std::size_t k = 0; k < why.traits.size(); ++k)
    out += fmt::format("{} {} ({})", k == 0 ? "" : ",", why.traits[k].first, number(why.traits[k].second));
  out += "\n";
}

// What a forecast that no pool of models made comes from.
void tell_rate(const FileExplanation& e, std::string& out) {
  const forecasting::Explanation& why = e.why;
  if (why.model == "zero") out += "Nothing has been demanded for so long that nothing is expected.\n";
  if (why.model.starts_with("naive") && why.members.empty())
    out += "All its values are the same, or too few for any model that is asked: the last one goes on.\n";
  if (why.mean.empty()) return;
  const std::vector<std::string>& named = why.rate_models;
  out +=
      fmt::format("Demand is rare: the forecast is a negative binomial around a rate that {}.\n",
                  named.empty() ? "follows the series; newer periods count more"
                                : fmt::format("{} {}", fmt::join(named, ", "), named.size() == 1 ? "gives" : "give, the mean of theirs"));
  out += fmt::format("Its mean for {} is {}{}.\n", e.ds.front(), number(why.mean.front()),
                     why.median.front() == 0 ? "; nothing is demanded in at least half of such periods, so its middle is 0" : "");
}

// The forecast of step k as the sum of its parts; nothing where there is one alone.
std::string parts_of(const forecasting::Explanation& why, std::size_t k) {
  std::string out;
  auto add = [&](double share, double value, std::string_view what) {
    if (share > 0) out += fmt::format("{}{} * {} ({})", out.empty() ? " = " : " + ", percent(share), number(value), what);
  };
  if (why.pool.empty() || (why.tree_share == 0 && why.pooled_share == 0)) return out;
  const double rest = 1 - why.tree_share;
  add(rest * (1 - why.pooled_share), why.pool[k], "models");
  if (why.pooled_share > 0) add(rest * why.pooled_share, why.pooled[k], "pooled regression of all series with this season");
  if (why.tree_share > 0) add(why.tree_share, why.trees[k].forecast, "trees");
  return out;
}

void tell_borrowed(const FileExplanation& e, std::string& out) {
  if (!e.why.borrowed) return;
  const forecasting::Borrowed& b = *e.why.borrowed;
  std::vector<std::string> attributes;
  for (const std::string& name : b.attributes) attributes.push_back(visible(name));
  const std::string whose = attributes.empty() ? "" : fmt::format(" of its {}", fmt::join(attributes, " and "));
  out += fmt::format("\nIts history is short: it borrows from {} older series{}, in the way that was best for {} cases that were as new.\n",
                     b.series, whose, b.cases);
  out += fmt::format("  {:44}{:>10}\n", "level of the group, per period", number(b.level));
  if (std::isfinite(b.own)) out += fmt::format("  {:44}{:>10}\n", "its own", number(b.own));
  if (b.periods > 0)
    out += fmt::format("  the group's level counts as if it had been that for {} periods\n", number(b.periods));
  else if (std::isfinite(b.own))
    out += fmt::format("  {:44}{:>10}  own level ^ {:.2f} * group's level ^ {:.2f}\n", "weight of its own level", percent(b.own_weight),
                       b.own_weight, 1 - b.own_weight);
  if (b.season_power > 0)
    out += fmt::format("  {:44}{:>10}  of {} periods, to the power of {}\n", "season of the group", "", b.season, b.season_power);
  if (!b.drift.empty())
    out += fmt::format("  {:44}{:>10}  and {} at the last step\n", "demand of such cases to that, at first", number(b.drift.front()),
                       number(b.drift.back()));
  if (b.periods == 0)
    out += b.spread > 0 ? fmt::format("  quantiles: its own, {} times as far apart\n", number(b.spread))
                        : std::string("  quantiles: as the demand of such cases scattered\n");
}

void tell_effects(const FileExplanation& e, const forecasting::TreeStep& step, std::string& out) {
  for (const forecasting::Effect& effect : step.effects) {
    std::string name = effect.name == "own history" ? effect.name : fmt::format("{} = {}", visible(effect.name), value_of(e, effect));
    out += fmt::format("  {:38}{:>+10.4f}  x{:.2f}\n", name, effect.score, std::exp(effect.score));
  }
  out += fmt::format("  {:38}{:>+10.4f}\n", "together", step.score);
}

void tell_alike(const FileExplanation& e, std::string& out) {
  const forecasting::Explanation& why = e.why;
  if (why.alike.empty()) return;
  out += fmt::format("\nMost like {} were (share of trees that put both into one leaf):\n", e.ds.front());
  for (std::size_t a = 0; a < why.alike.size(); ++a)
    out += fmt::format("  {:12}{:>10}  {}\n", e.alike[a], number(why.alike[a].demand), percent(why.alike[a].likeness));
}

void tell_trees(const FileExplanation& e, std::string& out) {
  const forecasting::Explanation& why = e.why;
  if (why.trees.empty()) return;
  const forecasting::TreeStep& step = why.trees.front();
  if (!why.mean.empty()) {  // of sparse demand
    out += fmt::format("\nThe trees multiply the mean, to the power of {}, for {}: {}\n", percent(why.tree_share), e.ds.front(),
                       number(why.mean.front()));
    out += fmt::format("  {:38}{:>10}  about\n", "", "score");
    out += fmt::format("  {:38}{:>+10.4f}  {}, the mean without trees\n", "expected of any series", step.expected, number(step.unit));
    tell_effects(e, step, out);
    out += fmt::format("  mean = {:.6g} * exp({:.2f} * {:.6f})\n", step.unit, why.tree_share, step.score);
  } else {
    out += fmt::format("\nThe trees, {}, for {}: {}\n", percent(why.tree_share), e.ds.front(), number(step.forecast));
    out += fmt::format("  {:38}{:>10}  about\n", "", "score");
    out += fmt::format("  {:38}{:>+10.4f}  {}, the usual level of the series\n", "expected of any series", step.expected,
                       number(step.unit * std::sinh(step.centre)));
    tell_effects(e, step, out);
    out += fmt::format("  forecast = {:.6g} * sinh({:.6f} + {:.6f})\n", step.unit, step.score, step.centre);
    if (step.low)
      out += fmt::format("  eight of ten times, other trees say, between {} and {}; by how often that held before come the quantiles\n",
                         number(*step.low), number(*step.high));
  }
  tell_alike(e, out);
}

}  // namespace

Result<FileExplanation> explain_series(const FilePanel& file, const FileDrivers& drivers, const Panel& panel, std::span<const int> seasons,
                                       const forecasting::Options& options, const forecasting::Forecasts& forecasts,
                                       const std::string& id) {
  auto found = std::ranges::find(panel.keys, id);
  if (found == panel.keys.end())
    return fail(ErrorCode::kNotFound,
                fmt::format("there is no series '{}' to explain{}", visible(id),
                            panel.size() <= 1000 ? "; " + near_or_all(id, panel.keys) : "; see the column unique_id"));
  const auto i = static_cast<std::size_t>(found - panel.keys.begin());
  FileExplanation out{.series = id, .frequency = file.calendar.name()};
  SINAN_TRY(out.why, forecasting::explain(panel, seasons, options, forecasts, i));
  auto at = [&](std::int64_t ahead) { return file.calendar.after(file.last[i], ahead, file.last_written[i]); };
  for (std::int64_t step = 1; step <= options.horizon; ++step) out.ds.push_back(at(step));
  for (const forecasting::Alike& alike : out.why.alike)
    out.alike.push_back(at(static_cast<std::int64_t>(alike.period) + 1 - static_cast<std::int64_t>(panel.series(i).size())));
  out.categories = drivers.categories;
  return out;
}

Json to_json(const FileExplanation& e) {
  const forecasting::Explanation& why = e.why;
  Json out{{"series", e.series},       {"frequency", e.frequency}, {"class", std::string(name(why.demand_class))},
           {"season", why.season},     {"model", why.model},       {"steps", Json::array()},
           {"members", Json::array()}, {"alike", Json::array()}};
  for (std::size_t k = 0; k < e.ds.size(); ++k) {
    Json step{{"ds", e.ds[k]}, {"yhat", why.median[k]}};
    if (!why.mean.empty()) step["mean"] = why.mean[k];
    if (!why.pool.empty()) step["pool"] = why.pool[k];
    if (!why.pooled.empty()) step["pooled_regression"] = Json{{"share", why.pooled_share}, {"forecast", why.pooled[k]}};
    if (!why.trees.empty()) {
      const forecasting::TreeStep& trees = why.trees[k];
      Json effects = Json::array();
      for (const forecasting::Effect& effect : trees.effects) {
        Json one{{"driver", effect.name}, {"score", effect.score}};
        if (effect.name != "own history") one["value"] = std::isfinite(effect.value) ? Json(value_of(e, effect)) : Json(nullptr);
        effects.push_back(std::move(one));
      }
      step["trees"] =
          Json{{"share", why.tree_share}, {"expected", trees.expected}, {"effects", std::move(effects)}, {"score", trees.score}};
      Json& told = step["trees"];
      if (why.mean.empty()) {
        told["centre"] = trees.centre;
        told["unit"] = trees.unit;
        told["forecast"] = trees.forecast;
        if (trees.low) told["low"] = *trees.low, told["high"] = *trees.high;
      } else {
        told["mean_without"] = trees.unit;
        told["mean"] = why.mean[k];
      }
    }
    out["steps"].push_back(std::move(step));
  }
  if (!why.mean.empty()) out["rate_models"] = why.rate_models;
  if (why.borrowed) {
    const forecasting::Borrowed& b = *why.borrowed;
    out["borrowed"] = Json{{"attributes", b.attributes},
                           {"series", b.series},
                           {"cases", b.cases},
                           {"level", b.level},
                           {"own", std::isfinite(b.own) ? Json(b.own) : Json(nullptr)},
                           {"own_weight", b.own_weight},
                           {"periods", b.periods},
                           {"season", b.season},
                           {"season_power", b.season_power},
                           {"spread", b.spread},
                           {"drift", b.drift}};
  }
  for (const auto& member : why.members)
    out["members"].push_back(Json{{"model", member.model}, {"yhat", member.values}, {"weight", member.weight}});
  if (!why.members.empty()) out["median_share"] = why.median_share;
  for (const auto& [trait, value] : why.traits) out["traits"][std::string(trait)] = value;
  for (std::size_t a = 0; a < why.alike.size(); ++a)
    out["alike"].push_back(Json{{"ds", e.alike[a]}, {"y", why.alike[a].demand}, {"likeness", why.alike[a].likeness}});
  return out;
}

std::string to_text(const FileExplanation& e) {
  const forecasting::Explanation& why = e.why;
  std::string out = fmt::format("Series {}: {}, {} demand, {}; forecast by {}.\n", visible(e.series), e.frequency, name(why.demand_class),
                                why.season > 1 ? fmt::format("season of {} periods", why.season) : "no season", why.model);
  tell_rate(e, out);
  for (std::size_t k = 0; k < e.ds.size(); ++k) out += fmt::format("  {:12}{:>10}{}\n", e.ds[k], number(why.median[k]), parts_of(why, k));
  tell_borrowed(e, out);
  tell_members(e, out);
  tell_trees(e, out);
  return out;
}

}  // namespace sinan::demand
