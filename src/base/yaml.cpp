#include "base/yaml.hpp"
