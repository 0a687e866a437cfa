#include "cli/lint_references.h"

#include "analysis/template_resolver.h"
#include "analysis/use_check.h"
#include "crds/analysis_codec.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "crds/validation.h"
#include "traffic/router_registry.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace sluice::cli {
namespace {

using Objects = std::span<const Json* const>;

/// The Services that a Rollout names, by their place.
std::map<std::string, std::string> named_services(const crds::RolloutSpec& spec) {
  std::map<std::string, std::string> names;
  const auto add = [&names](std::string path, const std::string& name) {
    if (!name.empty()) names.emplace(std::move(path), name);
  };
  if (spec.canary()) {
    add("spec.strategy.canary.stableService", spec.canary()->stable_service);
    add("spec.strategy.canary.canaryService", spec.canary()->canary_service);
  }
  if (spec.blue_green()) {
    add("spec.strategy.blueGreen.activeService", spec.blue_green()->active_service);
    add("spec.strategy.blueGreen.previewService", spec.blue_green()->preview_service);
  }
  return names;
}

bool has_kind(Objects all, std::string_view kind) {
  return std::ranges::any_of(all, [kind](const Json* one) { return is_kind(*one, kind); });
}

const Json* find_object(Objects all, const traffic::ObjectRef& ref) {
  const auto found = std::ranges::find_if(all, [&ref](const Json* one) {
    return is_kind(*one, ref.gvk.kind) && namespace_of(*one) == ref.key.namespace_ &&
           string_at(*one, "metadata.name") == ref.key.name;
  });
  return found == all.end() ? nullptr : *found;
}

/// The Services that the rules of a route send to.
std::set<std::string> backends_of(const Json& route) {
  std::set<std::string> names;
  const Json* rules = find_path(route, "spec.rules");
  if (rules == nullptr || !rules->is_array()) return names;
  for (const Json& rule : *rules) {
    const Json* backends = find_path(rule, "backendRefs");
    if (backends == nullptr || !backends->is_array()) continue;
    for (const Json& backend : *backends) names.insert(string_at(backend, "name"));
  }
  return names;
}

crds::FieldProblems check_route(const crds::CanaryStrategy& canary, const std::string& path,
                                const traffic::ObjectRef& ref, Objects all) {
  const Json* route = find_object(all, ref);
  if (route == nullptr) return {{path, fmt::format("Not found: {}", ref.to_string())}};
  crds::FieldProblems problems;
  const std::set<std::string> backends = backends_of(*route);
  for (const std::string& service : {canary.stable_service, canary.canary_service}) {
    if (service.empty() || backends.contains(service)) continue;
    problems.push_back(
        {path, fmt::format("Invalid value: {} has no backend \"{}\"", ref.to_string(), service)});
  }
  return problems;
}

/// The value at a fieldPath of an argument, as the controller will find it.
std::optional<std::string> field_value(const Json& rollout, std::string_view path) {
  if (path.starts_with("status")) return "value";
  for (const char* map : {"metadata.labels", "metadata.annotations"}) {
    const std::string prefix = std::string(map) + "['";
    if (!path.starts_with(prefix) || !path.ends_with("']")) continue;
    const std::string key(path.substr(prefix.size(), path.size() - prefix.size() - 2));
    const Json* entries = find_path(rollout, map);
    const bool there = entries != nullptr && entries->is_object() && entries->contains(key);
    return there ? std::optional<std::string>("value") : std::nullopt;
  }
  const Json* found = find_path(rollout, path);
  if (found == nullptr || found->is_structured()) return std::nullopt;
  return found->is_string() ? found->get<std::string>() : dump_json(*found);
}

/// The templates of the input that a Rollout may refer to.
std::list<crds::AnalysisTemplate> templates_for(const Json& rollout, Objects all) {
  std::list<crds::AnalysisTemplate> templates;
  for (const Json* other : all) {
    const bool cluster = is_kind(*other, crds::kClusterAnalysisTemplate);
    if (!cluster && !is_kind(*other, crds::kAnalysisTemplate)) continue;
    if (!cluster && namespace_of(*other) != namespace_of(rollout)) continue;
    templates.push_back(crds::decode_analysis_template(*other).value);
  }
  return templates;
}

}  // namespace

std::string namespace_of(const Json& object) {
  return string_at(object, "metadata.namespace", "default");
}

bool is_kind(const Json& object, std::string_view kind) {
  return string_at(object, "kind") == kind;
}

crds::FieldProblems check_services(const Json& object, std::span<const Json* const> all) {
  if (!is_kind(object, crds::kRollout)) return {};
  std::map<std::string, crds::ServiceFacts> services;
  for (const Json* other : all) {
    if (!is_kind(*other, "Service") || namespace_of(*other) != namespace_of(object)) continue;
    crds::ServiceFacts& facts = services[string_at(*other, "metadata.name")];
    if (const Json* selector = find_path(*other, "spec.selector");
        selector != nullptr && selector->is_object()) {
      for (const auto& [key, value] : selector->items())
        if (value.is_string()) facts.selector[key] = value.get<std::string>();
    }
  }
  if (services.empty()) return {};
  return crds::validate_services(crds::decode_rollout(object).value, [&](const std::string& name) {
    const auto found = services.find(name);
    return found == services.end() ? nullptr : &found->second;
  });
}

crds::FieldProblems check_shared_services(const Json& object, std::span<const Json* const> all) {
  crds::FieldProblems problems;
  if (!is_kind(object, crds::kRollout)) return problems;
  const auto mine = named_services(crds::decode_rollout(object).value.spec);
  const std::string name = string_at(object, "metadata.name");
  for (const Json* other : all) {
    const bool rival = is_kind(*other, crds::kRollout) &&
                       namespace_of(*other) == namespace_of(object) &&
                       string_at(*other, "metadata.name") != name;
    if (!rival) continue;
    const auto theirs = named_services(crds::decode_rollout(*other).value.spec);
    for (const auto& [path, service] : mine) {
      const bool shared = std::ranges::any_of(
          theirs, [&service](const auto& entry) { return entry.second == service; });
      if (!shared) continue;
      problems.push_back({path, fmt::format("Invalid value: \"{}\": Rollout \"{}\" names it too",
                                            service, string_at(*other, "metadata.name"))});
    }
  }
  return problems;
}

crds::FieldProblems check_routes(const Json& object, std::span<const Json* const> all) {
  crds::FieldProblems problems;
  if (!is_kind(object, crds::kRollout)) return problems;
  const crds::Rollout rollout = crds::decode_rollout(object).value;
  if (!rollout.spec.canary() || !rollout.spec.canary()->traffic_routing) return problems;
  const traffic::RouterRegistry registry = traffic::builtin_routers();
  for (const crds::RouterSpec& spec : rollout.spec.canary()->traffic_routing->routers) {
    const auto router = registry.make(spec, namespace_of(object));
    if (!router) continue;
    for (const traffic::ObjectRef& ref : (*router)->objects()) {
      if (!has_kind(all, ref.gvk.kind)) continue;
      for (crds::FieldProblem& problem :
           check_route(*rollout.spec.canary(), traffic::router_path(spec), ref, all)) {
        problems.push_back(std::move(problem));
      }
    }
  }
  return problems;
}

crds::FieldProblems check_analyses(const Json& object, std::span<const Json* const> all) {
  crds::FieldProblems problems;
  if (!is_kind(object, crds::kRollout)) return problems;
  const std::list<crds::AnalysisTemplate> templates = templates_for(object, all);
  if (templates.empty()) return problems;
  const analysis::TemplateLookup lookup = [&](const crds::TemplateRef& ref) {
    for (const crds::AnalysisTemplate& known : templates)
      if (known.meta.name == ref.template_name && known.cluster_scope == ref.cluster_scope)
        return &known;
    return static_cast<const crds::AnalysisTemplate*>(nullptr);
  };
  const analysis::ArgumentContext context{
      .stable_hash = "stable", .latest_hash = "latest", .field = [&object](std::string_view path) {
        return field_value(object, path);
      }};
  const crds::Rollout rollout = crds::decode_rollout(object).value;
  for (const crds::AnalysisUse& use : crds::analysis_uses(rollout))
    std::ranges::move(analysis::check_use(use, context, lookup), std::back_inserter(problems));
  return problems;
}

}  // namespace sluice::cli
