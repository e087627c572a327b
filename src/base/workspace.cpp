#include "base/workspace.hpp"

#include <fstream>
#include <sstream>

#include "base/text.hpp"

namespace sinan {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 4 << 20;
constexpr std::size_t kMaxFiles = 10'000;

Result<std::string> read_text(const std::filesystem::path& path, const std::string& shown) {
  std::error_code error;
  auto size = std::filesystem::file_size(path, error);
  if (error) return fail(ErrorCode::kInvalidInput, "the file cannot be read: " + error.message(), shown);
  if (size > kMaxFileBytes) return fail(ErrorCode::kLimit, fmt::format("the file is larger than {} bytes", kMaxFileBytes), shown);
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) return fail(ErrorCode::kInvalidInput, "the file cannot be read", shown);
  std::string text = content.str();
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return text;
}

void read_file(const std::filesystem::path& path, const std::string& section, const std::filesystem::path& root,
               std::vector<WorkspaceFile>& files, Diagnostics& diagnostics) {
  WorkspaceFile file;
  file.path = path;
  file.shown_path = path.lexically_relative(root).generic_string();
  file.section = section;
  file.name = path.stem().string();
  auto text = read_text(path, file.shown_path);
  if (!text) {
    diagnostics.add({file.shown_path}, "unreadable_file", text.error().message, "check the file and its permissions");
    return;
  }
  file.text = std::move(*text);
  std::string ending = path.extension().string();
  if (ending == ".yaml" || ending == ".yml") {
    file.yaml = parse_yaml(file.text, file.shown_path, diagnostics);
  } else if (first_invalid_utf8(file.text)) {
    diagnostics.add({file.shown_path}, "encoding", "the file is not UTF-8 text", "save it as UTF-8");
  }
  files.push_back(std::move(file));
}

void check_names(const std::vector<WorkspaceFile>& files, Diagnostics& diagnostics) {
  for (const WorkspaceFile& file : files) {
    bool good = !file.name.empty() && (std::isalpha(static_cast<unsigned char>(file.name[0])) != 0 || file.section.empty());
    for (char c : file.name) good = good && (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-');
    if (!good)
      diagnostics.add({file.shown_path}, "file_name", fmt::format("'{}' cannot be used as a name", file.name),
                      "use letters, digits and _, with a letter first");
  }
}

}  // namespace

const Shape<EmbeddingSettings>& shape_of(const EmbeddingSettings*) {
  static const auto shape =
      Shape<EmbeddingSettings>("embeddings", "An endpoint that turns texts of events into vectors; the texts leave the house to it.")
          .required("endpoint", &EmbeddingSettings::endpoint,
                    "Address of an OpenAI-compatible endpoint, such as https://api.example.com/v1")
          .required("model", &EmbeddingSettings::model, "The endpoint's name of a model for embeddings")
          .optional("key", &EmbeddingSettings::key, "The endpoint's key, as ${ENV} or file:PATH; none: the endpoint asks for none")
          .optional("dimensions", &EmbeddingSettings::dimensions, "Numbers of a vector, where the model can give fewer; default: as it has",
                    {{}, 1, 8192})
          .optional("ca_file", &EmbeddingSettings::ca_file, "PEM file of certificate authorities that are trusted beside the system's");
  return shape;
}

const Shape<Settings>& shape_of(const Settings*) {
  static const auto shape =
      Shape<Settings>("sinan.yaml", "The company's settings.")
          .required("name", &Settings::name, "The company's name, as reports show it")
          .optional("timezone", &Settings::timezone, "IANA time zone in which days are cut when a location has none of its own")
          .optional("currency", &Settings::currency, "ISO 4217 currency of reports and of amounts that name none")
          .optional("now", &Settings::now, "clock: the real time; from_data: the day after the newest sale, for history",
                    {{"clock", "from_data"}})
          .optional("language", &Settings::language, "Language of reports", {{"en", "zh"}})
          .optional("memory_mb", &Settings::memory_mb, "Memory for queries, in MiB", {{}, 64, 1 << 20})
          .optional("threads", &Settings::threads, "Threads for queries and models; 0 uses all cores", {{}, 0, 1024})
          .optional("port", &Settings::port, "Port of `sinan serve`; 0 takes a free one", {{}, 0, 65535})
          .optional("listen", &Settings::listen, "Address of `sinan serve`; loopback unless told otherwise")
          .optional("embeddings", &Settings::embeddings, "Where events are read by their meaning too; default: by their words alone");
  return shape;
}

const std::vector<std::pair<std::string, std::vector<std::string>>>& Workspace::sections() {
  static const std::vector<std::pair<std::string, std::vector<std::string>>> kSections{
      {"sources", {".yaml"}}, {"model", {".sql"}},     {"entities", {".yaml"}}, {"quality", {".yaml"}},   {"forecasts", {".yaml"}},
      {"plans", {".yaml"}},   {"policies", {".yaml"}}, {"reports", {".yaml"}},  {"workflows", {".yaml"}},
  };
  return kSections;
}

std::optional<std::filesystem::path> Workspace::find(const std::filesystem::path& from) {
  std::error_code error;
  auto dir = std::filesystem::absolute(from, error);
  if (error) return std::nullopt;
  for (;; dir = dir.parent_path()) {
    if (std::filesystem::is_regular_file(dir / "sinan.yaml", error)) return dir;
    if (dir == dir.parent_path()) break;
  }
  return std::nullopt;
}

Result<Workspace> Workspace::open(const std::filesystem::path& root, Diagnostics& diagnostics) {
  Workspace out;
  std::error_code error;
  out.root_ = std::filesystem::weakly_canonical(root, error);
  if (error || !std::filesystem::is_regular_file(out.root_ / "sinan.yaml", error))
    return fail(ErrorCode::kInvalidInput,
                fmt::format("no workspace here: {} has no sinan.yaml; make one with `sinan init`", root.string()));
  read_file(out.root_ / "sinan.yaml", "", out.root_, out.files_, diagnostics);
  if (!out.files_.empty() && out.files_.front().yaml) shape_detail::read(*out.files_.front().yaml, {}, out.settings_, diagnostics);
  if (auto zone = Zone::find(out.settings_.timezone.value)) {
    out.zone_ = *zone;
  } else {
    diagnostics.add(out.settings_.timezone.place, "invalid_value", zone.error().message, "see the IANA time zone database");
  }
  const std::string& currency = out.settings_.currency;
  if (currency.size() != 3 || !std::ranges::all_of(currency, [](char c) { return c >= 'A' && c <= 'Z'; }))
    if (const YamlNode* node = !out.files_.empty() && out.files_.front().yaml ? out.files_.front().yaml->find("currency") : nullptr)
      diagnostics.add(node->place, "invalid_value", fmt::format("'{}' is no currency", currency),
                      "write its three letters (ISO 4217), such as EUR or CNY");
  for (const auto& [section, endings] : sections()) {
    std::vector<std::filesystem::path> paths;
    for (std::filesystem::directory_iterator it(out.root_ / section, error), end; !error && it != end; it.increment(error)) {
      std::string ending = it->path().extension().string();
      if (ending == ".yml" && it->is_regular_file(error))
        diagnostics.add({it->path().lexically_relative(out.root_).generic_string()}, "file_name", "files here end in .yaml",
                        "rename it to .yaml");
      if (std::find(endings.begin(), endings.end(), ending) != endings.end() && it->is_regular_file(error)) paths.push_back(it->path());
    }
    std::sort(paths.begin(), paths.end());
    if (out.files_.size() + paths.size() > kMaxFiles)
      return fail(ErrorCode::kLimit, fmt::format("the workspace has more than {} files", kMaxFiles), section);
    for (const auto& path : paths) read_file(path, section, out.root_, out.files_, diagnostics);
  }
  check_names(out.files_, diagnostics);
  return out;
}

std::vector<const WorkspaceFile*> Workspace::files(std::string_view section) const {
  std::vector<const WorkspaceFile*> out;
  for (const WorkspaceFile& file : files_)
    if (file.section == section) out.push_back(&file);
  return out;
}

}  // namespace sinan
