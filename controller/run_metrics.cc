#include "controller/run_metrics.h"

#include "analysis/arguments.h"
#include "base/base64.h"
#include "base/ensure.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::controller {
namespace {

bool is_secret(const crds::Argument& arg) {
  return !arg.value && arg.value_from && !arg.value_from->secret_name.empty();
}

/// The data of a Secret, decoded; empty where a value is not base64.
StringMap decode_secret(const kube::Object& secret) {
  StringMap data;
  const auto document = secret.parse();
  const Json* fields = document ? find_path(*document, "data") : nullptr;
  if (fields == nullptr || !fields->is_object()) return data;
  for (const auto& [key, value] : fields->items()) {
    if (!value.is_string()) continue;
    if (auto decoded = decode_base64(value.get<std::string>())) data.emplace(key, *decoded);
  }
  return data;
}

Error unreadable(const std::string& secret, const std::string& key, const Error& error) {
  // An answer that was cut off is Unavailable, too, and what is said of it may quote the Secret.
  const bool tells = error.code != ErrorCode::Unavailable;
  return {error.code, fmt::format("cannot read key \"{}\" of secret \"{}\": {}", key, secret,
                                  tells ? error.message : "the API server cannot answer now")};
}

boost::asio::awaitable<Result<analysis::ArgumentValues>> read_arguments(
    kube::ObjectStore& store, std::string namespace_, std::vector<crds::Argument> args) {
  const kube::Resource* resource = kube::find_resource("", "Secret");
  SLUICE_ENSURE(resource != nullptr, "Secret is in the table of resources");
  const auto references = analysis::referenced_secrets(args);
  std::map<std::string, StringMap, std::less<>> secrets;
  for (const auto& [name, key] : references) {
    if (secrets.contains(name)) continue;
    const ObjectKey where{namespace_, name};
    const auto secret = co_await store.get(*resource, where);
    if (!secret) co_return fail(unreadable(name, key, secret.error()));
    secrets.emplace(name, decode_secret(*secret));
  }
  const auto value_of = [&secrets](std::string_view name,
                                   std::string_view key) -> std::optional<std::string> {
    const StringMap& data = secrets.find(name)->second;
    const auto value = data.find(key);
    return value == data.end() ? std::nullopt : std::optional(value->second);
  };
  co_return analysis::argument_values(args, value_of);
}

}  // namespace

Result<std::vector<analysis::PreparedMetric>> plannable_metrics(crds::AnalysisRunSpec spec) {
  std::set<std::string> secrets;
  for (const crds::Argument& arg : spec.args)
    if (is_secret(arg)) secrets.insert(arg.name);
  const auto is_open = [&secrets](std::string_view text) {
    const std::vector<std::string> names = analysis::referenced_arguments(text);
    return std::ranges::none_of(names,
                                [&](const std::string& name) { return secrets.contains(name); });
  };
  std::erase_if(spec.args, is_secret);
  for (crds::Metric& metric : spec.metrics) {
    if (!is_open(metric.success_condition)) metric.success_condition.clear();
    if (!is_open(metric.failure_condition)) metric.failure_condition.clear();
    JsonText& config = metric.provider.config;
    if (config && !is_open(*config)) config.reset();
  }
  const auto values = analysis::argument_values(
      spec.args, [](std::string_view, std::string_view) { return std::nullopt; });
  if (!values) return fail(values.error());
  return analysis::prepare_metrics(spec, *values);
}

boost::asio::awaitable<Result<MeasurableMetric>> measurable_metric(kube::ObjectStore& store,
                                                                   AnalysisRunPtr run,
                                                                   size_t index) {
  const crds::AnalysisRunSpec& spec = run->value.spec;
  auto values = co_await read_arguments(store, run->value.meta.namespace_, spec.args);
  if (!values) co_return fail(values.error());
  auto metrics = analysis::prepare_metrics(spec, *values);
  if (!metrics) co_return fail(metrics.error());
  co_return MeasurableMetric{std::move(metrics->at(index)), *std::move(values)};
}

}  // namespace sluice::controller
