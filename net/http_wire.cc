#include "net/http_wire.h"

#include "net/http_framing.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/core.h>

#include <utility>

namespace sluice::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

/// Bytes asked of the connection at a time.
constexpr size_t kReadSize = size_t{16} * 1024;
/// Input that a parser may leave untouched while it waits for more. Beast bounds the headers of a
/// message itself, but not those of a chunk. Above every header_max in use.
constexpr size_t kUnparsedMax = size_t{512} * 1024;

/// Of a stream that announces its length. Beast sets aside at once what is announced, so that an
/// announcement without bound could take all memory.
constexpr uint64_t kStreamLengthMax = kResponseBodyMax;

template <bool IsRequest>
using Parser = http::parser<IsRequest, http::string_body>;

/// Beast asserts that it sees the header of the last chunk a second time only with at least the two
/// bytes more that end a body. What waits here is never the end of anything.
bool is_half_an_end(std::string_view pending) {
  constexpr std::string_view kEnd = "0\r\n\r\n";
  return pending.size() < kEnd.size() && pending.starts_with("0\r\n");
}

/// Gives the parser what is pending; wanting more is no error. Beast asserts that a parser which is
/// done is left alone. It joins folded lines, which `folds`, where given, refuses.
template <bool IsRequest>
error_code feed(Wire& wire, Parser<IsRequest>& parser, FoldWatch* folds = nullptr) {
  error_code error;
  if (wire.pending.empty() || parser.is_done()) return error;
  if (parser.is_header_done() && parser.chunked() && is_half_an_end(wire.pending)) return error;
  const size_t consumed = parser.put(asio::buffer(wire.pending), error);
  const bool folded = folds != nullptr && folds->sees({wire.pending.data(), consumed});
  wire.pending.erase(0, consumed);
  if (folded) return http::error::bad_obs_fold;
  const bool wants_more = !error || error == http::error::need_more;
  if (wants_more && wire.pending.size() > kUnparsedMax) return http::error::header_limit;
  return error == http::error::need_more ? error_code{} : error;
}

Headers take_headers(const http::fields& fields) {
  Headers headers;
  for (const auto& field : fields)
    headers.add(std::string(field.name_string()), std::string(field.value()));
  return headers;
}

Error to_error(const error_code& code) {
  if (code == http::error::body_limit) return invalid("the answer's body is over the bound");
  if (code == http::error::header_limit) return invalid("the answer's headers are over the bound");
  return unavailable(fmt::format("the answer is not HTTP: {}", code.message()));
}

ReadFailure to_failure(const error_code& code) {
  if (code == http::error::body_limit) return {413, "the body is over the bound"};
  if (code == http::error::header_limit) return {431, "the headers are over the bound"};
  return {400, fmt::format("bad request: {}", code.message())};
}

/// After an error of the connection, a missed deadline included, it can carry no answer.
ReadFailure to_failure(const Error& error) {
  return {0, error.message};
}

bool is_framing_header(std::string_view name) {
  return same_header_name(name, "Content-Length") || same_header_name(name, "Transfer-Encoding") ||
         same_header_name(name, "Connection");
}

/// A line break would end the header and begin another one of the sender's making.
void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  append_clean(out, name);
  out += ": ";
  append_clean(out, value);
  out += "\r\n";
}

void append_headers(std::string& out, const Headers& headers) {
  for (const Header& header : headers)
    if (!is_framing_header(header.name)) append_header(out, header.name, header.value);
}

/// Reads more for a parser that wants it.
Awaitable<std::optional<ReadFailure>> read_more(Wire& wire, SteadyTime deadline) {
  const Result<size_t> count = co_await fill(wire, deadline);
  if (!count) co_return to_failure(count.error());
  if (*count == 0) co_return ReadFailure{0, "the connection closed within the request"};
  co_return std::nullopt;
}

Awaitable<std::optional<ReadFailure>> read_request_head(Wire& wire, Parser<true>& parser,
                                                        SteadyTime deadline) {
  FoldWatch folds;
  while (true) {
    if (const error_code error = feed(wire, parser, &folds)) co_return to_failure(error);
    if (parser.is_header_done()) co_return std::nullopt;
    auto failure = co_await read_more(wire, deadline);
    if (failure) co_return failure;
  }
}

Awaitable<std::optional<ReadFailure>> read_request_body(Wire& wire, Parser<true>& parser,
                                                        SteadyTime deadline) {
  parser.eager(true);
  while (true) {
    if (const error_code error = feed(wire, parser)) co_return to_failure(error);
    if (parser.is_done()) co_return std::nullopt;
    auto failure = co_await read_more(wire, deadline);
    if (failure) co_return failure;
  }
}

}  // namespace

Awaitable<Result<size_t>> fill(Wire& wire, SteadyTime deadline) {
  const size_t before = wire.pending.size();
  wire.pending.resize(before + kReadSize);
  Result<size_t> count =
      co_await wire.connection->read_some(wire.pending.data() + before, kReadSize, deadline);
  wire.pending.resize(before + count.value_or(0));
  co_return count;
}

struct ResponseReader::Parser {
  net::Parser<false> http;
};

ResponseReader::ResponseReader() = default;
ResponseReader::~ResponseReader() = default;
ResponseReader::ResponseReader(ResponseReader&&) noexcept = default;
ResponseReader& ResponseReader::operator=(ResponseReader&&) noexcept = default;

Awaitable<Result<HttpResponse>> ResponseReader::read_head(Wire& wire, Options options,
                                                          SteadyTime deadline) {
  do {
    parser_ = std::make_unique<Parser>();
    net::Parser<false>& parser = parser_->http;
    parser.skip(options.to_head_request);
    parser.header_limit(static_cast<uint32_t>(options.header_max));
    parser.body_limit(options.body_max ? boost::optional<uint64_t>(*options.body_max)
                                       : boost::optional<uint64_t>());
    while (true) {
      if (const error_code error = feed(wire, parser)) co_return fail(to_error(error));
      if (parser.is_header_done()) break;
      const Result<size_t> count = co_await fill(wire, deadline);
      if (!count) co_return fail(count.error());
      if (*count == 0) co_return fail(unavailable("the connection closed before an answer came"));
    }
  } while (parser_->http.get().result_int() / 100 == 1);
  const auto& message = parser_->http.get();
  HttpResponse head{static_cast<int>(message.result_int()), take_headers(message.base()), ""};
  if (const auto problem = framing_problem(head.headers, message.version() >= 11))
    co_return fail(unavailable("the answer is not HTTP: " + *problem));
  const auto length = parser_->http.content_length();
  if (!options.body_max && !parser_->http.is_done() && length && *length > kStreamLengthMax)
    co_return fail(to_error(http::error::body_limit));
  parser_->http.eager(true);
  co_return head;
}

Awaitable<Result<std::optional<std::string>>> ResponseReader::read_some(Wire& wire,
                                                                        SteadyTime deadline) {
  net::Parser<false>& parser = parser_->http;
  while (true) {
    if (std::string piece = std::exchange(parser.get().body(), {}); !piece.empty())
      co_return std::optional(std::move(piece));
    if (parser.is_done()) co_return std::nullopt;
    if (wire.pending.empty()) {
      const Result<size_t> count = co_await fill(wire, deadline);
      if (!count) co_return fail(count.error());
      if (*count == 0) {
        error_code truncated;
        parser.put_eof(truncated);
        if (truncated) co_return fail(unavailable("the connection closed within the answer"));
        continue;
      }
    }
    const size_t before = wire.pending.size();
    if (const error_code error = feed(wire, parser)) co_return fail(to_error(error));
    if (wire.pending.size() == before && parser.get().body().empty() && !parser.is_done()) {
      // The head of a chunk is incomplete: it needs more than what is pending.
      const Result<size_t> count = co_await fill(wire, deadline);
      if (!count) co_return fail(count.error());
      if (*count == 0) co_return fail(unavailable("the connection closed within the answer"));
    }
  }
}

bool ResponseReader::keep_alive() const {
  return parser_ && parser_->http.is_done() && parser_->http.keep_alive();
}

Awaitable<std::expected<WireRequest, ReadFailure>> read_request(Wire& wire, RequestLimits limits,
                                                                SteadyTime deadline) {
  Parser<true> parser;
  parser.header_limit(static_cast<uint32_t>(limits.header_max));
  parser.body_limit(limits.body_max);
  auto failure = co_await read_request_head(wire, parser, deadline);
  if (failure) co_return std::unexpected(std::move(*failure));
  const auto& message = parser.get();
  // Taken before the body: what follows the last chunk is none of the head's.
  WireRequest request{.method = std::string(message.method_string()),
                      .target = std::string(message.target()),
                      .headers = take_headers(message.base()),
                      .body = {},
                      .keep_alive = parser.keep_alive(),
                      .chunked_allowed = message.version() >= 11};
  if (auto problem = framing_problem(request.headers, request.chunked_allowed))
    co_return std::unexpected(ReadFailure{400, "bad request: " + *problem});
  if (auto problem = host_problem(request.headers, request.chunked_allowed))
    co_return std::unexpected(ReadFailure{400, "bad request: " + *problem});
  if (!parser.is_done() && limits.has_room &&
      !limits.has_room(parser.content_length().value_or(limits.body_max)))
    co_return std::unexpected(ReadFailure{503, "too many bodies at a time: try again"});
  if (!parser.is_done() && expects_continue(request.headers)) {
    const auto written =
        co_await wire.connection->write("HTTP/1.1 100 Continue\r\n\r\n", "", deadline);
    if (!written) co_return std::unexpected(to_failure(written.error()));
  }
  failure = co_await read_request_body(wire, parser, deadline);
  if (failure) co_return std::unexpected(std::move(*failure));
  request.body = std::move(parser.get().body());
  co_return request;
}

std::string encode_response_head(const HttpResponse& response, Framing framing, bool keep_alive) {
  const auto status = static_cast<unsigned>(response.status);
  std::string out =
      fmt::format("HTTP/1.1 {} {}\r\n", status,
                  std::string_view(http::obsolete_reason(http::int_to_status(status))));
  append_headers(out, response.headers);
  switch (framing) {
    case Framing::Length:
      append_header(out, "Content-Length", std::to_string(response.body.size()));
      break;
    case Framing::Chunks:
      append_header(out, "Transfer-Encoding", "chunked");
      break;
    case Framing::None:
    case Framing::UntilClose:
      break;
  }
  append_header(out, "Connection", keep_alive ? "keep-alive" : "close");
  out += "\r\n";
  return out;
}

std::string encode_request_head(const HttpRequest& request, std::string_view authority,
                                std::string_view target) {
  std::string out;
  append_clean(out, request.method);
  out += ' ';
  append_clean(out, target);
  out += " HTTP/1.1\r\n";
  if (request.headers.find("Host") == nullptr) append_header(out, "Host", authority);
  if (request.headers.find("User-Agent") == nullptr) append_header(out, "User-Agent", "sluice");
  append_headers(out, request.headers);
  const bool expects_body = request.method != "GET" && request.method != "HEAD";
  if (expects_body || !request.body.empty())
    append_header(out, "Content-Length", std::to_string(request.body.size()));
  out += "\r\n";
  return out;
}

std::string encode_chunk(std::string_view text) {
  return fmt::format("{:x}\r\n{}\r\n", text.size(), text);
}

}  // namespace sluice::net
