#include "cli/check/lint_checks.h"

#include "analysis/template_check.h"
#include "base/pattern.h"
#include "cli/check/lint_hints.h"
#include "cli/check/lint_references.h"
#include "crds/analysis_codec.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "crds/validation.h"
#include "engine/canary/steps.h"
#include "engine/invalid_spec.h"
#include "traffic/router_registry.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <variant>

namespace sluice::cli {
namespace {

using Objects = std::span<const Json* const>;

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
  if (!rollout.spec.canary() || !rollout.spec.canary()->traffic_routing) return problems;
  const traffic::RouterRegistry registry = traffic::builtin_routers();
  problems = traffic::beyond_abilities(*rollout.spec.canary(), registry);
  for (const crds::RouterSpec& spec : rollout.spec.canary()->traffic_routing->routers) {
    const auto router =
        registry.make(spec, {{namespace_of(object), string_at(object, "metadata.name")}, ""});
    if (router) continue;
    const std::string& message = router.error().message;
    const size_t colon = message.find(": ");
    problems.push_back({message.substr(0, colon), message.substr(colon + 2)});
  }
  return problems;
}

void check_pattern(const crds::StringMatch& match, std::string path,
                   crds::FieldProblems& problems) {
  const auto pattern = Pattern::compile(match.regex);
  if (!pattern)
    problems.push_back({std::move(path) + ".regex", "Invalid value: " + pattern.error().message});
}

/// Patterns of managed routes are read by the gateway, in whose syntax RE2's is contained.
crds::FieldProblems check_route_patterns(const Json& object, Objects) {
  crds::FieldProblems problems;
  if (!is_kind(object, crds::kRollout)) return problems;
  const crds::Rollout rollout = crds::decode_rollout(object).value;
  if (!rollout.spec.canary()) return problems;
  const std::vector<crds::Step>& steps = rollout.spec.canary()->steps;
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::string step = fmt::format("spec.strategy.canary.steps[{}]", i);
    if (const auto* route = std::get_if<crds::SetHeaderRouteStep>(&steps[i])) {
      for (size_t k = 0; k < route->match.size(); ++k)
        check_pattern(route->match[k].value,
                      fmt::format("{}.setHeaderRoute.match[{}].headerValue", step, k), problems);
    } else if (const auto* mirror = std::get_if<crds::SetMirrorRouteStep>(&steps[i])) {
      for (size_t k = 0; k < mirror->match.size(); ++k) {
        const std::string match = fmt::format("{}.setMirrorRoute.match[{}]", step, k);
        check_pattern(mirror->match[k].path, match + ".path", problems);
        for (const crds::HeaderMatch& header : mirror->match[k].headers)
          check_pattern(header.value, fmt::format("{}.headers[{}]", match, header.name), problems);
      }
    }
  }
  return problems;
}

crds::FieldProblems check_supported(const Json& object, Objects) {
  if (!is_kind(object, crds::kRollout)) return {};
  return engine::unsupported_parts(crds::decode_rollout(object).value.spec);
}

/// No rollout starts one, and nothing acts upon one that somebody else has made.
crds::FieldProblems check_experiment(const Json& object, Objects) {
  if (!is_kind(object, crds::kExperiment)) return {};
  return {{"kind", "Unsupported value: \"Experiment\": this engine runs no experiments"}};
}

/// Managed routes that are set before the canary has pods. They come with the pods, where some come
/// before anybody looks; where not, the step never ends.
crds::FieldProblems find_podless_routes(const Json& object, Objects) {
  crds::FieldProblems problems;
  if (!is_kind(object, crds::kRollout)) return problems;
  const crds::Rollout rollout = crds::decode_rollout(object).value;
  if (!rollout.spec.canary() || !rollout.spec.canary()->traffic_routing) return problems;
  const std::vector<crds::Step>& steps = rollout.spec.canary()->steps;
  for (int32_t i = 0; i < std::ssize(steps); ++i) {
    const auto route = engine::canary::managed_route(steps[static_cast<size_t>(i)]);
    if (!route || !route->set || engine::canary::has_canary_pods(steps, i)) continue;
    const int32_t look = engine::canary::next_look(steps, i);
    const bool comes = look == std::ssize(steps) || engine::canary::has_canary_pods(steps, look);
    problems.push_back(
        {fmt::format("spec.strategy.canary.steps[{}].{}", i,
                     route->kind == "header route" ? "setHeaderRoute" : "setMirrorRoute"),
         fmt::format("sends requests to no pod: no setWeight or setCanaryScale "
                     "before it gives the canary any{}",
                     comes ? ""
                           : ", nor does one before the next pause or analysis: "
                             "the update stops here")});
  }
  return problems;
}

crds::FieldProblems check_parents(const Json& object, Objects) {
  if (!is_kind(object, "HTTPRoute")) return {};
  const Json* parents = find_path(object, "spec.parentRefs");
  if (parents != nullptr && parents->is_array() && !parents->empty()) return {};
  return {{"spec.parentRefs", "Required value: no gateway takes up a route without a parent"}};
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

crds::LintChecks lint_checks(const analysis::ProviderRegistry& providers) {
  return {
      .errors = {check_rollout, check_supported, check_experiment, check_routers,
                 check_route_patterns, check_services, check_shared_services, check_routes,
                 check_analyses, check_parents, template_check(providers), run_check(providers)},
      .warnings = {find_unknown_plugin_keys, find_podless_routes, find_moving_images,
                   find_listening_addresses}};
}

}  // namespace sluice::cli
