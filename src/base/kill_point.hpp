// Named places where a crash matters. A test sets SINAN_KILL_POINT=name or name:n, and the process kills itself with SIGKILL when it
// passes that place for the n-th time (default 1). Without the variable a kill point costs one comparison.
#pragma once

#include <string_view>
#include <vector>

namespace sinan {

void kill_point(std::string_view name);

// Arms a point as the variable would; for tests that fork rather than start the program anew.
void arm_kill_point(std::string_view name, long passes = 1);

// All names, so that a test can go through them; a name that is not in the list is a broken invariant.
const std::vector<std::string_view>& kill_points();

}  // namespace sinan
