#include "platform/secrets/secrets.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sinan::secrets {
namespace {

constexpr std::size_t kKeyBytes = 32;

void ready() {
  static const int kStarted = sodium_init();
  if (kStarted < 0) broken("libsodium starts");
}

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string out(size * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), bytes, size);
  out.pop_back();
  return out;
}

const unsigned char* data(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<std::string> read_key(const std::filesystem::path& file) {
  Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return fail(ErrorCode::kNotFound, "the key file cannot be opened", file.string());
  struct stat status{};
  ::fstat(fd.get(), &status);
  if ((status.st_mode & 077U) != 0) return fail(ErrorCode::kCorrupt, "the key file is open to others; run chmod 600 on it", file.string());
  std::string key(kKeyBytes + 1, '\0');
  ssize_t got = ::read(fd.get(), key.data(), key.size());
  if (got != static_cast<ssize_t>(kKeyBytes))
    return fail(ErrorCode::kCorrupt, fmt::format("the key file does not hold {} bytes; restore it from a backup", kKeyBytes),
                file.string());
  key.resize(kKeyBytes);
  return key;
}

Status write_key(const std::filesystem::path& file, std::string_view key) {
  std::filesystem::path draft = file.string() + "." + random_token(8);
  Descriptor fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  auto failed = [&](int why) {
    return fail(write_error_code(why, ErrorCode::kUnavailable), "the key file cannot be written", file.string());
  };
  if (fd.get() < 0) return failed(errno);
  bool written = ::write(fd.get(), key.data(), key.size()) == static_cast<ssize_t>(key.size()) && ::fsync(fd.get()) == 0;
  // link, not rename: of two processes that make the key at once, the first one wins.
  bool linked = written && (::link(draft.c_str(), file.c_str()) == 0 || errno == EEXIST);
  int why = errno;
  ::unlink(draft.c_str());
  if (!linked) return failed(why);
  Descriptor folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return failed(errno);
  return {};
}

}  // namespace

std::string sha256(std::string_view bytes) {
  ready();
  unsigned char out[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(out, data(bytes), bytes.size());
  return hex(out, sizeof out);
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  ready();
  crypto_auth_hmacsha256_state state;
  unsigned char out[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_init(&state, data(key), key.size());
  crypto_auth_hmacsha256_update(&state, data(bytes), bytes.size());
  crypto_auth_hmacsha256_final(&state, out);
  sodium_memzero(&state, sizeof state);
  return hex(out, sizeof out);
}

std::string random_token(std::size_t bytes) {
  ready();
  std::vector<unsigned char> out(bytes);
  randombytes_buf(out.data(), out.size());
  return hex(out.data(), out.size());
}

bool equal(std::string_view a, std::string_view b) {
  ready();
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<std::string> key_file(const std::filesystem::path& file) {
  ready();
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  if (!std::filesystem::exists(file, error)) {
    std::string key(kKeyBytes, '\0');
    randombytes_buf(key.data(), key.size());
    SINAN_CHECK(write_key(file, key));
  }
  return read_key(file);
}

}  // namespace sinan::secrets
