#include "cli/lint_checks.h"

#include "analysis/template_check.h"
#include "analysis/template_resolver.h"
#include "crds/analysis_codec.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "crds/validation.h"
#include "traffic/router_registry.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <list>
#include <map>
#include <string_view>

namespace sluice::cli {
namespace {

using Objects = std::span<const Json* const>;

std::string namespace_of(const Json& object) {
  return string_at(object, "metadata.namespace", "default");
}

bool is_kind(const Json& object, std::string_view kind) {
  return string_at(object, "kind") == kind;
}

bool is_around(std::string_view outer, std::string_view inner) {
  return inner.starts_with(outer) &&
         (inner.size() == outer.size() || inner[outer.size()] == '.' || inner[outer.size()] == '[');
}

/// What could not be read, and what is wrong with the rest. What stands around a field that could
/// not be read may be wrong for that alone.
crds::FieldProblems joined(const crds::FieldProblems& unread, const crds::FieldProblems& wrong) {
  crds::FieldProblems all = unread;
  for (const crds::FieldProblem& problem : wrong) {
    const auto explains = [&](const crds::FieldProblem& one) {
      return is_around(problem.path, one.path);
    };
    if (std::none_of(unread.begin(), unread.end(), explains)) all.push_back(problem);
  }
  return all;
}

crds::FieldProblems check_rollout(const Json& object, Objects) {
  if (!is_kind(object, crds::kRollout)) return {};
  const auto decoded = crds::decode_rollout(object);
  return joined(decoded.problems, crds::validate_rollout(decoded.value));
}

crds::FieldProblems check_routers(const Json& object, Objects) {
  crds::FieldProblems problems;
  if (!is_kind(object, crds::kRollout)) return problems;
  const crds::Rollout rollout = crds::decode_rollout(object).value;
  if (!rollout.spec.canary || !rollout.spec.canary->traffic_routing) return problems;
  const traffic::RouterRegistry registry = traffic::builtin_routers();
  for (const crds::RouterSpec& spec : rollout.spec.canary->traffic_routing->routers) {
    const auto router = registry.make(spec, namespace_of(object));
    if (router) continue;
    const std::string& message = router.error().message;
    const size_t colon = message.find(": ");
    problems.push_back({message.substr(0, colon), message.substr(colon + 2)});
  }
  return problems;
}

crds::FieldProblems check_services(const Json& object, Objects all) {
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

crds::FieldProblems check_analyses(const Json& object, Objects all) {
  crds::FieldProblems problems;
  if (!is_kind(object, crds::kRollout)) return problems;
  std::list<crds::AnalysisTemplate> templates;
  for (const Json* other : all) {
    const bool cluster = is_kind(*other, crds::kClusterAnalysisTemplate);
    if (!cluster && !is_kind(*other, crds::kAnalysisTemplate)) continue;
    if (!cluster && namespace_of(*other) != namespace_of(object)) continue;
    templates.push_back(crds::decode_analysis_template(*other).value);
  }
  if (templates.empty()) return problems;
  const analysis::TemplateLookup lookup = [&](const crds::TemplateRef& ref) {
    for (const crds::AnalysisTemplate& known : templates)
      if (known.meta.name == ref.template_name && known.cluster_scope == ref.cluster_scope)
        return &known;
    return static_cast<const crds::AnalysisTemplate*>(nullptr);
  };
  const crds::Rollout rollout = crds::decode_rollout(object).value;
  for (const crds::AnalysisUse& use : crds::analysis_uses(rollout)) {
    const auto found = analysis::collect_templates(use.analysis->templates, lookup);
    if (!found)
      problems.push_back({use.path + ".templates", "Invalid value: " + found.error().message});
  }
  return problems;
}

crds::LintCheck run_check(const analysis::ProviderRegistry& providers) {
  return [&providers](const Json& object, Objects) -> crds::FieldProblems {
    if (!is_kind(object, crds::kAnalysisRun)) return {};
    const auto decoded = crds::decode_analysis_run(object);
    const analysis::ProviderChecks checks = providers.checks();
    return joined(decoded.problems, analysis::check_run_spec(decoded.value.spec, &checks));
  };
}

crds::LintCheck template_check(const analysis::ProviderRegistry& providers) {
  return [&providers](const Json& object, Objects) -> crds::FieldProblems {
    const bool judged =
        is_kind(object, crds::kAnalysisTemplate) || is_kind(object, crds::kClusterAnalysisTemplate);
    if (!judged) return {};
    const auto decoded = crds::decode_analysis_template(object);
    const analysis::ProviderChecks checks = providers.checks();
    return joined(decoded.problems, analysis::check_template(decoded.value.spec, &checks));
  };
}

}  // namespace

std::vector<crds::LintCheck> lint_checks(const analysis::ProviderRegistry& providers) {
  return {
      check_rollout,       check_routers, check_services, check_analyses, template_check(providers),
      run_check(providers)};
}

}  // namespace sluice::cli
