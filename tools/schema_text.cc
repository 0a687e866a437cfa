// Prints the structural schema of one of Kubernetes' structs as JSON, for tools/crd-schemas.

#include "core/structural_schema.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

int main(int count, char** words) {
  const sluice::core::Shape* shape =
      count == 2 ? sluice::core::kubernetes_shapes().find(words[1]) : nullptr;
  if (shape == nullptr) {
    fmt::print(stderr,
               "usage: schema_text STRUCT, one of core/*_shapes.cc such as PodTemplateSpec\n");
    return 2;
  }
  fmt::print("{}\n", sluice::dump_json(sluice::core::structural_schema(*shape)));
  return 0;
}
