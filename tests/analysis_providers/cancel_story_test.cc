// A measurement that is not wanted any more ends at once and closes its connection. Over real
// sockets, against a source that is slow at different points.

#include "net/task_group.h"
#include "tests/analysis/metric_builders.h"
#include "tests/analysis_providers/source_stage.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::analysis {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAwaitTuple = asio::as_tuple(asio::use_awaitable);

asio::awaitable<void> take(SourceStage& stage, MeasurementTask task,
                           std::optional<crds::Measurement>* taken) {
  *taken = co_await take_measurement(stage.registry, stage.loop.clock(), std::move(task));
}

/// Answers a request with `said`, which is no whole answer, and tells how the connection ended
/// once the measurement was cancelled.
asio::awaitable<int> cancel_after(SourceStage& stage, tcp::acceptor& acceptor, MeasurementTask task,
                                  std::string_view said, std::optional<crds::Measurement>* taken,
                                  bool* closed) {
  net::TaskGroup tasks(stage.loop.executor());
  const auto measurement = tasks.spawn("measure", take(stage, std::move(task), taken));
  tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
  std::string request;
  co_await asio::async_read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", kAwaitTuple);
  co_await asio::async_write(socket, asio::buffer(said), kAwaitTuple);
  tasks.cancel(measurement);
  // Whatever of the request has not been read yet comes first.
  char byte = 0;
  while (true) {
    const auto [error, size] = co_await socket.async_read_some(asio::buffer(&byte, 1), kAwaitTuple);
    *closed = error == asio::error::eof || error == asio::error::connection_reset;
    if (error) break;
  }
  co_await tasks.stop();
  co_return 0;
}

TEST_CASE("a measurement that is cancelled closes its connection and shows nothing",
          "[http_source]") {
  const char* said = GENERATE("", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1,");
  const char* waits_for = GENERATE("web", "prometheus", "token");
  CAPTURE(said, waits_for);
  SourceStage stage;
  tcp::acceptor acceptor(stage.loop.executor(), tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::string silent = fmt::format("http://127.0.0.1:{}", acceptor.local_endpoint().port());
  const bool token = std::string_view(waits_for) == "token";
  const std::string kind = token ? "web" : waits_for;
  Json config = {{"url", token ? stage.url("/stats") : silent}};
  if (kind == "prometheus") config = {{"address", silent}, {"query", "up"}};
  if (token) {
    config["authentication"]["oauth2"] = {
        {"tokenUrl", silent}, {"clientId", "shop"}, {"clientSecret", "hunter2"}};
  }
  crds::Metric metric = make_metric("m", "result == 1");
  metric.provider = {kind, make_json_text(dump_json(config))};

  std::optional<crds::Measurement> taken;
  bool closed = false;
  stage.loop.run(cancel_after(stage, acceptor,
                              {.metric = prepare(make_run({metric})).front(), .values = {}}, said,
                              &taken, &closed));
  CHECK(closed);
  CHECK((!taken || (taken->phase == crds::AnalysisPhase::Error && taken->value.empty())));
  CHECK(stage.handler.asked.empty());
}

}  // namespace
}  // namespace sluice::analysis
