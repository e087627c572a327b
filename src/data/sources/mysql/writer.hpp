// Writes rows into MariaDB or MySQL, once per idempotency key.
#pragma once

#include "data/sources/mysql/catalogue.hpp"

namespace sinan::sources::mysql {

std::unique_ptr<Writer> open_writer(const SourceConfig& config, const Login& login, const OpenContext& context, const Zone& zone);

}  // namespace sinan::sources::mysql
