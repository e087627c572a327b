// The workspace: a company's folder of YAML and SQL files. Reads every file once, with places; each room then reads its own section.
#pragma once

#include <filesystem>

#include "base/shape.hpp"
#include "base/time.hpp"

namespace sinan {

// A file of the workspace. `section` is its folder ("sources"), `name` its name without the ending ("erp").
struct WorkspaceFile {
  std::filesystem::path path;  // absolute
  std::string shown_path;      // relative to the workspace, as messages show it
  std::string section;
  std::string name;
  std::string text;              // .sql and other text files
  std::optional<YamlNode> yaml;  // .yaml files; nullopt if it has no readable tree
};

// `embeddings` in sinan.yaml: an endpoint that turns the texts of events into vectors (platform/llm). The texts leave the house to it.
struct EmbeddingSettings {
  Located<std::string> endpoint;
  std::string model;
  Secret key;
  int dimensions = 0;   // 0: as many as the model has
  std::string ca_file;  // relative to the workspace
};
const Shape<EmbeddingSettings>& shape_of(const EmbeddingSettings*);

// sinan.yaml.
struct Settings {
  std::string name;
  Located<std::string> timezone{"UTC", {}};
  std::string currency = "EUR";
  std::string now = "clock";  // or "from_data": the day after the newest row of ops.sales
  std::string language = "en";
  std::int64_t memory_mb = 2048;
  std::int64_t threads = 0;  // 0: all cores
  std::int64_t port = 0;     // of `serve`; 0: any free one
  std::string listen = "127.0.0.1";
  std::optional<EmbeddingSettings> embeddings;
};
const Shape<Settings>& shape_of(const Settings*);

class Workspace {
 public:
  // Reads sinan.yaml and all files of the known folders below `root`. Mistakes of syntax go to `diagnostics`; an error is only what
  // keeps the folder from being read at all.
  static Result<Workspace> open(const std::filesystem::path& root, Diagnostics& diagnostics);
  // The nearest folder with a sinan.yaml, from `from` upward.
  static std::optional<std::filesystem::path> find(const std::filesystem::path& from);

  const std::filesystem::path& root() const { return root_; }
  const Settings& settings() const { return settings_; }
  const Zone& zone() const { return zone_; }
  // In order of name.
  std::vector<const WorkspaceFile*> files(std::string_view section) const;

  // Reads each YAML file of a section as a T; files that fail are left out, with their mistakes in `diagnostics`.
  template <typename T>
  std::vector<std::pair<const WorkspaceFile*, T>> read_section(std::string_view section, Diagnostics& diagnostics) const {
    std::vector<std::pair<const WorkspaceFile*, T>> out;
    for (const WorkspaceFile* file : files(section)) {
      if (!file->yaml) continue;
      T value;
      if (shape_detail::read(*file->yaml, {}, value, diagnostics)) out.emplace_back(file, std::move(value));
    }
    return out;
  }

  // The folders that a workspace may have, and the endings read in each.
  static const std::vector<std::pair<std::string, std::vector<std::string>>>& sections();

 private:
  std::filesystem::path root_;
  Settings settings_;
  Zone zone_;
  std::vector<WorkspaceFile> files_;
};

}  // namespace sinan
