#include "base/shape.hpp"
