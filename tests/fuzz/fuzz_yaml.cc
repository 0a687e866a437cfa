// YAML: whatever is read can be written, and reads back as the same.

#include "base/ensure.h"
#include "base/yaml.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  const auto documents = read_yaml({reinterpret_cast<const char*>(data), size});
  if (!documents) return 0;
  for (const YamlDocument& document : *documents) {
    // JSON has neither bytes that are no UTF-8 nor NaN: what it makes of them is what is written.
    const auto value = parse_json(dump_json(document.value));
    SLUICE_ENSURE(value.has_value(), "what was read is JSON");
    const auto again = read_yaml(write_yaml(*value));
    SLUICE_ENSURE(again.has_value(), "what was written can be read");
    const Json& read = again->empty() ? Json() : again->front().value;
    SLUICE_ENSURE(read == *value, "what was written reads back as the same");
  }
  return 0;
}
