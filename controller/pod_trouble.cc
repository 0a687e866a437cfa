#include "controller/pod_trouble.h"

#include "base/json_list.h"
#include "engine/reasons.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace sluice::controller {
namespace {

using engine::PodTrouble;

constexpr std::array<std::string_view, 6> kPullObstacles = {
    "ErrImagePull",      "ImagePullBackOff",  "InvalidImageName",
    "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable"};
constexpr std::array<std::string_view, 2> kStarting = {"ContainerCreating", "PodInitializing"};

/// From bad to harmless.
constexpr std::array kOrder = {engine::kImageNotPulled, engine::kPodsCannotStart,
                               engine::kPodsCrash, engine::kPodsUnschedulable,
                               engine::kPodsNotReady};

size_t rank(const PodTrouble& trouble) {
  return static_cast<size_t>(std::find(kOrder.begin(), kOrder.end(), trouble.reason) -
                             kOrder.begin());
}

template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string image_of(const Json& pod, const std::string& container) {
  for (const char* list : {"spec.initContainers", "spec.containers"})
    for (const Json& item : list_at(pod, list))
      if (string_at(item, "name") == container) return string_at(item, "image");
  return "";
}

/// What a kubelet says of a pull without its count of back-offs; "" where nothing is left.
std::string pull_detail(const std::string& reason, const std::string& message) {
  if (reason != "ImagePullBackOff") return message;
  constexpr std::string_view kCause = "ErrImagePull: ";
  const size_t cause = message.find(kCause);
  return cause == std::string::npos ? "" : message.substr(cause + kCause.size());
}

std::string with_detail(std::string text, const std::string& detail) {
  return detail.empty() ? text : std::move(text) + ": " + detail;
}

/// How a container ended: "ended with exit code 1 (Error)", "was killed: OOMKilled".
std::string ending(const Json& terminated) {
  const std::string reason = string_at(terminated, "reason");
  const std::string text =
      fmt::format("ended with exit code {}{}", int_at(terminated, "exitCode"),
                  reason.empty() || reason == "Error" ? "" : fmt::format(" ({})", reason));
  return with_detail(text, string_at(terminated, "message"));
}

std::optional<PodTrouble> waiting_trouble(const Json& pod, const Json& status) {
  const std::string container = string_at(status, "name");
  const std::string reason = string_at(status, "state.waiting.reason");
  const std::string message = string_at(status, "state.waiting.message");
  if (reason.empty() || reason == "CrashLoopBackOff" || is_one_of(kStarting, reason))
    return std::nullopt;
  PodTrouble trouble{.reason = std::string(engine::kPodsCannotStart),
                     .pod = string_at(pod, "metadata.name")};
  if (is_one_of(kPullObstacles, reason)) {
    trouble.reason = engine::kImageNotPulled;
    trouble.message = with_detail(fmt::format("the image {} of container {} cannot be pulled",
                                              image_of(pod, container), container),
                                  pull_detail(reason, message));
  } else {
    trouble.message = with_detail(fmt::format("container {}: {}", container, reason), message);
  }
  return trouble;
}

std::optional<PodTrouble> crash_trouble(const Json& pod, const Json& status) {
  const Json* ended = find_path(status, "state.terminated");
  if (ended == nullptr) ended = find_path(status, "lastState.terminated");
  const int64_t restarts = int_at(status, "restartCount");
  const bool failed = ended != nullptr && (int_at(*ended, "exitCode") != 0 || restarts > 0);
  if (!failed || bool_at(status, "ready")) return std::nullopt;
  std::string text = fmt::format("container {} {}", string_at(status, "name"), ending(*ended));
  if (restarts > 0) text += fmt::format(", {} restart{}", restarts, restarts == 1 ? "" : "s");
  return PodTrouble{.reason = std::string(engine::kPodsCrash),
                    .pod = string_at(pod, "metadata.name"),
                    .message = std::move(text)};
}

std::optional<PodTrouble> readiness_trouble(const Json& pod, const Json& status) {
  const bool running = find_path(status, "state.running") != nullptr;
  if (!running || bool_at(status, "ready")) return std::nullopt;
  return PodTrouble{.reason = std::string(engine::kPodsNotReady),
                    .pod = string_at(pod, "metadata.name"),
                    .message = fmt::format("container {} runs since {} and is not ready",
                                           string_at(status, "name"),
                                           string_at(status, "state.running.startedAt"))};
}

std::optional<PodTrouble> placing_trouble(const Json& pod) {
  const std::string name = string_at(pod, "metadata.name");
  if (string_at(pod, "status.phase") == "Failed") {
    return PodTrouble{.reason = std::string(engine::kPodsCannotStart),
                      .pod = name,
                      .message = with_detail(string_at(pod, "status.reason", "failed"),
                                             string_at(pod, "status.message"))};
  }
  for (const Json& condition : list_at(pod, "status.conditions")) {
    if (string_at(condition, "type") != "PodScheduled") continue;
    if (string_at(condition, "status") != "False") continue;
    return PodTrouble{.reason = std::string(engine::kPodsUnschedulable),
                      .pod = name,
                      .message = with_detail("no node takes it", string_at(condition, "message"))};
  }
  return std::nullopt;
}

void keep_worse(std::optional<PodTrouble>& worst, std::optional<PodTrouble> found) {
  if (found && (!worst || rank(*found) < rank(*worst))) worst = std::move(found);
}

}  // namespace

std::optional<PodTrouble> find_pod_trouble(const std::vector<Json>& pods) {
  std::optional<PodTrouble> worst;
  for (const Json& pod : pods) {
    if (find_path(pod, "metadata.deletionTimestamp") != nullptr) continue;
    keep_worse(worst, placing_trouble(pod));
    for (const char* list : {"status.initContainerStatuses", "status.containerStatuses"}) {
      for (const Json& status : list_at(pod, list)) {
        keep_worse(worst, waiting_trouble(pod, status));
        keep_worse(worst, crash_trouble(pod, status));
        keep_worse(worst, readiness_trouble(pod, status));
      }
    }
  }
  return worst;
}

PodTrouble fuller(const PodTrouble& older, PodTrouble newer) {
  const bool same = older.reason == newer.reason && older.pod == newer.pod;
  const bool pull = newer.reason == engine::kImageNotPulled;
  if (same && pull && older.message.starts_with(newer.message)) newer.message = older.message;
  return newer;
}

}  // namespace sluice::controller
