#include "operations/inventory/config.hpp"

namespace sinan::inventory {
namespace {

void check_plan(const PlanConfig& plan, const YamlNode& node, Diagnostics& out) {
  const YamlNode* levels = node.find("service_levels");
  for (const auto& [item_class, level] : plan.service_levels) {
    if (level > 0 && level < 1) continue;
    const YamlNode* at = levels ? levels->find(item_class) : nullptr;
    out.add(at ? at->place : node.place, "out_of_range",
            fmt::format("the service level of class '{}' is {}; it must lie between 0 and 1, both excluded", item_class, level),
            "0.95 serves 95 of 100 replenishment cycles without a stock-out; 1 would need endless stock");
  }
  if (!(plan.default_service_level > 0 && plan.default_service_level < 1))
    out.add(node.place, "out_of_range", "default_service_level must lie between 0 and 1, both excluded", "0.95 is usual");
  if (plan.review_period <= std::chrono::microseconds(0))
    out.add(node.place, "out_of_range", "review_period must be longer than nothing", "`1d` when the cycle runs once a day");
  if (plan.budget && plan.budget->amount < Decimal())
    out.add(node.place, "out_of_range", "a budget cannot be negative", "leave the key out for no budget");
}

}  // namespace

double PlanConfig::service_level(const std::string& item_class) const {
  auto found = service_levels.find(item_class);
  return found == service_levels.end() ? default_service_level : found->second;
}

const Shape<Budget>& shape_of(const Budget*) {
  static const auto shape = Shape<Budget>("budget", "What the plans of one day may spend.")
                                .required("amount", &Budget::amount, "In the plan's currency", {.min = 0});
  return shape;
}

const Shape<PlanConfig>& shape_of(const PlanConfig*) {
  static const auto shape =
      Shape<PlanConfig>("inventory plan", "How stock is planned: service, costs and limits.")
          .required("kind", &PlanConfig::kind, "What is planned", {.allowed = {"inventory"}})
          .optional("service_levels", &PlanConfig::service_levels,
                    "Share of replenishment cycles without a stock-out, by item class; between 0 and 1")
          .optional("default_service_level", &PlanConfig::default_service_level, "For classes that are not listed", {.min = 0, .max = 1})
          .optional("review_period", &PlanConfig::review_period, "How often stock is planned: 1d")
          .optional("holding_cost_rate", &PlanConfig::holding_cost_rate, "Cost of keeping a unit for a year, as a share of its cost",
                    {.min = 0, .max = 10})
          .optional("order_cost", &PlanConfig::order_cost, "Cost of one order line, whatever its size", {.min = 0})
          .optional("lost_sale_share", &PlanConfig::lost_sale_share, "What a missed sale costs, as a share of the selling price",
                    {.min = 0, .max = 10})
          .optional("currency", &PlanConfig::currency, "Of the plan's costs; default: the workspace's")
          .optional("max_cover_days", &PlanConfig::max_cover_days, "No order covers more days of demand than this, minimum orders apart",
                    {.min = 1})
          .optional("budget", &PlanConfig::budget, "What the plans of one day may spend; the most useful orders come first")
          .optional("locations", &PlanConfig::locations, "Places that are planned; default: all with demand")
          .optional("item_classes", &PlanConfig::item_classes, "Item classes that are planned; default: all")
          .optional("missing_stock", &PlanConfig::missing_stock, "What an item without a row in ops.stock means",
                    {.allowed = {"alert", "zero"}})
          .check(check_plan);
  return shape;
}

PlanConfig read_plan(const Workspace& workspace, Diagnostics& diagnostics) {
  PlanConfig plan;
  for (const WorkspaceFile* file : workspace.files("plans")) {
    if (!file->yaml) continue;
    if (plan.place.line > 0) {
      diagnostics.add(file->yaml->place, "duplicate_plan", fmt::format("{} is an inventory plan already", plan.place.file),
                      "keep one file of kind inventory");
      continue;
    }
    shape_of(static_cast<const PlanConfig*>(nullptr)).read(*file->yaml, plan, diagnostics);
    plan.place = file->yaml->place;
  }
  if (plan.currency.empty()) plan.currency = workspace.settings().currency;
  return plan;
}

Json plan_schema() { return shape_of(static_cast<const PlanConfig*>(nullptr)).schema(); }

}  // namespace sinan::inventory
