// Who asks: a user with roles, or a job of the system. Everything that reads or writes company data takes one.
#pragma once

#include <string>
#include <vector>

namespace sinan {

struct Principal {
  std::string user;                // "anna", or "system:planner"
  std::vector<std::string> roles;  // sorted; "owner" sees and does everything
  bool is_owner() const;
};

}  // namespace sinan
