// Carries decisions out: writes orders into the table of the source that takes them, or into the outbox when none does.
#pragma once

#include "data/sources/source.hpp"
#include "operations/decisions/effect.hpp"

namespace sinan::runtime {

using OpenSource = std::function<Result<std::unique_ptr<sources::Source>>(const sources::SourceConfig&, const CancelToken*)>;

class SourceEffects final : public decisions::EffectExecutor {
 public:
  // `configs` outlive it. Several sources that take the same kind: the first by name does.
  SourceEffects(const std::vector<sources::SourceConfig>& configs, OpenSource open, std::filesystem::path outbox);
  Result<decisions::Effect> execute(const decisions::Decision& decision) override;

 private:
  struct Target {
    const sources::SourceConfig* config;
    const sources::SourceConfig::Write* write;
    std::string table;
    std::unique_ptr<sources::Source> source;  // opened at the first order, dropped after a failure
    std::unique_ptr<sources::Writer> writer;
  };
  Result<decisions::Effect> write(Target& target, const decisions::Decision& decision);

  OpenSource open_;
  decisions::Outbox outbox_;
  std::mutex mutex_;
  std::map<std::string, Target> targets_;  // by kind in `writes:`, "purchase_orders"
};

}  // namespace sinan::runtime
