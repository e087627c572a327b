#include "platform/storage/state_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "base/json.hpp"

namespace sinan::storage {

Status prepare_state_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return fail(ErrorCode::kPrecondition, "the state folder cannot be made: " + error.message() + "; check permissions, or use --state DIR",
                folder.string());
  std::filesystem::path file = folder / "version";
  int found = 0;
  if (std::ifstream in(file); in && in.peek() != std::ifstream::traits_type::eof()) {
    if (!(in >> found))
      return fail(ErrorCode::kCorrupt, "this says of which version the state is, and does not; restore a backup (sinan restore)",
                  file.string());
    if (found > kStateVersion)
      return fail(ErrorCode::kPrecondition,
                  fmt::format("the state was written by a newer Sinan (version {}, this one knows {}); use the newer program", found,
                              kStateVersion),
                  folder.string());
    return {};
  }
  errno = 0;
  std::ofstream out(file);
  out << kStateVersion << '\n';
  if (!out.flush())
    return fail(write_error_code(errno, ErrorCode::kPrecondition),
                "the state folder cannot be written; check permissions and space, or use --state DIR", folder.string());
  return {};
}

Status expect_store(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path store = folder / "state.db";
  if (std::filesystem::exists(store, error) && std::filesystem::file_size(store, error) > 0) return {};
  for (std::filesystem::directory_iterator it(folder / "heads", error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".json")
      return fail(ErrorCode::kCorrupt,
                  "the store of the state is gone or empty, with all that was decided; restore a backup (sinan restore)", store.string());
  return {};
}

namespace {

std::string holder_text(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  auto json = parse_json(text);
  if (!json || !json->is_object()) return "another process";
  return fmt::format("'{}' (process {}) since {}", json->value("purpose", "?"), json->value("pid", 0), json->value("since", "?"));
}

Status write_holder(int fd, const std::string& purpose) {
  std::string text = dump(Json{{"pid", ::getpid()}, {"purpose", purpose}, {"since", format_rfc3339(SystemClock().now())}}) + "\n";
  errno = ENOSPC;  // what a write that is short, and says no reason, means
  bool written = ::ftruncate(fd, 0) == 0 && ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  if (!written) return fail(write_error_code(errno, ErrorCode::kPrecondition), "the lock cannot be written; is the disk full?");
  return {};
}

bool is_same(int fd, const std::filesystem::path& file) {
  struct stat open{};
  struct stat there{};
  return ::fstat(fd, &open) == 0 && ::stat(file.c_str(), &there) == 0 && open.st_ino == there.st_ino && open.st_dev == there.st_dev;
}

}  // namespace

Result<StateLock> StateLock::acquire(const std::filesystem::path& folder, const std::string& purpose, const Clock& clock,
                                     std::chrono::seconds wait, const CancelToken* cancel) {
  std::filesystem::path file = folder / "lock";
  double deadline = clock.elapsed().count() + static_cast<double>(wait.count());
  while (true) {
    int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return fail(ErrorCode::kPrecondition, "the lock cannot be opened; check permissions", file.string());
    StateLock lock(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) {
      // A restore may have put another folder in this place meanwhile: that one's lock counts.
      if (!is_same(fd, file)) continue;
      SINAN_CHECK(write_holder(fd, purpose));
      return lock;
    }
    if (cancel) SINAN_CHECK(cancel->check());
    if (clock.elapsed().count() >= deadline)
      return fail(ErrorCode::kUnavailable, fmt::format("the workspace is in use by {}; wait for it, or stop it", holder_text(file)),
                  file.string());
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
}

StateLock::StateLock(StateLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
StateLock& StateLock::operator=(StateLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
StateLock::~StateLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace sinan::storage
