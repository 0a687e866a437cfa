#include "net/blocking_pool.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace sluice::net {

/// A coroutine that waits for its call. It owns this; threads and queue only know of it.
struct BlockingPool::Pending {
  asio::steady_timer parking;
  bool done = false;
};

struct BlockingPool::Job {
  std::function<void()> call;
  std::weak_ptr<Pending> pending;
};

/// What the threads share with the pool, and may keep for as long as a call hangs.
struct BlockingPool::Shared {
  size_t threads_max = 0;
  size_t waiting_max = 0;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> jobs;
  size_t threads = 0;
  size_t idle = 0;
  /// Once true the executor may be gone and must not be posted to.
  bool closed = false;
};

BlockingPool::BlockingPool(asio::any_io_executor executor, size_t threads_max, size_t waiting_max)
    : executor_(std::move(executor)), shared_(std::make_shared<Shared>()) {
  shared_->threads_max = threads_max;
  shared_->waiting_max = waiting_max;
}

BlockingPool::~BlockingPool() {
  const std::lock_guard lock(shared_->mutex);
  shared_->closed = true;
  shared_->jobs.clear();
  shared_->changed.notify_all();
}

asio::awaitable<Result<void>> BlockingPool::run(std::function<void()> call, SteadyTime deadline) {
  const auto pending = std::make_shared<Pending>(asio::steady_timer(executor_, deadline));
  {
    Shared& shared = *shared_;
    const std::lock_guard lock(shared.mutex);
    if (shared.jobs.size() >= shared.waiting_max) co_return fail(unavailable("too many wait"));
    shared.jobs.push_back({std::move(call), pending});
    // A thread that is idle yet may be woken for an earlier job already.
    if (shared.jobs.size() > shared.idle && shared.threads < shared.threads_max) {
      ++shared.threads;
      // Not joined: a call that hangs must hold up neither the owner's end nor the process's.
      std::thread(&BlockingPool::work, executor_, shared_).detach();
    }
    shared.changed.notify_one();
  }
  const auto [error] = co_await pending->parking.async_wait(asio::as_tuple(asio::use_awaitable));
  if (pending->done) co_return Result<void>{};
  if (error) throw boost::system::system_error(error);
  co_return fail(timeout("took too long"));
}

void BlockingPool::work(const asio::any_io_executor& executor,
                        const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  while (true) {
    ++shared->idle;
    shared->changed.wait(lock, [&shared] { return shared->closed || !shared->jobs.empty(); });
    --shared->idle;
    if (shared->closed) return;
    const Job job = std::move(shared->jobs.front());
    shared->jobs.pop_front();
    if (job.pending.expired()) continue;

    lock.unlock();
    job.call();
    lock.lock();
    if (shared->closed) return;
    asio::post(executor, [pending = job.pending] {
      const auto waiter = pending.lock();
      if (!waiter) return;
      waiter->done = true;
      waiter->parking.cancel();
    });
  }
}

}  // namespace sluice::net
