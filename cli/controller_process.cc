#include "cli/controller_process.h"

#include "cli/adapters.h"
#include "server/release.h"

#include <fmt/core.h>

#include <charconv>

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

Result<std::pair<std::string, uint16_t>> parse_listen(const std::string& text) {
  const size_t colon = text.rfind(':');
  uint16_t port = 0;
  if (colon != std::string::npos && colon > 0) {
    const char* begin = text.data() + colon + 1;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(begin, end, port);
    if (error == std::errc{} && stop == end && begin != end) {
      return std::pair{text.substr(0, colon), port};
    }
  }
  return fail(invalid(fmt::format("\"{}\": expected HOST:PORT, such as 127.0.0.1:8080", text)));
}

ControllerProcess::ControllerProcess(kube::ObjectStore& store, net::HttpClient& http, Clock& clock,
                                     const boost::asio::any_io_executor& executor,
                                     ControllerOptions options)
    : options_(std::move(options)),
      providers_(builtin_providers(http, options_.prometheus)),
      routers_(traffic::builtin_routers()),
      events_(store, clock, executor),
      recorder_(std::make_unique<Recorder>(events_)),
      controller_({store, clock, routers_, providers_, *recorder_}, executor, options_.namespace_),
      edge_(store, clock, controller_, options_.edge),
      executor_(executor),
      tasks_(executor) {}

ControllerProcess::~ControllerProcess() = default;

Result<void> ControllerProcess::start() {
  const auto listen = parse_listen(options_.listen);
  if (!listen) return fail(listen.error().within("--listen"));
  net::ServerOptions server{.host = listen->first, .port = listen->second};
  // Anybody may connect: room enough for the edge to say itself what is too large for it.
  server.body_max = 2 * server::kReleaseBodyMax;
  server_ = net::make_http_server(executor_, server, edge_);
  if (auto started = server_->start(); !started) {
    return fail(started.error().within("cannot listen on " + options_.listen));
  }
  tasks_.spawn("events", events_.run());
  controller_.start();
  return {};
}

boost::asio::awaitable<void> ControllerProcess::stop() {
  co_await controller_.stop();
  if (server_) co_await server_->stop();
  co_await tasks_.stop();
}

std::string ControllerProcess::url() const {
  const auto listen = parse_listen(options_.listen);
  return fmt::format("http://{}:{}", listen ? listen->first : "", server_->port());
}

}  // namespace sluice::cli
