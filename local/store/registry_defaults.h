#pragma once

// Filling in what a manifest leaves out.

#include "base/json.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::local {

/// Sets a member that is not there.
inline void set_default(Json& object, const char* key, Json value) {
  if (!object.contains(key)) object[key] = std::move(value);
}

}  // namespace sluice::local
