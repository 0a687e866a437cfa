#include "net/http_session.h"

#include "base/log.h"
#include "net/notifier.h"
#include "net/real_clock.h"
#include "net/turn.h"
#include "net/url.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/core.h>

#include <array>
#include <chrono>
#include <exception>
#include <utility>

namespace sluice::net {
namespace {

constexpr Duration kHandshakeDeadline = std::chrono::seconds(10);
/// After the last answer: how long and how much of the peer's input is still read.
constexpr Duration kLingerDeadline = std::chrono::seconds(2);
constexpr size_t kLingerBytesMax = size_t{64} * 1024 * 1024;
/// Input that a peer may send ahead while its streamed answer is under way.
constexpr size_t kReadAheadMax = size_t{64} * 1024;

SteadyTime after(Duration duration) {
  return real_steady_now() + duration;
}

/// RFC 9110, 6.4.1: these never have a body.
bool is_bodiless(int status) {
  return status == 204 || status == 304;
}

HttpResponse make_text_response(int status, std::string text) {
  return {.status = status, .headers = {{"Content-Type", "text/plain"}}, .body = std::move(text)};
}

/// While it lives, the peer is waited for.
class PeerWait {
 public:
  explicit PeerWait(std::optional<SteadyTime>& since) : since_(since) { since = real_steady_now(); }

  ~PeerWait() { since_.reset(); }

  PeerWait(const PeerWait&) = delete;
  PeerWait& operator=(const PeerWait&) = delete;

 private:
  std::optional<SteadyTime>& since_;
};

/// The only Responder: writes to the session's wire.
class WireResponder : public Responder {
 public:
  WireResponder(Wire& wire, std::optional<SteadyTime>& waiting_since, const WireRequest& request,
                Duration write_deadline, const asio::any_io_executor& executor)
      : wire_(wire),
        waiting_since_(waiting_since),
        is_head_(request.method == "HEAD"),
        chunked_(request.chunked_allowed),
        keep_alive_(request.keep_alive),
        write_deadline_(write_deadline),
        streaming_(executor) {}

  Awaitable<Result<void>> send(HttpResponse response) override {
    if (state_ != State::Silent) co_return fail(internal("answered twice"));
    state_ = State::Sent;
    const bool bodiless = is_bodiless(response.status);
    const std::string head =
        encode_response_head(response, bodiless ? Framing::None : Framing::Length, keep_alive_);
    const std::string_view body =
        bodiless || is_head_ ? std::string_view() : std::string_view(response.body);
    co_return co_await put(head, body);
  }

  Awaitable<Result<void>> start(HttpResponse head) override {
    if (state_ != State::Silent) co_return fail(internal("answered twice"));
    state_ = State::Streaming;
    keep_alive_ = false;
    streaming_.notify();
    const std::string text =
        encode_response_head(head, chunked_ ? Framing::Chunks : Framing::UntilClose, false);
    co_return co_await put(text, "");
  }

  Awaitable<Result<void>> write(std::string chunk) override {
    if (state_ != State::Streaming) co_return fail(internal("write before start"));
    if (chunk.empty() || is_head_) co_return Result<void>{};
    if (!chunked_) co_return co_await put(chunk, "");
    const std::string framed = encode_chunk(chunk);
    co_return co_await put(framed, "");
  }

  /// Completes what the handler has left open.
  Awaitable<Result<void>> finish() {
    if (state_ == State::Streaming && chunked_ && !is_head_) co_return co_await put(kLastChunk, "");
    if (state_ != State::Silent) co_return Result<void>{};
    HttpResponse silent = make_text_response(500, "the request was not answered\n");
    co_return co_await send(std::move(silent));
  }

  Awaitable<void> wait_for_streaming() {
    while (state_ != State::Streaming) co_await streaming_.wait();
  }

  bool keep_alive() const { return keep_alive_; }

 private:
  enum class State { Silent, Sent, Streaming };

  /// Both texts belong to the caller's frame.
  Awaitable<Result<void>> put(std::string_view first, std::string_view second) {
    const PeerWait wait(waiting_since_);
    Result<void> written = co_await wire_.connection->write(first, second, after(write_deadline_));
    if (!written) keep_alive_ = false;
    co_return written;
  }

  Wire& wire_;
  std::optional<SteadyTime>& waiting_since_;
  bool is_head_;
  bool chunked_;
  bool keep_alive_;
  Duration write_deadline_;
  State state_ = State::Silent;
  Notifier streaming_;
};

/// Runs the handler. What it throws stays here: a defect in one handler must not end the server.
Awaitable<void> run_handler(HttpHandler& handler, ServerRequest request, Responder& responder) {
  const std::string path = request.path;
  this_turn_does("request", path);
  std::string failure;
  try {
    co_await handler.handle(std::move(request), responder);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    failure = error.what();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (!failure.empty()) log_error("HTTP handler failed", {{"path", path}, {"error", failure}});
}

/// Returns once the peer of a streamed answer has gone.
Awaitable<void> watch_peer(Wire& wire, WireResponder& responder) {
  co_await responder.wait_for_streaming();
  while (wire.pending.size() < kReadAheadMax) {
    const Result<size_t> count = co_await fill(wire, kNoDeadline);
    if (count.value_or(0) == 0) co_return;
  }
}

}  // namespace

std::optional<std::string> query_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    const auto key = percent_decode(pair.substr(0, equals), Plus::IsSpace);
    if (!key || *key != name) continue;
    if (equals == std::string_view::npos) return "";
    const auto value = percent_decode(pair.substr(equals + 1), Plus::IsSpace);
    if (value) return *value;
  }
  return std::nullopt;
}

HttpSession::HttpSession(std::unique_ptr<Connection> connection, const ServerOptions& options,
                         HttpHandler& handler, BodyRoom room)
    : options_(options),
      handler_(handler),
      room_(std::move(room)),
      wire_{.connection = std::move(connection), .pending = {}},
      peer_address_(wire_.connection->peer_address()),
      waiting_since_(real_steady_now()) {}

Awaitable<void> HttpSession::run() {
  const Result<void> welcomed = co_await wire_.connection->welcome(after(kHandshakeDeadline));
  if (!welcomed) {
    log_debug("connection refused", {{"error", welcomed.error().message}});
    co_return;
  }
  new_ = false;
  identity_ = wire_.connection->identity();
  Next next = Next::Request;
  while (next == Next::Request) next = co_await serve_one();
}

std::optional<SteadyTime> HttpSession::waiting_since() const {
  return closed_ ? std::nullopt : waiting_since_;
}

void HttpSession::close() {
  closed_ = true;
  wire_.connection->close();
}

Awaitable<HttpSession::Next> HttpSession::serve_one() {
  auto request = co_await read_one();
  if (request) {
    const Next next = co_await answer(std::move(*request));
    body_bytes_ = 0;
    co_return next;
  }
  body_bytes_ = 0;
  co_await refuse(std::move(request.error()));
  co_return Next::Close;
}

Awaitable<std::expected<WireRequest, ReadFailure>> HttpSession::read_one() {
  if (wire_.pending.empty()) {
    const PeerWait wait(waiting_since_);
    const Result<size_t> count = co_await fill(wire_, after(options_.idle_deadline));
    if (count.value_or(0) == 0) co_return std::unexpected(ReadFailure{});
  }
  const PeerWait wait(waiting_since_);
  const RequestLimits limits{.header_max = options_.header_max,
                             .body_max = options_.body_max,
                             .has_room = [this](size_t bytes) {
                               if (!room_(bytes)) return false;
                               body_bytes_ = bytes;
                               return true;
                             }};
  co_return co_await read_request(wire_, limits, after(options_.read_deadline));
}

Awaitable<HttpSession::Next> HttpSession::answer(WireRequest request) {
  const size_t mark = request.target.find('?');
  auto path = percent_decode(std::string_view(request.target).substr(0, mark), Plus::IsPlus);
  if (!path) {
    ReadFailure failure{400, path.error().message};
    co_await refuse(std::move(failure));
    co_return Next::Close;
  }
  const auto executor = co_await asio::this_coro::executor;
  WireResponder responder(wire_, waiting_since_, request, options_.write_deadline, executor);
  ServerRequest seen{
      .method = std::move(request.method),
      .path = std::move(*path),
      .query = mark == std::string::npos ? std::string{} : request.target.substr(mark + 1),
      .headers = std::move(request.headers),
      .body = std::move(request.body),
      .peer_address = peer_address_,
      .client_common_name = identity_.common_name,
      .client_organizations = identity_.organizations};

  // Whichever ends first cancels the other: a handler whose peer has gone unwinds.
  auto race = asio::experimental::make_parallel_group(
      asio::co_spawn(executor, run_handler(handler_, std::move(seen), responder), asio::deferred),
      asio::co_spawn(executor, watch_peer(wire_, responder), asio::deferred));
  const auto [order, handler_error, watch_error] =
      co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (handler_error || order[0] != 0) co_return Next::Close;

  const Result<void> finished = co_await responder.finish();
  if (finished && responder.keep_alive()) co_return Next::Request;
  if (finished) co_await part();
  co_return Next::Close;
}

Awaitable<void> HttpSession::refuse(ReadFailure failure) {
  if (failure.status == 0) co_return;
  const HttpResponse response = make_text_response(failure.status, failure.message + "\n");
  const std::string head = encode_response_head(response, Framing::Length, false);
  Result<void> written;
  {
    const PeerWait wait(waiting_since_);
    written = co_await wire_.connection->write(head, response.body, after(options_.write_deadline));
  }
  if (written) co_await part();
}

Awaitable<void> HttpSession::part() {
  const PeerWait wait(waiting_since_);
  co_await wire_.connection->finish(kLingerBytesMax, after(kLingerDeadline));
}

}  // namespace sluice::net
