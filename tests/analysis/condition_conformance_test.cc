// Conditions as people write them, one a line of data/conditions.jsonl: what the source answered
// ("vec 0.97 NaN", "scalar 1"), the conditions, and the phase of the measurement that expr-lang
// 1.17.8 gives with the environment of Argo Rollouts. All lines agree but those named here.

#include "tests/analysis/metric_builders.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace sluice::analysis {
namespace {

/// A phase, or "no data".
struct Difference {
  const char* gives;
  const char* because;
};

constexpr const char* kEmpty = "reaching into an empty answer tells nothing, it is no error";
constexpr const char* kNan = "a comparison with NaN tells nothing, it is not false";

const std::map<std::string, Difference> kDifferences = {
    {"c144", {"no data", kEmpty}},
    {"d028", {"no data", kNan}},
    {"d034", {"no data", kNan}},
    {"d036", {"no data", kNan}},
    {"d038", {"no data", kNan}},
    {"d040", {"no data", kNan}},
    {"d042", {"no data", kNan}},
    {"d046",
     {"Error",
      "Go leaves open which integer an infinity becomes: the least on one processor, the greatest "
      "on another, so that a latency without end may pass for a short one"}},
    {"d052", {"no data", kEmpty}},
    {"d054", {"Successful", "or decides by the side that is known"}},
    {"d056", {"no data", kEmpty}},
    {"d058", {"no data", kEmpty}},
    {"d062", {"Successful", "default takes its stand on an answer without elements, too"}},
    {"d064", {"no data", kEmpty}},
    {"d066", {"no data", kEmpty}},
};

double number(const std::string& text) {
  if (text == "NaN") return std::nan("");
  return text == "+Inf" ? INFINITY : std::stod(text);
}

/// As the Prometheus provider hands it on.
MetricSample sample_of(const std::string& data) {
  std::istringstream words(data);
  std::string kind;
  words >> kind;
  List numbers;
  for (std::string word; words >> word;) numbers.emplace_back(number(word));
  if (kind == "scalar") return {numbers.at(0), to_text(numbers.at(0)), {}};
  REQUIRE(kind == "vec");
  const Value list = Value::list(std::move(numbers));
  return {list, to_text(list), {}, StaticType::Numbers};
}

std::string judge(const Json& line, std::string& message) {
  crds::Metric metric = make_metric("m", line["success"].get<std::string>());
  metric.failure_condition = line["failure"].get<std::string>();
  const auto prepared = prepare_metrics(make_run({metric}).spec, {});
  message = prepared ? "" : prepared.error().message;
  if (!prepared) return "Error";
  const crds::Measurement measurement =
      judge_sample(prepared->front(), sample_of(line["data"].get<std::string>()), kStart, kStart);
  message = measurement.message;
  return is_no_data(measurement) ? "no data" : std::string(crds::to_string(measurement.phase));
}

TEST_CASE("conditions mean what expr-lang makes of them", "[conformance]") {
  std::ifstream file(SLUICE_CONDITIONS);
  REQUIRE(file);
  int lines = 0;
  std::string text;
  while (std::getline(file, text)) {
    const Json line = *parse_json(text);
    const auto id = line["id"].get<std::string>();
    const auto different = kDifferences.find(id);
    std::string message;
    const std::string gives = judge(line, message);
    INFO(text << "\n" << message);
    if (different != kDifferences.end()) {
      INFO("differs: " << different->second.because);
      CHECK(gives != line["want"].get<std::string>());
    }
    CHECK(gives == (different == kDifferences.end() ? line["want"].get<std::string>()
                                                    : different->second.gives));
    ++lines;
  }
  constexpr int kLines = 184;
  CHECK(lines == kLines);
}

}  // namespace
}  // namespace sluice::analysis
