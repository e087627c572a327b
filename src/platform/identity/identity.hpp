// The people of a workspace: `users:`, `roles:` and `permissions:` of policies/*.yaml.
//
//   users:
//     anna: {name: Anna Li, roles: [planner, approver]}
//   roles:
//     planner: Plans what to buy and what to move
//   permissions:
//     read_decisions: [planner]
//
// A permission is for what is not a row, which `tables:` says who may see, nor the answer to a decision, which `automation:` gives to a
// role; the owner has all.
// `owner` is always a role; at a local terminal the user is `owner` unless --as says another. Names of users and roles are
// letters, digits, '_', '-', '.' and '@'; `system` is kept for Sinan's own jobs.
#pragma once

#include "base/workspace.hpp"
#include "platform/identity/principal.hpp"

namespace sinan::identity {

// What there is a permission for, and in which words.
struct Permission {
  std::string_view name;
  std::string_view summary;
};
inline constexpr std::string_view kReadDecisions = "read_decisions";
inline constexpr std::string_view kReadReports = "read_reports";
inline constexpr std::string_view kRunWorkflows = "run_workflows";
inline constexpr std::string_view kPostSales = "post_sales";
std::span<const Permission> permissions();

struct User {
  std::string id;     // the key in `users:`
  std::string name;   // as people read it; default: the id
  std::string email;  // may be empty
  std::vector<std::string> roles;
  Place place;
};

class Directory {
 public:
  // Every mistake goes to `diagnostics`; a user whose entry has one is left out.
  static Directory read(const Workspace& workspace, Diagnostics& diagnostics);

  // The user of `--as` or of a token. "owner" is one even when no file says so. kNotFound suggests the nearest.
  Result<Principal> resolve(const std::string& user) const;
  // Whether one of the principal's roles has the permission.
  bool may(const Principal& principal, std::string_view permission) const;
  // kDenied, with how a role gets the permission, where none has it.
  Status expect(const Principal& principal, std::string_view permission) const;
  const std::map<std::string, User>& users() const { return users_; }
  // Role: what it is for. Holds "owner" always.
  const std::map<std::string, std::string>& roles() const { return roles_; }
  std::vector<std::string> role_names() const;

 private:
  void read_roles(const YamlNode& node, Diagnostics& diagnostics);
  void read_users(const YamlNode& node, Diagnostics& diagnostics);
  void read_permissions(const YamlNode& node, Diagnostics& diagnostics);
  void expect_role(const Located<std::string>& role, Diagnostics& diagnostics) const;

  std::map<std::string, User> users_;
  std::map<std::string, std::string> roles_;
  std::set<std::pair<std::string, std::string>, std::less<>> granted_;  // permission, role
};

// JSON Schemas of the three keys, for the schema of policies/*.yaml.
Json users_schema();
Json roles_schema();
Json permissions_schema();

}  // namespace sinan::identity
