// Bodies of the webhook: what is accepted becomes a patch that sets the images and remembers the
// request, whatever the Rollout's annotation held before. Input is the body; what follows a line
// "---" is the annotation.

#include "base/ensure.h"
#include "crds/names.h"
#include "verbs/release.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace sluice;

using namespace sluice::verbs;

constexpr std::string_view kBorder = "\n---\n";

Json shop(std::string_view annotation) {
  Json rollout = Json::parse(R"({
    "metadata": {"name": "shop", "resourceVersion": "7"},
    "spec": {"template": {"spec": {"containers": [
      {"name": "proxy", "image": "proxy:1"}, {"name": "shop", "image": "shop:v1"}]}}}})");
  if (!annotation.empty())
    rollout["metadata"]["annotations"][std::string(crds::kReleasesAnnotation)] = annotation;
  return rollout;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t border = input.find(kBorder);
  const auto request = parse_release(input.substr(0, border));
  if (!request) return 0;
  static_cast<void>(check_freshness(*request, request->issued_at));
  const Json rollout =
      shop(border == std::string_view::npos ? "" : input.substr(border + kBorder.size()));
  if (find_release(rollout, request->id)) return 0;
  const auto patch = make_release_patch(rollout, *request, request->issued_at);
  if (!patch) return 0;
  const Json released = rollout.patch(Json::parse(patch->json_patch));
  const auto record = find_release(released, request->id);
  SLUICE_ENSURE(record && *record == patch->record, "what was accepted is remembered");
  SLUICE_ENSURE(release_state(released, *record) == "progressing", "the images are set");
  return 0;
}
