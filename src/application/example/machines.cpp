// The machines of the example company: presses and kilns that report every hour, as JSON lines.
#include <cerrno>
#include <fstream>

#include "application/example/systems.hpp"
#include "application/example/workspace.hpp"

namespace sinan::example {
namespace {

struct Sensor {
  std::string_view id, metric, unit;
  double mean, daily, noise, high;
};
constexpr Sensor kSensors[] = {{"press-1", "temperature", "C", 64, 4, 0.8, 92},       {"press-2", "temperature", "C", 61, 4, 0.8, 90},
                               {"kiln-1", "temperature", "C", 1180, 25, 4, 1320},     {"kiln-2", "temperature", "C", 1175, 25, 4, 1310},
                               {"press-1", "vibration", "mm/s", 2.1, 0.3, 0.15, 7.5}, {"mixer-1", "power", "kW", 18, 5, 0.9, 31}};

// An event begins about once in two months for each sensor and lasts a few hours.
bool abnormal(const Company& company, std::size_t sensor, std::int64_t hour) {
  for (std::int64_t begin = hour; begin > hour - 6; --begin) {
    Random random(mix({company.origin.seed, 0xa8041, sensor, static_cast<std::uint64_t>(begin)}));
    if (random.chance(1.0 / 1440) && hour - begin < random.between(3, 6)) return true;
  }
  return false;
}

}  // namespace

Result<std::int64_t> write_readings(const Company& company, const std::filesystem::path& file, std::int64_t first_day, std::int64_t end_day,
                                    CsvFile& broken, CsvFile& anomalies) {
  const auto part = file.string() + ".part";
  std::ofstream out(part, std::ios::binary);
  const auto hours = (end_day - first_day) * 24;
  Breaker breaker(broken, "machines", "readings", {"null_value", "value_range", "unknown_sensor", "duplicate", "bad_unit"},
                  hours * static_cast<std::int64_t>(std::size(kSensors)));
  std::int64_t row = 0;
  for (std::int64_t h = 0; h < hours; ++h) {
    const auto hour = first_day * 24 + h;
    const Instant at = Instant{company.origin.first} + std::chrono::hours{hour};
    for (std::size_t s = 0; s < std::size(kSensors); ++s, ++row) {
      const Sensor& sensor = kSensors[s];
      Random random(mix({company.origin.seed, 0x4ead, s, static_cast<std::uint64_t>(hour)}));
      double value = sensor.mean + sensor.daily * std::sin(2 * std::numbers::pi * static_cast<double>(hour % 24 - 9) / 24) +
                     sensor.noise * random.normal();
      const auto key = fmt::format("{} {} {}", sensor.id, sensor.metric, format_rfc3339(at));
      if (abnormal(company, s, hour)) {
        value = sensor.high * random.real(0.97, 1.05);
        anomalies.row({sensor.id, sensor.metric, format_rfc3339(at), fmt::format("{:.2f}", value)});
      }
      const auto kind = breaker.kind_of(row);
      const auto line = fmt::format("{{\"sensor\":\"{}\",\"ts\":\"{}\",\"metric\":\"{}\",\"value\":{},\"unit\":\"{}\"}}\n",
                                    kind == "unknown_sensor" ? "???" : sensor.id, format_rfc3339(at), sensor.metric,
                                    kind == "null_value"    ? "null"
                                    : kind == "value_range" ? "-99999.0"
                                                            : fmt::format("{:.2f}", value),
                                    kind == "bad_unit" ? "F?" : sensor.unit);
      out << line;
      if (kind == "duplicate") out << line;
      if (!kind.empty())
        breaker.record(key, kind,
                       kind == "unknown_sensor" ? "sensor"
                       : kind == "bad_unit"     ? "unit"
                       : kind == "duplicate"    ? "ts"
                                                : "value",
                       "");
    }
  }
  out.close();
  if (!out) return fail(write_error_code(errno, ErrorCode::kUnavailable), "cannot write; is the disk full?", file.string());
  SINAN_CHECK(rename_file(part, file));
  return breaker.count();
}

}  // namespace sinan::example
