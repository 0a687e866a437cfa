#include "tests/analysis_providers/shipped_templates.h"

#include "base/yaml.h"
#include "crds/analysis_codec.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

namespace sluice::analysis {

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

crds::AnalysisTemplate decode(const std::string& text) {
  const auto documents = read_yaml(text);
  REQUIRE(documents.has_value());
  REQUIRE(documents->size() == 1);
  auto decoded = crds::decode_analysis_template(documents->front().value);
  for (const auto& problem : decoded.problems) FAIL(problem.sentence());
  return std::move(decoded.value);
}

}  // namespace

crds::AnalysisTemplate shipped_template(const std::string& name) {
  return decode(read_file(SLUICE_EXAMPLES "/analysis/" + name + ".yaml"));
}

crds::AnalysisTemplate documented_template() {
  constexpr std::string_view kFence = "```yaml\n";
  const std::string page = read_file(SLUICE_EXAMPLES "/../docs/analysis.md");
  const size_t begin = page.find(kFence);
  REQUIRE(begin != std::string::npos);
  const size_t text = begin + kFence.size();
  return decode(page.substr(text, page.find("```", text) - text));
}

}  // namespace sluice::analysis
