// HTTP messages: requests that come one after the other are the same ones whether the network
// delivers them at once or byte by byte, and so is an answer.

#include "base/ensure.h"
#include "net/http_wire.h"
#include "tests/net/text_connection.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace {

using namespace sluice;
using namespace sluice::net;

constexpr size_t kBoundMax = 4096;  // bytes of a head, and of a body

std::string to_text(const Headers& headers) {
  std::string text;
  for (const Header& header : headers) text += fmt::format("[{}]=[{}]", header.name, header.value);
  return text;
}

Awaitable<std::string> read_requests(Wire& wire) {
  const RequestLimits limits{.header_max = kBoundMax, .body_max = kBoundMax};
  std::string told;
  while (true) {
    const auto request = co_await read_request(wire, limits, kNoDeadline);
    if (!request) co_return told;
    SLUICE_ENSURE(request->body.size() <= kBoundMax, "a body is bounded");
    told += fmt::format("{} {} {} {}\n", request->method, request->target,
                        to_text(request->headers), request->body);
    if (!request->keep_alive) co_return told;
  }
}

Awaitable<std::string> read_answer(Wire& wire) {
  ResponseReader reader;
  ResponseReader::Options options;
  options.header_max = kBoundMax;
  options.body_max = kBoundMax;
  const auto head = co_await reader.read_head(wire, options, kNoDeadline);
  if (!head) co_return "";
  std::string body;
  while (true) {
    const auto piece = co_await reader.read_some(wire, kNoDeadline);
    // How much of a broken body comes before the break depends on the pieces.
    if (!piece) co_return fmt::format("{} {}", head->status, to_text(head->headers));
    if (!*piece) break;
    body += **piece;
  }
  co_return fmt::format("{} {} {} {}", head->status, to_text(head->headers), body,
                        reader.keep_alive());
}

std::string run(const std::string& text, size_t piece, Awaitable<std::string> (*read)(Wire&)) {
  boost::asio::io_context context;
  Wire wire{.connection = std::make_unique<TextConnection>(text, piece), .pending = {}};
  std::string told;
  boost::asio::co_spawn(context, read(wire), [&](const std::exception_ptr& error, std::string all) {
    if (error) std::rethrow_exception(error);
    told = std::move(all);
  });
  context.run();
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  SLUICE_ENSURE(run(text, size, read_requests) == run(text, 1, read_requests),
                "the pieces of the network change no request");
  SLUICE_ENSURE(run(text, size, read_answer) == run(text, 1, read_answer),
                "the pieces of the network change no answer");
  return 0;
}
