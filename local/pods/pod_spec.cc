#include "local/pods/pod_spec.h"

#include "base/json_list.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sluice::local {

namespace {

std::optional<EnvSource> decode_env_source(const Json& from) {
  if (const Json* field = find_path(from, "fieldRef"))
    return EnvSource{EnvSource::Kind::Field, "", string_at(*field, "fieldPath"), false};
  if (const Json* config = find_path(from, "configMapKeyRef")) {
    return EnvSource{EnvSource::Kind::ConfigMap, string_at(*config, "name"),
                     string_at(*config, "key"), bool_at(*config, "optional")};
  }
  if (const Json* secret = find_path(from, "secretKeyRef")) {
    return EnvSource{EnvSource::Kind::Secret, string_at(*secret, "name"), string_at(*secret, "key"),
                     bool_at(*secret, "optional")};
  }
  if (const Json* resource = find_path(from, "resourceFieldRef"))
    return EnvSource{EnvSource::Kind::Resource, "", string_at(*resource, "resource"), false};
  return std::nullopt;
}

EnvVariable decode_env_variable(const Json& value) {
  EnvVariable variable;
  variable.name = string_at(value, "name");
  variable.value = string_at(value, "value");
  if (const Json* from = find_path(value, "valueFrom")) variable.source = decode_env_source(*from);
  return variable;
}

EnvFrom decode_env_from(const Json& value) {
  EnvFrom from;
  from.prefix = string_at(value, "prefix");
  const Json* source = find_path(value, "configMapRef");
  if (source == nullptr) {
    from.kind = EnvSource::Kind::Secret;
    source = find_path(value, "secretRef");
  }
  if (source != nullptr) {
    from.name = string_at(*source, "name");
    from.optional = bool_at(*source, "optional");
  }
  return from;
}

Result<void> decode_probes(const Json& value, const std::string& field, Container& container) {
  const std::pair<const char*, std::optional<ProbeSpec>*> probes[] = {
      {"readinessProbe", &container.readiness},
      {"livenessProbe", &container.liveness},
      {"startupProbe", &container.startup}};
  for (const auto& [name, target] : probes) {
    const Json* probe = find_path(value, name);
    if (probe == nullptr || probe->is_null()) continue;
    Result<ProbeSpec> decoded = decode_probe(*probe, field + "." + name);
    if (!decoded) return fail(decoded.error());
    *target = std::move(*decoded);
  }
  if (const Json* hook = find_path(value, "lifecycle.preStop")) {
    Result<ProbeAction> action = decode_probe_action(*hook, field + ".lifecycle.preStop");
    if (!action) return fail(action.error());
    container.pre_stop = std::move(*action);
  }
  return {};
}

Result<Container> decode_container(const Json& value, const std::string& field) {
  Container container;
  container.name = string_at(value, "name");
  container.image = string_at(value, "image");
  container.command = strings_at(value, "command");
  container.args = strings_at(value, "args");
  container.working_dir = string_at(value, "workingDir");
  if (container.name.empty()) return fail(invalid(field + ".name: Required value"));
  for (const Json& variable : list_at(value, "env"))
    container.env.push_back(decode_env_variable(variable));
  for (const Json& from : list_at(value, "envFrom"))
    container.env_from.push_back(decode_env_from(from));
  for (const Json& port : list_at(value, "ports")) {
    container.ports.push_back({string_at(port, "name"),
                               static_cast<int>(int_at(port, "containerPort")),
                               string_at(port, "protocol", "TCP")});
  }
  if (const Result<void> probes = decode_probes(value, field, container); !probes)
    return fail(probes.error());
  return container;
}

Result<std::vector<Container>> decode_containers(const Json& spec, const std::string& name) {
  std::vector<Container> containers;
  for (const Json& value : list_at(spec, name)) {
    Result<Container> container =
        decode_container(value, fmt::format("spec.{}[{}]", name, containers.size()));
    if (!container) return fail(container.error());
    containers.push_back(std::move(*container));
  }
  return containers;
}

RestartPolicy decode_restart_policy(const std::string& text) {
  if (text == "Never") return RestartPolicy::Never;
  return text == "OnFailure" ? RestartPolicy::OnFailure : RestartPolicy::Always;
}

}  // namespace

std::string_view to_string(RestartPolicy policy) {
  switch (policy) {
    case RestartPolicy::Always:
      return "Always";
    case RestartPolicy::OnFailure:
      return "OnFailure";
    case RestartPolicy::Never:
      return "Never";
  }
  return "";
}

std::optional<int> Container::port(const PortReference& reference) const {
  if (const int* number = std::get_if<int>(&reference)) return *number;
  for (const ContainerPort& candidate : ports)
    if (candidate.name == std::get<std::string>(reference)) return candidate.port;
  return std::nullopt;
}

Result<PodSpec> decode_pod_spec(const Json& pod) {
  const Json* json = find_path(pod, "spec");
  if (json == nullptr) return fail(invalid("spec: Required value"));
  PodSpec spec;
  Result<std::vector<Container>> init = decode_containers(*json, "initContainers");
  if (!init) return fail(init.error());
  Result<std::vector<Container>> containers = decode_containers(*json, "containers");
  if (!containers) return fail(containers.error());
  spec.init_containers = std::move(*init);
  spec.containers = std::move(*containers);
  spec.restart_policy = decode_restart_policy(string_at(*json, "restartPolicy", "Always"));
  spec.termination_grace = seconds_at(*json, "terminationGracePeriodSeconds", 30);
  for (const Json& gate : list_at(*json, "readinessGates"))
    spec.readiness_gates.push_back(string_at(gate, "conditionType"));
  return spec;
}

}  // namespace sluice::local
