#include "cli/check/lint_references.h"

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

/// What a Rollout names that can be one Rollout's only, by its place: Services, and the rule whose
/// subsets are used as such.
std::map<std::string, crds::ObjectName> owned_objects(const crds::RolloutSpec& spec) {
  std::map<std::string, crds::ObjectName> objects;
  const auto add = [&objects](std::string path, const std::string& side) {
    if (!side.empty()) objects.emplace(std::move(path), crds::side_object(side));
  };
  if (const crds::CanaryStrategy* canary = spec.canary()) {
    add("spec.strategy.canary.stableService", canary->stable_service);
    add("spec.strategy.canary.canaryService", canary->canary_service);
    if (canary->traffic_routing && canary->traffic_routing->subsets) {
      add("spec.strategy.canary.trafficRouting.istio.destinationRule.name",
          crds::sides_of(*canary).stable);
    }
  }
  if (spec.blue_green()) {
    add("spec.strategy.blueGreen.activeService", spec.blue_green()->active_service);
    add("spec.strategy.blueGreen.previewService", spec.blue_green()->preview_service);
  }
  return objects;
}

/// Some of the input is of one of the kinds: it is meant to be whole.
bool has_any_kind(Objects all, const std::vector<traffic::ObjectKind>& kinds) {
  return std::ranges::any_of(all, [&kinds](const Json* one) {
    return std::ranges::any_of(
        kinds, [one](const traffic::ObjectKind& kind) { return is_kind(*one, kind.gvk.kind); });
  });
}

const Json* find_object(Objects all, const traffic::ObjectRef& ref) {
  const auto found = std::ranges::find_if(all, [&ref](const Json* one) {
    return is_kind(*one, ref.gvk.kind) && namespace_of(*one) == ref.key.namespace_ &&
           string_at(*one, "metadata.name") == ref.key.name;
  });
  return found == all.end() ? nullptr : *found;
}

/// The routes of a Rollout as soon as its canary has weight: what they need must be there.
crds::Routes first_routes(const crds::CanaryStrategy& canary) {
  constexpr int64_t kTotal = 100;
  crds::Sides sides = crds::sides_of(canary);
  return crds::two_way_routes(std::move(sides.stable), std::move(sides.canary), kTotal, 1);
}

std::string told(const Error& fault) {
  if (fault.code != ErrorCode::NotFound) return "Invalid value: " + fault.message;
  return "Not found: " + fault.message.substr(0, fault.message.find(": "));
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
  const auto mine = owned_objects(crds::decode_rollout(object).value.spec);
  const std::string name = string_at(object, "metadata.name");
  for (const Json* other : all) {
    const bool rival = is_kind(*other, crds::kRollout) &&
                       namespace_of(*other) == namespace_of(object) &&
                       string_at(*other, "metadata.name") != name;
    if (!rival) continue;
    const auto theirs = owned_objects(crds::decode_rollout(*other).value.spec);
    for (const auto& [path, owned] : mine) {
      const bool shared = std::ranges::any_of(
          theirs, [&owned](const auto& entry) { return entry.second == owned; });
      if (!shared) continue;
      problems.push_back({path, fmt::format("Invalid value: \"{}\": Rollout \"{}\" names it too",
                                            owned.name, string_at(*other, "metadata.name"))});
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
  const crds::CanaryStrategy& canary = *rollout.spec.canary();
  const traffic::RouterOwner owner{{namespace_of(object), rollout.meta.name}, ""};
  const traffic::FindObject find = [all](const traffic::ObjectRef& ref) {
    return find_object(all, ref);
  };
  for (const crds::RouterSpec& spec : canary.traffic_routing->routers) {
    const auto router = registry.make(spec, owner);
    if (!router || !has_any_kind(all, registry.find(spec.kind)->reads)) continue;
    for (const Error& fault : (*router)->faults(first_routes(canary), find))
      problems.push_back({traffic::router_path(spec), told(fault)});
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
  // Whoever applies an object without a namespace gives it one.
  const auto field = [&object](std::string_view path) {
    auto value = field_value(object, path);
    if (!value && path == "metadata.namespace") value = "default";
    return value;
  };
  const analysis::ArgumentContext context{
      .stable_hash = "stable", .latest_hash = "latest", .field = field};
  const crds::Rollout rollout = crds::decode_rollout(object).value;
  for (const crds::AnalysisUse& use : crds::analysis_uses(rollout))
    std::ranges::move(analysis::check_use(use, context, lookup), std::back_inserter(problems));
  return problems;
}

}  // namespace sluice::cli
