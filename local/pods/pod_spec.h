#pragma once

// The part of a Pod's spec that the kubelet acts on, as typed values with the API's defaults. What
// needs a kernel of its own (volumes, security contexts, resources) is not here: pods are plain
// processes.

#include "base/json.h"
#include "base/time.h"
#include "local/pods/probe_spec.h"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sluice::local {

enum class RestartPolicy { Always, OnFailure, Never };

std::string_view to_string(RestartPolicy policy);

struct ContainerPort {
  std::string name;
  int port = 0;
  std::string protocol = "TCP";
};

/// Where the value of a variable comes from when it is not written down.
struct EnvSource {
  enum class Kind { Field, ConfigMap, Secret, Resource };
  Kind kind = Kind::Field;
  std::string name;  ///< Of the ConfigMap or Secret.
  std::string key;   ///< Field path, or key in the ConfigMap or Secret.
  bool optional = false;
};

struct EnvVariable {
  std::string name;
  std::string value;
  std::optional<EnvSource> source;
};

/// All keys of a ConfigMap or Secret as variables.
struct EnvFrom {
  EnvSource::Kind kind = EnvSource::Kind::ConfigMap;
  std::string name;
  std::string prefix;
  bool optional = false;
};

struct Container {
  std::string name;
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> args;
  std::string working_dir;
  std::vector<EnvVariable> env;
  std::vector<EnvFrom> env_from;
  std::vector<ContainerPort> ports;
  std::optional<ProbeSpec> readiness;
  std::optional<ProbeSpec> liveness;
  std::optional<ProbeSpec> startup;
  std::optional<ProbeAction> pre_stop;

  /// The number of a port given by number or name; nothing where no port has the name.
  std::optional<int> port(const PortReference& reference) const;
};

struct PodSpec {
  std::vector<Container> init_containers;
  std::vector<Container> containers;
  RestartPolicy restart_policy = RestartPolicy::Always;
  Duration termination_grace = std::chrono::seconds(30);
  std::vector<std::string> readiness_gates;  ///< Condition types that others set.
};

/// Reads a whole Pod. Errors (Invalid) name the field; the API server should have refused those.
Result<PodSpec> decode_pod_spec(const Json& pod);

}  // namespace sluice::local
