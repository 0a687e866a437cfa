// The demonstration's clients, in a process of their own: an even stream of requests through the
// gateway, half of them on kept connections, and always one request that lasts long. Whatever the
// answers are, no more is sent than was asked for. One line of JSON a request goes to the output
// file:
//
//   {"t": seconds since the epoch when it was sent, "ms": …, "status": …, "revision": "v2", "kept":
//   true}
//
// status 0 is a request that got no answer; "error" says why.

#include "net/event_loop.h"
#include "net/http_client.h"
#include "net/sleep.h"
#include "net/task_group.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstdio>
#include <memory>
#include <string>

namespace {

namespace net = sluice::net;
using namespace std::chrono_literals;

struct LoadOptions {
  std::string url;
  std::string host = "shop.local";
  std::string output;
  int rate = 300;         // requests a second
  int slow_seconds = 30;  // 0: no long request
  /// The output ends here; the requests do not.
  int64_t output_bytes_max = int64_t{256} * 1024 * 1024;
};

class Load {
 public:
  Load(net::EventLoop& loop, net::HttpClient& client, LoadOptions options, std::FILE* out)
      : loop_(loop),
        client_(client),
        options_(std::move(options)),
        out_(out),
        tasks_(loop.executor()) {}

  net::Awaitable<int> run() {
    tasks_.spawn("stream", stream());
    if (options_.slow_seconds > 0) tasks_.spawn("slow", slow());
    co_await loop_.termination_signal();
    ending_ = true;
    while (tasks_.size() > 0) co_await net::sleep_for(loop_.clock(), 20ms);
    std::fflush(out_);
    if (unwritten_ > 0)
      fmt::print(stderr, "demo_load: {} requests did not fit in {}\n", unwritten_, options_.output);
    co_return 0;
  }

 private:
  /// Requests are sent when they are due, whether or not earlier ones have been answered.
  net::Awaitable<void> stream() {
    const sluice::Duration gap = std::chrono::nanoseconds(1s) / options_.rate;
    sluice::SteadyTime due = loop_.clock().steady_now();
    for (uint64_t i = 0; !ending_; ++i) {
      co_await net::sleep_until(loop_.clock(), due);
      tasks_.spawn("request", one("/", i % 2 == 0, 15s));
      due += gap;
    }
  }

  /// One after the other, and none before the last one's time is over: not every service takes it.
  net::Awaitable<void> slow() {
    const std::string path = fmt::format("/slow?seconds={}", options_.slow_seconds);
    const sluice::Duration length = std::chrono::seconds(options_.slow_seconds);
    while (!ending_) {
      const sluice::SteadyTime over = loop_.clock().steady_now() + length;
      co_await one(path, true, length + 15s);
      while (!ending_ && loop_.clock().steady_now() < over)
        co_await net::sleep_for(loop_.clock(), 20ms);
    }
  }

  net::Awaitable<void> one(std::string path, bool kept, sluice::Duration deadline) {
    net::HttpRequest request;
    request.url = options_.url + path;
    request.headers.add("Host", options_.host);
    if (!kept) request.headers.add("Connection", "close");
    request.deadline = deadline;
    const sluice::SystemTime sent = loop_.clock().system_now();
    const sluice::SteadyTime started = loop_.clock().steady_now();
    const auto response = co_await client_.send(std::move(request));
    const std::chrono::duration<double, std::milli> took = loop_.clock().steady_now() - started;
    write(sent, took.count(), response, kept, path);
  }

  void write(sluice::SystemTime sent, double ms, const sluice::Result<net::HttpResponse>& response,
             bool kept, const std::string& path) {
    const std::chrono::duration<double> at = sent.time_since_epoch();
    const std::string outcome =
        response ? fmt::format(R"("status":{},"revision":"{}")", response->status,
                               response->headers.get("X-Shop-Revision", "none"))
                 : fmt::format(R"("status":0,"revision":"none","error":"{}")",
                               to_string(response.error().code));
    const std::string line =
        fmt::format("{{\"t\":{:.6f},\"ms\":{:.3f},{},\"kept\":{},\"path\":\"{}\"}}\n", at.count(),
                    ms, outcome, kept, path);
    written_ += static_cast<int64_t>(line.size());
    if (written_ > options_.output_bytes_max)
      ++unwritten_;
    else
      std::fputs(line.c_str(), out_);
  }

  net::EventLoop& loop_;
  net::HttpClient& client_;
  LoadOptions options_;
  std::FILE* out_;
  int64_t written_ = 0;
  int64_t unwritten_ = 0;  ///< Requests that found no room in the output.
  bool ending_ = false;    ///< No new requests; those under way may end.
  net::TaskGroup tasks_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"An even stream of requests through the gateway, recorded one by one"};
  LoadOptions options;
  app.add_option("--url", options.url, "The gateway")->required();
  app.add_option("--host", options.host, "Host header");
  app.add_option("--rate", options.rate, "Requests a second")->check(CLI::Range(1, 5000));
  app.add_option("--slow-seconds", options.slow_seconds, "Length of the long request; 0: none")
      ->check(CLI::Range(0, 3600));
  app.add_option("--output", options.output, "A line of JSON a request")->required();
  app.add_option("--output-bytes-max", options.output_bytes_max,
                 "Requests beyond are counted, not written")
      ->check(CLI::NonNegativeNumber);
  CLI11_PARSE(app, argc, argv);

  std::FILE* out = std::fopen(options.output.c_str(), "w");
  if (out == nullptr) {
    std::fprintf(stderr, "demo_load: cannot write %s\n", options.output.c_str());
    return 1;
  }
  net::EventLoop loop;
  auto client = net::make_http_client(loop.executor(), {});
  if (!client) return 1;
  Load load(loop, **client, options, out);
  const int code = loop.run(load.run());
  std::fclose(out);
  return code;
}
