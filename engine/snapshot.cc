#include "engine/snapshot.h"

#include "base/whole_number.h"
#include "crds/names.h"
#include "engine/identity/template_equality.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::engine {
namespace {

std::string value_at(const StringMap& map, std::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? std::string() : found->second;
}

std::optional<int64_t> number_at(const StringMap& map, std::string_view key) {
  return whole_number(value_at(map, key));
}

}  // namespace

std::string template_digest(Json pod_template, const StringMap& annotations) {
  return digest_of(normalised_template(std::move(pod_template), annotations));
}

std::string ReplicaSet::hash() const {
  return value_at(labels, crds::kPodTemplateHashLabel);
}

std::string ReplicaSet::annotation(std::string_view key) const {
  return value_at(annotations, key);
}

int64_t ReplicaSet::revision() const {
  return number_at(annotations, crds::kRevisionAnnotation).value_or(0);
}

std::optional<int64_t> ReplicaSet::desired_replicas() const {
  return number_at(annotations, crds::kDesiredReplicasAnnotation);
}

std::string AnalysisRun::label(std::string_view key) const {
  return value_at(labels, key);
}

std::string AnalysisRun::annotation(std::string_view key) const {
  return value_at(annotations, key);
}

const Service& Snapshot::service(const std::string& name) const {
  static const Service missing;
  const auto found = services.find(name);
  return found == services.end() ? missing : found->second;
}

}  // namespace sluice::engine
