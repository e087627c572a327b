// Tells what a query would do, without reading a row: what each scan hands down, and why the rest stays. Internal to data/fabric.
#pragma once

#include "data/fabric/engine.hpp"

namespace sinan::fabric {

// `connection` comes from session.connect(), after session.prepare(sql).
Result<Explanation> explain_query(const Shared& shared, const Session& session, duck::Connection& connection, std::string_view sql);

}  // namespace sinan::fabric
