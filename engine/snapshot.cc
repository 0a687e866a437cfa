#include "engine/snapshot.h"

#include "crds/names.h"

#include <charconv>

namespace sluice::engine {
namespace {

std::string value_at(const StringMap& map, std::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? std::string() : found->second;
}

}  // namespace

std::string ReplicaSet::hash() const {
  return value_at(labels, crds::kPodTemplateHashLabel);
}

std::string ReplicaSet::annotation(std::string_view key) const {
  return value_at(annotations, key);
}

int64_t ReplicaSet::revision() const {
  const std::string text = annotation(crds::kRevisionAnnotation);
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string AnalysisRun::label(std::string_view key) const {
  return value_at(labels, key);
}

std::string AnalysisRun::annotation(std::string_view key) const {
  return value_at(annotations, key);
}

}  // namespace sluice::engine
