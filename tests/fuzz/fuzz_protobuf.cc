// Protobuf bodies: what is decoded is a JSON object with a kind.

#include "base/ensure.h"
#include "base/json.h"
#include "local/api/api_protobuf.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  const auto text = local::decode_protobuf({reinterpret_cast<const char*>(data), size});
  if (!text) return 0;
  const auto object = parse_json(*text);
  SLUICE_ENSURE(object && !string_at(*object, "kind").empty(), "an object with a kind");
  return 0;
}
