#include "local/store/registry_names.h"
#include "local/store/registry_pod.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace sluice::local {
namespace {

constexpr int64_t kPortMax = 65535;
constexpr std::string_view kNonNegative = "must be greater than or equal to 0";

const Json& list_at(const Json& object, const char* field) {
  static const Json empty = Json::array();
  const auto found = object.find(field);
  return found != object.end() && found->is_array() ? *found : empty;
}

ApiCauses validate_ports(const Json& container, const std::string& field) {
  ApiCauses causes;
  const Json& ports = list_at(container, "ports");
  for (size_t at = 0; at < ports.size(); ++at) {
    const std::string place = fmt::format("{}.ports[{}].containerPort", field, at);
    if (!ports[at].contains("containerPort")) {
      causes.push_back(required_value(place));
      continue;
    }
    const int64_t port = int_at(ports[at], "containerPort");
    if (port < 1 || port > kPortMax) {
      causes.push_back(
          invalid_value(place, std::to_string(port), "must be between 1 and 65535, inclusive"));
    }
  }
  return causes;
}

ApiCauses validate_env(const Json& container, const std::string& field) {
  ApiCauses causes;
  const Json& env = list_at(container, "env");
  for (size_t at = 0; at < env.size(); ++at) {
    const std::string place = fmt::format("{}.env[{}]", field, at);
    const std::string name = string_at(env[at], "name");
    if (name.empty()) {
      causes.push_back(required_value(place + ".name"));
    } else if (name.contains('=')) {
      causes.push_back(invalid_value(
          place + ".name", go_quote(name),
          "a valid environment variable name must consist only of printable ASCII characters "
          "other than '='"));
    }
    if (env[at].contains("valueFrom") && !string_at(env[at], "value").empty()) {
      causes.push_back(invalid_value(place + ".valueFrom", "\"\"",
                                     "may not be specified when `value` is not empty"));
    }
  }
  return causes;
}

ApiCauses validate_mounts(const Json& container, const std::string& field,
                          const std::set<std::string>& volumes) {
  ApiCauses causes;
  const Json& mounts = list_at(container, "volumeMounts");
  for (size_t at = 0; at < mounts.size(); ++at) {
    const std::string place = fmt::format("{}.volumeMounts[{}]", field, at);
    const std::string name = string_at(mounts[at], "name");
    if (!volumes.contains(name))
      causes.push_back({"FieldValueNotFound", "Not found: " + go_quote(name), place + ".name"});
    if (string_at(mounts[at], "mountPath").empty())
      causes.push_back(required_value(place + ".mountPath"));
  }
  return causes;
}

ApiCauses validate_probe(const Json& container, const char* probe, const std::string& field) {
  ApiCauses causes;
  const auto found = container.find(probe);
  if (found == container.end()) return causes;
  const std::string place = field + "." + probe;
  for (const char* number : {"initialDelaySeconds", "timeoutSeconds", "periodSeconds",
                             "successThreshold", "failureThreshold"}) {
    const int64_t value = int_at(*found, number);
    if (value < 0)
      causes.push_back(invalid_value(place + "." + number, std::to_string(value), kNonNegative));
  }
  const int handlers = static_cast<int>(found->contains("exec")) + found->contains("httpGet") +
                       found->contains("tcpSocket") + found->contains("grpc");
  if (handlers == 0) causes.push_back(required_value(place, "must specify a handler type"));
  if (handlers > 1)
    causes.push_back(forbidden_value(place, "may not specify more than 1 handler type"));
  return causes;
}

ApiCauses validate_container(const Json& container, const std::string& field,
                             const std::set<std::string>& volumes) {
  ApiCauses causes;
  const std::string name = string_at(container, "name");
  if (name.empty())
    causes.push_back(required_value(field + ".name"));
  else
    for (const std::string& complaint : check_label(name))
      causes.push_back(invalid_value(field + ".name", go_quote(name), complaint));
  if (string_at(container, "image").empty()) causes.push_back(required_value(field + ".image"));
  const std::string policy = string_at(container, "imagePullPolicy");
  if (policy != "Always" && policy != "IfNotPresent" && policy != "Never") {
    causes.push_back(unsupported_value(field + ".imagePullPolicy", go_quote(policy),
                                       {"Always", "IfNotPresent", "Never"}));
  }
  append(causes, validate_ports(container, field));
  append(causes, validate_env(container, field));
  append(causes, validate_mounts(container, field, volumes));
  for (const char* probe : {"livenessProbe", "readinessProbe", "startupProbe"})
    append(causes, validate_probe(container, probe, field));
  return causes;
}

std::set<std::string> names_in(const Json& list) {
  std::set<std::string> names;
  for (const Json& element : list) names.insert(string_at(element, "name"));
  return names;
}

ApiCauses validate_containers(const Json& spec, const char* list, const std::string& field,
                              std::set<std::string>& taken) {
  ApiCauses causes;
  const std::set<std::string> volumes = names_in(list_at(spec, "volumes"));
  const Json& containers = list_at(spec, list);
  for (size_t at = 0; at < containers.size(); ++at) {
    const std::string place = fmt::format("{}.{}[{}]", field, list, at);
    append(causes, validate_container(containers[at], place, volumes));
    const std::string name = string_at(containers[at], "name");
    if (!name.empty() && !taken.insert(name).second)
      causes.push_back(duplicate_value(place + ".name", go_quote(name)));
  }
  return causes;
}

/// The spec without what an update may change.
Json fixed_part(const Json& spec) {
  Json out = spec;
  for (const char* field : {"activeDeadlineSeconds", "tolerations", "schedulingGates"})
    out.erase(field);
  for (const char* list : {"containers", "initContainers"}) {
    if (!out.contains(list)) continue;
    for (Json& container : out[list]) container.erase("image");
  }
  return out;
}

/// The differences field by field, with a minus and a plus line each.
std::string diff_of(const Json& from, const Json& to) {
  std::string out = "  core.PodSpec{\n";
  const auto line = [&out](char sign, const std::string& field, const Json& object) {
    const auto found = object.find(field);
    if (found != object.end()) out += fmt::format("{} \t{}: {},\n", sign, field, dump_json(*found));
  };
  std::set<std::string> fields;
  for (const Json* side : {&from, &to})
    for (const auto& [field, value] : side->items()) fields.insert(field);
  for (const std::string& field : fields) {
    if (from.contains(field) && to.contains(field) && from[field] == to[field]) continue;
    line('-', field, from);
    line('+', field, to);
  }
  return out + "  \t... // identical fields\n  }\n";
}

}  // namespace

ApiCauses validate_pod_spec(const Json& spec, const std::string& field) {
  ApiCauses causes;
  if (list_at(spec, "containers").empty()) causes.push_back(required_value(field + ".containers"));
  std::set<std::string> taken;
  append(causes, validate_containers(spec, "containers", field, taken));
  append(causes, validate_containers(spec, "initContainers", field, taken));
  const std::string policy = string_at(spec, "restartPolicy");
  if (policy != "Always" && policy != "OnFailure" && policy != "Never") {
    causes.push_back(unsupported_value(field + ".restartPolicy", go_quote(policy),
                                       {"Always", "OnFailure", "Never"}));
  }
  const int64_t grace = int_at(spec, "terminationGracePeriodSeconds");
  if (grace < 0) {
    causes.push_back(invalid_value(field + ".terminationGracePeriodSeconds", std::to_string(grace),
                                   kNonNegative));
  }
  return causes;
}

ApiCauses validate_pod(const Json& pod) {
  return validate_pod_spec(pod["spec"], "spec");
}

ApiCauses validate_pod_update(const Json& pod, const Json& old) {
  if (pod["spec"] == old["spec"]) return {};
  Json before = fixed_part(old["spec"]);
  const Json after = fixed_part(pod["spec"]);
  if (!before.contains("nodeName") && after.contains("nodeName"))
    before["nodeName"] = after["nodeName"];
  if (before == after) return {};
  return {forbidden_value(
      "spec",
      "pod updates may not change fields other than `spec.containers[*].image`,"
      "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
      "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be "
      "set to 1 if it was previously negative)\n" +
          diff_of(before, after))};
}

}  // namespace sluice::local
