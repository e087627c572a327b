// What moves demand, of the canonical model: promotions (ops.promotions), the category of an item (ops.items), the place, and the calendar.
#pragma once

#include "operations/demand/demand.hpp"

namespace sinan::demand {

struct Promotion {
  std::string location_id;  // empty: everywhere
  Date starts_on, ends_on;  // both belong to it
  float discount = 0;       // 0 … 1
};

// Everything that forecasts of one cycle may know of drivers.
struct DemandDrivers {
  std::unordered_map<std::string, std::vector<Promotion>> promotions;  // by item
  std::unordered_map<std::string, std::string> categories;             // by item
  std::vector<Holidays> holidays;
};

// Workspaces without ops.promotions have none; rows without an item, a day or a discount are left out.
Result<DemandDrivers> read_drivers(fabric::Fabric& fabric, const PanelRequest& request, const std::vector<Holidays>& holidays);

// The names of the drivers that drivers_of() can make.
std::vector<std::string> driver_names(const std::vector<Holidays>& holidays);

// The drivers of `panel`: the series `kept` of `demand`, as they were `periods` days before their end. Promotions are planned, so they and
// the calendar are known ahead.
forecasting::Drivers drivers_of(const DemandDrivers& known, const DemandPanel& demand, const std::vector<std::size_t>& kept,
                                const Panel& panel, std::size_t periods, std::size_t horizon);

}  // namespace sinan::demand
