// `sinan init`: lays out an empty workspace that passes its check.
#include <cerrno>
#include <fstream>

#include "application/cli/command.hpp"

namespace sinan::cli {
namespace {

struct Template {
  const char* path;
  const char* text;
};

constexpr Template kFiles[] = {
    {"sinan.yaml",
     "# The company's settings. `sinan check` proves this folder before anything runs.\n"
     "name: @NAME@\n"
     "timezone: UTC        # IANA name, such as Europe/Berlin: where days are cut\n"
     "currency: EUR        # ISO 4217\n"
     "language: en         # of reports: en or zh\n"},
    {"sources/README.md",
     "One file for each system of the company, named as SQL will name it. `sources/erp.yaml`, for example:\n\n"
     "    kind: postgres\n"
     "    connection: ${ERP_URL}        # postgresql://user:password@host/database; never the secret itself\n"
     "    tables:\n"
     "      orders: {cursor: updated_at}\n"
     "      items: {}\n\n"
     "Then `sinan query \"SELECT * FROM erp.orders LIMIT 10\"` reads it live, and `sinan run` keeps `lake.erp_orders`.\n"},
    {"model/README.md",
     "One SELECT over `lake.*` for each table of the canonical model: `model/sales.sql` becomes `ops.sales`. See "
     "docs/canonical-model.md.\n"},
    {"policies/people.yaml",
     "# Who may see and do what. The owner (you, at a local terminal) may do everything; a table without a policy is closed to all "
     "others.\n"
     "roles:\n"
     "  buyer: Plans what to buy\n"
     "users:\n"
     "  anna: {roles: [buyer]}\n"},
    {".gitignore", ".sinan/\n.sinan.*/\n"},
};

std::string with_name(std::string text, const std::string& name) {
  if (std::size_t at = text.find("@NAME@"); at != std::string::npos) text.replace(at, 6, Json(name).dump());
  return text;
}

Result<int> init_workspace(Invocation& invocation) {
  std::filesystem::path root = std::filesystem::absolute(invocation.directory / invocation.text("directory", ".")).lexically_normal();
  if (root.filename().empty()) root = root.parent_path();
  std::error_code error;
  for (const Template& file : kFiles)
    if (std::filesystem::exists(root / file.path, error))
      return fail(ErrorCode::kConflict, fmt::format("{} is there already; nothing was written", (root / file.path).string()));
  std::string name = invocation.text("name", root.filename().string());
  if (name.find_first_not_of(' ') == std::string::npos)
    return fail(ErrorCode::kInvalidInput, "--name takes the company's name, and is empty");
  for (const Template& file : kFiles) {
    std::filesystem::create_directories((root / file.path).parent_path(), error);
    std::ofstream out(root / file.path, std::ios::binary);
    out << with_name(file.text, name);
    if (!out.flush())
      return fail(write_error_code(errno, ErrorCode::kInvalidInput),
                  "the file cannot be written; check the folder, its permissions and the disk's free space", (root / file.path).string());
  }
  invocation.say(fmt::format("A workspace is in {}. Add sources/NAME.yaml, then run `sinan check`.", root.string()));
  return 0;
}

}  // namespace

CommandInfo init() {
  return {
      .name = "init",
      .summary = "Lay out an empty workspace",
      .details = "Nothing that exists is overwritten.",
      .options = {{.name = "directory", .value = "DIR", .summary = "Where; default: here", .positional = true},
                  {.name = "name", .value = "NAME", .summary = "The company's name; default: the folder's"}},
      .examples = {"sinan init acme"},
      .run = init_workspace,
  };
}

}  // namespace sinan::cli
