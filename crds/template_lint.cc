#include "crds/template_lint.h"

#include "base/json_list.h"
#include "base/object_meta.h"
#include "core/conform.h"
#include "core/names.h"
#include "core/pod_check.h"
#include "core/value_check.h"
#include "crds/lint.h"
#include "crds/names.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::crds {
namespace {

constexpr std::string_view kRbacGroup = "rbac.authorization.k8s.io";

/// A text whose `{{args.name}}` have a value that is right everywhere.
std::string with_arguments(std::string text) {
  for (size_t begin = text.find("{{"); begin != std::string::npos; begin = text.find("{{", begin)) {
    const size_t end = text.find("}}", begin);
    if (end == std::string::npos) break;
    text.replace(begin, end + 2 - begin, "x");
  }
  return text;
}

/// What a metric's arguments are for is not known before its run.
Json with_arguments(Json value) {
  if (value.is_string()) return with_arguments(value.get<std::string>());
  if (value.is_structured())
    for (Json& inner : value) inner = with_arguments(std::move(inner));
  return value;
}

class TemplateLint {
 public:
  void visit(const Json& object) {
    const GroupVersionKind gvk =
        make_gvk(string_at(object, "apiVersion"), string_at(object, "kind"));
    const bool workload =
        gvk.group == "apps" && (gvk.kind == "Deployment" || gvk.kind == "ReplicaSet");
    if (gvk.group == kGroup && gvk.kind == kRollout) visit_workload(object, "spec");
    if (workload) visit_workload(object, "spec");
    if (gvk.group.empty() && gvk.kind == "Pod") visit_pod(object);
    if (gvk.group == kGroup && gvk.kind == kExperiment) visit_experiment(object);
    const bool analysis = gvk.kind == kAnalysisTemplate || gvk.kind == kClusterAnalysisTemplate ||
                          gvk.kind == kAnalysisRun;
    if (gvk.group == kGroup && analysis) visit_metrics(object);
  }

  FieldProblems problems;

 private:
  void add(core::Faults faults) {
    for (core::Fault& fault : faults)
      problems.push_back({std::move(fault.field), std::move(fault.message)});
  }

  void add_unknown(const Json& spec, const std::string& field) {
    for (const auto& [path, meant] : core::unknown_fields(spec, core::find_shape("PodSpec"), field))
      problems.push_back({path, unknown_field_text(meant)});
  }

  void visit_template(const Json& pod_template, const std::string& field,
                      core::TemplateOwner owner) {
    if (const Json* spec = find_path(pod_template, "spec"); spec != nullptr)
      add_unknown(*spec, field + ".spec");
    add(core::check_pod_template(pod_template, field, owner));
  }

  /// What has a selector and a template, at `field`.
  void visit_workload(const Json& object, const std::string& field) {
    const Json* holder = find_path(object, field);
    if (holder != nullptr) visit_holder(*holder, field);
  }

  void visit_holder(const Json& holder, const std::string& field) {
    const Json* pod_template = find_path(holder, "template");
    if (pod_template == nullptr || !pod_template->is_object()) return;
    visit_template(*pod_template, field + ".template", core::TemplateOwner::ReplicaSet);
    if (const Json* selector = find_path(holder, "selector"); selector != nullptr) {
      add(core::check_template_selector(*selector, field + ".selector", *pod_template,
                                        field + ".template"));
    }
  }

  void visit_pod(const Json& object) {
    const Json* spec = find_path(object, "spec");
    if (spec == nullptr || !spec->is_object()) return;
    add_unknown(*spec, "spec");
    add(core::check_pod_spec(*spec, "spec"));
  }

  void visit_experiment(const Json& object) {
    const Json* spec = find_path(object, "spec");
    if (spec == nullptr) return;
    const Json& templates = list_at(*spec, "templates");
    for (size_t at = 0; at < templates.size(); ++at)
      visit_holder(templates[at], fmt::format("spec.templates[{}]", at));
  }

  void visit_metrics(const Json& object) {
    const Json* spec = find_path(object, "spec");
    if (spec == nullptr) return;
    const Json& metrics = list_at(*spec, "metrics");
    for (size_t at = 0; at < metrics.size(); ++at) {
      const Json* job = find_path(metrics[at], "provider.job.spec");
      if (job == nullptr || !job->is_object()) continue;
      const std::string field = fmt::format("spec.metrics[{}].provider.job.spec", at);
      if (const Json* pod_template = find_path(*job, "template"); pod_template != nullptr)
        visit_template(with_arguments(*pod_template), field + ".template",
                       core::TemplateOwner::Job);
    }
  }
};

void complain(FieldProblems& problems, const std::string& field, const std::string& value,
              const core::NameComplaints& complaints) {
  for (const std::string& complaint : complaints) {
    core::Fault fault = core::invalid_value(field, core::go_quote(value), complaint);
    problems.push_back({std::move(fault.field), std::move(fault.message)});
  }
}

core::NameComplaints check_name(const GroupVersionKind& gvk, const std::string& name) {
  if (gvk.group.empty() && gvk.kind == "Service") return core::check_dns1035_label(name);
  if (gvk.group.empty() && gvk.kind == "Namespace") return core::check_label(name);
  if (gvk.group == kRbacGroup) return {};  // They may hold colons.
  return core::check_subdomain(name);
}

}  // namespace

FieldProblems check_pod_templates(const Json& object) {
  TemplateLint lint;
  lint.visit(object);
  return std::move(lint.problems);
}

FieldProblems check_metadata(const Json& object) {
  FieldProblems problems;
  const GroupVersionKind gvk = make_gvk(string_at(object, "apiVersion"), string_at(object, "kind"));
  if (const std::string name = string_at(object, "metadata.name"); !name.empty())
    complain(problems, "metadata.name", name, check_name(gvk, name));
  if (const std::string space = string_at(object, "metadata.namespace"); !space.empty())
    complain(problems, "metadata.namespace", space, core::check_label(space));
  if (const Json* labels = find_path(object, "metadata.labels"); labels != nullptr)
    for (core::Fault& fault : core::check_labels(*labels, "metadata.labels"))
      problems.push_back({std::move(fault.field), std::move(fault.message)});
  return problems;
}

}  // namespace sluice::crds
