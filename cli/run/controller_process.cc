#include "cli/run/controller_process.h"

#include "cli/adapters.h"
#include "net/host_port.h"

#include <fmt/core.h>

namespace sluice::cli {
namespace {

/// Of both families where the machine has both.
constexpr const char* kEveryAddress = "::";
constexpr const char* kEveryAddressOfOld = "0.0.0.0";

}  // namespace

/// Events for everybody who runs `kubectl describe`.
class ControllerProcess::Recorder : public controller::EventSink {
 public:
  explicit Recorder(kube::EventRecorder& events) : events_(events) {}

  void tell(const kube::Object& about, const controller::News& news) override {
    if (news.on_the_way) return;
    events_.record(about, news.warning ? kube::EventType::Warning : kube::EventType::Normal,
                   news.reason, news.message);
  }

 private:
  kube::EventRecorder& events_;
};

/// An observer's, which writes nothing that was not asked for.
class ControllerProcess::Silence : public controller::EventSink {
 public:
  void tell(const kube::Object&, const controller::News&) override {}
};

std::unique_ptr<controller::EventSink> ControllerProcess::make_recorder() {
  if (options_.observe_only && !options_.observe_events) return std::make_unique<Silence>();
  return std::make_unique<Recorder>(events_);
}

ControllerProcess::ControllerProcess(kube::ObjectStore& store, kube::ObjectStore& leases,
                                     analysis::HttpSource& source, Clock& clock,
                                     const boost::asio::any_io_executor& executor,
                                     ControllerOptions options)
    : options_(std::move(options)),
      looks_(store, kube::only_looking()),
      store_(options_.observe_only ? looks_ : store),
      leadership_(clock, executor),
      led_(store_, kube::while_leading(leadership_)),
      providers_(builtin_providers({source, options_.prometheus, &led_, &clock})),
      routers_(traffic::builtin_routers()),
      events_(options_.observe_only ? store : led_, clock, executor),
      recorder_(make_recorder()),
      controller_(
          {led_, clock, routers_, providers_, *recorder_, leadership_, options_.observe_only},
          executor, options_.scope),
      secret_files_(executor, clock, options_.secrets, secrets_),
      edge_(store_, clock, controller_, secrets_),
      metrics_only_(edge_, {"/metrics"}),
      probes_only_(edge_, {"/healthz", "/readyz"}),
      executor_(executor),
      tasks_(executor) {
  if (options_.election && !options_.observe_only)
    elector_.emplace(leases, clock, executor, *options_.election, leadership_);
}

ControllerProcess::~ControllerProcess() = default;

boost::asio::awaitable<Result<void>> ControllerProcess::start() {
  const auto listen = net::parse_host_port(options_.listen);
  if (!listen) co_return fail(listen.error().within("--listen"));
  if (auto read = co_await secret_files_.start(); !read) co_return read;
  const auto port = serve(listen->host, listen->port, edge_);
  if (!port) co_return fail(port.error().within("cannot listen on " + options_.listen));
  url_ = "http://" + to_string(net::HostPort{listen->host, *port});
  if (const auto metrics = serve_everywhere(options_.metrics_port, metrics_only_); !metrics)
    co_return fail(metrics.error().within("--metrics-port"));
  if (const auto probes = serve_everywhere(options_.healthz_port, probes_only_); !probes)
    co_return fail(probes.error().within("--healthz-port"));
  tasks_.spawn("events", events_.run());
  controller_.start();
  if (elector_)
    elector_->start();
  else
    leadership_.lead_always();
  co_return Result<void>{};
}

Result<uint16_t> ControllerProcess::serve(const std::string& host, uint16_t port,
                                          net::HttpHandler& handler) {
  net::ServerOptions options = server::edge_server_options();
  options.host = host;
  options.port = port;
  auto server = net::make_http_server(executor_, options, handler);
  if (auto started = server->start(); !started) return fail(started.error());
  servers_.push_back(std::move(server));
  return servers_.back()->port();
}

Result<void> ControllerProcess::serve_everywhere(uint16_t port, net::HttpHandler& handler) {
  if (port == 0 || serve(kEveryAddress, port, handler)) return {};
  const auto served = serve(kEveryAddressOfOld, port, handler);
  if (!served) return fail(served.error());
  return {};
}

boost::asio::awaitable<void> ControllerProcess::stop() {
  co_await controller_.stop();
  for (const auto& server : servers_) co_await server->stop();
  co_await secret_files_.stop();
  co_await tasks_.stop();
  // Last: whoever leads next finds nobody writing.
  if (elector_) co_await elector_->stop();
}

}  // namespace sluice::cli
