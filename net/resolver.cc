#include "net/resolver.h"

#include <fmt/core.h>

#include <cstring>
#include <memory>
#include <netdb.h>
#include <utility>

namespace sluice::net {
namespace {

using Endpoints = Resolver::Endpoints;

Result<Endpoints> look_up_with_getaddrinfo(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0)
    return fail(unavailable(fmt::format("look-up of '{}': {}", host, gai_strerror(error))));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  Endpoints endpoints;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (info->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), info->ai_addr, info->ai_addrlen);
    endpoint.resize(info->ai_addrlen);
    endpoints.push_back(endpoint);
  }
  if (endpoints.empty()) return fail(unavailable(fmt::format("'{}' has no address", host)));
  return endpoints;
}

}  // namespace

Resolver::Resolver(asio::any_io_executor executor)
    : Resolver(std::move(executor), look_up_with_getaddrinfo) {}

Resolver::Resolver(asio::any_io_executor executor, LookUp look_up)
    : look_up_(std::move(look_up)), pool_(std::move(executor), kThreads, kWaitingMax) {}

asio::awaitable<Result<Endpoints>> Resolver::resolve(std::string host, uint16_t port,
                                                     SteadyTime deadline) {
  boost::system::error_code not_numeric;
  const auto address = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) co_return Endpoints(1, {address, port});

  const auto answer = std::make_shared<Result<Endpoints>>();
  const Result<void> done = co_await pool_.run(
      [answer, look_up = look_up_, host, port] { *answer = look_up(host, port); }, deadline);
  if (!done) co_return fail(done.error().within(fmt::format("look-up of '{}'", host)));
  co_return std::move(*answer);
}

}  // namespace sluice::net
