#include "tests/local_gateway/gateway_rig.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::local {
namespace {

/// Each test process has loopback addresses of its own.
std::string own_address(size_t number) {
  const int pid = getpid();
  return fmt::format("127.{}.{}.{}", 80 + (pid >> 16) % 40, (pid >> 8) & 255,
                     1 + (static_cast<size_t>(pid & 15) * 15 + number) % 250);
}

}  // namespace

uint16_t free_port(const std::string& address) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  inet_pton(AF_INET, address.c_str(), &name.sin_addr);
  socklen_t length = sizeof name;
  REQUIRE(bind(descriptor, reinterpret_cast<sockaddr*>(&name), length) == 0);
  REQUIRE(getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &length) == 0);
  close(descriptor);
  return ntohs(name.sin_port);
}

Upstream::Upstream(net::EventLoop& loop, std::string name, std::string address, uint16_t port)
    : clock_(loop.clock()), pod_{std::move(name), address}, released_(loop.executor()) {
  net::ServerOptions options;
  options.host = std::move(address);
  options.port = port;
  server_ = net::make_http_server(loop.executor(), std::move(options), *this);
}

uint16_t Upstream::start() {
  REQUIRE(server_->start());
  return server_->port();
}

asio::awaitable<void> Upstream::stop() {
  return server_->stop();
}

void Upstream::release() {
  open_ = true;
  released_.notify();
}

asio::awaitable<void> Upstream::handle(net::ServerRequest request, net::Responder& responder) {
  ++requests;
  last_request = clock_.steady_now();
  if (request.path == "/slow") {
    ++waiting;
    while (!open_) co_await released_.wait();
    --waiting;
  }
  net::HttpResponse response;
  response.status = 200;
  response.body = pod_.name;
  co_await responder.send(std::move(response));
}

GatewayRig::GatewayRig(net::EventLoop& event_loop)
    : loop(event_loop),
      keeper(event_loop.executor()),
      tasks(std::make_unique<net::TaskGroup>(event_loop.executor())) {}

asio::awaitable<void> GatewayRig::start() {
  listen.host = own_address(0);
  listen.port = free_port(listen.host);
  HaproxyProcess::Options options{.folder = (folder / "haproxy").string(),
                                  .listen = listen,
                                  .log_path = (folder / "gateway.log").string()};
  haproxy = std::make_unique<HaproxyProcess>(loop.executor(), loop.clock(), keeper, options);
  url = "http://" + to_string(listen);
  auto client = net::make_http_client(loop.executor(), {});
  REQUIRE(client);
  client_ = *std::move(client);
  Result<void> started = co_await haproxy->start();
  INFO((started ? "" : started.error().message));
  REQUIRE(started);
}

asio::awaitable<void> GatewayRig::stop() {
  co_await tasks->stop();
  co_await haproxy->stop();
  for (const auto& upstream : upstreams_) co_await upstream->stop();
  co_await keeper.stop();
}

Upstream& GatewayRig::add_upstream(const std::string& pod) {
  const std::string address = own_address(upstreams_.size() + 1);
  upstreams_.push_back(std::make_unique<Upstream>(loop, pod, address, upstream_port_));
  // A slice has one port for all of its endpoints.
  upstream_port_ = upstreams_.back()->start();
  return *upstreams_.back();
}

void GatewayRig::set_service(const std::string& name,
                             const std::vector<const Upstream*>& upstreams) {
  std::vector<SamplePod> pods;
  for (const Upstream* upstream : upstreams) pods.push_back(upstream->pod());
  put(objects, sample_service(name));
  put(objects, sample_slice(name, pods, upstream_port_));
}

asio::awaitable<HaproxyReport> GatewayRig::apply() {
  const std::shared_ptr<HaproxyControl> control = haproxy->control();
  REQUIRE(control);
  Result<HaproxyReport> report = co_await control->apply(plan_gateway(objects));
  INFO((report ? "" : report.error().message));
  REQUIRE(report);
  co_return *report;
}

asio::awaitable<Answer> GatewayRig::ask(std::string path, net::Headers headers) {
  Answer answer{.asked = loop.clock().steady_now()};
  net::HttpRequest request;
  request.url = url + path;
  request.headers = std::move(headers);
  request.deadline = kGenerous;
  Result<net::HttpResponse> response = co_await client_->send(std::move(request));
  if (response) {
    answer.status = response->status;
    answer.body = response->body;
  }
  co_return answer;
}

asio::awaitable<void> GatewayRig::expect_status(std::string path, int status) {
  INFO(path);
  const Answer answer = co_await ask(std::move(path));
  CHECK(answer.status == status);
}

asio::awaitable<void> GatewayRig::expect_body(std::string path, std::string body,
                                              net::Headers headers) {
  INFO(path);
  const Answer answer = co_await ask(std::move(path), std::move(headers));
  CHECK(answer.body == body);
}

asio::awaitable<void> GatewayRig::keep_asking(const bool* stopped, std::vector<Answer>* answers) {
  while (!*stopped) {
    Answer answer = co_await ask("/");
    answers->push_back(std::move(answer));
  }
}

asio::awaitable<void> GatewayRig::ask_times(int count, std::map<std::string, int>* counts,
                                            int* clients) {
  for (int i = 0; i < count; ++i) {
    const Answer answer = co_await ask("/");
    ++(*counts)[answer.status == 200 ? answer.body : std::to_string(answer.status)];
  }
  --*clients;
}

asio::awaitable<std::map<std::string, int>> GatewayRig::sample(int count, int clients) {
  std::map<std::string, int> counts;
  int running = clients;
  for (int i = 0; i < clients; ++i)
    tasks->spawn("client", ask_times(count / clients, &counts, &running));
  const std::function<bool()> ended = [&running] { return running == 0; };
  co_await eventually(loop.clock(), "all clients have their answers", ended);
  co_return counts;
}

namespace {

asio::awaitable<int> run_story(net::EventLoop& loop, asio::awaitable<void> (*story)(GatewayRig&)) {
  GatewayRig rig(loop);
  co_await rig.start();
  co_await story(rig);
  co_await rig.stop();
  co_return 0;
}

}  // namespace

void with_gateway(asio::awaitable<void> (*story)(GatewayRig&)) {
  net::EventLoop loop;
  CHECK(loop.run(run_story(loop, story)) == 0);
}

}  // namespace sluice::local
