#include "analysis/providers/prometheus_answer.h"

#include "analysis/providers/prometheus_provider.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <optional>

namespace sluice::analysis {
namespace {

Error not_understood(std::string_view why) {
  return internal(fmt::format("the answer is not one of Prometheus: {}", why));
}

ErrorCode code_of(int status, std::string_view error_type) {
  if (error_type == "timeout" || error_type == "canceled") return ErrorCode::Timeout;
  if (error_type == "bad_data" || error_type == "execution") return ErrorCode::Invalid;
  return code_of_status(status);
}

Error refused(int status, std::string_view body) {
  const auto json = parse_json(body);
  const std::string type = json ? string_at(*json, "errorType") : "";
  const std::string said = json ? string_at(*json, "error") : excerpt(body);
  const std::string kind = type.empty() ? "" : " " + type;
  return {code_of(status, type), said.empty()
                                     ? fmt::format("HTTP {}{}", status, kind)
                                     : fmt::format("HTTP {}{}: {}", status, kind, excerpt(said))};
}

/// "0.987", "NaN", "+Inf".
std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The number of a pair [time, "number"].
Result<Value> point(const Json& pair) {
  const bool formed = pair.is_array() && pair.size() == 2 && pair[1].is_string();
  const auto number = formed ? parse_number(pair[1].get_ref<const std::string&>()) : std::nullopt;
  if (!number) return fail(not_understood("a sample is not a pair of time and number"));
  return *number;
}

/// Adds the numbers of one series of a matrix.
Result<void> add_points(const Json& pairs, List& numbers) {
  if (!pairs.is_array()) return fail(not_understood("a series has no samples"));
  for (const Json& pair : pairs) {
    auto number = point(pair);
    if (!number) return fail(number.error());
    numbers.push_back(std::move(*number));
  }
  return {};
}

/// The numbers of a vector or a matrix; `key` is "value" or "values".
Result<Value> numbers_of(const Json& result, const std::string& key) {
  if (!result.is_array()) return fail(not_understood("its result is no list"));
  if (result.size() > kPrometheusSeriesMax) {
    return fail(invalid(fmt::format("the query gives {} series, at most {} are read; aggregate it",
                                    result.size(), kPrometheusSeriesMax)));
  }
  List numbers;
  numbers.reserve(result.size());
  for (const Json& one : result) {
    const Json* samples = find_path(one, key);
    if (samples == nullptr) return fail(invalid("native histograms are not supported"));
    if (key == "values") {
      if (const auto added = add_points(*samples, numbers); !added) return fail(added.error());
      continue;
    }
    auto number = point(*samples);
    if (!number) return number;
    numbers.push_back(std::move(*number));
  }
  return Value::list(std::move(numbers));
}

Result<Value> read_result(const std::string& type, const Json& result) {
  if (type == "vector") return numbers_of(result, "value");
  if (type == "matrix") return numbers_of(result, "values");
  if (type == "scalar") return point(result);
  if (type == "string" && result.is_array() && result.size() == 2 && result[1].is_string())
    return result[1].get<std::string>();
  return fail(not_understood(fmt::format("result type \"{}\"", type)));
}

}  // namespace

Result<MetricSample> read_prometheus_answer(int status, std::string_view body) {
  constexpr int kOk = 200;
  if (status != kOk) return fail(refused(status, body));
  const auto json = parse_json(body);
  if (!json) return fail(not_understood(json.error().message));
  if (string_at(*json, "status") != "success") return fail(refused(status, body));
  const Json* result = find_path(*json, "data.result");
  if (result == nullptr) return fail(not_understood("there is no data.result"));
  auto value = read_result(string_at(*json, "data.resultType"), *result);
  if (!value) return fail(value.error());
  std::string text = to_text(*value);
  const StaticType type = value->as_list() != nullptr ? StaticType::Numbers : type_of(*value);
  return MetricSample{std::move(*value), std::move(text), {}, type};
}

}  // namespace sluice::analysis
