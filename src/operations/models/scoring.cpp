#include "operations/models/scoring.hpp"

#include <cmath>

namespace sinan::models {
namespace {

using std::chrono::days;

using Key = std::tuple<Date, int, std::string, std::string>;  // day, lead, version, class

class Scoring {
 public:
  Scoring(fabric::Fabric& fabric, const demand::DemandPanel& panel, const CancelToken* cancel)
      : fabric_(fabric), panel_(panel), cancel_(cancel) {}

  // All days of one run in one pass over each of its tables.
  Status add(const Run& run, const std::map<Date, int>& leads) {
    SINAN_CHECK(add("ops.forecasts", run, leads));
    return run.made.size() > 1 ? add("ops.challenger_forecasts", run, leads) : Status{};
  }

  std::vector<Score> take() {
    std::vector<Score> out;
    for (auto& [key, score] : scores_) out.push_back(std::move(score));
    return out;
  }

 private:
  Status add(const std::string& table, const Run& run, const std::map<Date, int>& leads) {
    std::string wanted;
    for (const auto& [day, lead] : leads) wanted += fmt::format("{}DATE '{}'", wanted.empty() ? "" : ", ", format_date(day));
    std::string quantiles;
    for (double level : demand::quantile_levels()) quantiles += ", " + demand::quantile_name(level);
    std::string sql =
        fmt::format("SELECT item_id, location_id, ds, class, model_version, yhat{} FROM {} WHERE ds IN ({})", quantiles, table, wanted);
    fabric::QueryOptions options;
    options.at = run.version;
    options.cancel = cancel_;
    auto rows = fabric_.query(system_principal("planner"), sql, options);
    if (!rows && rows.error().code == ErrorCode::kNotFound) return {};  // that version of the lake has been given up
    if (!rows) return fail(std::move(rows.error()));
    Batch batch;
    while (true) {
      SINAN_TRY(bool more, (*rows)->next(batch));
      if (!more) return {};
      for (std::size_t i = 0; i < batch.rows(); ++i) add(batch, i, leads);
    }
  }

  void add(const Batch& batch, std::size_t row, const std::map<Date, int>& leads) {
    const auto& c = batch.columns;
    if (c[4].is_null(row)) return;
    Date day{days{c[2].ints[row]}};
    std::optional<double> actual = sold(c[0].text(row), c[1].text(row), day);
    auto lead = leads.find(day);
    if (!actual || lead == leads.end()) return;
    key_ = {day, lead->second, std::string(c[4].text(row)), std::string(c[3].text(row))};
    auto [found, fresh] = scores_.try_emplace(key_);
    Score& s = found->second;
    if (fresh) std::tie(s.day, s.lead, s.version, s.demand_class) = key_;
    const double y = *actual;
    const double f = c[5].doubles[row];
    ++s.points;
    s.sold += y;
    s.forecast += f;
    s.error += std::abs(y - f);
    s.excess += f - y;
    std::span<const double> levels = demand::quantile_levels();
    double loss = 0;
    for (std::size_t q = 0; q < levels.size(); ++q) {
      double miss = y - c[6 + q].doubles[row];
      loss += std::max(levels[q] * miss, (levels[q] - 1) * miss);
    }
    s.pinball += loss / static_cast<double>(levels.size());
    s.inside += y >= c[6 + kLow].doubles[row] && y <= c[6 + kHigh].doubles[row] ? 1 : 0;
  }

  // The panel is in order of item and place.
  std::optional<double> sold(std::string_view item, std::string_view location, Date day) const {
    std::size_t from = 0;
    std::size_t to = panel_.item_ids.size();
    while (from < to) {
      std::size_t middle = (from + to) / 2;
      int order = std::string_view(panel_.item_ids[middle]).compare(item);
      if (order == 0) order = std::string_view(panel_.location_ids[middle]).compare(location);
      if (order < 0)
        from = middle + 1;
      else
        to = middle;
    }
    if (from == panel_.item_ids.size() || panel_.item_ids[from] != item || panel_.location_ids[from] != location) return std::nullopt;
    std::span<const double> values = panel_.panel.series(from);
    auto back = (panel_.last_day(from) - day).count();
    if (back < 0 || back >= static_cast<std::int64_t>(values.size())) return std::nullopt;
    std::size_t at = values.size() - 1 - static_cast<std::size_t>(back);
    std::span<const std::uint8_t> lost = panel_.panel.lost_of(from);
    if (!std::isfinite(values[at]) || (!lost.empty() && lost[at])) return std::nullopt;
    return values[at];
  }

  // Places of the 10 % and the 90 % quantile.
  static constexpr std::size_t kLow = 1;
  static constexpr std::size_t kHigh = 5;

  fabric::Fabric& fabric_;
  const demand::DemandPanel& panel_;
  const CancelToken* cancel_;
  std::map<Key, Score> scores_;
  Key key_;
};

}  // namespace

std::vector<Asked> choose_runs(const std::vector<Run>& runs, Date from, Date until) {
  std::vector<Asked> out;
  for (Date day = from; day <= until; day += days{1}) {
    for (std::size_t b = 0; b < std::size(kLeads); ++b) {
      const int next = b + 1 < std::size(kLeads) ? kLeads[b + 1] : kMostLead + 1;
      auto found = std::find_if(runs.rbegin(), runs.rend(), [&](const Run& run) { return (day - run.origin).count() >= kLeads[b]; });
      if (found != runs.rend() && (day - found->origin).count() < next) out.push_back({&*found, day, kLeads[b]});
    }
  }
  return out;
}

std::optional<Date> last_common_day(const demand::DemandPanel& panel) {
  if (panel.panel.ends.empty()) return std::nullopt;
  return Date{std::chrono::days{std::ranges::min(panel.panel.ends)}};
}

Result<std::vector<Score>> score(fabric::Fabric& fabric, const demand::DemandPanel& panel, const std::vector<Run>& runs, Date from,
                                 Date until, const CancelToken* cancel) {
  std::map<const Run*, std::map<Date, int>> asked;
  for (const Asked& a : choose_runs(runs, from + days{1}, until)) asked[a.run][a.day] = a.lead;
  Scoring scoring(fabric, panel, cancel);
  for (const auto& [run, leads] : asked) {
    if (cancel) SINAN_CHECK(cancel->check());
    SINAN_CHECK(scoring.add(*run, leads));
  }
  return scoring.take();
}

}  // namespace sinan::models
