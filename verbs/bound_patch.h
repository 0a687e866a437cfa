#pragma once

// A JSON patch that carries what its decision rests upon: it fails as a whole where the Rollout has
// moved on.

#include "base/json.h"
#include "crds/rollout.h"
#include "verbs/verb_types.h"

#include <memory>
#include <string_view>

namespace sluice::verbs {

class BoundPatch {
 public:
  BoundPatch();
  ~BoundPatch();

  /// The value that must still be there.
  BoundPatch& expect(std::string_view pointer, const Json& value);
  /// The spec and the step that the Rollout had when it was read.
  BoundPatch& expect_generation(const crds::Rollout& rollout);
  BoundPatch& expect_step(const crds::Rollout& rollout);
  /// The revisions only: for what must not lose against a busy controller.
  BoundPatch& expect_revisions(const crds::Rollout& rollout);

  BoundPatch& set(std::string_view pointer, const Json& value);
  /// Fails where nothing is there.
  BoundPatch& remove(std::string_view pointer);
  /// Sets an annotation of the Rollout, provided that it is as it was read.
  BoundPatch& annotate(const crds::Rollout& rollout, std::string_view key,
                       const std::string& value);
  /// Takes it away, where it was.
  BoundPatch& clear_annotation(const crds::Rollout& rollout, std::string_view key);

  Write for_spec() const;
  Write for_status() const;

 private:
  std::unique_ptr<Json> operations_;
  bool has_annotations_ = false;
};

}  // namespace sluice::verbs
