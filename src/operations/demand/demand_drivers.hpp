// What moves demand, of the canonical model: promotions (ops.promotions), the category of an item (ops.items), the place, the calendar,
// events (ops.events) and outside numbers (ops.drivers).
#pragma once

#include "operations/demand/demand.hpp"
#include "operations/demand/events/event_vectors.hpp"
#include "operations/demand/events/scopes.hpp"

namespace sinan::demand {

struct Promotion {
  std::string location_id;  // empty: everywhere
  Date starts_on, ends_on;  // both belong to it
  float discount = 0;       // 0 … 1
};

// An outside number, such as the weather or a competitor's price.
struct OutsideNumber {
  Scopes scopes;                                                      // of item, location
  std::vector<std::vector<forecasting::Releases::Release>> releases;  // by scope; periods are days since 1970-01-01
};

// Everything that forecasts of one cycle may know of drivers.
struct DemandDrivers {
  std::unordered_map<std::string, std::vector<Promotion>> promotions;  // by item
  std::unordered_map<std::string, std::string> categories;             // by item
  std::vector<Holidays> holidays;
  forecasting::EventTexts events;
  std::string no_vectors;                                               // why events have none, though they were asked for
  Scopes event_scopes;                                                  // of item, category, location
  std::map<std::string, std::shared_ptr<const OutsideNumber>> numbers;  // by name
};

// Read at the version of the request. A table that is not there has no rows; rows that lack what they must have, or end before they start,
// are left out. A time at which an event or a number became known is a day of its place, or of request.zone. kLimit names the table: at
// most 5,000,000 numbers of 50 names. With `embed` all events have vectors, or, where it fails, none has.
Result<DemandDrivers> read_drivers(fabric::Fabric& fabric, const PanelRequest& request, const std::vector<Holidays>& holidays,
                                   const Embed& embed = {});

// The same, of promotions alone.
Result<DemandDrivers> read_promotions(fabric::Fabric& fabric, const PanelRequest& request);

// The names of the drivers that drivers_of() can make.
std::vector<std::string> driver_names(const std::vector<Holidays>& holidays);

// The drivers of `panel`: the series `kept` of `demand`, as they were `periods` days before their end. Promotions are planned, so they and
// the calendar are known ahead. Of events that are about several things a series has all; of an outside number those about its item count
// before those about its place, and these before those about nothing. `topics`: whether those of events with vectors are told too.
forecasting::Drivers drivers_of(const DemandDrivers& known, const DemandPanel& demand, const std::vector<std::size_t>& kept,
                                const Panel& panel, std::size_t periods, std::size_t horizon, bool topics = true);

}  // namespace sinan::demand
