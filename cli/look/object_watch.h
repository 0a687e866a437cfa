#pragma once

// How a command with -w follows objects: one list and then a watch, which goes on when it ends and
// begins anew when its history is gone. Changes are shown as they come, but not more often than an
// eye can follow, and ages grow while nothing changes.

#include "cli/session.h"
#include "kube/watch_cache.h"

#include <functional>
#include <optional>
#include <vector>

namespace sluice::cli {

/// What is followed, and for how long.
struct Following {
  std::vector<kube::WatchCache::Options> of;
  Duration limit{};  ///< 0: for ever.
};

/// The objects of each kind that is followed, in the order of Following::of; each by namespace and
/// name.
using ObjectsByKind = std::vector<std::vector<kube::Object>>;

/// Gets all objects as they are. An exit code ends the following.
using ShowObjects = std::function<std::optional<int>(const ObjectsByKind&)>;

/// Calls `show` with what is there once all kinds are listed, then after changes, at most five
/// times a second, and once a second without one. Returns its exit code, kExitOk at the limit, or
/// what report() makes of a server that refuses, or is away for longer than Patience bears.
kube::Awaitable<int> follow_objects(Session& session, Following following, ShowObjects show);

}  // namespace sluice::cli
