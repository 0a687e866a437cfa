#pragma once

// What is known of a pod's containers, and how that is shown as the Pod's status. Pure.

#include "base/json.h"
#include "base/time.h"
#include "local/pods/pod_spec.h"

#include <optional>
#include <string>
#include <vector>

namespace sluice::local {

/// How one run of a container ended.
struct Termination {
  int exit_code = 0;
  int signal = 0;
  std::string reason;  ///< "Completed", "Error", "StartError".
  std::string message;
  SystemTime started{};
  SystemTime finished{};
  std::string container_id;
};

enum class ContainerPhase { Waiting, Running, Terminated };

struct ContainerStatus {
  std::string name;
  std::string image;
  std::string image_id;
  ContainerPhase phase = ContainerPhase::Waiting;
  std::string waiting_reason = "ContainerCreating";
  std::string waiting_message;
  SystemTime running_since{};
  std::string container_id;               ///< Of the newest run; "" before the first.
  std::optional<Termination> terminated;  ///< Set in phase Terminated.
  std::optional<Termination> last;        ///< The run before the newest.
  int restarts = 0;
  bool started = false;  ///< Running, and its startup probe has passed.
  bool ready = false;
};

/// The number of the run that comes next: 0 for the first.
int next_run(const ContainerStatus& status);
/// A new run begins: the one before becomes `last`, and the restart is counted.
void begin_run(ContainerStatus& status, std::string container_id);
void show_running(ContainerStatus& status, SystemTime now);
void show_terminated(ContainerStatus& status, Termination end);
/// Waiting between runs or before the first.
void show_waiting(ContainerStatus& status, std::string reason, std::string message);

struct PodState {
  std::vector<ContainerStatus> init_containers;
  std::vector<ContainerStatus> containers;
  std::string pod_ip;
  SystemTime start_time{};
  bool ended = false;  ///< Deleted and all containers have ended: the phase is final.
};

/// True when every init container has ended well.
bool is_initialized(const PodState& state);

/// The phase of the kubelet's getPhase: Pending, Running, Succeeded, Failed.
std::string pod_phase(const PodSpec& spec, const PodState& state);

/// The whole status. Conditions keep the transition time of `previous` (the status as stored; may
/// be null) while their value stays; conditions that others have set are kept.
Json render_pod_status(const PodSpec& spec, const PodState& state, const Json& previous,
                       SystemTime now);

/// The body of a patch that changes the status: {"status": ...}.
std::string status_patch(const Json& status);

/// The state in which the containers of a pod start, given the status as stored: fresh, or after
/// the death of their keeper. What was running then counts as killed at `now`.
PodState restore_pod_state(const PodSpec& spec, const Json& previous, SystemTime now);

}  // namespace sluice::local
