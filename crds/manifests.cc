#include "crds/manifests.h"

#include "base/ensure.h"
#include "base/yaml.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace sluice::crds {
namespace {

Schema compile_schema(const Manifest& manifest) {
  const Json definition = parse_manifest(manifest);
  const Json& version = definition.at("spec").at("versions").at(0);
  auto schema = Schema::compile(version.at("schema").at("openAPIV3Schema"));
  SLUICE_ENSURE(schema.has_value(), "a manifest's schema compiles");
  return std::move(*schema);
}

/// "AnalysisRun" is in the manifest "analysis_run".
std::string manifest_name(std::string_view kind) {
  std::string name;
  for (const char c : kind) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !name.empty()) name += '_';
    name += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return name;
}

}  // namespace

Json parse_manifest(const Manifest& manifest) {
  auto documents = read_yaml(manifest.yaml);
  SLUICE_ENSURE(documents.has_value() && documents->size() == 1, "a manifest is one YAML document");
  return std::move(documents->front().value);
}

const Schema* find_schema(std::string_view kind) {
  static std::map<std::string, Schema, std::less<>> schemas;
  if (const auto found = schemas.find(kind); found != schemas.end()) return &found->second;
  const std::span<const Manifest> all = manifests();
  const auto manifest = std::ranges::find(all, manifest_name(kind), &Manifest::name);
  if (manifest == all.end()) return nullptr;
  return &schemas.emplace(kind, compile_schema(*manifest)).first->second;
}

}  // namespace sluice::crds
