#include "core/pod_check.h"

#include "base/json_list.h"
#include "core/container_check.h"
#include "core/names.h"
#include "core/shape.h"
#include "core/value_check.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace sluice::core {
namespace {

/// Names that a pod's spec gives: absent ones are well.
void check_names(const Json& spec, const std::string& field, Faults& faults) {
  struct Rule {
    const char* name;
    NameComplaints (*check)(std::string_view);
  };

  constexpr Rule kRules[] = {{"hostname", check_label},
                             {"subdomain", check_label},
                             {"nodeName", check_subdomain},
                             {"serviceAccountName", check_subdomain},
                             {"priorityClassName", check_subdomain},
                             {"runtimeClassName", check_subdomain}};
  for (const Rule& rule : kRules)
    if (const std::string name = string_at(spec, rule.name); !name.empty())
      complain(faults, field + '.' + rule.name, name, rule.check(name));
}

void check_volumes(const Json& spec, const std::string& field, Faults& faults) {
  const Json& volumes = list_at(spec, "volumes");
  for (size_t at = 0; at < volumes.size(); ++at) {
    const std::string place = fmt::format("{}.volumes[{}]", field, at);
    if (const std::string name = string_at(volumes[at], "name"); !name.empty())
      complain(faults, place + ".name", name, check_label(name));
    size_t sources = 0;
    if (volumes[at].is_object()) {
      for (const auto& [key, source] : volumes[at].items()) {
        if (key == "name" || source.is_null()) continue;
        if (++sources > 1) {
          faults.push_back(
              forbidden_value(place + '.' + key, "may not specify more than 1 volume type"));
        }
      }
    }
  }
}

std::set<std::string> names_in(const Json& list) {
  std::set<std::string> names;
  for (const Json& element : list) names.insert(string_at(element, "name"));
  return names;
}

void check_containers(const Json& spec, const std::string& field, Faults& faults) {
  const std::set<std::string> volumes = names_in(list_at(spec, "volumes"));
  const std::set<std::string> main = names_in(list_at(spec, "containers"));
  for (const auto& [list, role] : {std::pair{"containers", ContainerRole::Main},
                                   std::pair{"initContainers", ContainerRole::Init}}) {
    const Json& containers = list_at(spec, list);
    for (size_t at = 0; at < containers.size(); ++at) {
      const std::string place = fmt::format("{}.{}[{}]", field, list, at);
      append(faults, check_container(containers[at], place, role, volumes));
      const std::string name = string_at(containers[at], "name");
      if (role == ContainerRole::Init && !name.empty() && main.contains(name))
        faults.push_back(duplicate_value(place + ".name", go_quote(name)));
    }
  }
}

void check_toleration(const Json& toleration, const std::string& field, Faults& faults) {
  const std::string op = string_at(toleration, "operator");
  const std::string value = string_at(toleration, "value");
  if (string_at(toleration, "key").empty() && op != "Exists") {
    faults.push_back(invalid_value(field + ".operator", go_quote(op),
                                   "operator must be Exists when `key` is empty, which means "
                                   "\"match all values and all keys\""));
  }
  if (op == "Exists" && !value.empty()) {
    faults.push_back(invalid_value(field + ".operator", go_quote(value),
                                   "value must be empty when `operator` is 'Exists'"));
  }
  if (find_path(toleration, "tolerationSeconds") != nullptr &&
      string_at(toleration, "effect") != "NoExecute") {
    faults.push_back(invalid_value(field + ".effect", go_quote(string_at(toleration, "effect")),
                                   "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
}

void check_expression(const Json& expression, const std::string& field, Faults& faults) {
  const std::string op = string_at(expression, "operator");
  const bool valued = !list_at(expression, "values").empty();
  if ((op == "In" || op == "NotIn") && !valued) {
    faults.push_back(
        required_value(field + ".values", "must be specified when `operator` is 'In' or 'NotIn'"));
  }
  if ((op == "Exists" || op == "DoesNotExist") && valued) {
    faults.push_back(forbidden_value(
        field + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  }
}

bool expression_matches(const Json& expression, const Json& labels) {
  const std::string op = string_at(expression, "operator");
  const auto label = labels.find(string_at(expression, "key"));
  const bool there = label != labels.end();
  const Json& values = list_at(expression, "values");
  const bool listed = there && std::ranges::find(values, *label) != values.end();
  if (op == "In") return listed;
  if (op == "NotIn") return !listed;
  return op == "Exists" ? there : op == "DoesNotExist" && !there;
}

bool selector_matches(const Json& selector, const Json& labels) {
  if (const Json* wanted = find_path(selector, "matchLabels");
      wanted != nullptr && wanted->is_object()) {
    for (const auto& [key, value] : wanted->items())
      if (const auto label = labels.find(key); label == labels.end() || *label != value)
        return false;
  }
  const Json& expressions = list_at(selector, "matchExpressions");
  return std::ranges::all_of(expressions, [&labels](const Json& expression) {
    return expression_matches(expression, labels);
  });
}

}  // namespace

Faults check_pod_spec(const Json& spec, const std::string& field) {
  Faults faults = check_values(spec, find_shape("PodSpec"), field);
  check_names(spec, field, faults);
  check_volumes(spec, field, faults);
  check_containers(spec, field, faults);
  const Json& tolerations = list_at(spec, "tolerations");
  for (size_t at = 0; at < tolerations.size(); ++at)
    check_toleration(tolerations[at], fmt::format("{}.tolerations[{}]", field, at), faults);
  return faults;
}

Faults check_labels(const Json& labels, const std::string& field) {
  Faults faults;
  if (!labels.is_object()) return faults;
  for (const auto& [key, value] : labels.items()) {
    complain(faults, field, key, check_qualified_name(key));
    if (value.is_string())
      complain(faults, field, value.get<std::string>(),
               check_label_value(value.get_ref<const std::string&>()));
  }
  return faults;
}

Faults check_pod_template(const Json& pod_template, const std::string& field, TemplateOwner owner) {
  Faults faults;
  if (const Json* labels = find_path(pod_template, "metadata.labels"); labels != nullptr)
    append(faults, check_labels(*labels, field + ".metadata.labels"));
  const Json* spec = find_path(pod_template, "spec");
  const std::string place = field + ".spec";
  append(faults, check_pod_spec(spec != nullptr ? *spec : Json::object(), place));
  if (spec == nullptr) return faults;
  const std::string policy = string_at(*spec, "restartPolicy");
  switch (owner) {
    case TemplateOwner::ReplicaSet:
      if (policy == "OnFailure" || policy == "Never")
        faults.push_back(unsupported_value(place + ".restartPolicy", go_quote(policy), {"Always"}));
      if (int_at(*spec, "activeDeadlineSeconds") != 0) {
        faults.push_back(forbidden_value(place + ".activeDeadlineSeconds",
                                         "activeDeadlineSeconds in ReplicaSet is not Supported"));
      }
      break;
    case TemplateOwner::Job:
      if (policy.empty() || policy == "Always") {
        faults.push_back(
            unsupported_value(place + ".restartPolicy", go_quote(policy), {"OnFailure", "Never"}));
      }
      break;
  }
  return faults;
}

Faults check_label_selector(const Json& selector, const std::string& field) {
  Faults faults = check_values(selector, find_shape("LabelSelector"), field);
  if (const Json* labels = find_path(selector, "matchLabels"); labels != nullptr)
    append(faults, check_labels(*labels, field + ".matchLabels"));
  const Json& expressions = list_at(selector, "matchExpressions");
  for (size_t at = 0; at < expressions.size(); ++at)
    check_expression(expressions[at], fmt::format("{}.matchExpressions[{}]", field, at), faults);
  return faults;
}

Faults check_template_selector(const Json& selector, const std::string& field,
                               const Json& pod_template, const std::string& template_field) {
  Faults faults = check_label_selector(selector, field);
  const Json* wanted = find_path(selector, "matchLabels");
  const bool empty =
      (wanted == nullptr || wanted->empty()) && list_at(selector, "matchExpressions").empty();
  if (empty) {
    faults.push_back(
        invalid_value(field, dump_json(selector), "empty selector is invalid for deployment"));
    return faults;
  }
  const Json* found = find_path(pod_template, "metadata.labels");
  const Json labels = found != nullptr && found->is_object() ? *found : Json::object();
  if (faults.empty() && !selector_matches(selector, labels)) {
    faults.push_back(invalid_value(template_field + ".metadata.labels", dump_json(labels),
                                   "`selector` does not match template `labels`"));
  }
  return faults;
}

}  // namespace sluice::core
