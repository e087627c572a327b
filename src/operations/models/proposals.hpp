// What follows from tests and alarms: decisions about models, for the automation boundary to judge.
//
// Kind "model_change": a challenger that a test called better takes over from the next cycle on; kind "model_review": the version in use,
// whose forecasts have become worse, is measured anew, and watched from there. The topic of both is the version.
#pragma once

#include "operations/decisions/decisions.hpp"
#include "operations/models/registry.hpp"

namespace sinan::models {

// None for what has been proposed and answered since, or still waits. At most one change, of the largest gain.
Result<std::vector<decisions::Proposal>> proposals(const Registry& registry, const decisions::Decisions& decisions);

// What approval does; `already_there` when that decision did it before.
Result<decisions::Effect> carry_out(Registry& registry, const decisions::Decision& decision);
bool is_about_models(const decisions::Decision& decision);

// "m1a2b3c4d5e6 (recent)", and words for a class of demand.
std::string title_of(const ModelVersion& version);
decisions::Text class_words(const std::string& demand_class);

}  // namespace sinan::models
