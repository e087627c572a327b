// How an approved decision becomes an effect outside: the seam that the runtime fills with the sources' writers, and the outbox for
// systems that cannot be written.
#pragma once

#include "base/cancel.hpp"
#include "operations/decisions/decision.hpp"

namespace sinan::decisions {

struct Effect {
  std::string system;          // "erp", "outbox"
  std::string reference;       // "purchase_orders where decision_key = …", a file's name
  bool already_there = false;  // an earlier attempt had done it
};

// Must be idempotent: a decision that took effect before (same id) is answered with already_there, never done twice.
// Returns only when the effect is durable over there. Errors whose code may be retried, and all others, leave the decision `failed`;
// the next run tries again.
class EffectExecutor {
 public:
  virtual ~EffectExecutor() = default;
  virtual Result<Effect> execute(const Decision& decision) = 0;
};

// Writes one CSV file per decision to a folder, `<kind>-<id>.csv`: complete or not there at all, never twice, also not when the file has
// been moved to the folder's `taken/`. Cells that a spreadsheet would run as a formula are preceded by an apostrophe.
class Outbox final : public EffectExecutor {
 public:
  explicit Outbox(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<Effect> execute(const Decision& decision) override;

 private:
  std::filesystem::path folder_;
};

// A CSV cell as RFC 4180 quotes it, harmless to spreadsheets.
std::string csv_cell(std::string_view text);

}  // namespace sinan::decisions
