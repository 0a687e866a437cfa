#include "cli/run/controller_process.h"

#include "cli/adapters.h"
#include "net/host_port.h"

#include <fmt/core.h>

namespace sluice::cli {

/// Events for everybody who runs `kubectl describe`.
class ControllerProcess::Recorder : public controller::EventSink {
 public:
  explicit Recorder(kube::EventRecorder& events) : events_(events) {}

  void tell(const kube::Object& about, const controller::News& news) override {
    events_.record(about, news.warning ? kube::EventType::Warning : kube::EventType::Normal,
                   news.reason, news.message);
  }

 private:
  kube::EventRecorder& events_;
};

ControllerProcess::ControllerProcess(kube::ObjectStore& store, analysis::HttpSource& source,
                                     Clock& clock, const boost::asio::any_io_executor& executor,
                                     ControllerOptions options)
    : options_(std::move(options)),
      providers_(builtin_providers({source, options_.prometheus, &store, &clock})),
      routers_(traffic::builtin_routers()),
      events_(store, clock, executor),
      recorder_(std::make_unique<Recorder>(events_)),
      controller_({store, clock, routers_, providers_, *recorder_}, executor, options_.namespace_),
      secret_files_(executor, clock, options_.secrets, secrets_),
      edge_(store, clock, controller_, secrets_),
      executor_(executor),
      tasks_(executor) {}

ControllerProcess::~ControllerProcess() = default;

boost::asio::awaitable<Result<void>> ControllerProcess::start() {
  const auto listen = net::parse_host_port(options_.listen);
  if (!listen) co_return fail(listen.error().within("--listen"));
  if (auto read = co_await secret_files_.start(); !read) co_return read;
  net::ServerOptions server = server::edge_server_options();
  server.host = listen->host;
  server.port = listen->port;
  server_ = net::make_http_server(executor_, server, edge_);
  if (auto started = server_->start(); !started)
    co_return fail(started.error().within("cannot listen on " + options_.listen));
  url_ = "http://" + to_string(net::HostPort{listen->host, server_->port()});
  tasks_.spawn("events", events_.run());
  controller_.start();
  co_return Result<void>{};
}

boost::asio::awaitable<void> ControllerProcess::stop() {
  co_await controller_.stop();
  if (server_) co_await server_->stop();
  co_await secret_files_.stop();
  co_await tasks_.stop();
}

}  // namespace sluice::cli
