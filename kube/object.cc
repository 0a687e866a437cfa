#include "kube/object.h"

#include "kube/api_json.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace sluice::kube {
namespace {

constexpr const char* kArgo = "argoproj.io";

Resource core(const char* kind, const char* plural, bool has_status = false) {
  return {.gvk = {"", "v1", kind}, .plural = plural, .has_status = has_status};
}

/// An Object of the document, without its text.
Result<Object> describe(const Json& document) {
  const std::string api_version = string_at(document, "apiVersion");
  const std::string kind = string_at(document, "kind");
  if (api_version.empty()) return fail(invalid("apiVersion: Required value"));
  if (kind.empty()) return fail(invalid("kind: Required value"));
  const auto metadata = document.find("metadata");
  auto meta = decode_object_meta(metadata == document.end() ? Json() : *metadata);
  if (!meta) return fail(meta.error().within(kind));
  return Object{make_gvk(api_version, kind), *std::move(meta), nullptr};
}

}  // namespace

Result<Json> Object::parse() const {
  if (!json) return fail(internal("object without text"));
  return parse_json(*json);
}

Result<Object> make_object(Json document, Trim trim) {
  if (!document.is_object()) return fail(invalid("an object was expected"));
  if (nested_deeper(document, kJsonDepthMax))
    return fail(invalid(fmt::format("nested deeper than {} levels", kJsonDepthMax)));
  if (trim != nullptr) trim(document);
  auto object = describe(document);
  if (!object) return object;
  std::string text = dump_json(document);
  text.shrink_to_fit();  // It may be kept for long, and grew by doubling.
  object->json = make_json_text(std::move(text));
  return object;
}

Result<Object> read_object(JsonText text) {
  const auto document = parse_api_json(*text);
  if (!document) return fail(document.error());
  auto object = describe(*document);
  if (object) object->json = std::move(text);
  return object;
}

const std::vector<Resource>& known_resources() {
  static const std::vector<Resource> resources = {
      core("Pod", "pods", true),
      core("Service", "services", true),
      core("Secret", "secrets"),
      core("ConfigMap", "configmaps"),
      core("Event", "events"),
      {.gvk = {"", "v1", "Namespace"},
       .plural = "namespaces",
       .namespaced = false,
       .has_status = true},
      {.gvk = {"", "v1", "Node"}, .plural = "nodes", .namespaced = false, .has_status = true},
      {.gvk = {"apps", "v1", "ReplicaSet"},
       .plural = "replicasets",
       .has_status = true,
       .has_scale = true},
      {.gvk = {"batch", "v1", "Job"}, .plural = "jobs", .has_status = true},
      {.gvk = {"discovery.k8s.io", "v1", "EndpointSlice"}, .plural = "endpointslices"},
      {.gvk = {"coordination.k8s.io", "v1", "Lease"}, .plural = "leases"},
      {.gvk = {"networking.k8s.io", "v1", "Ingress"}, .plural = "ingresses", .has_status = true},
      {.gvk = {"gateway.networking.k8s.io", "v1", "HTTPRoute"},
       .plural = "httproutes",
       .has_status = true},
      {.gvk = {"apiextensions.k8s.io", "v1", "CustomResourceDefinition"},
       .plural = "customresourcedefinitions",
       .namespaced = false,
       .has_status = true},
      {.gvk = {kArgo, "v1alpha1", "Rollout"},
       .plural = "rollouts",
       .has_status = true,
       .has_scale = true},
      {.gvk = {kArgo, "v1alpha1", "AnalysisRun"}, .plural = "analysisruns"},
      {.gvk = {kArgo, "v1alpha1", "AnalysisTemplate"}, .plural = "analysistemplates"},
      {.gvk = {kArgo, "v1alpha1", "ClusterAnalysisTemplate"},
       .plural = "clusteranalysistemplates",
       .namespaced = false},
      {.gvk = {kArgo, "v1alpha1", "Experiment"}, .plural = "experiments"},
  };
  return resources;
}

const Resource* find_resource(std::string_view group, std::string_view kind) {
  for (const Resource& resource : known_resources())
    if (resource.gvk.group == group && resource.gvk.kind == kind) return &resource;
  return nullptr;
}

}  // namespace sluice::kube
