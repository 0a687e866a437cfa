#pragma once

// A real HAProxy with small upstreams and clients on one event loop, for the end-to-end tests.

#include "local/gateway/haproxy_process.h"
#include "net/event_loop.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "tests/local_gateway/gateway_samples.h"
#include "tests/local_pods/test_programs.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sluice::local {

/// A port that nobody listens on now.
uint16_t free_port(const std::string& address);

/// A pod without a process: it answers with its name. "/slow" is answered when release() is called.
class Upstream final : public net::HttpHandler {
 public:
  Upstream(net::EventLoop& loop, std::string name, std::string address, uint16_t port);

  uint16_t start();
  asio::awaitable<void> stop();
  void release();
  asio::awaitable<void> handle(net::ServerRequest request, net::Responder& responder) override;

  const SamplePod& pod() const { return pod_; }

  int requests = 0;
  int waiting = 0;            ///< Slow requests that are not released.
  SteadyTime last_request{};  ///< When the last one came.

 private:
  Clock& clock_;
  SamplePod pod_;
  std::unique_ptr<net::HttpServer> server_;
  net::Notifier released_;
  bool open_ = false;
};

/// What a client got, and when it asked.
struct Answer {
  SteadyTime asked{};
  int status = 0;  ///< 0: no answer at all.
  std::string body;
};

/// Owns the whole; start() and stop() frame a test.
class GatewayRig {
 public:
  explicit GatewayRig(net::EventLoop& loop);

  asio::awaitable<void> start();
  asio::awaitable<void> stop();

  /// A new upstream of that pod name, listening.
  Upstream& add_upstream(const std::string& pod);
  /// Makes the Service and its endpoints.
  void set_service(const std::string& name, const std::vector<const Upstream*>& upstreams);
  /// Plans `objects` and has HAProxy do it.
  asio::awaitable<HaproxyReport> apply();

  asio::awaitable<Answer> ask(std::string path, net::Headers headers = {});
  /// Asks once and checks what comes.
  asio::awaitable<void> expect_status(std::string path, int status);
  asio::awaitable<void> expect_body(std::string path, std::string body, net::Headers headers = {});
  /// Asks one after the other over kept connections until `stopped` is set.
  asio::awaitable<void> keep_asking(const bool* stopped, std::vector<Answer>* answers);
  /// Asks `count` times by `clients` at once and counts the answers' bodies.
  asio::awaitable<std::map<std::string, int>> sample(int count, int clients);

  /// Of all upstreams; 0 before the first.
  uint16_t upstream_port() const { return upstream_port_; }

  net::EventLoop& loop;
  TemporaryFolder folder;
  Keeper keeper;
  GatewayObjects objects;
  std::unique_ptr<HaproxyProcess> haproxy;
  std::unique_ptr<net::TaskGroup> tasks;
  std::string url;
  net::HostPort listen;

 private:
  asio::awaitable<void> ask_times(int count, std::map<std::string, int>* counts, int* clients);

  std::unique_ptr<net::HttpClient> client_;
  std::vector<std::unique_ptr<Upstream>> upstreams_;
  uint16_t upstream_port_ = 0;
};

/// Runs `story` with a rig that is started before and stopped after it.
void with_gateway(asio::awaitable<void> (*story)(GatewayRig&));

}  // namespace sluice::local
