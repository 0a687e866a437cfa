#include "local/store/registry_job.h"

#include "core/pod_check.h"
#include "local/store/registry_defaults.h"
#include "local/store/registry_pod.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

constexpr const char* kUidLabel = "batch.kubernetes.io/controller-uid";
constexpr const char* kNameLabel = "batch.kubernetes.io/job-name";

void label_template(Json& job) {
  Json& labels = job["spec"]["template"]["metadata"]["labels"];
  if (labels.is_null()) labels = Json::object();
  labels[kUidLabel] = string_at(job, "metadata.uid");
  labels[kNameLabel] = string_at(job, "metadata.name");
  // The names of these labels until Kubernetes 1.27; people's selectors use them still.
  labels["controller-uid"] = string_at(job, "metadata.uid");
  labels["job-name"] = string_at(job, "metadata.name");
}

}  // namespace

void apply_job_defaults(Json& job) {
  Json& spec = job["spec"];
  if (spec.is_null()) spec = Json::object();
  if (!spec.contains("completions") && !spec.contains("parallelism")) spec["completions"] = 1;
  set_default(spec, "parallelism", 1);
  set_default(spec, "backoffLimit", 6);
  set_default(spec, "completionMode", "NonIndexed");
  set_default(spec, "suspend", false);
  set_default(spec, "manualSelector", false);
  set_default(spec, "podReplacementPolicy", "TerminatingOrFailed");
  if (!spec.contains("template")) return;
  // The default of a pod's restartPolicy is none that a Job can have: it is asked for in words.
  const bool named = find_path(spec, "template.spec.restartPolicy") != nullptr;
  apply_template_defaults(spec["template"]);
  if (!named) spec["template"]["spec"].erase("restartPolicy");
}

void prepare_new_job(Json& job) {
  job["status"] = Json::object();
  if (!job["spec"].contains("template")) return;
  label_template(job);
  job["spec"]["selector"] = {{"matchLabels", {{kUidLabel, string_at(job, "metadata.uid")}}}};
}

void inherit_job(Json& job, const Json& old) {
  if (const Json* selector = find_path(old, "spec.selector"))
    set_default(job["spec"], "selector", *selector);
  if (job["spec"].contains("template")) label_template(job);
}

ApiCauses validate_job(const Json& job) {
  const Json& spec = job["spec"];
  if (!spec.contains("template")) return {required_value("spec.template")};
  ApiCauses causes =
      core::check_pod_template(spec["template"], "spec.template", core::TemplateOwner::Job);
  append(causes,
         negative_numbers(job, {"spec.parallelism", "spec.completions", "spec.backoffLimit",
                                "spec.activeDeadlineSeconds", "spec.ttlSecondsAfterFinished"}));
  if (const std::string mode = string_at(spec, "completionMode"); mode != "NonIndexed")
    causes.push_back(unsupported_value("spec.completionMode", go_quote(mode), {"NonIndexed"}));
  return causes;
}

ApiCauses validate_job_update(const Json& job, const Json& old) {
  return changed_fields(job, old, {"spec.completions", "spec.selector", "spec.template"});
}

void add_job_fields(const Json& job, StringMap& fields) {
  fields["status.successful"] = std::to_string(int_at(job, "status.succeeded"));
}

}  // namespace sluice::local
