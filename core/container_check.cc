#include "core/container_check.h"

#include "base/json_list.h"
#include "core/names.h"
#include "core/quantity.h"
#include "core/value_check.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace sluice::core {
namespace {

constexpr std::initializer_list<const char*> kHandlers = {"exec", "httpGet", "tcpSocket", "grpc",
                                                          "sleep"};
constexpr std::initializer_list<const char*> kProbes = {"livenessProbe", "readinessProbe",
                                                        "startupProbe"};

const Json* object_at(const Json& object, const char* key) {
  const Json* found = find_path(object, key);
  return found != nullptr && found->is_object() ? found : nullptr;
}

size_t count_members(const Json& object, std::initializer_list<const char*> names) {
  return static_cast<size_t>(std::ranges::count_if(names, [&object](const char* name) {
    const auto found = object.find(name);
    return found != object.end() && !found->is_null();
  }));
}

void check_handler(const Json& handler, const std::string& field, Faults& faults) {
  const size_t count = count_members(handler, kHandlers);
  if (count == 0) faults.push_back(required_value(field, "must specify a handler type"));
  if (count > 1)
    faults.push_back(forbidden_value(field, "may not specify more than 1 handler type"));
  for (const char* kind : {"httpGet", "tcpSocket"}) {
    const Json* action = object_at(handler, kind);
    if (action == nullptr) continue;
    if (const std::string port = string_at(*action, "port"); !port.empty())
      complain(faults, fmt::format("{}.{}.port", field, kind), port, check_port_name(port));
  }
}

void check_probes(const Json& container, const std::string& field, Faults& faults) {
  for (const char* name : kProbes) {
    const Json* probe = object_at(container, name);
    if (probe == nullptr) continue;
    const std::string place = field + '.' + name;
    check_handler(*probe, place, faults);
    const int64_t successes = int_at(*probe, "successThreshold", 1);
    if (successes > 1 && std::string_view(name) != "readinessProbe") {
      faults.push_back(
          invalid_value(place + ".successThreshold", std::to_string(successes), "must be 1"));
    }
  }
  for (const char* hook : {"postStart", "preStop"}) {
    const Json* lifecycle = object_at(container, "lifecycle");
    const Json* handler = lifecycle != nullptr ? object_at(*lifecycle, hook) : nullptr;
    if (handler != nullptr)
      check_handler(*handler, fmt::format("{}.lifecycle.{}", field, hook), faults);
  }
}

/// An init container that ends has no probes and no hooks; one that stays says so.
void check_init(const Json& container, const std::string& field, Faults& faults) {
  if (string_at(container, "restartPolicy") == "Always") return;
  for (const char* name : {"lifecycle", "livenessProbe", "readinessProbe", "startupProbe"}) {
    if (object_at(container, name) == nullptr) continue;
    faults.push_back(
        forbidden_value(fmt::format("{}.{}", field, name),
                        "may not be set for init containers without restartPolicy=Always"));
  }
}

void check_ports(const Json& container, const std::string& field, Faults& faults) {
  std::set<std::string> names;
  const Json& ports = list_at(container, "ports");
  for (size_t at = 0; at < ports.size(); ++at) {
    const std::string name = string_at(ports[at], "name");
    if (name.empty()) continue;
    const std::string place = fmt::format("{}.ports[{}].name", field, at);
    complain(faults, place, name, check_port_name(name));
    if (!names.insert(name).second) faults.push_back(duplicate_value(place, go_quote(name)));
  }
}

/// References to ConfigMaps and Secrets need a name, although Go's structs let it be absent.
void check_reference(const Json& source, const char* kind, const std::string& field,
                     Faults& faults) {
  const Json* reference = object_at(source, kind);
  if (reference == nullptr) return;
  const std::string name = string_at(*reference, "name");
  const std::string place = fmt::format("{}.{}.name", field, kind);
  if (name.empty())
    faults.push_back(required_value(place));
  else
    complain(faults, place, name, check_subdomain(name));
}

void check_source(const Json& variable, const std::string& field, Faults& faults) {
  const Json* source = object_at(variable, "valueFrom");
  if (source == nullptr) return;
  const std::string place = field + ".valueFrom";
  const size_t count = count_members(
      *source, {"fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"});
  if (count == 0)
    faults.push_back(invalid_value(place, "\"\"",
                                   "must specify one of: `fieldRef`, "
                                   "`resourceFieldRef`, `configMapKeyRef` or "
                                   "`secretKeyRef`"));
  if (!string_at(variable, "value").empty()) {
    faults.push_back(
        invalid_value(place, "\"\"", "may not be specified when `value` is not empty"));
  } else if (count > 1) {
    faults.push_back(
        invalid_value(place, "\"\"", "may not have more than one field specified at a time"));
  }
  for (const char* kind : {"configMapKeyRef", "secretKeyRef"})
    check_reference(*source, kind, place, faults);
}

void check_env(const Json& container, const std::string& field, Faults& faults) {
  const Json& env = list_at(container, "env");
  for (size_t at = 0; at < env.size(); ++at) {
    const std::string place = fmt::format("{}.env[{}]", field, at);
    const std::string name = string_at(env[at], "name");
    if (!name.empty()) complain(faults, place + ".name", name, check_variable_name(name));
    check_source(env[at], place, faults);
  }
  const Json& sources = list_at(container, "envFrom");
  for (size_t at = 0; at < sources.size(); ++at) {
    const std::string place = fmt::format("{}.envFrom[{}]", field, at);
    const size_t count = count_members(sources[at], {"configMapRef", "secretRef"});
    if (count != 1) {
      faults.push_back(
          invalid_value(place, "\"\"", "must specify one of: `configMapRef` or `secretRef`"));
    }
    for (const char* kind : {"configMapRef", "secretRef"})
      check_reference(sources[at], kind, place, faults);
  }
}

void check_mounts(const Json& container, const std::string& field,
                  const std::set<std::string>& volumes, Faults& faults) {
  const Json& mounts = list_at(container, "volumeMounts");
  for (size_t at = 0; at < mounts.size(); ++at) {
    const std::string place = fmt::format("{}.volumeMounts[{}]", field, at);
    const std::string name = string_at(mounts[at], "name");
    if (!name.empty() && !volumes.contains(name))
      faults.push_back(missing_value(place + ".name", go_quote(name)));
    const std::string path = string_at(mounts[at], "subPath");
    if (path.starts_with('/'))
      faults.push_back(
          invalid_value(place + ".subPath", go_quote(path), "must be a relative path"));
  }
}

/// cpu, memory and the like; others are named with a domain.
bool is_container_resource(std::string_view name) {
  return name == "cpu" || name == "memory" || name == "ephemeral-storage" ||
         name.starts_with("hugepages-") || name.contains('/');
}

/// A quantity as text; "" for what is none.
std::string quantity_text(const Json& quantity) {
  if (quantity.is_string()) return quantity.get<std::string>();
  return quantity.is_number() ? dump_json(quantity) : "";
}

void check_resource_list(const Json& resources, const char* list, const std::string& field,
                         Faults& faults) {
  const Json* quantities = object_at(resources, list);
  if (quantities == nullptr) return;
  for (const auto& [name, quantity] : quantities->items()) {
    if (!is_container_resource(name)) {
      faults.push_back(invalid_value(fmt::format("{}.{}", field, list), go_quote(name),
                                     "must be a standard resource for containers"));
    }
    const std::string text = quantity_text(quantity);
    if (compare_quantities(text, "0") == std::strong_ordering::less) {
      faults.push_back(invalid_value(fmt::format("{}.{}[{}]", field, list, name), go_quote(text),
                                     "must be greater than or equal to 0"));
    }
  }
}

void check_resources(const Json& container, const std::string& field, Faults& faults) {
  const Json* resources = object_at(container, "resources");
  if (resources == nullptr) return;
  const std::string place = field + ".resources";
  for (const char* list : {"limits", "requests"})
    check_resource_list(*resources, list, place, faults);
  const Json* limits = object_at(*resources, "limits");
  const Json* requests = object_at(*resources, "requests");
  if (limits == nullptr || requests == nullptr) return;
  for (const auto& [name, quantity] : requests->items()) {
    const auto limit = limits->find(name);
    if (limit == limits->end()) continue;
    const std::string asked = canonical_quantity(quantity_text(quantity));
    const std::string most = canonical_quantity(quantity_text(*limit));
    if (compare_quantities(asked, most) == std::strong_ordering::greater) {
      faults.push_back(
          invalid_value(place + ".requests", go_quote(asked),
                        fmt::format("must be less than or equal to {} limit of {}", name, most)));
    }
  }
}

}  // namespace

Faults check_container(const Json& container, const std::string& field, ContainerRole role,
                       const std::set<std::string>& volumes) {
  Faults faults;
  if (const std::string name = string_at(container, "name"); !name.empty())
    complain(faults, field + ".name", name, check_label(name));
  if (string_at(container, "image").empty()) faults.push_back(required_value(field + ".image"));
  check_ports(container, field, faults);
  check_env(container, field, faults);
  check_mounts(container, field, volumes, faults);
  check_resources(container, field, faults);
  switch (role) {
    case ContainerRole::Main:
      check_probes(container, field, faults);
      break;
    case ContainerRole::Init:
      check_init(container, field, faults);
      break;
  }
  return faults;
}

}  // namespace sluice::core
