#include "local/store/registry_job.h"

#include "core/pod_check.h"
#include "core/pod_defaults.h"
#include "core/shape.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

constexpr const char* kUidLabel = "batch.kubernetes.io/controller-uid";
constexpr const char* kNameLabel = "batch.kubernetes.io/job-name";

void set_default(Json& object, const char* field, Json value) {
  if (!object.contains(field)) object[field] = std::move(value);
}

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
  set_default(spec["template"], "metadata", Json::object());
  set_default(spec["template"]["metadata"], "creationTimestamp", nullptr);
  set_default(spec["template"], "spec", Json::object());
  // The default of a pod's restartPolicy is none that a Job can have: it is asked for in words.
  const bool named = spec["template"]["spec"].contains("restartPolicy");
  core::apply_defaults(spec["template"], core::find_shape("PodTemplateSpec"));
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
  for (const char* field : {"parallelism", "completions", "backoffLimit", "activeDeadlineSeconds",
                            "ttlSecondsAfterFinished"}) {
    if (const int64_t value = int_at(spec, field); value < 0) {
      causes.push_back(invalid_value(fmt::format("spec.{}", field), std::to_string(value),
                                     "must be greater than or equal to 0"));
    }
  }
  if (const std::string mode = string_at(spec, "completionMode"); mode != "NonIndexed")
    causes.push_back(unsupported_value("spec.completionMode", go_quote(mode), {"NonIndexed"}));
  return causes;
}

ApiCauses validate_job_update(const Json& job, const Json& old) {
  ApiCauses causes;
  for (const char* field : {"completions", "selector", "template"}) {
    const Json after = job["spec"].value(field, Json());
    if (after != old["spec"].value(field, Json()))
      causes.push_back(
          invalid_value(fmt::format("spec.{}", field), dump_json(after), "field is immutable"));
  }
  return causes;
}

void add_job_fields(const Json& job, StringMap& fields) {
  fields["status.successful"] = std::to_string(int_at(job, "status.succeeded"));
}

}  // namespace sluice::local
