#include "net/resolver.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/core.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <thread>
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

/// A coroutine that waits for its look-up. It owns this; threads and queue only know of it.
struct Resolver::Pending {
  asio::steady_timer parking;
  std::optional<Result<Endpoints>> answer;
};

struct Resolver::Job {
  std::string host;
  uint16_t port = 0;
  std::weak_ptr<Pending> pending;
};

/// What the threads share with the resolver, and may keep for as long as a look-up hangs.
struct Resolver::Pool {
  LookUp look_up;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> jobs;
  size_t threads = 0;
  size_t idle = 0;
  /// Once true the executor may be gone and must not be posted to.
  bool closed = false;
};

Resolver::Resolver(asio::any_io_executor executor)
    : Resolver(std::move(executor), look_up_with_getaddrinfo) {}

Resolver::Resolver(asio::any_io_executor executor, LookUp look_up)
    : executor_(std::move(executor)), pool_(std::make_shared<Pool>()) {
  pool_->look_up = std::move(look_up);
}

Resolver::~Resolver() {
  const std::lock_guard lock(pool_->mutex);
  pool_->closed = true;
  pool_->jobs.clear();
  pool_->changed.notify_all();
}

asio::awaitable<Result<Endpoints>> Resolver::resolve(std::string host, uint16_t port,
                                                     SteadyTime deadline) {
  boost::system::error_code not_numeric;
  const auto address = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) co_return Endpoints(1, {address, port});

  const auto pending = std::make_shared<Pending>(asio::steady_timer(executor_, deadline));
  {
    const std::lock_guard lock(pool_->mutex);
    if (pool_->jobs.size() >= kWaitingMax)
      co_return fail(unavailable(fmt::format("look-up of '{}': too many are waiting", host)));
    pool_->jobs.push_back({host, port, pending});
    // A thread that is idle yet may be woken for an earlier job already.
    if (pool_->jobs.size() > pool_->idle && pool_->threads < kThreads) {
      ++pool_->threads;
      // Not joined: a look-up that hangs must hold up neither the owner's end nor the process's.
      std::thread(&Resolver::work, executor_, pool_).detach();
    }
    pool_->changed.notify_one();
  }
  const auto [error] = co_await pending->parking.async_wait(asio::as_tuple(asio::use_awaitable));
  if (pending->answer) co_return std::move(*pending->answer);
  if (error) throw boost::system::system_error(error);
  co_return fail(timeout(fmt::format("look-up of '{}' took too long", host)));
}

void Resolver::work(const asio::any_io_executor& executor, const std::shared_ptr<Pool>& pool) {
  std::unique_lock lock(pool->mutex);
  while (true) {
    ++pool->idle;
    pool->changed.wait(lock, [&pool] { return pool->closed || !pool->jobs.empty(); });
    --pool->idle;
    if (pool->closed) return;
    const Job job = std::move(pool->jobs.front());
    pool->jobs.pop_front();
    if (job.pending.expired()) continue;

    lock.unlock();
    Result<Endpoints> answer = pool->look_up(job.host, job.port);
    lock.lock();
    if (pool->closed) return;
    asio::post(executor, [pending = job.pending, answer = std::move(answer)]() mutable {
      const auto waiter = pending.lock();
      if (!waiter) return;
      waiter->answer = std::move(answer);
      waiter->parking.cancel();
    });
  }
}

}  // namespace sluice::net
