#include "tests/analysis_providers/shipped_templates.h"

#include "base/yaml.h"
#include "crds/analysis_codec.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

namespace sluice::analysis {

crds::AnalysisTemplate shipped_template(const std::string& name) {
  std::ifstream file(SLUICE_EXAMPLES "/analysis/" + name + ".yaml");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto documents = read_yaml(text);
  REQUIRE(documents.has_value());
  REQUIRE(documents->size() == 1);
  auto decoded = crds::decode_analysis_template(documents->front().value);
  for (const auto& problem : decoded.problems) FAIL(problem.sentence());
  return std::move(decoded.value);
}

}  // namespace sluice::analysis
