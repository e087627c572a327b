#include "data/sources/source.hpp"

#include "data/sources/configured.hpp"
#include "data/sources/options.hpp"

namespace sinan::sources {

#define SINAN_CONNECTOR(name) \
  namespace name {            \
  ConnectorInfo info();       \
  }
#include "data/sources/connectors.inc"
#undef SINAN_CONNECTOR

const std::vector<ConnectorInfo>& connectors() {
  static const std::vector<ConnectorInfo> kConnectors{
#define SINAN_CONNECTOR(name) name::info(),
#include "data/sources/connectors.inc"
#undef SINAN_CONNECTOR
  };
  return kConnectors;
}

Pushdown Source::pushdown(const std::string&, const Filter&) const { return Pushdown::kNone; }

std::string Source::explain(const ScanRequest&) const { return {}; }

Result<Changes> Snapshot::changes(const ChangeOptions& options, const Position&, Position& next) {
  Changes out;
  SINAN_TRY(out.upserts, scan({options.table, options.columns, {}}));
  out.replaces_all = true;
  next.state = Json::object();
  return out;
}

Result<std::unique_ptr<Source>> open_source(const SourceConfig& config, const OpenContext& context) {
  for (const ConnectorInfo& connector : connectors()) {
    if (connector.kind != config.kind.value) continue;
    SINAN_TRY(auto inner, connector.open(config, context));
    return configured(std::move(inner), config);
  }
  std::vector<std::string> kinds;
  for (const ConnectorInfo& connector : connectors()) kinds.push_back(connector.kind);
  return fail(ErrorCode::kInvalidInput,
              fmt::format("unknown kind of source '{}': {}", config.kind.value, suggestion(config.kind.value, kinds)),
              config.kind.place.text());
}

}  // namespace sinan::sources
