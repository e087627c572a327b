// Writes rows into PostgreSQL, once per idempotency key.
#pragma once

#include "data/sources/postgres/catalogue.hpp"

namespace sinan::sources::postgres {

std::unique_ptr<Writer> open_writer(const SourceConfig& config, const Login& login, const OpenContext& context, const Zone& zone);

}  // namespace sinan::sources::postgres
