#include "crds/validation.h"

#include "base/letter_case.h"
#include "crds/names.h"
#include "crds/pod_overlay_check.h"
#include "crds/routes.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>

namespace sluice::crds {
namespace {

/// Of an InvalidSpec's message: an event has room for 1,024 bytes.
constexpr size_t kInvalidSpecBytes = 1000;

class Checker {
 public:
  explicit Checker(const Rollout& rollout) : spec_(rollout.spec) {}

  FieldProblems run() && {
    check_template();
    check_strategy();
    check_numbers();
    return std::move(problems_);
  }

 private:
  void add(std::string path, std::string message) {
    problems_.push_back({std::move(path), std::move(message)});
  }

  void check_template() {
    if (spec_.workload_ref) {
      add("spec.workloadRef", "Unsupported value: put the pod template into spec.template");
      return;
    }
    if (!spec_.pod_template) add("spec.template", "Required value: a pod template is needed");
    if (spec_.selector.empty()) {
      add("spec.selector", "Required value: the selector must not be empty");
    } else if (!spec_.selector.matches(spec_.template_labels)) {
      add("spec.template.metadata.labels",
          fmt::format("Invalid value: `selector` ({}) does not match template `labels`",
                      spec_.selector.to_string()));
    }
  }

  void check_strategy() {
    if (spec_.canary())
      check_canary(*spec_.canary());
    else if (spec_.blue_green())
      check_blue_green(*spec_.blue_green());
    else
      add("spec.strategy", "Required value: one of canary and blueGreen must be set");
  }

  void check_canary(const CanaryStrategy& canary) {
    const std::string path = "spec.strategy.canary";
    if (!canary.stable_service.empty() && canary.stable_service == canary.canary_service) {
      add(path + ".stableService",
          fmt::format("Invalid value: \"{}\": must differ from canaryService",
                      canary.stable_service));
    }
    check_routing(canary, path);
    check_not_negative(canary.max_surge, path + ".maxSurge");
    check_not_negative(canary.max_unavailable, path + ".maxUnavailable");
    if (is_zero(canary.max_surge) && is_zero(canary.max_unavailable))
      add(path + ".maxSurge", "Invalid value: maxSurge and maxUnavailable must not both be 0");
    for (size_t i = 0; i < canary.steps.size(); ++i)
      check_step(canary, canary.steps[i], fmt::format("{}.steps[{}]", path, i));
  }

  void check_blue_green(const BlueGreenStrategy& blue_green) {
    const std::string path = "spec.strategy.blueGreen";
    if (blue_green.active_service.empty())
      add(path + ".activeService", "Required value: names the Service that users ask");
    else if (blue_green.active_service == blue_green.preview_service)
      add(path + ".previewService",
          fmt::format("Invalid value: \"{}\": must differ from activeService",
                      blue_green.preview_service));
    check_not_negative(blue_green.preview_replica_count, path + ".previewReplicaCount");
    check_not_negative(blue_green.auto_promotion_seconds, path + ".autoPromotionSeconds");
    check_not_negative(blue_green.scale_down_delay_seconds, path + ".scaleDownDelaySeconds");
    check_not_negative(blue_green.abort_scale_down_delay_seconds,
                       path + ".abortScaleDownDelaySeconds");
    check_not_negative(blue_green.scale_down_delay_revision_limit,
                       path + ".scaleDownDelayRevisionLimit");
    check_not_negative(blue_green.max_unavailable, path + ".maxUnavailable");
    check_templates(blue_green.pre_promotion_analysis, path + ".prePromotionAnalysis");
    check_templates(blue_green.post_promotion_analysis, path + ".postPromotionAnalysis");
  }

  void check_templates(const std::optional<RolloutAnalysis>& analysis, const std::string& path) {
    if (analysis && analysis->templates.empty())
      add(path + ".templates", "Required value: names no template");
  }

  void check_routing(const CanaryStrategy& canary, const std::string& path) {
    if (!canary.traffic_routing) {
      if (canary.scale_down_delay_seconds)
        add(path + ".scaleDownDelaySeconds", "Invalid value: needs trafficRouting");
      if (canary.dynamic_stable_scale)
        add(path + ".dynamicStableScale", "Invalid value: needs trafficRouting");
      return;
    }
    const TrafficRouting& routing = *canary.traffic_routing;
    if (routing.routers.empty()) add(path + ".trafficRouting", "Required value: names no router");
    if (canary.stable_service.empty() && !routing.subsets)
      add(path + ".stableService", "Required value: traffic routing needs a stable Service");
    if (canary.canary_service.empty() && !routing.subsets)
      add(path + ".canaryService", "Required value: traffic routing needs a canary Service");
    if (canary.dynamic_stable_scale && canary.scale_down_delay_seconds) {
      add(path + ".dynamicStableScale",
          "Invalid value: cannot be combined with scaleDownDelaySeconds");
    }
    const auto& total = routing.max_traffic_weight;
    if (total && *total < 1)
      add(path + ".trafficRouting.maxTrafficWeight",
          fmt::format("Invalid value: {}: must be at least 1", *total));
  }

  void check_not_negative(const std::optional<IntOrPercent>& value, std::string path) {
    if (value && value->value < 0)
      add(std::move(path), fmt::format("Invalid value: {}: must not be negative", value->value));
  }

  void check_not_negative(const std::optional<int32_t>& value, std::string path) {
    if (value && *value < 0)
      add(std::move(path), fmt::format("Invalid value: {}: must not be negative", *value));
  }

  static bool is_zero(const std::optional<IntOrPercent>& value) {
    return value && value->value == 0;
  }

  void check_step(const CanaryStrategy& canary, const Step& step, const std::string& path) {
    if (const auto* weight = std::get_if<SetWeightStep>(&step)) {
      check_weight(canary, weight->weight, path + ".setWeight");
    } else if (const auto* pause = std::get_if<PauseStep>(&step)) {
      if (pause->duration && *pause->duration <= Duration::zero())
        add(path + ".pause.duration", "Invalid value: must be longer than 0");
    } else if (const auto* scale = std::get_if<SetCanaryScaleStep>(&step)) {
      check_scale(canary, *scale, path + ".setCanaryScale");
    } else if (const auto* header = std::get_if<SetHeaderRouteStep>(&step)) {
      check_header_route(canary, *header, path + ".setHeaderRoute");
    } else if (const auto* mirror = std::get_if<SetMirrorRouteStep>(&step)) {
      check_mirror_route(canary, *mirror, path + ".setMirrorRoute");
    } else if (const auto* analysis = std::get_if<AnalysisStep>(&step)) {
      if (analysis->analysis.templates.empty())
        add(path + ".analysis.templates", "Required value: names no template");
    } else if (const auto* other = std::get_if<UnsupportedStep>(&step)) {
      add(path + "." + other->kind, "Unsupported value: this engine cannot run such a step");
    }
  }

  void check_weight(const CanaryStrategy& canary, int64_t weight, const std::string& path) {
    const int64_t total = total_of(canary.traffic_routing.value_or(TrafficRouting{}));
    if (weight < 0 || weight > total)
      add(path, fmt::format("Invalid value: {}: must be between 0 and {}", weight, total));
  }

  void check_scale(const CanaryStrategy& canary, const SetCanaryScaleStep& scale,
                   const std::string& path) {
    if (!canary.traffic_routing) add(path, "Invalid value: needs trafficRouting");
    const int set = (scale.weight ? 1 : 0) + (scale.replicas ? 1 : 0) + scale.match_traffic_weight;
    if (set != 1) {
      add(path,
          "Invalid value: exactly one of weight, replicas and matchTrafficWeight must be set");
    }
    if (scale.weight) check_weight(canary, *scale.weight, path + ".weight");
    if (scale.replicas && *scale.replicas < 0)
      add(path + ".replicas", "Invalid value: must not be negative");
  }

  void check_managed(const CanaryStrategy& canary, const std::string& name,
                     const std::string& path) {
    const auto& routing = canary.traffic_routing;
    if (routing &&
        std::ranges::find(routing->managed_routes, name) != routing->managed_routes.end())
      return;
    add(path + ".name",
        fmt::format("Invalid value: \"{}\": must be listed in trafficRouting.managedRoutes", name));
  }

  void check_mirror_route(const CanaryStrategy& canary, const SetMirrorRouteStep& step,
                          const std::string& path) {
    check_managed(canary, step.name, path);
    if (step.percentage && (*step.percentage < 0 || *step.percentage > 100)) {
      add(path + ".percentage",
          fmt::format("Invalid value: {}: must be between 0 and 100", *step.percentage));
    }
    for (size_t i = 0; i < step.match.size(); ++i)
      check_mirror_match(step.match[i], fmt::format("{}.match[{}]", path, i));
  }

  void check_mirror_match(const RequestMatch& match, const std::string& path) {
    constexpr std::array<std::string_view, 9> kMethods{
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
    check_one_of(match.method, path + ".method", true);
    if (!match.method.exact.empty() &&
        std::ranges::find(kMethods, match.method.exact) == kMethods.end()) {
      add(path + ".method",
          fmt::format("Invalid value: exact must be one of {}", fmt::join(kMethods, ", ")));
    }
    check_one_of(match.path, path + ".path", true);
    if (!match.path.prefix.empty() && !match.path.prefix.starts_with('/'))
      add(path + ".path.prefix", "Invalid value: must begin with /");
    if (!match.path.exact.empty() && !match.path.exact.starts_with('/'))
      add(path + ".path.exact", "Invalid value: must begin with /");
    for (size_t i = 0; i < match.headers.size(); ++i) check_mirror_header(match.headers, i, path);
  }

  void check_mirror_header(const std::vector<HeaderMatch>& headers, size_t index,
                           const std::string& path) {
    const auto& [name, value] = headers[index];
    const std::string field = fmt::format("{}.headers[{}]", path, name);
    check_one_of(value, field, false);
    if (is_repeated(headers, index))
      add(field, "Duplicate value: another one differs only in case");
  }

  void check_one_of(const StringMatch& match, const std::string& path, bool or_none) {
    const int set = !match.exact.empty() + !match.prefix.empty() + !match.regex.empty();
    if (set == 1 || (set == 0 && or_none)) return;
    add(path, "Invalid value: exactly one of exact, prefix and regex must be set");
  }

  static bool is_repeated(const std::vector<HeaderMatch>& matches, size_t index) {
    const auto here = matches.begin() + static_cast<std::ptrdiff_t>(index);
    return std::any_of(matches.begin(), here, [&](const HeaderMatch& other) {
      return same_in_any_case(other.name, here->name);
    });
  }

  void check_header_route(const CanaryStrategy& canary, const SetHeaderRouteStep& step,
                          const std::string& path) {
    check_managed(canary, step.name, path);
    for (size_t i = 0; i < step.match.size(); ++i)
      check_one_of(step.match[i].value, fmt::format("{}.match[{}].headerValue", path, i), false);
  }

  void check_numbers() {
    constexpr int32_t kDefaultProgressDeadline = 600;
    if (spec_.replicas && *spec_.replicas < 0)
      add("spec.replicas", "Invalid value: must not be negative");
    if (spec_.min_ready_seconds < 0)
      add("spec.minReadySeconds", "Invalid value: must not be negative");
    const int32_t deadline = spec_.progress_deadline_seconds.value_or(kDefaultProgressDeadline);
    if (deadline <= spec_.min_ready_seconds) {
      add("spec.progressDeadlineSeconds",
          fmt::format("Invalid value: {}: must be greater than minReadySeconds", deadline));
    }
    if (spec_.progress_deadline_abort && spec_.on_failure == OnFailure::Pause)
      add("spec.progressDeadlineAbort",
          "Invalid value: true: nothing reverts by itself under "
          "onFailure: pause");
  }

  const RolloutSpec& spec_;
  FieldProblems problems_;
};

void check_service(const Rollout& rollout, const FindService& find, const std::string& name,
                   const std::string& path, FieldProblems& problems) {
  if (name.empty()) return;
  const ServiceFacts* service = find(name);
  if (service == nullptr) {
    problems.push_back(
        {path, fmt::format("Invalid value: \"{0}\": service \"{0}\" not found", name)});
    return;
  }
  if (!service->managed_by.empty() && service->managed_by != rollout.meta.name) {
    problems.push_back(
        {path, fmt::format(
                   "Invalid value: \"{0}\": service \"{0}\" is managed by another Rollout, \"{1}\"",
                   name, service->managed_by)});
  }
  if (rollout.spec.template_labels.empty()) return;  // A template that is not there is told of.
  for (const auto& [key, value] : service->selector) {
    if (key == kPodTemplateHashLabel) continue;
    const auto found = rollout.spec.template_labels.find(key);
    if (found != rollout.spec.template_labels.end() && found->second == value) continue;
    problems.push_back(
        {path, fmt::format("Invalid value: \"{0}\": service \"{0}\" selects {1}={2}, which the pod "
                           "template's labels do not have",
                           name, key, value)});
  }
}

std::vector<AnalysisUse> uses_of(const CanaryStrategy& canary) {
  std::vector<AnalysisUse> uses;
  if (canary.analysis)
    uses.push_back({"spec.strategy.canary.analysis", &canary.analysis->analysis, false});
  for (size_t i = 0; i < canary.steps.size(); ++i) {
    const auto* step = std::get_if<AnalysisStep>(&canary.steps[i]);
    if (step == nullptr) continue;
    uses.push_back(
        {fmt::format("spec.strategy.canary.steps[{}].analysis", i), &step->analysis, true});
  }
  return uses;
}

std::vector<AnalysisUse> uses_of(const BlueGreenStrategy& blue_green) {
  std::vector<AnalysisUse> uses;
  const std::string path = "spec.strategy.blueGreen";
  if (blue_green.pre_promotion_analysis)
    uses.push_back({path + ".prePromotionAnalysis", &*blue_green.pre_promotion_analysis, true});
  if (blue_green.post_promotion_analysis)
    uses.push_back({path + ".postPromotionAnalysis", &*blue_green.post_promotion_analysis, true});
  return uses;
}

}  // namespace

FieldProblems validate_rollout(const Rollout& rollout) {
  FieldProblems problems = Checker(rollout).run();
  std::ranges::move(check_pod_overlays(rollout.spec), std::back_inserter(problems));
  return problems;
}

FieldProblems validate_services(const Rollout& rollout, const FindService& find) {
  FieldProblems problems;
  if (rollout.spec.canary()) {
    const CanaryStrategy& canary = *rollout.spec.canary();
    const std::string path = "spec.strategy.canary";
    check_service(rollout, find, canary.stable_service, path + ".stableService", problems);
    check_service(rollout, find, canary.canary_service, path + ".canaryService", problems);
  }
  if (rollout.spec.blue_green()) {
    const BlueGreenStrategy& blue_green = *rollout.spec.blue_green();
    const std::string path = "spec.strategy.blueGreen";
    check_service(rollout, find, blue_green.active_service, path + ".activeService", problems);
    check_service(rollout, find, blue_green.preview_service, path + ".previewService", problems);
  }
  return problems;
}

std::vector<AnalysisUse> analysis_uses(const Rollout& rollout) {
  if (const CanaryStrategy* canary = rollout.spec.canary()) return uses_of(*canary);
  if (const BlueGreenStrategy* blue_green = rollout.spec.blue_green()) return uses_of(*blue_green);
  return {};
}

std::string invalid_spec_message(const std::string& rollout_name, const FieldProblems& problems) {
  if (problems.empty()) return "";
  std::string text =
      fmt::format("The Rollout \"{}\" is invalid: {}", rollout_name, problems.front().sentence());
  for (size_t told = 1; told < problems.size(); ++told) {
    const std::string next = "; " + problems[told].sentence();
    if (text.size() + next.size() > kInvalidSpecBytes)
      return text + fmt::format("; and {} more", problems.size() - told);
    text += next;
  }
  return text;
}

}  // namespace sluice::crds
