#include "platform/storage/backup.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <set>

#include "base/json.hpp"
#include "base/kill_point.hpp"
#include "platform/secrets/secrets.hpp"
#include "platform/storage/state_folder.hpp"

namespace sinan::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStoreFile = "state.db";
constexpr std::string_view kListFile = "backup.json";
constexpr std::string_view kPartial = ".partial-";

std::unexpected<Error> disk_error(std::string_view what, const fs::path& path, int error_number) {
  return fail(write_error_code(error_number, ErrorCode::kPrecondition),
              fmt::format("{}: {}; check space and permissions, then run again", what, std::strerror(error_number)), path.string());
}

Status make_durable(const fs::path& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  int rc = fd < 0 ? -1 : ::fsync(fd);
  int why = errno;
  if (fd >= 0) ::close(fd);
  if (rc != 0) return disk_error("the copy cannot be made durable", path, why);
  return {};
}

Result<std::string> hash_of(const fs::path& file) {
  std::error_code error;
  std::uintmax_t size = fs::file_size(file, error);
  int fd = error ? -1 : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(ErrorCode::kCorrupt, "the file cannot be read", file.string());
  std::string out;
  if (size == 0) {
    out = secrets::sha256("");
  } else if (void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0); bytes != MAP_FAILED) {
    ::madvise(bytes, size, MADV_SEQUENTIAL);
    out = secrets::sha256({static_cast<const char*>(bytes), size});
    ::munmap(bytes, size);
  }
  ::close(fd);
  if (out.empty()) return fail(ErrorCode::kCorrupt, "the file cannot be read", file.string());
  return out;
}

// What belongs to one process's work in hand, and what is copied by SQLite itself.
bool left_out(const fs::path& relative) {
  std::string text = relative.generic_string();
  return text == "lock" || text.starts_with(kStoreFile) || text == kListFile || text.starts_with("tmp/") || text.starts_with("trial/") ||
         text.starts_with("lake/tmp/");
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->is_regular_file(error) && !it->is_symlink(error)) out.push_back(it->path().lexically_relative(folder));
  std::sort(out.begin(), out.end());
  return out;
}

bool in_lake(const fs::path& relative) { return relative.generic_string().starts_with("lake/"); }

// Copies the files that `wanted` takes, or links them. One that is gone meanwhile was not part of the state.
Status copy_files(const fs::path& from, const fs::path& to, const CancelToken* cancel, const std::function<bool(const fs::path&)>& wanted,
                  bool link = false) {
  for (const fs::path& relative : files_below(from)) {
    if (!wanted(relative)) continue;
    if (cancel) SINAN_CHECK(cancel->check());
    std::error_code error;
    fs::create_directories((to / relative).parent_path(), error);
    if (link) {
      fs::create_hard_link(from / relative, to / relative, error);
      if (!error) continue;
      error.clear();  // over file systems, or where there are no links
    }
    if (!error) fs::copy_file(from / relative, to / relative, error);
    if (error == std::errc::no_such_file_or_directory && !fs::exists(from / relative)) continue;
    if (error) return disk_error("the file cannot be copied", to / relative, error.value());
  }
  return {};
}

// While the write transaction is open nobody commits, so that the store and the small files beside it (keys, heads of chains) are of one
// moment, or as a crash at that moment would leave them. The lake's files never change, and nothing removes any under the lock.
Status copy_state(const fs::path& folder, Store& store, const fs::path& to, const CancelToken* cancel, bool link_lake) {
  SINAN_CHECK(store.transact([&](Session&) -> Status {
    SINAN_CHECK(store.backup(to / kStoreFile));
    return copy_files(folder, to, cancel, [&](const fs::path& file) { return !left_out(file) && !in_lake(file); });
  }));
  return copy_files(folder, to, cancel, [&](const fs::path& file) { return !left_out(file) && in_lake(file); }, link_lake);
}

// Permissions of folders, and everything down to the disk.
Status settle(const fs::path& from, const fs::path& to) {
  std::error_code error;
  std::vector<fs::path> folders{to};
  for (fs::recursive_directory_iterator it(to, error), end; !error && it != end; it.increment(error)) {
    if (!it->is_directory(error)) SINAN_CHECK(make_durable(it->path()));
    if (!it->is_directory(error)) continue;
    fs::path original = from / it->path().lexically_relative(to);
    if (fs::exists(original, error)) fs::permissions(it->path(), fs::status(original, error).permissions(), error);
    folders.push_back(it->path());
  }
  for (const fs::path& folder : folders) SINAN_CHECK(make_durable(folder));
  return {};
}

// A folder in the making beside `target`; removed unless it took its place.
class Draft {
 public:
  explicit Draft(const fs::path& target) : path_(target.string() + std::string(kPartial) + secrets::random_token(6)) {}
  ~Draft() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  const fs::path& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  fs::path path_;
};

fs::path trimmed(const fs::path& path) {
  fs::path absolute = fs::absolute(path).lexically_normal();
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

Result<BackupInfo> write_list(const fs::path& folder, const Clock& clock, const std::string& company) {
  BackupInfo info{company, clock.now(), kStateVersion, 0, 0};
  Json files = Json::array();
  for (const fs::path& relative : files_below(folder)) {
    SINAN_TRY(std::string hash, hash_of(folder / relative));
    std::error_code error;
    auto bytes = static_cast<std::int64_t>(fs::file_size(folder / relative, error));
    files.push_back(Json{{"path", relative.generic_string()}, {"bytes", bytes}, {"sha256", hash}});
    ++info.files;
    info.bytes += bytes;
  }
  std::ofstream out(folder / kListFile);
  out << dump(Json{{"state_version", info.state_version},
                   {"company", company},
                   {"created_at", format_rfc3339(info.created_at)},
                   {"files", files}})
      << '\n';
  if (!out.flush()) return disk_error("the list of files cannot be written", folder / kListFile, errno);
  return info;
}

Result<Json> read_list(const fs::path& backup) {
  std::ifstream in(backup / kListFile);
  if (!in) return fail(ErrorCode::kNotFound, "there is no backup here (it would hold a backup.json)", backup.string());
  std::string text((std::istreambuf_iterator<char>(in)), {});
  auto list = parse_json(text);
  bool good = list && list->is_object() && list->value("files", Json()).is_array() && list->value("state_version", Json()).is_number();
  if (!good)
    return fail(ErrorCode::kCorrupt, "the list of the backup's files is damaged; use another backup", (backup / kListFile).string());
  return std::move(*list);
}

}  // namespace

Result<BackupInfo> backup_state(const fs::path& folder, Store& store, const fs::path& target, const Clock& clock, const CancelToken* cancel,
                                const std::string& company) {
  fs::path place = trimmed(target);
  std::error_code error;
  if (fs::exists(place, error))
    return fail(ErrorCode::kConflict, "there is something here already; name a folder that does not exist yet", place.string());
  SINAN_TRY(auto lock, StateLock::acquire(folder, "back up", clock, std::chrono::seconds{0}, cancel));
  Draft draft(place);
  fs::create_directories(draft.path(), error);
  if (!error) fs::permissions(draft.path(), fs::perms::owner_all, error);
  if (error) return disk_error("the backup's folder cannot be made", draft.path(), error.value());
  SINAN_CHECK(copy_state(folder, store, draft.path(), cancel, false));
  SINAN_TRY(BackupInfo info, write_list(draft.path(), clock, company));
  SINAN_CHECK(settle(folder, draft.path()));
  fs::rename(draft.path(), place, error);
  if (error) return disk_error("the backup cannot be put in its place", place, error.value());
  draft.keep();
  SINAN_CHECK(make_durable(place.parent_path()));
  return info;
}

Result<BackupInfo> check_backup(const fs::path& backup, const CancelToken* cancel) {
  SINAN_TRY(Json list, read_list(backup));
  BackupInfo info;
  info.state_version = list["state_version"].get<int>();
  if (info.state_version > kStateVersion)
    return fail(ErrorCode::kPrecondition,
                fmt::format("the backup is of a newer Sinan (version {}, this one knows {}); use the newer program", info.state_version,
                            kStateVersion),
                backup.string());
  SINAN_TRY(info.created_at, parse_instant(list.value("created_at", "")));
  info.company = list.value("company", "");
  for (const Json& file : list["files"]) {
    if (cancel) SINAN_CHECK(cancel->check());
    std::string name = file.value("path", "");
    fs::path relative(name);
    bool inside =
        !name.empty() && relative.is_relative() && name == relative.lexically_normal().generic_string() && !name.starts_with("..");
    if (!inside) return fail(ErrorCode::kCorrupt, "the backup lists a path outside its folder", name);
    auto hash = hash_of(backup / relative);
    if (!hash || *hash != file.value("sha256", ""))
      return fail(ErrorCode::kCorrupt,
                  hash ? "a file of the backup was changed; use another backup" : "a file of the backup is missing; use another backup",
                  (backup / relative).string());
    ++info.files;
    info.bytes += file.value("bytes", std::int64_t{0});
  }
  return info;
}

namespace {

std::string stamp(Instant at) {
  std::string text = format_rfc3339(at).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

// A name beside `folder` for the state that was there.
fs::path place_for_previous(const fs::path& folder, const Clock& clock) {
  fs::path out = folder.string() + ".before-restore-" + stamp(clock.now());
  std::error_code error;
  if (fs::exists(out, error)) out += "-" + secrets::random_token(4);
  return out;
}

// Puts away what a restore that crashed left beside `folder`. Only under the state's lock: no other restore is at work. A copy in the
// making has the list of its files from first to last; what has none was the state until then.
void clear_up(const fs::path& folder, const Clock& clock) {
  std::error_code error;
  std::vector<fs::path> left;
  std::string start = folder.filename().string() + std::string(kPartial);
  for (fs::directory_iterator it(folder.parent_path(), error), end; !error && it != end; it.increment(error))
    if (it->path().filename().string().starts_with(start)) left.push_back(it->path());
  for (const fs::path& path : left) {
    if (fs::exists(path / kListFile, error) || fs::is_empty(path, error))
      fs::remove_all(path, error);
    else
      fs::rename(path, place_for_previous(folder, clock), error);
  }
}

// `draft` takes the place of `folder` in one step; returns where the old state lies now.
Result<fs::path> swap_in(Draft& draft, const fs::path& folder, const Clock& clock) {
  kill_point("state.restore.before_swap");
  std::error_code error;
  fs::remove(draft.path() / kListFile, error);
  if (::renameat2(AT_FDCWD, draft.path().c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) != 0)
    return disk_error("the restored state cannot be put in its place", folder, errno);
  fs::path old = draft.path();
  draft.keep();
  kill_point("state.restore.swapped");
  fs::path previous = place_for_previous(folder, clock);
  fs::rename(old, previous, error);
  return error ? old : previous;
}

}  // namespace

Result<RestoreInfo> restore_state(const fs::path& backup, const fs::path& folder, const Clock& clock, const CancelToken* cancel,
                                  const PrepareRestored& prepare) {
  fs::path place = trimmed(folder);
  SINAN_TRY(Json list, read_list(backup));
  SINAN_CHECK(check_backup(backup, cancel));
  std::error_code error;
  fs::create_directories(place, error);
  if (error) return disk_error("the state folder cannot be made", place, error.value());
  bool was_empty = fs::is_empty(place, error);
  SINAN_TRY(auto lock, StateLock::acquire(place, "restore", clock, std::chrono::seconds{0}, cancel));
  SINAN_CHECK(Store::unused(place / kStoreFile));
  clear_up(place, clock);
  Draft draft(place);
  fs::create_directories(draft.path(), error);
  if (!error) fs::copy_file(backup / kListFile, draft.path() / kListFile, error);
  if (error) return disk_error("the file cannot be copied", draft.path() / kListFile, error.value());
  std::set<std::string> wanted;
  for (const Json& file : list["files"]) wanted.insert(file.value("path", ""));
  SINAN_CHECK(copy_files(backup, draft.path(), cancel, [&](const fs::path& file) { return wanted.contains(file.generic_string()); }));
  RestoreInfo info;
  // Proved once more, as it lies here now.
  SINAN_TRY(info.backup, check_backup(draft.path(), cancel));
  if (prepare) SINAN_CHECK(prepare(draft.path(), info.backup));
  SINAN_CHECK(settle(backup, draft.path()));
  SINAN_TRY(info.previous, swap_in(draft, place, clock));
  SINAN_CHECK(make_durable(place.parent_path()));
  if (was_empty) {
    fs::remove_all(info.previous, error);
    info.previous.clear();
  }
  return info;
}

Result<TrialState> TrialState::make(const fs::path& folder, Store& store, const CancelToken* cancel) {
  const fs::path place = trimmed(folder);
  std::error_code error;
  fs::remove_all(place / "trial", error);
  TrialState out(place / "trial" / secrets::random_token(6));
  fs::create_directories(out.path_, error);
  if (!error) fs::permissions(out.path_, fs::perms::owner_all, error);
  if (error) return disk_error("the folder of the trial cannot be made", out.path_, error.value());
  SINAN_CHECK(copy_state(place, store, out.path_, cancel, true));
  return out;
}

TrialState::~TrialState() {
  std::error_code error;
  if (!path_.empty()) fs::remove_all(path_.parent_path(), error);
}

}  // namespace sinan::storage
