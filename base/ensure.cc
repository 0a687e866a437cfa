#include "base/ensure.h"

#include <cstdio>
#include <cstdlib>

namespace sluice {

void broken_invariant(std::string_view message, const char* file, int line) {
  std::fprintf(stderr, "sluice: broken invariant at %s:%d: %.*s\n", file, line,
               static_cast<int>(message.size()), message.data());
  std::abort();
}

}  // namespace sluice
