// JSONPath: whatever the text, it compiles or says where it does not, and what compiles finds
// something in every kind of document or says why not.

#include "analysis/json_path.h"
#include "base/ensure.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace sluice;

const Json& document() {
  static const Json kDocument = Json::parse(R"({
    "a": [{"x": 1, "b": [1, 2, {"c": "text"}]}, {"x": 2.5}, null, [[[]]], {"x": "1"}],
    "b": {"c": {"d": true}, "": 0}, "list": [5, 4, 3, 2, 1]})");
  return kDocument;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto path = analysis::JsonPath::compile(text);
  if (!path) {
    SLUICE_ENSURE(path.error().offset <= text.size(), "an error lies within the text");
    return 0;
  }
  for (const Json& one : {document(), Json(), Json::array(), Json(7)})
    if (const auto found = path->find(one)) static_cast<void>(found->size());
  return 0;
}
