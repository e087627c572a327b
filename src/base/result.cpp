#include "base/result.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>

namespace sinan {

const ErrorCodeInfo& info(ErrorCode code) {
  static constexpr std::array<ErrorCodeInfo, 14> kTable{{
      {"invalid_input", 400, 2, false},
      {"not_found", 404, 2, false},
      {"conflict", 409, 2, false},
      {"denied", 403, 2, false},
      {"unauthenticated", 401, 2, false},
      {"precondition", 412, 2, false},
      {"limit", 413, 2, false},
      {"disk_full", 507, 3, false},
      {"unavailable", 503, 3, true},
      {"timeout", 504, 3, true},
      {"cancelled", 499, 130, false},
      {"corrupt", 500, 2, false},
      {"unsupported", 422, 2, false},
      {"internal", 500, 70, false},
  }};
  return kTable[static_cast<std::size_t>(code)];
}

ErrorCode write_error_code(int error_number, ErrorCode otherwise) {
  return error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG ? ErrorCode::kDiskFull : otherwise;
}

std::string Error::text() const {
  std::string out = place.empty() ? message : place + ": " + message;
  if (cause) out += ": " + cause->text();
  return out;
}

Error Error::within(std::string outer_message, std::string outer_place) && {
  ErrorCode outer_code = code;
  return Error{outer_code, std::move(outer_message), std::move(outer_place), std::make_shared<const Error>(std::move(*this))};
}

void broken(std::string_view invariant) { throw std::logic_error("broken invariant: " + std::string(invariant)); }

}  // namespace sinan
