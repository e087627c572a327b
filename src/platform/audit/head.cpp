#include "platform/audit/head.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "base/json.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::audit {
namespace {

Json to_json(const ChainEnd& end) { return Json{{"hash", end.hash}, {"seq", end.seq}}; }

std::optional<ChainEnd> end_from(const Json& json) {
  if (!json.is_object() || !json.contains("seq") || !json["seq"].is_number_integer() || !json.contains("hash") || !json["hash"].is_string())
    return std::nullopt;
  return ChainEnd{json["seq"].get<std::int64_t>(), json["hash"].get<std::string>()};
}

std::string mac_of(const Json& body, std::string_view key) { return secrets::hmac_sha256(key, "head " + canonical(body)); }

std::unexpected<Error> damaged(const std::filesystem::path& file) {
  return fail(ErrorCode::kCorrupt, "the head of the chain is not what was written; restore the state folder from a backup",
              file.filename().string());
}

std::unexpected<Error> io_error(std::string_view what, const std::filesystem::path& file) {
  ErrorCode code = write_error_code(errno, ErrorCode::kUnavailable);
  return fail(code, fmt::format("cannot {} the head of a chain: {}", what, std::strerror(errno)), file.string());
}

Status sync_folder(const std::filesystem::path& folder) {
  int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return io_error("open the folder of", folder);
  int outcome = ::fsync(fd);
  ::close(fd);
  if (outcome != 0) return io_error("keep", folder);
  return {};
}

Status write_synced(const std::filesystem::path& file, std::string_view text) {
  int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return io_error("write", file);
  while (!text.empty()) {
    ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      Status status = io_error("write", file);
      ::close(fd);
      return status;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  int outcome = ::fsync(fd);
  ::close(fd);
  if (outcome != 0) return io_error("keep", file);
  return {};
}

Result<std::optional<std::string>> read_text(const std::filesystem::path& file) {
  int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::nullopt;
  if (fd < 0) return io_error("read", file);
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || text.size() > 65'536) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(fd);
  return text;
}

}  // namespace

Result<std::optional<Head>> read_head(const std::filesystem::path& file, std::string_view chain, std::string_view key) {
  SINAN_TRY(std::optional<std::string> text, read_text(file));
  if (!text) return std::nullopt;
  Result<Json> json = parse_json(*text);
  if (!json || !json->is_object() || !json->contains("mac") || !(*json)["mac"].is_string()) return damaged(file);
  std::string mac = (*json)["mac"].get<std::string>();
  json->erase("mac");
  if (!secrets::equal(mac, mac_of(*json, key)) || json->value("chain", "") != chain || !json->contains("last")) return damaged(file);
  std::optional<ChainEnd> last = end_from((*json)["last"]);
  if (!last) return damaged(file);
  Head head{*last, std::nullopt};
  if (json->contains("next")) head.next = end_from((*json)["next"]);
  return head;
}

Status write_head(const std::filesystem::path& file, std::string_view chain, const Head& head, std::string_view key) {
  Json json{{"chain", chain}, {"last", to_json(head.last)}};
  if (head.next) json["next"] = to_json(*head.next);
  json["mac"] = mac_of(json, key);
  std::filesystem::path fresh = file;
  fresh += ".new";
  SINAN_CHECK(write_synced(fresh, dump(json) + "\n"));
  if (std::rename(fresh.c_str(), file.c_str()) != 0) return io_error("put in place", file);
  return sync_folder(file.parent_path());
}

}  // namespace sinan::audit
