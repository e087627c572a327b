// Carries decisions out: those about forecast models in the registry, all others where orders go.
#pragma once

#include "operations/decisions/effect.hpp"
#include "operations/models/proposals.hpp"

namespace sinan::runtime {

class ModelEffects final : public decisions::EffectExecutor {
 public:
  // Both outlive it.
  ModelEffects(models::Registry& registry, decisions::EffectExecutor& others) : registry_(registry), others_(others) {}
  Result<decisions::Effect> execute(const decisions::Decision& decision) override {
    return models::is_about_models(decision) ? models::carry_out(registry_, decision) : others_.execute(decision);
  }

 private:
  models::Registry& registry_;
  decisions::EffectExecutor& others_;
};

}  // namespace sinan::runtime
