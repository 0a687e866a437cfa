// Lines of a watch: each is an event, an error, or an object that cannot be read.

#include "kube/api_watch.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static_cast<void>(sluice::kube::parse_watch_line({reinterpret_cast<const char*>(data), size}));
  return 0;
}
