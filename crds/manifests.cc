#include "crds/manifests.h"

#include "base/ensure.h"
#include "base/yaml.h"

#include <map>
#include <string>
#include <utility>

namespace sluice::crds {
namespace {

using SchemaMap = std::map<std::string, Schema, std::less<>>;

SchemaMap compile_all() {
  SchemaMap schemas;
  for (const Manifest& manifest : manifests()) {
    const Json definition = parse_manifest(manifest);
    const Json& version = definition.at("spec").at("versions").at(0);
    auto schema = Schema::compile(version.at("schema").at("openAPIV3Schema"));
    SLUICE_ENSURE(schema.has_value(), "a manifest's schema compiles");
    schemas.emplace(string_at(definition, "spec.names.kind"), std::move(*schema));
  }
  return schemas;
}

}  // namespace

Json parse_manifest(const Manifest& manifest) {
  auto documents = read_yaml(manifest.yaml);
  SLUICE_ENSURE(documents.has_value() && documents->size() == 1, "a manifest is one YAML document");
  return std::move(documents->front().value);
}

const Schema* find_schema(std::string_view kind) {
  static const SchemaMap schemas = compile_all();
  const auto found = schemas.find(kind);
  return found == schemas.end() ? nullptr : &found->second;
}

}  // namespace sluice::crds
