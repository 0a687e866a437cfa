#pragma once

// Result<T> is a T or an Error; Result<void> is success or an Error.

#include "base/error.h"

#include <expected>
#include <string>
#include <utility>

namespace sluice {

template <typename T>
using Result = std::expected<T, Error>;

/// `return fail(not_found("..."));` in a function that returns a Result.
inline std::unexpected<Error> fail(Error error) {
  return std::unexpected(std::move(error));
}

}  // namespace sluice
