// The outbox: orders as CSV files, for systems that cannot be written.
#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "operations/decisions/effect.hpp"

namespace sinan::decisions {
namespace {

std::unexpected<Error> io_error(std::string_view what, const std::filesystem::path& path) {
  ErrorCode code = write_error_code(errno, ErrorCode::kUnavailable);
  return fail(code, fmt::format("cannot {} a file of the outbox: {}", what, std::strerror(errno)), path.string());
}

std::string file_name(const Decision& decision) {
  std::string out = decision.kind + "-" + decision.id + ".csv";
  for (char& c : out)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') c = '_';
  return out;
}

std::string csv_of(const Decision& d) {
  const std::vector<std::pair<std::string_view, std::string>> cells{
      {"decision_id", d.id},
      {"kind", d.kind},
      {"item_id", d.item_id},
      {"location_id", d.location_id},
      {"from_location_id", d.from_location_id},
      {"supplier_id", d.supplier_id},
      {"quantity", d.quantity.amount.text()},
      {"unit", d.quantity.unit},
      {"unit_price", d.unit_price.text(2)},
      {"amount", d.amount.amount.text(2)},
      {"currency", d.amount.currency},
      {"ordered_at", d.decided_at ? format_rfc3339(*d.decided_at) : ""},
      {"expected_at", d.expected_at ? format_rfc3339(*d.expected_at) : ""},
      {"approved_by", d.approver},
  };
  std::string head;
  std::string row;
  for (const auto& [column, value] : cells) {
    head += fmt::format("{}{}", head.empty() ? "" : ",", column);
    row += fmt::format("{}{}", column == "decision_id" ? "" : ",", csv_cell(value));
  }
  return head + "\r\n" + row + "\r\n";
}

Status keep(int fd, const std::filesystem::path& path) {
  int outcome = ::fsync(fd);
  ::close(fd);
  if (outcome != 0) return io_error("keep", path);
  return {};
}

Status write_file(const std::filesystem::path& path, std::string_view text) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return io_error("make", path);
  while (!text.empty()) {
    ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      Status status = io_error("write", path);
      ::close(fd);
      return status;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return keep(fd, path);
}

}  // namespace

std::string csv_cell(std::string_view text) {
  std::string out;
  bool number = !text.empty() && (text[0] == '-' || text[0] == '+') && text.size() > 1 &&
                text.find_first_not_of("0123456789.", 1) == std::string_view::npos;
  if (!text.empty() && std::string_view("=+-@\t\r\n|%").find(text[0]) != std::string_view::npos && !number) out = "'";
  out += text;
  if (out.find_first_of(",\"\r\n\t;") == std::string::npos) return out;
  std::string quoted = "\"";
  for (char c : out) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

Result<Effect> Outbox::execute(const Decision& decision) {
  std::error_code error;
  std::filesystem::create_directories(folder_ / "taken", error);
  if (error) return fail(ErrorCode::kUnavailable, fmt::format("cannot make the outbox: {}", error.message()), folder_.string());
  std::string file = file_name(decision);
  if (std::filesystem::exists(folder_ / file, error) || std::filesystem::exists(folder_ / "taken" / file, error))
    return Effect{"outbox", file, true};
  std::filesystem::path fresh = folder_ / fmt::format(".{}.{}", file, ::getpid());
  SINAN_CHECK(write_file(fresh, csv_of(decision)));
  // link() fails when the name is taken, unlike rename(): of two writers one wins, and the file is there complete or not at all.
  int linked = ::link(fresh.c_str(), (folder_ / file).c_str());
  int why = errno;
  ::unlink(fresh.c_str());
  errno = why;
  if (linked != 0 && errno == EEXIST) return Effect{"outbox", file, true};
  if (linked != 0) return io_error("put in place", folder_ / file);
  int fd = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return io_error("open the folder of", folder_);
  SINAN_CHECK(keep(fd, folder_));
  return Effect{"outbox", file, false};
}

}  // namespace sinan::decisions
