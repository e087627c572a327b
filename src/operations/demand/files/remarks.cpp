#include "operations/demand/files/remarks.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace sinan::demand {
namespace {

std::string who(const Noticed& of) {
  return fmt::format("series '{}'{}", visible(of.first), of.count > 1 ? fmt::format(", like {} more,", of.count - 1) : "");
}
std::string upper(std::string sentence) {
  sentence.front() = 'S';  // of "series"
  return sentence;
}

// 20260301, which goes on with 20260302 … 20260332.
bool looks_like_a_date(const Stamp& stamp) {
  const std::int64_t year = stamp.value / 10'000;
  const std::int64_t month = stamp.value / 100 % 100;
  const std::int64_t day = stamp.value % 100;
  return stamp.kind == Stamp::Kind::kInteger && year >= 1900 && year <= 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

}  // namespace

std::vector<std::string> remarks_on(const FileForecastOptions& options, const Noticed& thin, const Noticed& ended,
                                    const Calendar& calendar) {
  std::vector<std::string> out;
  if (calendar.skips_weekends() && !options.zero_gaps)
    out.push_back(
        "No row is of a Saturday or Sunday: these are taken as not known, and are forecast. For periods from Monday to Friday say "
        "--freq B; where nothing is demanded in weekends, --gaps zero.");
  if (thin.count > 0)
    out.push_back(fmt::format(
        "{} has no two neighbouring rows in a {} file: what lies between is taken as not known. Where a missing row is zero, say "
        "--gaps zero; where the series is of another frequency, forecast it from a file of its own.",
        upper(who(thin)), calendar.name()));
  if (ended.count > 0)
    out.push_back(fmt::format(
        "{} ends before the others: backtests and sums take it as without demand since. Where it is over, leave it out of the file; where "
        "its newest values are not known, write rows without a y.",
        upper(who(ended))));
  return out;
}

std::vector<std::string> remarks_on(const FileForecastOptions& options, const FilePanel& file, std::size_t parts) {
  std::vector<std::string> out = remarks_on(options, file.thin, file.ended, file.calendar);
  const std::span<const Stamp> last = std::span(file.last).first(parts);
  if (std::ranges::all_of(last, looks_like_a_date))
    out.push_back(fmt::format("ds looks like dates, such as {}, and is taken as numbers, of which each is a period; write 2026-03-01.",
                              last.front().value));
  if (file.calendar.kind() == Stamp::Kind::kInteger) return out;
  const auto latest = std::ranges::max_element(last, {}, &Stamp::value) - last.begin();
  Noticed early;
  for (std::size_t i = 0; i < parts; ++i)
    if (last[i].value < last[static_cast<std::size_t>(latest)].value) early.add(file.panel.keys[i]);
  if (early.count == 0) return out;
  const std::string& end = file.last_written[static_cast<std::size_t>(latest)];
  out.push_back(fmt::format(
      "{} ends before {}, the last period of the file, and is forecast from its own end on{}. Where missing rows are without demand, say "
      "--gaps zero.",
      upper(who(early)), visible(end),
      options.backtest > 0 ? "; origins lie as far before the end of each, so what series learn from each other may be later than an origin"
                           : ""));
  return out;
}

std::vector<std::string> remarks_on(const FileForecastOptions& options, const FilePanel& file, const forecasting::Forecasts& forecasts,
                                    std::span<const std::size_t> kept, std::span<const int> seasons) {
  Noticed short_ones, unfit;
  int season = 0;
  const bool naive = std::ranges::find(options.models, "naive") != options.models.end();
  for (std::size_t row = 0; row < kept.size(); ++row) {
    using enum forecasting::DemandClass;
    const std::string& id = file.panel.keys[kept[row]];
    const forecasting::DemandClass demand_class = forecasts.classes[row];
    const bool regular = demand_class == kSmooth || demand_class == kErratic || demand_class == kShort;
    if (regular && !seasons.empty() && seasons[row] > 1 && forecasts.seasons[row] == 1) {
      if (short_ones.count == 0) season = seasons[row];
      short_ones.add(id);
    }
    if (regular && !options.models.empty() && !naive && forecasts.models[row] == "naive") unfit.add(id);
  }
  std::vector<std::string> out;
  if (short_ones.count > 0)
    out.push_back(fmt::format(
        "{} is forecast without its season of {} periods, for which it is too short: a season takes two whole ones and one value more, of "
        "24 periods and more 1.6 whole ones.",
        upper(who(short_ones)), season));
  if (unfit.count > 0)
    out.push_back(fmt::format("{} goes on with its last value (naive): of what --model names nothing fits it.", upper(who(unfit))));
  return out;
}

}  // namespace sinan::demand
