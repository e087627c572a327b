#include "operations/models/backtest.hpp"

#include <chrono>
#include <cmath>

#include "intelligence/forecasting/evaluation/evaluation.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::models {
namespace {

const std::string kAll = "all";

// The sampled series without their last `periods` days.
Panel cut(const Panel& panel, std::size_t stride, std::size_t periods, std::vector<std::size_t>& kept) {
  Panel out;
  kept.clear();
  for (std::size_t i = 0; i < panel.size(); i += stride) {
    if (panel.series(i).size() <= periods) continue;
    std::span<const double> values = panel.series(i).first(panel.series(i).size() - periods);
    out.values.insert(out.values.end(), values.begin(), values.end());
    std::span<const std::uint8_t> lost = panel.lost_of(i);
    if (!lost.empty()) out.lost.insert(out.lost.end(), lost.begin(), lost.begin() + static_cast<std::ptrdiff_t>(values.size()));
    out.offsets.push_back(out.values.size());
    out.ends.push_back(panel.end_of(i) - static_cast<std::int64_t>(periods));
    out.keys.push_back(panel.keys[i]);
    kept.push_back(i);
  }
  return out;
}

struct DaySums {
  double error = 0, sold = 0, forecast = 0;
};

// Measures of one class.
struct Group {
  explicit Group(std::span<const double> levels) : evaluation({levels.begin(), levels.end()}) {}
  forecasting::Evaluation evaluation;
  std::set<std::size_t> series;
  double nanoseconds = 0;
  std::int64_t fits = 0;
  std::map<std::pair<int, std::size_t>, DaySums> days;  // by origin and step, of the first week
};

class Measuring {
 public:
  explicit Measuring(const Panel& panel) : panel_(panel) { group(kAll); }

  void add(const forecasting::Forecasts& f, const std::vector<std::size_t>& kept, std::size_t periods, int origin) {
    const auto horizon = static_cast<std::size_t>(f.horizon);
    const std::size_t levels = f.quantile_levels.size();
    for (std::size_t row = 0; row < kept.size(); ++row) {
      std::span<const double> values = panel_.series(kept[row]);
      std::span<const std::uint8_t> lost = panel_.lost_of(kept[row]);
      const std::size_t known = values.size() - periods;
      actual_.assign(values.begin() + static_cast<std::ptrdiff_t>(known),
                     values.begin() + static_cast<std::ptrdiff_t>(known + std::min(horizon, periods)));
      for (std::size_t h = 0; h < actual_.size(); ++h)
        if (!lost.empty() && lost[known + h]) actual_[h] = kMissing;
      const forecasting::Window window{.history = values.first(known),
                                       .season = static_cast<std::size_t>(std::max(1, f.seasons[row])),
                                       .actual = actual_,
                                       .median = std::span(f.median).subspan(row * horizon, horizon),
                                       .quantiles = std::span(f.quantiles).subspan(row * horizon * levels, horizon * levels)};
      for (const std::string& name : {std::string(forecasting::name(f.classes[row])), kAll}) {
        Group& g = group(name);
        g.evaluation.add(window);
        g.series.insert(kept[row]);
        g.nanoseconds += static_cast<double>(f.nanoseconds[row]);
        ++g.fits;
        for (std::size_t h = 0; h < std::min<std::size_t>(actual_.size(), kMeasuredStep); ++h) {
          if (!std::isfinite(actual_[h])) continue;
          DaySums& day = g.days[{origin, h}];
          day.error += std::abs(actual_[h] - window.median[h]);
          day.sold += actual_[h];
          day.forecast += window.median[h];
        }
      }
    }
  }

  std::vector<ClassMetrics> metrics() const {
    std::vector<ClassMetrics> out;
    for (const auto& [name, g] : groups_) out.push_back(metrics_of(name, g));
    std::ranges::stable_partition(out, [](const ClassMetrics& m) { return m.demand_class == kAll; });
    return out;
  }

 private:
  Group& group(const std::string& name) { return groups_.try_emplace(name, demand::quantile_levels()).first->second; }

  static ClassMetrics metrics_of(const std::string& name, const Group& g) {
    const forecasting::Scores s = g.evaluation.scores();
    ClassMetrics m{.demand_class = name,
                   .series = static_cast<std::int64_t>(g.series.size()),
                   .points = static_cast<std::int64_t>(s.points),
                   .wape = s.wape,
                   .bias = s.bias,
                   .mase = s.mase,
                   .rmsse = s.rmsse,
                   .owa = s.owa,
                   .pinball = s.pinball,
                   .coverage80 = kMissing,
                   .coverage90 = kMissing,
                   .fit_us = g.nanoseconds / 1e3 / static_cast<double>(std::max<std::int64_t>(1, g.fits)),
                   .day_error = kMissing,
                   .day_error_sd = kMissing,
                   .week_wape = kMissing};
    for (const auto& interval : s.intervals) {
      if (std::abs(interval.probability - 0.8) < 1e-9) m.coverage80 = interval.coverage;
      if (std::abs(interval.probability - 0.9) < 1e-9) m.coverage90 = interval.coverage;
    }
    double sum = 0;
    double squares = 0;
    DaySums week;
    for (const auto& [ignored, day] : g.days) {
      week.error += day.error;
      week.sold += day.sold;
      double e = day_error(day.error, day.sold, day.forecast);
      if (!std::isfinite(e)) continue;
      sum += e;
      squares += e * e;
      ++m.watch_days;
    }
    if (week.sold > 0) m.week_wape = week.error / week.sold;
    if (m.watch_days < 2) return m;
    const auto n = static_cast<double>(m.watch_days);
    m.day_error = sum / n;
    m.day_error_sd = std::sqrt(std::max(0.0, (squares - sum * sum / n) / (n - 1)));
    return m;
  }

  const Panel& panel_;
  std::map<std::string, Group> groups_;
  std::vector<double> actual_;
};

// In pieces, so that memory does not grow with the panel.
std::string hash_of(const Panel& panel) {
  std::string hash;
  std::string piece;
  auto close = [&] {
    hash = secrets::sha256(hash + piece);
    piece.clear();
  };
  for (std::size_t i = 0; i < panel.size(); ++i) {
    std::span<const double> values = panel.series(i);
    piece += fmt::format("{}\n{}\n", panel.keys[i], values.size());
    piece.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    std::span<const std::uint8_t> lost = panel.lost_of(i);
    piece.append(reinterpret_cast<const char*>(lost.data()), lost.size());
    if (piece.size() > (1U << 20U)) close();
  }
  close();
  return hash;
}

}  // namespace

double day_error(double error, double sold, double forecast) {
  double size = (sold + forecast) / 2;
  return size > 0 ? error / size : kMissing;
}

Result<Measurement> measure(const demand::DemandPanel& demand, const demand::DemandDrivers& known, const demand::Hierarchy& hierarchy,
                            const demand::Method& method, int threads, const CancelToken* cancel) {
  const Panel panel = demand::newest(demand.panel, method.history_days);
  Measurement out;
  out.series = static_cast<std::int64_t>(panel.size());
  out.days = static_cast<std::int64_t>(panel.values.size());
  out.data_hash = hash_of(panel);
  if (panel.size() > 0) out.day = format_date(Date{std::chrono::days{panel.latest_end()}});
  const std::size_t stride = std::max<std::size_t>(1, (panel.size() + kMostMeasured - 1) / kMostMeasured);
  out.sampled = static_cast<std::int64_t>((panel.size() + stride - 1) / stride);
  forecasting::Options options = demand::options_of(method, threads);
  options.clock = [] { return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count(); };
  Measuring measuring(panel);
  std::vector<std::size_t> kept;
  for (int origin = kMeasuredOrigins; origin >= 1; --origin) {
    if (method.drivers && origin % 2 == 1) continue;  // two are enough where trees are learnt for each
    const auto periods = static_cast<std::size_t>(origin * kMeasuredStep);
    const Panel before = cut(panel, stride, periods, kept);
    if (kept.empty()) continue;
    forecasting::Drivers drivers;
    if (method.drivers)
      drivers = demand::drivers_of(known, demand, kept, before, periods, static_cast<std::size_t>(method.horizon_days),
                                   !method.embedding_model.empty());
    options.drivers = drivers.empty() ? nullptr : &drivers;
    SINAN_TRY(auto forecasts, forecasting::forecast(before, {}, options, cancel));
    if (!hierarchy.empty() && method.reconciliation != forecasting::Reconciliation::kBottomUp)
      SINAN_CHECK(demand::forecast_sums(hierarchy, kept, before, options, method.reconciliation, forecasts, cancel));
    measuring.add(forecasts, kept, periods, origin);
  }
  out.metrics = measuring.metrics();
  return out;
}

}  // namespace sinan::models
