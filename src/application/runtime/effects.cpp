#include "application/runtime/effects.hpp"

namespace sinan::runtime {
namespace {

sources::Value text(std::string value) {
  sources::Value out{Type{TypeId::kText}};
  out.text = std::move(value);
  return out;
}

sources::Value decimal(Decimal value) {
  sources::Value out{Type{TypeId::kDecimal, 18, Decimal::kScale}};
  out.decimal = value.raw();
  return out;
}

sources::Value time(std::optional<Instant> at) {
  sources::Value out{Type{TypeId::kTimestamp}};
  out.null = !at;
  if (at) out.integer = at->time_since_epoch().count();
  return out;
}

// A field of the order (docs/canonical-model.md), or a constant "=text".
Result<sources::Value> field(const decisions::Decision& decision, const Located<std::string>& name) {
  const std::string& f = name.value;
  if (f.starts_with('=')) return text(f.substr(1));
  if (f == "decision_id") return text(decision.id);
  if (f == "item_id") return text(decision.item_id);
  if (f == "location_id") return text(decision.location_id);
  if (f == "supplier_id") return text(decision.supplier_id);
  if (f == "quantity") return decimal(decision.quantity.amount);
  if (f == "unit") return text(decision.quantity.unit);
  if (f == "unit_price") return decimal(decision.unit_price);
  if (f == "amount") return decimal(decision.amount.amount);
  if (f == "currency") return text(decision.amount.currency);
  if (f == "ordered_at") return time(decision.decided_at ? decision.decided_at : decision.created_at);
  if (f == "expected_at") return time(decision.expected_at);
  if (f == "status") return text("open");
  return fail(ErrorCode::kInvalidInput, fmt::format("an order has no field '{}'; see docs/canonical-model.md", f), name.place.text());
}

}  // namespace

SourceEffects::SourceEffects(const std::vector<sources::SourceConfig>& configs, OpenSource open, std::filesystem::path outbox)
    : open_(std::move(open)), outbox_(std::move(outbox)) {
  for (const sources::SourceConfig& config : configs)
    for (const auto& [kind, write] : config.writes)
      targets_.try_emplace(kind, Target{&config, &write, write.table.value.empty() ? kind : write.table.value, nullptr, nullptr});
}

Result<decisions::Effect> SourceEffects::execute(const decisions::Decision& decision) {
  std::lock_guard lock(mutex_);
  auto target = targets_.find(decision.kind + "s");
  if (target == targets_.end()) return outbox_.execute(decision);
  auto effect = write(target->second, decision);
  if (!effect) {
    // A broken connection is not used again.
    target->second.writer.reset();
    target->second.source.reset();
  }
  return effect;
}

Result<decisions::Effect> SourceEffects::write(Target& target, const decisions::Decision& decision) {
  if (!target.writer) {
    SINAN_TRY(target.source, open_(*target.config, nullptr));
    target.writer = target.source->writer();
    if (!target.writer)
      return fail(ErrorCode::kUnsupported, "this kind of source cannot be written; remove its `writes:`", target.config->name);
    std::vector<std::string> columns;
    for (const auto& [column, name] : target.write->columns) columns.push_back(column);
    SINAN_CHECK(target.writer->check(target.table, target.write->idempotency_key.value, columns));
  }
  sources::WriteRequest request{target.table, target.write->idempotency_key.value, decision.id, {}};
  for (const auto& [column, name] : target.write->columns) {
    if (column == request.idempotency_column) continue;
    SINAN_TRY(auto value, field(decision, name));
    request.values.emplace_back(column, std::move(value));
  }
  SINAN_TRY(auto outcome, target.writer->write(request));
  return decisions::Effect{target.config->name,
                           fmt::format("{} where {} = '{}'", target.table, request.idempotency_column, request.idempotency_key),
                           outcome == sources::WriteOutcome::kAlreadyThere};
}

}  // namespace sinan::runtime
