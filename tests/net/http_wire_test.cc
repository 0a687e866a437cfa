// Where a message ends: whoever can be made to disagree about it takes the body of one request for
// the next one.

#include "net/http_wire.h"

#include "tests/net/text_connection.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <exception>
#include <memory>
#include <string>

namespace sluice::net {
namespace {

template <typename T>
T run(Awaitable<T> reading) {
  asio::io_context context;
  std::optional<T> result;
  asio::co_spawn(context, std::move(reading), [&result](const std::exception_ptr& error, T value) {
    if (error) std::rethrow_exception(error);
    result = std::move(value);
  });
  context.run();
  return *std::move(result);
}

Wire wire_of(const std::string& text, size_t piece) {
  return {.connection = std::make_unique<TextConnection>(text, piece), .pending = {}};
}

/// The status that the first request of the text is refused with, 0 where it is read.
int refusal_of(const std::string& text, size_t piece) {
  Wire wire = wire_of(text, piece);
  const RequestLimits limits{.header_max = 4096, .body_max = 4096};
  const auto request = run(read_request(wire, limits, kNoDeadline));
  return request ? 0 : request.error().status;
}

Awaitable<Result<HttpResponse>> read_whole(Wire& wire) {
  ResponseReader reader;
  auto head = co_await reader.read_head(wire, ResponseReader::Options{}, kNoDeadline);
  if (!head) co_return head;
  while (true) {
    const auto piece = co_await reader.read_some(wire, kNoDeadline);
    if (!piece) co_return fail(piece.error());
    if (!*piece) co_return head;
    head->body += **piece;
  }
}

const std::string kNextRequest = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string kChunkedBody = "2\r\nhi\r\n0\r\n\r\n";

TEST_CASE("an answer may end in trailers, in whatever pieces it comes", "[http_wire]") {
  const size_t piece = GENERATE(1, 2, 3, 4, 7, 1000);
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto body_of = [&](const std::string& body) -> std::string {
    Wire wire = wire_of(head + body, piece);
    const auto response = run(read_whole(wire));
    return response ? response->body : "refused";
  };
  CHECK(body_of("0\r\n\r\n").empty());
  CHECK(body_of("0\r\nabc: d\r\n\r\n").empty());
  CHECK(body_of("3\r\n0\r\n\r\n0\r\nabc: d\r\n\r\n") == "0\r\n");
  CHECK(body_of("0\r\nabc\r\n0\r\n\r\n") == "refused");
}

TEST_CASE("a body that looks like the end of chunks is a body", "[http_wire]") {
  const size_t piece = GENERATE(1, 2, 3, 4, 1000);
  const std::string head =
      GENERATE("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n");
  Wire answer = wire_of(head + "0\r\n", piece);
  const auto response = run(read_whole(answer));
  REQUIRE(response);
  CHECK(response->body == "0\r\n");
  Wire asked = wire_of("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n0\r\n", piece);
  const RequestLimits limits{.header_max = 4096, .body_max = 4096};
  const auto request = run(read_request(asked, limits, kNoDeadline));
  REQUIRE(request);
  CHECK(request->body == "0\r\n");
}

TEST_CASE("a request whose end could be read in two ways is refused", "[http_wire]") {
  const std::string text = GENERATE(values<std::string>({
      // Codings other than "chunked" alone: the body would be taken for the next request.
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + kChunkedBody,
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n" + kChunkedBody,
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n" + kChunkedBody,
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n" +
          kChunkedBody,
      // HTTP/1.0 knows no codings.
      "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + kChunkedBody,
      // Lengths.
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2, 2\r\n\r\nhi",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\n\r\nhi",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -2\r\n\r\nhi",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x2\r\n\r\nhi",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n" +
          kChunkedBody,
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n" +
          kChunkedBody,
      // Line ends, and what could hide a header.
      "POST / HTTP/1.1\r\nHost: h\r\nX: a\r\n Content-Length: 2\r\n\r\nhi",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n 2\r\n\r\nhi",
      "POST / HTTP/1.1\r\n Content-Length: 2\r\nHost: h\r\n\r\nhi",
      "POST / HTTP/1.1\nHost: h\nContent-Length: 2\n\nhi",
      "POST / HTTP/1.1\r\nHost: h\r\nX: a\nContent-Length: 2\r\n\r\nhi",
      "POST / HTTP/1.1\r\nHost: h\r\nX: a\rContent-Length: 2\r\n\r\nhi",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 2\r\n\r\nhi",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\nhi\n0\n\n",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi!\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n+2\r\nhi\r\n0\r\n\r\n",
  }));
  const size_t piece = GENERATE(size_t{1}, size_t{4096});
  INFO(text);
  CHECK(refusal_of(text + kNextRequest, piece) == 400);
}

TEST_CASE("requests whose end is told in one way are read", "[http_wire]") {
  const std::string text = GENERATE(values<std::string>({
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + kChunkedBody,
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \tCHUNKED \r\n\r\n" + kChunkedBody,
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi",
      "POST / HTTP/1.0\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi",
      "POST / HTTP/1.1\r\nHost: h\r\nX:  a b \r\n\r\n",
      kNextRequest,
  }));
  const size_t piece = GENERATE(size_t{1}, size_t{4096});
  INFO(text);
  CHECK(refusal_of(text, piece) == 0);
}

TEST_CASE("what follows the last chunk is no header of the request", "[http_wire]") {
  Wire wire = wire_of(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nhi\r\n0\r\nAuthorization: Bearer late\r\n\r\n",
      4096);
  const RequestLimits limits{.header_max = 4096, .body_max = 4096};
  const auto request = run(read_request(wire, limits, kNoDeadline));
  REQUIRE(request);
  CHECK(request->body == "hi");
  CHECK(request->headers.find("Authorization") == nullptr);
}

TEST_CASE("an answer whose end could be read in two ways is an error", "[http_wire]") {
  const std::string text = GENERATE(values<std::string>({
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n" + kChunkedBody,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + kChunkedBody,
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + kChunkedBody,
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n" + kChunkedBody,
      "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi",
  }));
  INFO(text);
  Wire wire = wire_of(text, 4096);
  const auto answer = run(read_whole(wire));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::Unavailable);
}

TEST_CASE("answers of one length, of chunks and until the close are read", "[http_wire]") {
  const std::string text = GENERATE(values<std::string>({
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + kChunkedBody,
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
      "HTTP/1.1 200 OK\r\nX: folded\r\n twice\r\n\r\nhi",
      "HTTP/1.0 200 OK\r\n\r\nhi",
  }));
  INFO(text);
  Wire wire = wire_of(text, 4096);
  const auto answer = run(read_whole(wire));
  REQUIRE(answer);
  CHECK(answer->body == "hi");
}

}  // namespace
}  // namespace sluice::net
