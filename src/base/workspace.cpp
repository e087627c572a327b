#include "base/workspace.hpp"
