#include "verbs/bound_patch.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace sluice::verbs {
namespace {

/// A key as a JSON pointer writes it (RFC 6901).
std::string annotation_pointer(std::string_view key) {
  std::string pointer = "/metadata/annotations/";
  for (const char c : key)
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  return pointer;
}

}  // namespace

BoundPatch::BoundPatch() : operations_(std::make_unique<Json>(Json::array())) {}

BoundPatch::~BoundPatch() = default;

BoundPatch& BoundPatch::expect(std::string_view pointer, const Json& value) {
  operations_->push_back({{"op", "test"}, {"path", pointer}, {"value", value}});
  return *this;
}

BoundPatch& BoundPatch::expect_generation(const crds::Rollout& rollout) {
  return expect("/metadata/generation", rollout.meta.generation);
}

BoundPatch& BoundPatch::expect_step(const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  expect_revisions(rollout);
  if (status.current_step_index) expect("/status/currentStepIndex", *status.current_step_index);
  return *this;
}

BoundPatch& BoundPatch::expect_revisions(const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  if (!status.current_pod_hash.empty()) expect("/status/currentPodHash", status.current_pod_hash);
  if (!status.stable_rs.empty()) expect("/status/stableRS", status.stable_rs);
  return *this;
}

BoundPatch& BoundPatch::set(std::string_view pointer, const Json& value) {
  operations_->push_back({{"op", "add"}, {"path", pointer}, {"value", value}});
  return *this;
}

BoundPatch& BoundPatch::remove(std::string_view pointer) {
  operations_->push_back({{"op", "remove"}, {"path", pointer}});
  return *this;
}

BoundPatch& BoundPatch::annotate(const crds::Rollout& rollout, std::string_view key,
                                 const std::string& value) {
  const StringMap& annotations = rollout.meta.annotations;
  const std::string pointer = annotation_pointer(key);
  const auto known = annotations.find(key);
  if (known != annotations.end()) {
    expect(pointer, known->second);
  } else if (!has_annotations_) {
    // That something is absent cannot be tested but by the whole that lacks it.
    if (annotations.empty())
      expect("/metadata/resourceVersion", rollout.meta.resource_version)
          .set("/metadata/annotations", Json::object());
    else
      expect("/metadata/annotations", Json(annotations));
  }
  has_annotations_ = true;
  return set(pointer, value);
}

BoundPatch& BoundPatch::clear_annotation(const crds::Rollout& rollout, std::string_view key) {
  if (rollout.meta.annotations.contains(key)) remove(annotation_pointer(key));
  return *this;
}

Write BoundPatch::for_spec() const {
  return {.of_status = false, .patch = dump_json(*operations_)};
}

Write BoundPatch::for_status() const {
  return {.of_status = true, .patch = dump_json(*operations_)};
}

}  // namespace sluice::verbs
