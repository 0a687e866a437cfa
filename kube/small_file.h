#pragma once

// Reading the small files that logins are made of.

#include "base/result.h"

#include <string>

namespace sluice::kube {

inline constexpr size_t kSmallFileMax = size_t{1024} * 1024;

/// The whole content. Errors are Invalid and name the file.
Result<std::string> read_small_file(const std::string& path);

}  // namespace sluice::kube
