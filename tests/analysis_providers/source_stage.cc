#include "tests/analysis_providers/source_stage.h"

#include "analysis/providers/http_source.h"
#include "analysis/providers/prometheus_provider.h"
#include "analysis/providers/web_provider.h"
#include "net/sleep.h"
#include "net/task_group.h"
#include "tests/analysis/metric_builders.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::analysis {
namespace {

using namespace std::chrono_literals;

std::string echo(const net::ServerRequest& request) {
  Json headers = Json::object();
  for (const net::Header& header : request.headers) headers[header.name] = header.value;
  return dump_json({{"method", request.method},
                    {"path", request.path},
                    {"query", request.query},
                    {"headers", headers},
                    {"body", request.body}});
}

net::Awaitable<int> stop(net::HttpServer& server) {
  co_await server.stop();
  co_return 0;
}

}  // namespace

void ServedAnswers::answer(const std::string& path, net::HttpResponse response) {
  script(path, [response = std::move(response)](const net::ServerRequest&) { return response; });
}

net::Awaitable<void> ServedAnswers::handle(net::ServerRequest request, net::Responder& responder) {
  asked.push_back(request);
  if (request.path == "/hang") co_await net::sleep_for(clock_, 1h);
  net::HttpResponse response{.status = 404};
  if (const auto found = scripts_.find(request.path); found != scripts_.end())
    response = found->second(request);
  if (request.path == "/echo") response = {.status = 200, .body = echo(request)};
  co_await responder.send(std::move(response));
}

SourceStage::SourceStage(const net::AddressRule& reach, AwsEnvironment aws)
    : server_(net::make_http_server(loop.executor(), {}, handler)),
      other_server_(net::make_http_server(loop.executor(), {}, elsewhere)) {
  REQUIRE(server_->start());
  REQUIRE(other_server_->start());
  auto made = make_http_source(loop.executor(), reach, std::move(aws));
  REQUIRE(made);
  source = *std::move(made);
  registry.add(make_web_provider(*source));
  registry.add(make_prometheus_provider(*source, ""));
}

SourceStage::~SourceStage() {
  loop.run(stop(*server_));
  loop.run(stop(*other_server_));
}

std::string SourceStage::url(const std::string& path_and_query) const {
  return fmt::format("http://127.0.0.1:{}{}", server_->port(), path_and_query);
}

std::string SourceStage::url_elsewhere(const std::string& path_and_query) const {
  return fmt::format("http://127.0.0.1:{}{}", other_server_->port(), path_and_query);
}

crds::Measurement SourceStage::measure(const std::string& kind, const Json& config,
                                       const std::string& condition, ArgumentValues values) {
  return measure_at_once(1, kind, config, condition, values).front();
}

std::vector<crds::Measurement> SourceStage::measure_at_once(size_t times, const std::string& kind,
                                                            const Json& config,
                                                            const std::string& condition,
                                                            const ArgumentValues& values) {
  crds::Metric written = make_metric("m", condition);
  written.provider = {kind, make_json_text(dump_json(config))};
  const auto metric = substitute_metric(written, values.values);
  REQUIRE(metric);
  const std::vector<MeasurementTask> tasks(
      times, {.metric = prepare(make_run({*metric})).front(), .values = values});
  std::vector<crds::Measurement> all;
  loop.run(take_all(tasks, all));
  return all;
}

net::Awaitable<void> SourceStage::take(MeasurementTask task, net::Notifier& taken,
                                       std::vector<crds::Measurement>& all) {
  all.push_back(co_await take_measurement(registry, loop.clock(), std::move(task)));
  taken.notify();
}

net::Awaitable<int> SourceStage::take_all(std::vector<MeasurementTask> tasks,
                                          std::vector<crds::Measurement>& all) {
  net::TaskGroup group(loop.executor());
  net::Notifier taken(loop.executor());
  for (MeasurementTask& task : tasks) group.spawn("measure", take(std::move(task), taken, all));
  while (all.size() < tasks.size()) co_await taken.wait();
  co_await group.stop();
  co_return 0;
}

}  // namespace sluice::analysis
