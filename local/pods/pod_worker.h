#pragma once

// One pod from its start to its end: init containers in order, containers side by side, the status
// written whenever it changes, and after a deletion the end of the object.

#include "local/pods/pod_record.h"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace sluice::local {

/// Runs the pod; returns when it was deleted, its containers have ended and the object is released
/// (deleted for good, unless finalizers of others hold it). Then `closed` is set.
asio::awaitable<void> run_pod(std::shared_ptr<PodRecord> pod);

/// Takes in the object's newest state: a deletion mark begins the end of the pod.
void update_pod(PodRecord& pod, kube::ObjectPtr object);

/// The object is gone: what still runs is killed at once.
void abandon_pod(PodRecord& pod);

/// The state of one run of a container, for those who follow its log.
bool is_container_running(const PodRecord& pod, const std::string& container, int run);

}  // namespace sluice::local
