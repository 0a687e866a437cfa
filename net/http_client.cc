#include "net/http_client.h"

#include "net/connection_pool.h"
#include "net/http_wire.h"
#include "net/real_clock.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "net/url.h"

#include <fmt/core.h>

#include <utility>

namespace sluice::net {
namespace {

/// What all exchanges of a client share.
struct Shared {
  explicit Shared(asio::any_io_executor executor) : resolver(std::move(executor)) {}

  TlsOptions options;
  TlsContext tls;
  AddressRule reach;
  Resolver resolver;
  ConnectionPool pool;
};

/// One request and its answer on one connection.
class Exchange {
 public:
  Exchange(std::shared_ptr<Shared> shared, HttpRequest request, Url url, SteadyTime deadline,
           std::optional<size_t> body_max)
      : shared_(std::move(shared)),
        request_(std::move(request)),
        url_(std::move(url)),
        deadline_(deadline),
        place_(fmt::format("{}{}", url_.tls ? "https://" : "http://", url_.authority)),
        body_max_(body_max) {}

  /// Sends the request and reads the head of the answer.
  Awaitable<Result<void>> begin();
  /// The rest of the body in one piece.
  Awaitable<Result<std::string>> read_all();
  /// The next piece; gives the connection back at the end of the body.
  Awaitable<Result<std::optional<std::string>>> read_some(SteadyTime deadline);

  HttpResponse& head() { return head_; }

 private:
  Awaitable<Result<void>> try_once();
  Awaitable<Result<void>> open_connection();

  /// The error, naming the place but not the query, which may hold what is nobody's business.
  Error name(const Error& error) const {
    const std::string_view target = url_.target;
    return error.within(
        fmt::format("{} {}{}", request_.method, place_, target.substr(0, target.find('?'))));
  }

  std::shared_ptr<Shared> shared_;
  HttpRequest request_;
  Url url_;
  SteadyTime deadline_;
  std::string place_;
  std::optional<size_t> body_max_;
  Wire wire_;
  ResponseReader reader_;
  HttpResponse head_;
};

Awaitable<Result<void>> Exchange::begin() {
  if (auto kept = shared_->pool.take(place_, real_steady_now())) {
    wire_ = std::move(*kept);
    Result<void> reused = co_await try_once();
    if (reused) co_return reused;
    const bool broken = reused.error().code == ErrorCode::Unavailable;
    if (broken || reused.error().code == ErrorCode::Timeout) shared_->pool.drop(place_);
    // The server may have closed the kept connection just now, or have vanished since. A repeated
    // GET does no harm; whether anything else was done only the caller can find out.
    const bool again = broken && (request_.method == "GET" || request_.method == "HEAD");
    if (!again) co_return fail(name(reused.error()));
  }
  Result<void> opened = co_await open_connection();
  if (opened) opened = co_await try_once();
  if (!opened) co_return fail(name(opened.error()));
  co_return opened;
}

Awaitable<Result<void>> Exchange::open_connection() {
  auto endpoints = co_await shared_->resolver.resolve(url_.host, url_.port, deadline_);
  if (!endpoints) co_return fail(endpoints.error());
  auto allowed = shared_->reach.allowed(url_.host, *endpoints);
  if (!allowed) co_return fail(allowed.error());
  const TlsOptions& options = shared_->options;
  ConnectTarget target;
  target.endpoints = *std::move(allowed);
  if (url_.tls) target.tls = shared_->tls;
  target.verify = !options.insecure;
  target.server_name = options.server_name.empty() ? url_.host : options.server_name;
  auto connection = co_await connect(std::move(target), deadline_);
  if (!connection) co_return fail(connection.error());
  wire_ = Wire{std::move(*connection), {}};
  co_return Result<void>{};
}

Awaitable<Result<void>> Exchange::try_once() {
  const std::string head = encode_request_head(request_, url_.authority, url_.target);
  const Result<void> written = co_await wire_.connection->write(head, request_.body, deadline_);
  if (!written) co_return fail(written.error());
  ResponseReader::Options options;
  options.body_max = body_max_;
  options.to_head_request = request_.method == "HEAD";
  auto answer = co_await reader_.read_head(wire_, options, deadline_);
  if (!answer) co_return fail(answer.error());
  head_ = std::move(*answer);
  co_return Result<void>{};
}

Awaitable<Result<std::optional<std::string>>> Exchange::read_some(SteadyTime deadline) {
  if (!wire_.connection) co_return std::nullopt;
  auto piece = co_await reader_.read_some(wire_, deadline);
  if (!piece) co_return fail(name(piece.error()));
  if (!*piece) {
    if (reader_.keep_alive()) shared_->pool.put(place_, std::move(wire_), real_steady_now());
    wire_.connection.reset();
  }
  co_return piece;
}

Awaitable<Result<std::string>> Exchange::read_all() {
  std::string body;
  while (true) {
    auto piece = co_await read_some(deadline_);
    if (!piece) co_return fail(piece.error());
    if (!*piece) co_return body;
    if (body.empty())
      body = std::move(**piece);
    else
      body += **piece;
  }
}

class Stream : public HttpStream {
 public:
  explicit Stream(std::unique_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

  const HttpResponse& head() const override { return exchange_->head(); }

  Awaitable<Result<std::optional<std::string>>> read(Duration idle) override {
    return exchange_->read_some(real_steady_now() + idle);
  }

 private:
  std::unique_ptr<Exchange> exchange_;
};

class Client : public HttpClient {
 public:
  explicit Client(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  Awaitable<Result<HttpResponse>> send(HttpRequest request) override {
    const size_t body_max = request.body_max;
    auto exchange = prepare(std::move(request), body_max);
    if (!exchange) co_return fail(exchange.error());
    const Result<void> begun = co_await (*exchange)->begin();
    if (!begun) co_return fail(begun.error());
    auto body = co_await (*exchange)->read_all();
    if (!body) co_return fail(body.error());
    HttpResponse response = std::move((*exchange)->head());
    response.body = std::move(*body);
    co_return response;
  }

  Awaitable<Result<std::unique_ptr<HttpStream>>> open(HttpRequest request) override {
    auto exchange = prepare(std::move(request), std::nullopt);
    if (!exchange) co_return fail(exchange.error());
    const Result<void> begun = co_await (*exchange)->begin();
    if (!begun) co_return fail(begun.error());
    co_return std::make_unique<Stream>(std::move(*exchange));
  }

 private:
  Result<std::unique_ptr<Exchange>> prepare(HttpRequest request, std::optional<size_t> body_max) {
    auto url = parse_url(request.url);
    if (!url) return fail(url.error());
    const SteadyTime deadline = real_steady_now() + request.deadline;
    return std::make_unique<Exchange>(shared_, std::move(request), std::move(*url), deadline,
                                      body_max);
  }

  std::shared_ptr<Shared> shared_;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> make_http_client(asio::any_io_executor executor, TlsOptions tls,
                                                     AddressRule reach) {
  auto context = make_client_tls(tls);
  if (!context) return fail(context.error());
  auto shared = std::make_shared<Shared>(std::move(executor));
  shared->options = std::move(tls);
  shared->tls = std::move(*context);
  shared->reach = std::move(reach);
  return std::make_unique<Client>(std::move(shared));
}

}  // namespace sluice::net
