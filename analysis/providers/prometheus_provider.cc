#include "analysis/providers/prometheus_provider.h"

#include "analysis/expression.h"
#include "analysis/providers/prometheus_answer.h"
#include "analysis/providers/prometheus_config.h"
#include "analysis/providers/prometheus_query.h"
#include "net/url.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace sluice::analysis {
namespace {

constexpr std::string_view kName = "prometheus";
/// A longer query is sent in a POST body: proxies and servers bound the URL.
constexpr size_t kUrlQueryMax = 2'000;

using Parameters = std::vector<std::pair<std::string, std::string>>;

std::string form_encode(const Parameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) text += '&';
    text += name + "=" + net::percent_encode(value);
  }
  return text;
}

/// "1767225600.250": seconds since the epoch.
std::string unix_seconds(SystemTime time) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return fmt::format("{}.{:03}", since.count() / 1'000, since.count() % 1'000);
}

Result<SystemTime> evaluate_time(const std::string& text, SystemTime now) {
  const auto expression = Expression::compile(text);
  if (!expression) return fail(invalid(expression.error().to_string()));
  const auto value = expression->evaluate({}, now);
  if (!value) return fail(value.error());
  if (value->as_time() == nullptr)
    return fail(invalid(fmt::format("{} gives {}, not a time", text, value->type_name())));
  return *value->as_time();
}

/// What is sent besides the address.
struct ApiCall {
  std::string path;
  Parameters parameters;
};

Result<ApiCall> ask_now(const PrometheusConfig& config) {
  return ApiCall{"/api/v1/query", {{"query", config.query}}};
}

Result<ApiCall> ask_range(const PrometheusConfig& config, SystemTime now) {
  const auto start = evaluate_time(config.range->start, now);
  if (!start) return fail(start.error().within("rangeQuery.start"));
  const auto end = evaluate_time(config.range->end, now);
  if (!end) return fail(end.error().within("rangeQuery.end"));
  const double step = std::chrono::duration<double>(config.range->step).count();
  return ApiCall{"/api/v1/query_range",
                 {{"query", config.query},
                  {"start", unix_seconds(*start)},
                  {"end", unix_seconds(*end)},
                  {"step", fmt::format("{}", step)}}};
}

net::HttpRequest make_request(const std::string& address, ApiCall question, Duration timeout) {
  // The server gives up when the client does.
  const double seconds = std::chrono::duration<double>(timeout).count();
  question.parameters.emplace_back("timeout", fmt::format("{}s", seconds));
  const std::string form = form_encode(question.parameters);
  net::HttpRequest request;
  request.url = address + question.path;
  request.deadline = timeout;
  if (form.size() <= kUrlQueryMax) {
    request.url += "?" + form;
  } else {
    request.method = "POST";
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = form;
  }
  return request;
}

class PrometheusProvider : public Question {
 public:
  PrometheusProvider(HttpSource& source, std::string default_address)
      : source_(source), default_address_(std::move(default_address)) {
    while (default_address_.ends_with('/')) default_address_.pop_back();
  }

  std::string_view name() const override { return kName; }

  crds::FieldProblems check(const JsonText& config, std::string_view path) const override {
    crds::FieldProblems problems;
    const PrometheusConfig read = read_prometheus_config(config, path, problems);
    source_.check_reach(fmt::format("{}.address", path), read.address, problems);
    source_.check_reach(path, read.access, problems);
    return problems;
  }

  StaticType result_type(const JsonText& config) const override {
    crds::FieldProblems ignored;
    const PrometheusConfig read = read_prometheus_config(config, "", ignored);
    return read.range ? StaticType::Numbers : prometheus_query_type(read.query);
  }

  net::Awaitable<Result<MetricSample>> measure(MeasureRequest request) override {
    crds::FieldProblems problems;
    const PrometheusConfig config =
        read_prometheus_config(request.metric.provider.config, "provider.prometheus", problems);
    if (!problems.empty()) co_return fail(invalid(problems.front().sentence()));
    const std::string address = config.address.empty() ? default_address_ : config.address;
    if (address.empty())
      co_return fail(invalid("provider.prometheus.address: Required value: there is no default"));
    auto question = config.range ? ask_range(config, request.now) : ask_now(config);
    if (!question) co_return fail(question.error());
    const Duration timeout =
        std::min(config.timeout.value_or(kPrometheusTimeout), kMeasureDeadlineMax);
    const auto response = co_await source_.ask(make_request(address, std::move(*question), timeout),
                                               config.access, request.secrets, request.now);
    const std::string peer = "prometheus at " + address;
    if (!response) co_return fail(response.error().within(peer));
    auto sample = read_prometheus_answer(response->status, response->body);
    if (!sample) co_return fail(sample.error().within(peer));
    co_return sample;
  }

 private:
  HttpSource& source_;
  std::string default_address_;
};

}  // namespace

std::unique_ptr<Question> make_prometheus_provider(HttpSource& source,
                                                   std::string default_address) {
  return std::make_unique<PrometheusProvider>(source, std::move(default_address));
}

}  // namespace sluice::analysis
