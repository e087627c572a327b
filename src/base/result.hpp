// What a function that can fail returns: a value, or an Error that says what was wrong, where, and the way out.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sinan {

// A code says what the caller can do about it; the table in result.cpp gives wire name, HTTP status, exit code and whether to retry.
enum class ErrorCode : std::uint8_t {
  kInvalidInput,     // what a person wrote or a file holds is wrong: mend it
  kNotFound,         // no such thing: check the name
  kConflict,         // exists already, or changed meanwhile: read again
  kDenied,           // policy says no
  kUnauthenticated,  // who are you?
  kPrecondition,     // the system is not in the state that this needs
  kLimit,            // a limit was hit; the message names the limit and its setting
  kDiskFull,         // no room is left where something is kept: make room, then again
  kUnavailable,      // another system is down: retry
  kTimeout,          // took too long: retry
  kCancelled,        // somebody asked to stop
  kCorrupt,          // stored data fails its checks
  kUnsupported,      // known, but not possible here
  kInternal,         // our bug
};

struct ErrorCodeInfo {
  std::string_view name;  // on the wire: "invalid_input"
  int http_status;
  int exit_code;  // of the command line
  bool retry;     // the same call may succeed later
};

const ErrorCodeInfo& info(ErrorCode code);

// The code of a write that failed with `error_number` (errno): kDiskFull where no room was left (ENOSPC, EDQUOT, EFBIG), else `otherwise`.
ErrorCode write_error_code(int error_number, ErrorCode otherwise);

// An error. `message`: fixed text first, values last, then the way out. `place`: "file:line:column" for what a person wrote,
// else a table, key or address; may be empty. Cheap to move; copies share the cause.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string place = {};
  std::shared_ptr<const Error> cause = {};

  // "place: message: cause", for people.
  std::string text() const;

  // This error as the cause of one with `outer_message`; code is kept.
  Error within(std::string outer_message, std::string outer_place = {}) &&;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::string place = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(place), nullptr});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

// A broken invariant of ours: caught at request, task and command level only, logged and counted.
[[noreturn]] void broken(std::string_view invariant);

#define SINAN_CONCAT_INNER(a, b) a##b
#define SINAN_CONCAT(a, b) SINAN_CONCAT_INNER(a, b)

// SINAN_TRY(auto x, f()); declares x from the value of f(), or returns its error.
#define SINAN_TRY(declaration, ...)                                                                                             \
  auto SINAN_CONCAT(sinan_result_, __LINE__) = (__VA_ARGS__);                                                                   \
  if (!SINAN_CONCAT(sinan_result_, __LINE__)) return std::unexpected(std::move(SINAN_CONCAT(sinan_result_, __LINE__)).error()); \
  declaration = std::move(*SINAN_CONCAT(sinan_result_, __LINE__))

// SINAN_CHECK(f()); for a Status: returns its error.
#define SINAN_CHECK(...)                                                                                           \
  do {                                                                                                             \
    if (auto sinan_status = (__VA_ARGS__); !sinan_status) return std::unexpected(std::move(sinan_status).error()); \
  } while (false)

}  // namespace sinan
