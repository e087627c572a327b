#include "operations/reports/archive.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace sinan::reports {
namespace {

Error write_error(const std::filesystem::path& file, int number) {
  ErrorCode code = write_error_code(number, ErrorCode::kPrecondition);
  std::string_view way_out = code == ErrorCode::kDiskFull ? "; make room on the disk" : "";
  return Error{code, fmt::format("the report cannot be written: {}{}", std::strerror(number), way_out), file.string()};
}

Status write_durably(const std::filesystem::path& file, const std::string& text) {
  int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(write_error(file, errno));
  std::size_t written = 0;
  int failure = 0;
  while (written < text.size() && failure == 0) {
    ssize_t size = ::write(descriptor, text.data() + written, text.size() - written);
    if (size < 0 && errno != EINTR) failure = errno;
    if (size > 0) written += static_cast<std::size_t>(size);
  }
  if (failure == 0 && ::fsync(descriptor) != 0) failure = errno;
  ::close(descriptor);
  if (failure != 0) return fail(write_error(file, failure));
  return {};
}

}  // namespace

Result<std::filesystem::path> Archive::save(Date day, const std::string& html) const {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return fail(ErrorCode::kPrecondition, "the folder of reports cannot be made: " + error.message(), folder_.string());
  std::filesystem::path target = file(day);
  std::filesystem::path partial = target.string() + fmt::format(".{}.partial", ::getpid());
  if (Status written = write_durably(partial, html); !written) {
    std::filesystem::remove(partial, error);
    return std::unexpected(std::move(written).error());
  }
  std::filesystem::rename(partial, target, error);
  if (error) return fail(ErrorCode::kPrecondition, "the report cannot be put in its place: " + error.message(), target.string());
  return target;
}

Result<std::vector<Date>> Archive::days() const {
  std::vector<Date> out;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(folder_, error); !error && it != std::filesystem::directory_iterator();
       it.increment(error)) {
    if (it->path().extension() != ".html") continue;
    if (auto day = parse_date(it->path().stem().string())) out.push_back(*day);
  }
  std::sort(out.rbegin(), out.rend());
  return out;
}

Result<std::string> Archive::read(Date day) const {
  std::ifstream in(file(day), std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (in) return std::move(text).str();
  SINAN_TRY(std::vector<Date> all, days());
  if (all.empty()) return fail(ErrorCode::kNotFound, "no report has been written yet; `sinan run` writes the first");
  std::string newest;
  for (std::size_t i = 0; i < std::min<std::size_t>(all.size(), 3); ++i) newest += (i > 0 ? ", " : "") + format_date(all[i]);
  return fail(ErrorCode::kNotFound, fmt::format("there is no report of {}; the newest are of {}", format_date(day), newest));
}

Result<std::string> Archive::latest() const {
  SINAN_TRY(std::vector<Date> all, days());
  return read(all.empty() ? Date{} : all.front());
}

}  // namespace sinan::reports
