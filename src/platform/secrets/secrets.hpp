// Hashes, keys and random tokens, by libsodium. All functions are thread-safe.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sinan::secrets {

// SHA-256 (FIPS 180-4), as 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

// HMAC-SHA-256 (RFC 2104) under a key of any length, as 64 lower-case hexadecimal digits.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

// `bytes` random bytes as lower-case hexadecimal digits.
std::string random_token(std::size_t bytes = 32);

// Equal, in a time that depends on the lengths only.
bool equal(std::string_view a, std::string_view b);

// The 32-byte key kept in `file`, made at the first use with mode 0600 and made durable before it is returned. A file that is damaged or
// readable by others is kCorrupt: a new key in its place would make everything signed with the old one look forged.
Result<std::string> key_file(const std::filesystem::path& file);

}  // namespace sinan::secrets
