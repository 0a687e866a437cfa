#include "verbs/images.h"

#include "verbs/action_record.h"
#include "verbs/bound_patch.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::verbs {
namespace {

/// Adds the change to the patch; false where no container bears the name.
bool add_change(const Json& pod_template, const ImageChange& change, BoundPatch& patch,
                bool& changed) {
  bool found = false;
  for (const char* list : {"containers", "initContainers"}) {
    const Json* containers = find_path(pod_template, std::string("spec.") + list);
    if (containers == nullptr || !containers->is_array()) continue;
    for (size_t i = 0; i < containers->size(); ++i) {
      const std::string name = string_at((*containers)[i], "name");
      if (change.container != "*" && change.container != name) continue;
      found = true;
      if (string_at((*containers)[i], "image") == change.image) continue;
      const std::string path = fmt::format("/spec/template/spec/{}/{}", list, i);
      patch.expect(path + "/name", name).set(path + "/image", change.image);
      changed = true;
    }
  }
  return found;
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_image_character(char c) {
  return is_alphanumeric(c) || std::string_view("._-/:@+=").find(c) != std::string_view::npos;
}

/// An image that was aborted is released again by a retry, and by nothing that names it anew.
std::string unchanged_text(const crds::Rollout& rollout) {
  const bool aborted = rollout.status.abort && is_observed(rollout) && !is_promoted(rollout);
  if (!aborted) return "has that image already";
  return fmt::format(
      "has that image already, and its update is aborted: `sluice retry {}` starts it again",
      rollout.meta.name);
}

}  // namespace

Result<void> check_image(std::string_view image) {
  if (image.empty()) return fail(invalid("must be an image"));
  if (image.size() > kImageBytesMax)
    return fail(invalid(fmt::format("must be at most {} bytes", kImageBytesMax)));
  if (is_alphanumeric(image.front()) && std::all_of(image.begin(), image.end(), is_image_character))
    return {};
  return fail(invalid(
      "is no image: it begins with a letter or digit and holds letters, digits and ._-/:@+= only"));
}

Result<ImageChange> parse_image_change(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    return fail(invalid(fmt::format("\"{}\": expected CONTAINER=IMAGE, or *=IMAGE", text)));
  ImageChange change{text.substr(0, equals), text.substr(equals + 1)};
  if (const auto checked = check_image(change.image); !checked)
    return fail(checked.error().within(fmt::format("\"{}\"", text)));
  return change;
}

Result<Decision> set_images(const crds::Rollout& rollout, const Ask& ask,
                            const std::vector<ImageChange>& changes) {
  const std::string& name = rollout.meta.name;
  if (!rollout.spec.pod_template) {
    return fail(invalid(fmt::format(
        "rollout \"{}\" has no pod template of its own: change the workload that it refers to",
        name)));
  }
  const auto pod_template = parse_json(*rollout.spec.pod_template);
  if (!pod_template) return fail(pod_template.error());
  BoundPatch patch;
  bool changed = false;
  for (const ImageChange& change : changes) {
    if (!add_change(*pod_template, change, patch, changed)) {
      return fail(
          invalid(fmt::format("rollout \"{}\" has no container \"{}\"", name, change.container)));
    }
  }
  if (!changed) return Decision{{}, unchanged_text(rollout)};
  record(rollout, make_record(rollout, ask, "set image"), patch);
  return Decision{{patch.for_spec()}, "image updated"};
}

}  // namespace sluice::verbs
