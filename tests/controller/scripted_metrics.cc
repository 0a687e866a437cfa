#include "tests/controller/scripted_metrics.h"

#include "net/sleep.h"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace sluice::controller::test {
namespace {

constexpr Duration kAnswerTime = std::chrono::milliseconds(20);

std::string hash_in(const JsonText& config) {
  const std::string query = string_at(*parse_json(*config), "query");
  const size_t begin = query.find('"');
  const size_t end = query.find('"', begin + 1);
  return begin == std::string::npos ? "" : query.substr(begin + 1, end - begin - 1);
}

}  // namespace

crds::FieldProblems ScriptedMetrics::check(const JsonText& config, std::string_view path) const {
  if (find_path(*parse_json(*config), "query") != nullptr) return {};
  return {{std::string(path) + ".query", "Required value"}};
}

net::Awaitable<Result<analysis::MetricSample>> ScriptedMetrics::measure(
    analysis::MeasureRequest request) {
  const std::string hash = hash_in(request.metric.provider.config);
  bool is_wanted = true;
  try {
    co_await net::sleep_for(clock_, kAnswerTime);
  } catch (const boost::system::system_error&) {
    is_wanted = false;
  }
  // As HTTP clients say it: what is broken off is an error like others.
  if (!is_wanted) co_return fail(cancelled("nobody waits for the answer"));
  const Result<double> rate = rate_(hash);
  if (!rate) co_return fail(rate.error());
  analysis::MetricSample sample;
  analysis::List items;
  if (!std::isnan(*rate)) items.emplace_back(*rate);
  sample.text = items.empty() ? "[]" : fmt::format("[{}]", *rate);
  sample.result = analysis::Value::list(std::move(items));
  co_return sample;
}

}  // namespace sluice::controller::test
