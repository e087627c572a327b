#include "intelligence/forecasting/newcomers/newcomers.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "intelligence/forecasting/clean.hpp"
#include "intelligence/forecasting/kernels/season.hpp"
#include "intelligence/forecasting/sample.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kYoung = 18;       // periods
constexpr std::size_t kMostYoung = 400;  // also with a long season
constexpr std::size_t kOrigins = 4;
constexpr std::size_t kLeastCases = 20;      // of a class and age
constexpr std::size_t kMostCases = 256;      // and as many with a long horizon that there are
constexpr std::size_t kMostSteps = 100'000;  // in all
constexpr std::size_t kEnoughCases = 40;     // that were new themselves; where there are fewer, older series stand in

enum class Kind : std::uint8_t { kShort, kRegular, kSparse, kOther };

Kind kind_of(DemandClass demand_class) {
  switch (demand_class) {
    case DemandClass::kShort: return Kind::kShort;
    case DemandClass::kSmooth:
    case DemandClass::kErratic: return Kind::kRegular;
    case DemandClass::kIntermittent:
    case DemandClass::kLumpy: return Kind::kSparse;
    case DemandClass::kDead: break;
  }
  return Kind::kOther;
}

// Periods since the first demand before which a series is new.
std::size_t age_of_youth(std::size_t season) { return std::min(kMostYoung, std::max(kYoung, season > 1 ? least_length(season) : 0)); }

// Series of one class and about one age; those of age 0 have had no demand yet.
using Cell = std::pair<Kind, int>;
Cell cell_of(Kind kind, std::size_t age) { return {age == 0 ? Kind::kShort : kind, std::bit_width(age)}; }

bool known_values(std::span<const double> values) {
  return std::ranges::any_of(values, [](double v) { return std::isfinite(v); });
}

// Whether a series is new: its cell, and its age.
std::optional<std::pair<Cell, std::size_t>> newcomer(const Panel& panel, std::size_t i, DemandClass demand_class, std::size_t young) {
  const std::size_t age = view_of(panel, i, panel.end_of(i), 0).values.size();
  const bool unseen = age == 0 && !known_values(panel.series(i));
  if (age >= young || (age == 0 && !unseen) || kind_of(demand_class) == Kind::kOther) return std::nullopt;
  return std::pair(cell_of(kind_of(demand_class), age), age);
}

// The series of each known season, in order of their keys.
std::map<int, std::vector<std::size_t>> by_season(const Panel& panel, std::span<const int> seasons) {
  std::vector<std::size_t> order(panel.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::string_view(panel.keys[i]); });
  std::map<int, std::vector<std::size_t>> out;
  for (std::size_t i : order) out[seasons.empty() ? 0 : seasons[i]].push_back(i);
  return out;
}

Options alone_options(const Options& options) {
  Options out = options;
  out.drivers = nullptr;
  out.clock = nullptr;
  return out;
}

}  // namespace

// All that was learnt of the series with one known season, or of all without one.
struct Newcomers::Group {
  std::size_t season = 1;
  std::size_t young = kYoung;
  std::int64_t latest = 0;
  std::vector<std::string> attributes;
  Peers peers;
  std::map<Cell, Plan> plans;

  // Completes what borrowed series are told by.
  void tell(const std::vector<int>& codes, const Plan& plan, Borrowed& out) const {
    out.own_weight = plan.own;
    out.periods = plan.periods;
    out.spread = plan.spread;
    out.season = static_cast<int>(season);
    out.season_power = plan.power;
    out.drift = plan.drift;
    out.cases = plan.cases;
    out.series = peers.size();
    if (plan.own == 1 && plan.power == 0 && plan.periods == 0) return;
    for (std::size_t k = 0; k < codes.size(); ++k) {
      const std::size_t alike = peers.alike(k, codes[k], plan.power > 0);
      if (alike == 0) continue;
      out.attributes.push_back(attributes[k]);
      out.series = std::min(out.series, alike);
    }
  }
};

namespace {

// Finds cases among the series of one group, which are in order of their keys.
class Finding {
 public:
  using Wanted = std::map<Cell, std::vector<std::size_t>>;  // cells of today's new series, and their ages

  Finding(const Panel& panel, const Options& options, const Forecasts& forecasts, int known, std::vector<std::size_t> members)
      : panel_(panel),
        options_(options),
        members_(std::move(members)),
        attributes_(attributes_of(options.drivers)),
        latest_(panel.latest_end()),
        season_(known > 0 ? static_cast<std::size_t>(known) : usual_season(forecasts)),
        young_(age_of_youth(season_)) {
    for (std::size_t i : members_) {
      if (latest_ - panel.end_of(i) > options.horizon) continue;
      if (auto found = newcomer(panel, i, forecasts.classes[i], young_)) wanted_[found->first].push_back(found->second);
    }
    for (auto& [ignored, ages] : wanted_) std::ranges::sort(ages);
  }

  std::size_t season() const { return season_; }
  std::size_t young() const { return young_; }
  std::int64_t latest() const { return latest_; }
  const std::vector<const Driver*>& attributes() const { return attributes_; }
  bool any_wanted() const { return !wanted_.empty(); }

  Peers peers_at(std::size_t cut) const { return {panel_, attributes_, members_, season_, latest_, cut, young_}; }

  std::map<Cell, std::vector<Case>> cases() {
    std::size_t longest = 0;
    first_ = latest_;
    for (std::size_t i : members_) {
      longest = std::max(longest, panel_.series(i).size());
      first_ = std::min(first_, panel_.end_of(i) - static_cast<std::int64_t>(panel_.series(i).size()) + 1);
    }
    const std::size_t reach = std::min(static_cast<std::size_t>(options_.horizon), longest / 3);
    // A quarter of a season apart, so that what belongs to a phase is not taken for the way of new items.
    const std::size_t apart = season_ > 1 ? reach / season_ * season_ + (season_ + 2) / 4 : reach;
    std::size_t newer = reach - 1;
    for (std::size_t origin = 0; origin < kOrigins && reach > 0; ++origin) {
      const std::size_t cut = reach + origin * apart;
      const Peers peers = peers_at(cut);
      if (peers.size() < Newcomers::kLeastPeers) break;
      for (std::size_t i : members_) {
        for (const auto& [cell, ages] : wanted_) {
          began(i, cut, newer, cell, ages, peers);
          if (peers.has(i)) stands_in(i, cut, cell, ages, peers);
        }
      }
      newer = cut;
    }
    for (auto& [cell, found] : stand_ins_) {
      std::vector<Case>& cases = found_[cell];
      if (cases.size() < kEnoughCases) cases.insert(cases.end(), found.begin(), found.end());
    }
    const std::size_t most = std::clamp(kMostSteps / static_cast<std::size_t>(options_.horizon), 2 * kLeastCases, kMostCases);
    for (auto& [ignored, cases] : found_) {
      std::ranges::sort(cases, {}, &Case::draw);
      if (cases.size() > most) cases.resize(most);
    }
    return std::move(found_);
  }

 private:
  // The one that most of the regular series have.
  std::size_t usual_season(const Forecasts& forecasts) const {
    std::map<int, std::size_t> counts;
    for (std::size_t i : members_)
      if (forecasts.seasons[i] > 1 && kind_of(forecasts.classes[i]) == Kind::kRegular) ++counts[forecasts.seasons[i]];
    auto most = std::ranges::max_element(counts, {}, [](const auto& count) { return count.second; });
    return most == counts.end() ? 1 : static_cast<std::size_t>(most->first);
  }

  // A series that was of that age after an origin and before the next, of which the origin's peers are known.
  void began(std::size_t i, std::size_t cut, std::size_t newer, Cell cell, std::span<const std::size_t> ages, const Peers& peers) {
    const View whole = view_of(panel_, i, latest_, 0);
    const std::int64_t begin = whole.end - static_cast<std::int64_t>(whole.values.size()) + 1;
    if (whole.values.empty() || begin - first_ < static_cast<std::int64_t>(kYoung / 2)) return;  // it may be older than the panel
    const std::uint64_t draw = draw_of(i, 0, cell);
    const std::int64_t back = latest_ - (begin - 1 + static_cast<std::int64_t>(ages[mix(draw) % ages.size()]));
    if (back > static_cast<std::int64_t>(cut) || back <= static_cast<std::int64_t>(newer)) return;
    add(i, view_of(panel_, i, latest_, static_cast<std::size_t>(back)), cell, draw, peers, found_);
  }

  // An older one, as if it had begun a short while before an origin.
  void stands_in(std::size_t i, std::size_t cut, Cell cell, std::span<const std::size_t> ages, const Peers& peers) {
    const std::uint64_t draw = draw_of(i, 1 + cut, cell);
    add(i, newest(view_of(panel_, i, latest_, cut), ages[mix(draw) % ages.size()]), cell, draw, peers, stand_ins_);
  }

  // A case, if the series is of that cell.
  void add(std::size_t i, const View& view, Cell cell, std::uint64_t draw, const Peers& peers, std::map<Cell, std::vector<Case>>& out) {
    if (view.after.empty()) return;
    Kind kind = Kind::kShort;
    if (!view.values.empty()) {
      clean(view.values, view.lost, static_cast<int>(season_), cleaned_);
      kind = kind_of(cleaned_.demand_class);
    }
    if (cell_of(kind, view.values.size()) != cell) return;
    out[cell].push_back({i, view, peers.expect(codes_of(attributes_, i), i), draw, hash(panel_.keys[i], options_.seed) % 2 == 0});
  }

  std::uint64_t draw_of(std::size_t i, std::size_t time, Cell cell) const {
    const auto of_cell = static_cast<std::uint64_t>(cell.first) + 4 * static_cast<std::uint64_t>(cell.second);
    return mix(hash(panel_.keys[i], options_.seed) + 1 + time * 256 + of_cell);
  }

  const Panel& panel_;
  const Options& options_;
  std::vector<std::size_t> members_;
  std::vector<const Driver*> attributes_;
  std::int64_t latest_;
  std::int64_t first_ = 0;  // period of any
  std::size_t season_;
  std::size_t young_;
  Wanted wanted_;
  std::map<Cell, std::vector<Case>> found_, stand_ins_;
  Cleaned cleaned_;
};

template <typename T>
void copy(const std::vector<T>& from, std::size_t row, std::vector<T>& to, std::size_t series, std::size_t width) {
  if (to.empty()) return;
  std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(row * width), width, to.begin() + static_cast<std::ptrdiff_t>(series * width));
}

void copy(const Forecasts& from, std::size_t row, Forecasts& to, std::size_t series) {
  const auto horizon = static_cast<std::size_t>(to.horizon);
  const std::size_t levels = to.quantile_levels.size();
  copy(from.median, row, to.median, series, horizon);
  copy(from.mean, row, to.mean, series, horizon);
  copy(from.variance, row, to.variance, series, 1);
  copy(from.quantiles, row, to.quantiles, series, horizon * levels);
  copy(from.sum_mean, row, to.sum_mean, series, horizon);
  copy(from.sums, row, to.sums, series, horizon * levels);
  copy(from.seasons, row, to.seasons, series, 1);
}

}  // namespace

Result<Newcomers> Newcomers::learn(const Panel& panel, std::span<const int> seasons, const Options& options, const Forecasts& forecasts,
                                   std::span<const std::uint8_t> sample, const ForecastAlone& alone) {
  Newcomers out;
  Options how = alone_options(options);
  how.quantiles = {0.1, 0.5, 0.9};
  how.cumulative = false;
  for (auto& [known, members] : by_season(panel, seasons)) {
    std::erase_if(members, [&](std::size_t i) { return !sample[i]; });
    if (members.empty()) continue;
    Finding finding(panel, options, forecasts, known, std::move(members));
    if (!finding.any_wanted()) continue;
    auto group = std::make_shared<Group>(finding.season(), finding.young(), finding.latest(), std::vector<std::string>(),
                                         finding.peers_at(0), std::map<Cell, Plan>());
    if (group->peers.size() < Newcomers::kLeastPeers) continue;
    for (const Driver* attribute : finding.attributes()) group->attributes.push_back(attribute->name);
    for (auto& [cell, found] : finding.cases()) {
      if (found.size() < kLeastCases) continue;
      const Cases cases(panel, std::move(found), known, group->peers.dispersion(), how, alone);
      if (cell.second == 0) {
        group->plans.emplace(cell, cases.unseen());
        continue;
      }
      SINAN_TRY(auto plan, cases.best(cell.first != Kind::kSparse, cell.first != Kind::kRegular));
      if (plan) group->plans.emplace(cell, std::move(*plan));
    }
    if (!group->plans.empty()) out.groups_.emplace(known, std::move(group));
  }
  return out;
}

bool Newcomers::any(const Panel& panel, std::span<const int> seasons, const Options& options, std::span<const DemandClass> classes) {
  int longest = 1;
  for (const std::span<const int> some : {seasons, std::span<const int>(options.seasons)})
    for (int season : some) longest = std::max(longest, season);
  const std::size_t young = age_of_youth(static_cast<std::size_t>(longest));
  for (std::size_t i = 0; i < panel.size(); ++i)
    if (newcomer(panel, i, classes[i], young)) return true;
  return false;
}

Status Newcomers::apply(const Panel& panel, std::span<const int> seasons, const Options& options, const ForecastAlone& alone,
                        Forecasts& out) const {
  if (groups_.empty()) return {};
  const Options how = alone_options(options);
  const std::vector<const Driver*> attributes = attributes_of(options.drivers);
  for (const auto& [known, members] : by_season(panel, seasons)) {
    auto of_season = groups_.find(known);
    if (of_season == groups_.end()) continue;
    const Group& group = *of_season->second;
    auto codes = [&](std::size_t i) {
      std::vector<int> all = codes_of(attributes, i);
      all.resize(group.attributes.size(), -1);
      return all;
    };
    std::map<Cell, std::vector<Case>> cases;
    for (std::size_t i : members) {
      const auto found = newcomer(panel, i, out.classes[i], group.young);
      if (!found || !group.plans.contains(found->first) || group.latest - panel.end_of(i) > options.horizon) continue;
      if (!out.tree_shares.empty() && out.tree_shares[i] > 0 && kind_of(out.classes[i]) != Kind::kSparse) continue;
      cases[found->first].push_back({i, view_of(panel, i, panel.end_of(i), 0), group.peers.expect(codes(i), std::nullopt)});
    }
    for (auto& [cell, of_cell] : cases) {
      const Plan& plan = group.plans.at(cell);
      const Cases all(panel, std::move(of_cell), known, group.peers.dispersion(), how, alone);
      std::vector<double> own;
      SINAN_TRY(const Forecasts forecasts, all.forecast(plan, &own));
      for (std::size_t row = 0; row < all.all().size(); ++row) {
        const Case& c = all.all()[row];
        copy(forecasts, row, out, c.series);
        if (!out.tree_shares.empty()) out.tree_shares[c.series] = 0;
        Borrowed& borrowed = out.borrowed[c.series];
        borrowed.own = own[row];
        borrowed.level = std::exp(c.group.level) * plan.factor;
        group.tell(codes(c.series), plan, borrowed);
        if (plan.power > 0) out.seasons[c.series] = borrowed.season;
        const std::string from = borrowed.attributes.empty() ? "group" : fmt::format("{}", fmt::join(borrowed.attributes, " + "));
        out.models[c.series] = forecasts.models[row].empty() ? from : fmt::format("{} + {}", forecasts.models[row], from);
      }
    }
  }
  return {};
}

}  // namespace sinan::forecasting
