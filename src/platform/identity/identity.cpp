#include "platform/identity/identity.hpp"

#include <fmt/ranges.h>

namespace sinan {

bool Principal::has(std::string_view role) const { return std::ranges::find(roles, role) != roles.end(); }

bool Principal::is_owner() const { return has("owner"); }

bool Principal::is_system() const { return user.starts_with("system:") && has("system"); }

Principal owner_principal() { return {"owner", {"owner"}}; }

Principal system_principal(const std::string& job) { return {"system:" + job, {"system"}}; }

namespace identity {

namespace {

constexpr Permission kPermissions[] = {
    {kReadDecisions, "See all decisions with their evidence; those that wait for a role, or were answered by it, its people see anyway"},
    {kReadReports, "Read the daily reports, and how runs and models went"},
    {kRunWorkflows, "Start and cancel runs"},
    {kPostSales, "Post sales as they happen to the server (POST /api/v1/sales)"},
};

struct UserEntry {
  std::string name;
  std::string email;
  std::vector<Located<std::string>> roles;
};

const Shape<UserEntry>& shape_of(const UserEntry*) {
  static const auto shape = Shape<UserEntry>("a user", "A person, with the roles that say what they may see and decide.")
                                .optional("name", &UserEntry::name, "The name as people read it")
                                .optional("email", &UserEntry::email, "Where messages go")
                                .required("roles", &UserEntry::roles, "Names of roles, from `roles:`");
  return shape;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c == '.' || c == '@'; });
}

bool check_name(std::string_view what, const std::string& name, const Place& place, Diagnostics& diagnostics) {
  if (name == "system") {
    diagnostics.add(place, "reserved_name", fmt::format("'system' cannot be a {}: Sinan's own jobs have it", what), "choose another name");
    return false;
  }
  if (is_name(name)) return true;
  diagnostics.add(place, "bad_name", fmt::format("'{}' cannot be the name of a {}", name, what),
                  "use letters, digits, '_', '-', '.' and '@'");
  return false;
}

}  // namespace

std::span<const Permission> permissions() { return kPermissions; }

void Directory::read_roles(const YamlNode& node, Diagnostics& diagnostics) {
  if (!shape_detail::expect(node, YamlNode::Kind::kMap, "a map of roles", diagnostics)) return;
  for (const YamlNode::Entry& entry : node.entries) {
    if (!check_name("role", entry.key, entry.key_place, diagnostics)) continue;
    std::string summary;
    if (entry.value.kind != YamlNode::Kind::kNull) shape_detail::read(entry.value, {}, summary, diagnostics);
    if (entry.key != "owner" && roles_.contains(entry.key))
      diagnostics.add(entry.key_place, "duplicate_role", fmt::format("role '{}' is described twice", entry.key), "keep one of them");
    roles_[entry.key] = summary;
  }
}

void Directory::read_users(const YamlNode& node, Diagnostics& diagnostics) {
  if (!shape_detail::expect(node, YamlNode::Kind::kMap, "a map of users", diagnostics)) return;
  for (const YamlNode::Entry& entry : node.entries) {
    std::size_t before = diagnostics.size();
    check_name("user", entry.key, entry.key_place, diagnostics);
    UserEntry read;
    shape_detail::read(entry.value, {}, read, diagnostics);
    User user{entry.key, read.name.empty() ? entry.key : read.name, read.email, {}, entry.key_place};
    for (const auto& role : read.roles) {
      expect_role(role, diagnostics);
      user.roles.push_back(role.value);
    }
    std::ranges::sort(user.roles);
    user.roles.erase(std::unique(user.roles.begin(), user.roles.end()), user.roles.end());
    if (users_.contains(entry.key))
      diagnostics.add(entry.key_place, "duplicate_user", fmt::format("user '{}' is there twice", entry.key), "keep one of them");
    if (diagnostics.size() == before) users_[entry.key] = std::move(user);
  }
}

void Directory::expect_role(const Located<std::string>& role, Diagnostics& diagnostics) const {
  if (roles_.contains(role.value)) return;
  std::vector<std::string> known;
  for (const auto& [name, summary] : roles_) known.push_back(name);
  auto near = nearest(role.value, known);
  diagnostics.add(
      role.place, "unknown_role", fmt::format("there is no role '{}'", role.value),
      near ? fmt::format("did you mean '{}'?", *near) : fmt::format("describe it in `roles:`; there are: {}", fmt::join(known, ", ")));
}

void Directory::read_permissions(const YamlNode& node, Diagnostics& diagnostics) {
  if (!shape_detail::expect(node, YamlNode::Kind::kMap, "a map of permissions", diagnostics)) return;
  std::vector<std::string> known;
  for (const Permission& permission : kPermissions) known.emplace_back(permission.name);
  for (const YamlNode::Entry& entry : node.entries) {
    if (std::ranges::find(known, entry.key) == known.end())
      diagnostics.add(entry.key_place, "unknown_permission", fmt::format("there is no permission '{}'", entry.key),
                      fmt::format("there are: {}", fmt::join(known, ", ")));
    std::vector<Located<std::string>> roles;
    shape_detail::read(entry.value, {}, roles, diagnostics);
    for (const Located<std::string>& role : roles) {
      expect_role(role, diagnostics);
      granted_.emplace(entry.key, role.value);
    }
  }
}

Directory Directory::read(const Workspace& workspace, Diagnostics& diagnostics) {
  Directory out;
  out.roles_["owner"] = "Sees and does everything";
  // Roles first: users of one file may have roles of another.
  for (const WorkspaceFile* file : workspace.files("policies"))
    if (const YamlNode* roles = file->yaml ? file->yaml->find("roles") : nullptr) out.read_roles(*roles, diagnostics);
  for (const WorkspaceFile* file : workspace.files("policies"))
    if (const YamlNode* users = file->yaml ? file->yaml->find("users") : nullptr) out.read_users(*users, diagnostics);
  for (const WorkspaceFile* file : workspace.files("policies"))
    if (const YamlNode* permissions = file->yaml ? file->yaml->find("permissions") : nullptr)
      out.read_permissions(*permissions, diagnostics);
  return out;
}

Result<Principal> Directory::resolve(const std::string& user) const {
  auto found = users_.find(user);
  if (found != users_.end()) return Principal{found->first, found->second.roles};
  if (user == "owner") return owner_principal();
  std::vector<std::string> known{"owner"};
  for (const auto& [id, entry] : users_) known.push_back(id);
  auto near = nearest(user, known);
  return fail(ErrorCode::kNotFound,
              fmt::format("there is no user '{}'; {}", user,
                          near ? fmt::format("did you mean '{}'?", *near) : "users are listed under `users:` in policies/"));
}

std::vector<std::string> Directory::role_names() const {
  std::vector<std::string> out;
  for (const auto& [name, purpose] : roles_) out.push_back(name);
  return out;
}

bool Directory::may(const Principal& principal, std::string_view permission) const {
  return principal.is_trusted() ||
         std::ranges::any_of(principal.roles, [&](const std::string& role) { return granted_.contains({std::string(permission), role}); });
}

Status Directory::expect(const Principal& principal, std::string_view permission) const {
  if (may(principal, permission)) return {};
  return fail(
      ErrorCode::kDenied,
      fmt::format("this needs the permission {0}; a role has it that is named in `permissions: {{{0}: […]}}` in policies/", permission));
}

Json users_schema() {
  return Json{{"type", "object"}, {"additionalProperties", shape_of(static_cast<const UserEntry*>(nullptr)).schema()}};
}

Json roles_schema() {
  return Json{{"type", "object"},
              {"additionalProperties", {{"type", {"string", "number", "boolean", "null"}}, {"description", "What the role is for"}}}};
}

Json permissions_schema() {
  Json properties = Json::object();
  for (const Permission& permission : kPermissions)
    properties[std::string(permission.name)] = {
        {"type", "array"}, {"items", {{"type", "string"}}}, {"description", fmt::format("Roles that may: {}", permission.summary)}};
  return Json{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

}  // namespace identity
}  // namespace sinan
