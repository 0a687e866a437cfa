// The demonstration's service: a small instrumented HTTP service whose badness is set by its image.
//
//   /            answers with its revision; some answers are errors or slow, as the image says
//   /slow        takes SECONDS (query: seconds=30) and then answers
//   /healthz     200 while it serves
//   /metrics     http_requests_total{code} and http_request_duration_seconds
//
// Environment: SHOP_REVISION, SHOP_ERROR_RATE and SHOP_SLOW_RATE in [0, 1], POD_IP, PORT (8080).
// On SIGTERM it serves on until the requests under way have ended.

#include "net/event_loop.h"
#include "net/http_server.h"
#include "net/sleep.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace std::chrono_literals;
namespace net = sluice::net;

constexpr sluice::Duration kSlowAnswer = 800ms;
/// How long it goes on serving after SIGTERM even when idle: gateways take a moment to notice.
constexpr sluice::Duration kLameDuck = 500ms;

std::string variable(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : value;
}

/// Picks an even share of calls: of 100 calls at rate 0.03 exactly three.
class Share {
 public:
  explicit Share(double rate) : rate_(rate) {}

  bool next() {
    const double before = std::floor(sum_);
    sum_ += rate_;
    return std::floor(sum_) > before;
  }

 private:
  double rate_;
  double sum_ = 0;
};

class Shop : public net::HttpHandler {
 public:
  explicit Shop(sluice::Clock& clock)
      : clock_(clock),
        revision_(variable("SHOP_REVISION", "dev")),
        errors_(std::atof(variable("SHOP_ERROR_RATE", "0").c_str())),
        slow_(std::atof(variable("SHOP_SLOW_RATE", "0").c_str())),
        registry_(std::make_shared<prometheus::Registry>()),
        requests_(prometheus::BuildCounter()
                      .Name("http_requests_total")
                      .Help("Requests answered, by status code.")
                      .Register(*registry_)),
        seconds_(prometheus::BuildHistogram()
                     .Name("http_request_duration_seconds")
                     .Help("Time from request to answer.")
                     .Register(*registry_)
                     .Add({}, prometheus::Histogram::BucketBoundaries{0.005, 0.01, 0.025, 0.05, 0.1,
                                                                      0.25, 0.5, 1, 2.5, 5})) {}

  net::Awaitable<void> handle(net::ServerRequest request, net::Responder& responder) override {
    net::HttpResponse response;
    ++under_way_;
    if (request.path == "/metrics") {
      response = {200, {}, prometheus::TextSerializer().Serialize(registry_->Collect())};
    } else if (request.path == "/healthz") {
      response = {200, {}, "ok"};
    } else if (request.path == "/slow") {
      const std::string wait = net::query_parameter(request.query, "seconds").value_or("1");
      co_await net::sleep_for(clock_, std::chrono::seconds(std::atoi(wait.c_str())));
      response = answer(200);
    } else {
      response = co_await serve();
    }
    co_await responder.send(std::move(response));
    --under_way_;
  }

  int under_way() const { return under_way_; }

 private:
  net::Awaitable<net::HttpResponse> serve() {
    const sluice::SteadyTime started = clock_.steady_now();
    if (slow_.next()) co_await net::sleep_for(clock_, kSlowAnswer);
    const int status = errors_.next() ? 500 : 200;
    const std::chrono::duration<double> took = clock_.steady_now() - started;
    seconds_.Observe(took.count());
    requests_.Add({{"code", std::to_string(status)}}).Increment();
    co_return answer(status);
  }

  net::HttpResponse answer(int status) const {
    return {status, {{"X-Shop-Revision", revision_}}, "shop " + revision_ + "\n"};
  }

  sluice::Clock& clock_;
  std::string revision_;
  Share errors_;
  Share slow_;
  int under_way_ = 0;
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Histogram& seconds_;
};

net::Awaitable<int> serve(net::EventLoop& loop) {
  Shop shop(loop.clock());
  net::ServerOptions options;
  options.host = variable("POD_IP", "127.0.0.1");
  options.port = static_cast<uint16_t>(std::atoi(variable("PORT", "8080").c_str()));
  const auto server = net::make_http_server(loop.executor(), options, shop);
  if (const auto started = server->start(); !started) {
    std::fprintf(stderr, "shop: %s\n", started.error().message.c_str());
    co_return 1;
  }
  std::fprintf(stderr, "shop: serving on %s:%d\n", options.host.c_str(), server->port());
  co_await loop.termination_signal();
  co_await net::sleep_for(loop.clock(), kLameDuck);
  while (shop.under_way() > 0) co_await net::sleep_for(loop.clock(), 50ms);
  co_await server->stop();
  co_return 0;
}

}  // namespace

int main() {
  net::EventLoop loop;
  return loop.run(serve(loop));
}
