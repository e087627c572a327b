#include "operations/inventory/planning.hpp"

#include <mutex>

#include "base/parallel.hpp"
#include "operations/inventory/reading.hpp"

namespace sinan::inventory {
namespace {

constexpr std::size_t kChunk = 256;

// Items are independent, so threads take chunks and each plan lands in its own slot.
Result<std::vector<ItemPlan>> plan_all(const Snapshot& snapshot, const PlanRequest& request) {
  std::vector<ItemPlan> plans(snapshot.needs.size());
  std::mutex reporting;
  in_blocks(plans.size(), kChunk, static_cast<int>(request.threads), request.cancel, [&](std::size_t, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) plans[i] = plan_item(snapshot.needs[i], request.config, request.now);
    if (!request.progress) return;
    std::scoped_lock one(reporting);
    request.progress(last, plans.size());
  });
  if (request.cancel) SINAN_CHECK(request.cancel->check());
  return plans;
}

// Leaves out orders beyond the budget: what loses most sales by waiting, for its money, first, ties by item and place. Orders in another
// currency than the plan's cannot be weighed against it and stay; policy never lets them pass by themselves.
void keep_within_budget(const Snapshot& snapshot, const decisions::Decisions::Commitments& commitments, const PlanRequest& request,
                        std::vector<ItemPlan>& plans, PlanReport& report) {
  if (!request.config.budget) return;
  std::vector<std::size_t> by_use;
  for (std::size_t i = 0; i < plans.size(); ++i)
    if (plans[i].order && plans[i].order->amount.currency == request.config.currency) by_use.push_back(i);
  auto use = [&](std::size_t i) { return plans[i].waiting_loss / std::max(plans[i].order->amount.amount.to_double(), 1e-4); };
  std::ranges::stable_sort(by_use, [&](std::size_t a, std::size_t b) { return use(a) > use(b); });
  Decimal left = request.config.budget->amount;
  const std::string today = format_date(request.zone.day_of(request.now));
  for (const decisions::Commitment& c : commitments.items)
    if (c.kind == "purchase_order" && c.day == today && c.amount.currency == request.config.currency) left -= c.amount.amount;
  for (std::size_t i : by_use) {
    decisions::Proposal& order = *plans[i].order;
    if (order.amount.amount <= left) {
      left -= order.amount.amount;
      continue;
    }
    order.evidence.binding_constraints.emplace_back("budget");
    const std::string budget = in_words({request.config.budget->amount, request.config.currency});
    decisions::Proposal notice =
        alert("over_budget", snapshot.needs[i],
              {fmt::format("An order of {} for {} is left out: the day's budget of {} goes to orders that would lose more sales by "
                           "waiting, for their money.",
                           with_separators(order.quantity.amount.text()), in_words(order.amount), budget),
               fmt::format("当日预算{}已用于推迟损失更大的订单，因此未提出数量{}、金额{}的订单。", budget,
                           with_separators(order.quantity.amount.text()), in_words(order.amount))});
    notice.evidence.figures =
        Json{{"amount", order.amount.amount.text(2)}, {"lost_by_waiting", fmt::format("{:.2f}", plans[i].waiting_loss)}};
    plans[i].alerts.push_back(std::move(notice));
    report.left_out.amount += order.amount.amount;
    plans[i].order.reset();
    plans[i].waiting_loss = 0;
    ++report.over_budget;
  }
}

Type decimal_type() { return {TypeId::kDecimal, 18, 4}; }

const Schema& policy_schema() {
  static const Schema kSchema{{{"item_id", {TypeId::kText}, false},
                               {"location_id", {TypeId::kText}, false},
                               {"supplier_id", {TypeId::kText}, true},
                               {"service_level", {TypeId::kDouble}, false},
                               {"lead_time_days", {TypeId::kDouble}, false},
                               {"lead_time_sd_days", {TypeId::kDouble}, false},
                               {"demand_mean", {TypeId::kDouble}, false},
                               {"safety_stock", decimal_type(), false},
                               {"reorder_point", decimal_type(), false},
                               {"order_up_to", decimal_type(), false},
                               {"position", decimal_type(), false},
                               {"run_id", {TypeId::kText}, false}}};
  return kSchema;
}

Status write_policies(fabric::Fabric& fabric, const Snapshot& snapshot, const std::vector<ItemPlan>& plans, const PlanRequest& request) {
  constexpr std::size_t kRows = 4096;
  SINAN_TRY(std::unique_ptr<lake::Staged> staged, fabric.lake().stage("ops.stock_policies", policy_schema(), {"item_id", "location_id"}));
  for (std::size_t begin = 0; begin < plans.size(); begin += kRows) {
    Batch batch;
    for (const Field& field : policy_schema().fields) batch.columns.emplace_back(field.type);
    for (std::size_t i = begin; i < std::min(begin + kRows, plans.size()); ++i) {
      const Need& need = snapshot.needs[i];
      const ItemPlan& plan = plans[i];
      auto decimal = [&](std::size_t column, Decimal value) { batch.columns[column].append_decimal(value.raw()); };
      batch.columns[0].append_text(need.item_id);
      batch.columns[1].append_text(need.location_id);
      if (plan.supplier_id.empty())
        batch.columns[2].append_null();
      else
        batch.columns[2].append_text(plan.supplier_id);
      batch.columns[3].append_double(plan.service_level);
      batch.columns[4].append_double(plan.lead_time_days);
      batch.columns[5].append_double(plan.lead_time_sd_days);
      batch.columns[6].append_double(plan.demand_per_day);
      decimal(7, Decimal::round(plan.policy.safety_stock));
      decimal(8, Decimal::round(plan.policy.reorder_point));
      decimal(9, Decimal::round(plan.policy.order_up_to));
      decimal(10, need.position.total());
      batch.columns[11].append_text(request.run_id);
    }
    SINAN_CHECK(staged->append(batch));
  }
  std::vector<lake::Lake::Load> loads;
  loads.emplace_back();
  loads.back().staged = std::move(staged);
  loads.back().mode = lake::Mode::kReplace;
  SINAN_TRY([[maybe_unused]] lake::Version version, fabric.lake().commit(std::move(loads)));
  return {};
}

void collect(const Snapshot& snapshot, std::vector<ItemPlan>& plans, const PlanRequest& request, PlanReport& report) {
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const Need& need = snapshot.needs[i];
    report.batch.considered.push_back({"purchase_order", need.item_id, need.location_id});
    if (!need.demand.empty() && need.demand.mean.back() > 0) ++report.planned;
    auto propose = [&](decisions::Proposal proposal) {
      proposal.evidence.inputs["lake_version"] = snapshot.version;
      proposal.evidence.inputs["tables"] = Json::array(
          {"ops.items", "ops.forecasts", "ops.stock", "ops.purchase_orders", "ops.supplier_items", "ops.suppliers", "ops.lanes"});
      proposal.evidence.inputs["decisions_up_to"] = report.batch.basis_seq;
      report.batch.proposals.push_back(std::move(proposal));
    };
    if (plans[i].order) {
      ++report.orders;
      if (plans[i].order->amount.currency == request.config.currency) {
        report.spend.amount += plans[i].order->amount.amount;
        report.waiting_loss += plans[i].waiting_loss;
      }
      propose(std::move(*plans[i].order));
    }
    for (decisions::Proposal& notice : plans[i].alerts) {
      ++report.alerts;
      propose(std::move(notice));
    }
  }
}

}  // namespace

Result<PlanReport> plan(fabric::Fabric& fabric, const decisions::Decisions::Commitments& commitments, const PlanRequest& request) {
  PlanReport report;
  SINAN_TRY(Snapshot snapshot, read_snapshot(fabric, request));
  add_commitments(snapshot, commitments, request.now);
  report.version = snapshot.version;
  report.batch.run_id = request.run_id;
  report.batch.basis_seq = commitments.basis_seq;
  report.spend.currency = report.left_out.currency = request.config.currency;
  SINAN_TRY(std::vector<ItemPlan> plans, plan_all(snapshot, request));
  keep_within_budget(snapshot, commitments, request, plans, report);
  if (request.write_policies) SINAN_CHECK(write_policies(fabric, snapshot, plans, request));
  collect(snapshot, plans, request, report);
  return report;
}

}  // namespace sinan::inventory
