#include "analysis/providers/prometheus_answer.h"

#include "analysis/providers/prometheus_provider.h"
#include "analysis/providers/prometheus_query.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>

namespace sluice::analysis {
namespace {

std::string success(const std::string& type, const std::string& result) {
  return R"({"status":"success","data":{"resultType":")" + type + R"(","result":)" + result + "}}";
}

TEST_CASE("values of every type are read", "[prometheus]") {
  struct Row {
    const char* type;
    const char* result;
    const char* text;
  };

  const Row rows[] = {
      {"vector", R"([{"metric":{"a":"b"},"value":[1700000000.1,"0.987"]}])", "[0.987]"},
      {"vector", R"([{"metric":{},"value":[1,"1"]},{"metric":{},"value":[1,"2.5"]}])", "[1,2.5]"},
      {"vector", "[]", "[]"},
      {"vector", R"([{"metric":{},"value":[1,"NaN"]}])", "[NaN]"},
      {"vector", R"([{"metric":{},"value":[1,"+Inf"]},{"metric":{},"value":[1,"-Inf"]}])",
       "[+Inf,-Inf]"},
      {"vector", R"([{"metric":{},"value":[1,"1e-05"]}])", "[1e-05]"},
      {"scalar", R"([1700000000,"42"])", "42"},
      {"scalar", R"([1700000000,"NaN"])", "NaN"},
      {"string", R"([1700000000,"text"])", "\"text\""},
      {"matrix", R"([{"metric":{},"values":[[1,"1"],[2,"2"]]},{"metric":{},"values":[[1,"3"]]}])",
       "[1,2,3]"},
      {"matrix", "[]", "[]"},
  };
  for (const Row& row : rows) {
    INFO(row.result);
    const auto sample = read_prometheus_answer(200, success(row.type, row.result));
    REQUIRE(sample);
    CHECK(sample->text == row.text);
  }
  CHECK(read_prometheus_answer(200, success("vector", "[]"))->type == StaticType::Numbers);
  CHECK(read_prometheus_answer(200, success("matrix", "[]"))->type == StaticType::Numbers);
  CHECK(read_prometheus_answer(200, success("scalar", R"([1,"2"])"))->type == StaticType::Number);
  const auto nan = read_prometheus_answer(200, success("scalar", R"([1,"NaN"])"));
  REQUIRE(nan);
  CHECK(nan->result.is_nan());
  const auto infinite = read_prometheus_answer(200, success("scalar", R"([1,"+Inf"])"));
  REQUIRE(infinite);
  CHECK(std::isinf(infinite->result.number()));
}

TEST_CASE("the text of a query tells whether it gives a list", "[prometheus]") {
  struct Row {
    const char* query;
    StaticType type;
  };

  constexpr StaticType kNumbers = StaticType::Numbers;
  constexpr StaticType kNumber = StaticType::Number;
  constexpr StaticType kUnknown = StaticType::Unknown;
  const Row rows[] = {
      {"up", kNumbers},
      {"sum(rate(x{a=\"{{args.hash}}\"}[1m])) / sum(rate(x[1m]))", kNumbers},
      {"{job=\"a\"}", kNumbers},
      {"scalar(sum(up))", kNumber},
      {"scalar(up{a=\")\"}) / scalar(x) > bool 0.5", kNumber},
      {"scalar(up) * up", kNumbers},
      {"1 + 2 # up", kNumber},
      {"time() - 1e3", kNumber},
      {"Inf", kNumber},
      {"vector(1)", kNumbers},
      {"'text'", kUnknown},
      {"{{args.query}}", kUnknown},
      {"{{args.query}} or vector(0)", kNumbers},
      {"", kNumber},
      {"scalar(", kNumber},
      {"scalar('", kNumber},
  };
  for (const Row& row : rows) {
    INFO(row.query);
    CHECK(prometheus_query_type(row.query) == row.type);
  }
}

TEST_CASE("errors are told apart and quote Prometheus", "[prometheus]") {
  struct Row {
    int status;
    std::string body;
    ErrorCode code;
    std::string message;
  };

  const std::string bad_query =
      R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:3: parse error"})";
  const Row rows[] = {
      {400, bad_query, ErrorCode::Invalid,
       "HTTP 400 bad_data: invalid parameter \"query\": 1:3: parse error"},
      {422, R"({"status":"error","errorType":"execution","error":"many-to-many matching"})",
       ErrorCode::Invalid, "HTTP 422 execution: many-to-many matching"},
      {503, R"({"status":"error","errorType":"timeout","error":"query timed out"})",
       ErrorCode::Timeout, "HTTP 503 timeout: query timed out"},
      {500, R"({"status":"error","errorType":"internal","error":"disk"})", ErrorCode::Unavailable,
       "HTTP 500 internal: disk"},
      {502, "<html>\nBad gateway</html>", ErrorCode::Unavailable, "HTTP 502: <html>"},
      {503, "", ErrorCode::Unavailable, "HTTP 503"},
      {429, "slow down", ErrorCode::Unavailable, "HTTP 429: slow down"},
      {401, "no", ErrorCode::Forbidden, "HTTP 401: no"},
      {404, "404 page not found", ErrorCode::Invalid, "HTTP 404: 404 page not found"},
      {302, "", ErrorCode::Internal, "HTTP 302"},
      {400, std::string(150, 'x') + " " + std::string(5'000, 'y'), ErrorCode::Invalid,
       "HTTP 400: " + std::string(150, 'x') + "…"},
  };
  for (const Row& row : rows) {
    INFO(row.body.substr(0, 80));
    const auto sample = read_prometheus_answer(row.status, row.body);
    REQUIRE_FALSE(sample);
    CHECK(sample.error().code == row.code);
    CHECK(sample.error().message == row.message);
  }
}

TEST_CASE("what is no answer of Prometheus is refused", "[prometheus]") {
  for (const std::string& body :
       {std::string("not json"), std::string("{}"), std::string("[]"),
        std::string(R"({"status":"success"})"), success("vector", "{}"), success("vector", "[1]"),
        success("vector", R"([{"value":[1,2]}])"), success("vector", R"([{"value":[1,"x"]}])"),
        success("scalar", "5"), success("matrix", R"([{"values":1}])"), success("tensor", "[]")}) {
    INFO(body);
    CHECK_FALSE(read_prometheus_answer(200, body));
  }
  std::string many = "[";
  for (size_t i = 0; i <= kPrometheusSeriesMax; ++i) many += R"({"value":[1,"1"]},)";
  many.back() = ']';
  CHECK_FALSE(read_prometheus_answer(200, success("vector", many)));
}

}  // namespace
}  // namespace sluice::analysis
