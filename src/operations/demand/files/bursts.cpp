#include "operations/demand/files/bursts.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "intelligence/forecasting/live/bursts.hpp"
#include "operations/demand/files/row_file.hpp"

namespace sinan::demand {
namespace {

bool says_no(std::string_view written) {
  const std::string text = lowercase(written);
  return text == "0" || text == "false" || text == "no" || text == "none";
}

// Which periods of a series were promotions.
class Promotions {
 public:
  Promotions(const FileDrivers& drivers, const Panel& panel) : drivers_(drivers.drivers), panel_(panel) {
    auto found = std::ranges::find_if(
        drivers_.columns, [](const forecasting::Driver& driver) { return driver.name == "promotion" || driver.name == "promo"; });
    if (found == drivers_.columns.end()) return;
    driver_ = &*found;
    if (found->category)
      for (const std::string& text : drivers.categories.at(found->name)) none_.push_back(says_no(text));
  }
  // Empty where nothing is known of any.
  std::span<const std::uint8_t> of(std::size_t series) {
    if (!driver_) return {};
    std::span<const float> values = driver_->fixed ? std::span(driver_->values).subspan(series, 1) : drivers_.of(*driver_, panel_, series);
    marks_.resize(panel_.series(series).size());
    for (std::size_t t = 0; t < marks_.size(); ++t) {
      const float value = values[driver_->fixed ? 0 : t];
      marks_[t] = driver_->category ? std::isfinite(value) && !none_[static_cast<std::size_t>(value)] : value > 0;
    }
    return marks_;
  }

 private:
  const forecasting::Drivers& drivers_;
  const Panel& panel_;
  const forecasting::Driver* driver_ = nullptr;
  std::vector<bool> none_;  // of each text: it says that there is no promotion
  std::vector<std::uint8_t> marks_;
};

int season_of(const FileForecastOptions& options, const FilePanel& file, std::size_t series) {
  if (options.season > 0) return options.season;
  if (!file.seasons.empty() && file.seasons[series] > 0) return file.seasons[series];
  return file.calendar.usual_season();
}

}  // namespace

Result<std::string> write_bursts(const FileForecastOptions& options, const FilePanel& file, const FileDrivers& drivers) {
  const Type text{TypeId::kText};
  const Type number{TypeId::kDouble};
  SINAN_TRY(auto out, RowFile::open(options.bursts, {},
                                    Schema{{{"unique_id", text},
                                            {"ds", text},
                                            {"end", text},
                                            {"size", number},
                                            {"expected", number},
                                            {"confidence", number},
                                            {"kind", text}}}));
  Promotions promotions(drivers, file.panel);
  std::array<std::size_t, 3> kinds{};
  std::size_t running = 0;
  for (std::size_t i = 0; i < file.panel.size(); ++i) {
    if (options.cancel) SINAN_CHECK(options.cancel->check());
    std::span<const double> values = file.panel.series(i);
    const auto found = forecasting::find_bursts(
        values, promotions.of(i), {.season = season_of(options, file, i), .periods_per_year = file.calendar.periods_per_year()});
    auto time = [&](std::size_t period) {
      const auto steps = static_cast<std::int64_t>(period) + 1 - static_cast<std::int64_t>(values.size());
      return file.calendar.after(file.last[i], steps, file.last_written[i]);
    };
    for (const forecasting::Burst& burst : found) {
      out->text(file.panel.keys[i]);
      out->text(time(burst.begin));
      out->text(time(burst.end - 1));
      out->number(burst.size());
      out->number(burst.expected);
      out->number(burst.confidence);
      out->text(name(burst.kind));
      SINAN_CHECK(out->end_row());
      ++kinds[static_cast<std::size_t>(burst.kind)];
      running += burst.running;
    }
  }
  SINAN_TRY(auto rows, out->finish());
  (void)rows;
  return fmt::format("Sudden demand: {} bursts, {} promotions, {} outliers in {}; {} still run.", kinds[0], kinds[1], kinds[2],
                     options.bursts.lexically_normal().string(), running);
}

}  // namespace sinan::demand
