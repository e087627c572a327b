// Who asks: a user with roles, or a job of the system. Everything that reads or writes company data takes one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sinan {

struct Principal {
  std::string user;                // "anna", or "system:planner"
  std::vector<std::string> roles;  // sorted; "owner" sees and does everything
  bool has(std::string_view role) const;
  bool is_owner() const;
  bool is_system() const;  // made by system_principal(), never read from a file
  // Owner or system: no row filter or mask applies.
  bool is_trusted() const { return is_owner() || is_system(); }
};

// At a local terminal.
Principal owner_principal();
// A job of Sinan itself: "planner" is shown as "system:planner".
Principal system_principal(const std::string& job);

}  // namespace sinan
