#pragma once

// A release as CI asks for it: new images for a Rollout, under an id of CI's own. Accepted ids and
// what came of them are kept on the Rollout itself, written together with the images, so that a
// repeat (a retried CI job, a replayed request, a restarted controller) changes nothing. Pure.

#include "base/json.h"
#include "base/object_meta.h"
#include "verbs/verb_types.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sluice::verbs {

/// How many accepted ids a Rollout remembers; the oldest are forgotten first.
inline constexpr size_t kReleasesKept = 64;
/// How far issuedAt may be from now, either way.
inline constexpr Duration kReleaseWindow = std::chrono::minutes(5);
inline constexpr size_t kReleaseIdMax = 128;          // bytes
inline constexpr size_t kReleaseBodyMax = 64 * 1024;  // bytes
inline constexpr size_t kReleaseImagesMax = 32;
/// Container names and images together: all that is kept should fit the 256 KiB of annotations.
inline constexpr size_t kReleaseImagesBytesMax = 2560;

struct ReleaseRequest {
  std::string id;
  /// "NAMESPACE/NAME" where the body names the Rollout that it is for; else "".
  std::string rollout;
  SystemTime issued_at{};
  std::map<std::string, std::string> images;  ///< By container name.
  /// Starts the update again where these images are there already and their update was aborted.
  bool retry = false;
};

/// Reads {"id": …, "issuedAt": …, "images": {CONTAINER: IMAGE}} and, where they are there,
/// "rollout": "NAMESPACE/NAME" and "retry": true; errors name the field. Ids, containers and images
/// are graphic ASCII without '"' and '\\', so that each takes as many bytes in the annotation as it
/// has.
Result<ReleaseRequest> parse_release(std::string_view body);

/// Invalid where issuedAt is more than kReleaseWindow away from `now`.
Result<void> check_freshness(const ReleaseRequest& request, SystemTime now);

/// What a Rollout remembers of one accepted request.
struct ReleaseRecord {
  std::string id;
  SystemTime accepted_at{};
  std::map<std::string, std::string> images;
  bool changed = false;  ///< False: the Rollout had those images already.
  bool retried = false;  ///< Their update had been aborted, and was started again.

  bool operator==(const ReleaseRecord&) const = default;
};

/// The records in the Rollout's annotation, newest first; none where it is absent or unreadable.
std::vector<ReleaseRecord> read_releases(const Json& rollout);
std::optional<ReleaseRecord> find_release(const Json& rollout, const std::string& id);

/// One JSON patch that sets the images and adds the record, and fails when the Rollout changed
/// since it was read. Invalid where it has no such container. Unavailable where so many releases
/// came within the window that this one may be a repeat of one that is forgotten already, or would
/// make one forgotten whose repeat may still come. The request must be fresh.
struct ReleasePatch {
  ReleaseRecord record;
  std::string json_patch;
};

/// What changes the images also leaves an action record; `retried` as it shall be remembered.
Result<ReleasePatch> make_release_patch(const Json& rollout, const ReleaseRequest& request,
                                        SystemTime now, bool retried = false);

/// The Rollout has the images, and the update to them was aborted: nothing would come of releasing
/// them but with a retry.
bool is_reverted_already(const Json& rollout, const ReleaseRequest& request);

/// The writes that start the aborted update again, with an action record.
std::vector<Write> retry_release(const Json& rollout, const ReleaseRequest& request,
                                 SystemTime now);

/// How far a release has come: "progressing", "promoted", "reverted" or "superseded".
std::string release_state(const Json& rollout, const ReleaseRecord& record);

}  // namespace sluice::verbs
