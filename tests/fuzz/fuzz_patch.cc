// Patches of all three formats: input is the document, a line "---", and the patch. What a patch
// leaves is an object, or the patch is refused.

#include "base/ensure.h"
#include "core/shape.h"
#include "local/store/patch_apply.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kBorder = "\n---\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  using kube::PatchType;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t border = input.find(kBorder);
  if (border == std::string_view::npos) return 0;
  const auto document = parse_json(input.substr(0, border));
  if (!document || !document->is_object()) return 0;
  for (const PatchType type : {PatchType::Json, PatchType::Merge, PatchType::Strategic}) {
    Json patched = *document;
    const core::Shape& shape = core::find_shape("Pod");
    if (!local::apply_patch(patched, type, input.substr(border + kBorder.size()), &shape)) continue;
    SLUICE_ENSURE(patched.is_object(), "a patched object is an object");
    static_cast<void>(dump_json(patched));
  }
  return 0;
}
