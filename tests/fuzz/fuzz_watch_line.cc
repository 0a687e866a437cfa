// Lines of a watch: each is an event, an error, or an object that cannot be read.

#include "kube/api_watch.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  static_cast<void>(sluice::kube::parse_watch_line(line));
  const sluice::kube::ApiReading lean{
      .lean = true, .known = [](std::string_view version) { return version == "7"; }};
  static_cast<void>(sluice::kube::parse_watch_line(line, nullptr, lean));
  return 0;
}
