#pragma once

// What people do to a Rollout, as patches. The functions are pure: from the Rollout as it was read
// to the writes that bring it about; empty where nothing is to be done. The writes carry the
// version that was read, so that two people who click at once do not promote twice.

#include "cli/rollout_info.h"
#include "kube/object_store.h"

#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

struct RolloutWrite {
  kube::PatchType type = kube::PatchType::Merge;
  kube::Subresource subresource = kube::Subresource::None;
  std::string body;
};

/// Whether the revision that the status speaks of has all the traffic: no update is under way.
bool is_promoted(const crds::Rollout& rollout);

/// Ends the pause, or the step that is under way. `full` skips all steps and analyses.
Result<std::vector<RolloutWrite>> promote(const crds::Rollout& rollout, bool full);
/// Sends all traffic back to the stable revision; the reason is shown wherever the abort is.
std::vector<RolloutWrite> abort(const crds::Rollout& rollout, const std::string& reason);
/// Starts an aborted update again from its first step.
std::vector<RolloutWrite> retry(const crds::Rollout& rollout);
std::vector<RolloutWrite> pause(const crds::Rollout& rollout);

struct ImageChange {
  std::string container;  ///< "*" for all.
  std::string image;
};

/// "shop=shop:v2" → container and image.
Result<ImageChange> parse_image_change(const std::string& text);
/// `document` is the Rollout as JSON. Empty where all images are there already; Invalid where a
/// container does not exist.
Result<std::vector<RolloutWrite>> set_images(const Json& document,
                                             const std::vector<ImageChange>& changes);

/// Makes the template of an older revision current, through the steps as always. 0: the one before.
/// Empty where it is current already.
Result<std::vector<RolloutWrite>> undo(const RolloutObjects& objects, int64_t to_revision);

/// What `rollback` has to do in the state that was found.
struct Rollback {
  enum class Kind {
    Abort,     ///< An update is under way: its traffic goes back to the stable revision.
    Return,    ///< The current revision is stable: the one promoted before it takes over at once.
    Underway,  ///< The return was asked for already: only wait for it.
    Done,      ///< Traffic is back already.
  };
  Kind kind = Kind::Done;
  std::vector<RolloutWrite> writes;
  std::string hash;  ///< The revision that traffic returns to.
  std::string explanation;
};

/// Works in every state and is idempotent: asked twice, it does once.
Result<Rollback> plan_rollback(const RolloutObjects& objects, const std::string& reason);

/// True once all traffic is confirmed to be with `hash`.
bool traffic_is_back(const crds::Rollout& rollout, const std::string& hash);

}  // namespace sluice::cli
