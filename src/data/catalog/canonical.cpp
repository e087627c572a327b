#include "data/catalog/canonical.hpp"

namespace sinan::catalog {

const std::map<std::string, std::vector<std::string>>& required_columns() {
  static const std::map<std::string, std::vector<std::string>> kRequired{
      {"customers", {"customer_id", "name"}},
      {"drivers", {"name", "day", "value"}},
      {"events", {"event_id", "published_at", "text"}},
      {"items", {"item_id", "name", "category", "unit", "unit_cost", "currency", "status"}},
      {"lanes", {"from_location_id", "to_location_id", "mode", "transit_days", "cost_per_unit", "currency"}},
      {"locations", {"location_id", "name", "kind"}},
      {"orders", {"order_id", "item_id", "location_id", "ordered_at", "quantity", "unit_price", "currency", "status"}},
      {"promotions", {"promotion_id", "item_id", "starts_on", "ends_on", "discount"}},
      {"purchase_orders",
       {"purchase_order_id", "supplier_id", "item_id", "location_id", "quantity", "received_quantity", "unit_price", "currency",
        "ordered_at", "expected_at", "status"}},
      {"sales", {"item_id", "location_id", "sold_at", "quantity", "unit_price", "currency"}},
      {"sensor_readings", {"sensor_id", "at", "metric", "value"}},
      {"stock", {"item_id", "location_id", "as_of", "on_hand", "reserved", "in_transit", "unit"}},
      {"supplier_items",
       {"supplier_id", "item_id", "min_quantity", "unit_price", "currency", "lead_time_days", "lead_time_sd_days", "moq", "pack_size"}},
      {"suppliers", {"supplier_id", "name", "currency"}},
  };
  return kRequired;
}

}  // namespace sinan::catalog
