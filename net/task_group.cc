#include "net/task_group.h"

#include "base/ensure.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace sluice::net {
namespace {

/// What went wrong, or nothing for an orderly end: by return or by cancellation.
std::string describe_failure(const std::exception_ptr& error) {
  if (!error) return {};
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& system) {
    return system.code() == asio::error::operation_aborted ? std::string{} : system.what();
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

/// Starts the task in the loop's next turn, so that a spawner is never re-entered.
asio::awaitable<void> run_later(asio::awaitable<void> task) {
  co_await asio::post(asio::use_awaitable);
  co_await std::move(task);
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : executor_(std::move(executor)), ended_(executor_) {}

TaskGroup::~TaskGroup() {
  SLUICE_ENSURE(tasks_.empty(),
                fmt::format("a task group ends before its task '{}'", tasks_.front().name));
}

TaskGroup::TaskId TaskGroup::spawn(std::string name, asio::awaitable<void> task) {
  const TaskId id = ++last_id_;
  if (stopping_) return id;
  const auto entry = tasks_.emplace(tasks_.end());
  entry->id = id;
  entry->name = std::move(name);
  asio::co_spawn(executor_, run_later(std::move(task)),
                 asio::bind_cancellation_slot(
                     entry->cancel.slot(),
                     [this, entry](const std::exception_ptr& error) { finished(entry, error); }));
  return id;
}

void TaskGroup::cancel(TaskId id) {
  const auto task = std::ranges::find(tasks_, id, &Task::id);
  if (task != tasks_.end()) task->cancel.emit(asio::cancellation_type::all);
}

void TaskGroup::cancel() {
  stopping_ = true;
  for (Task& task : tasks_) task.cancel.emit(asio::cancellation_type::all);
}

asio::awaitable<void> TaskGroup::stop() {
  cancel();
  if (!tasks_.empty()) co_await ended_.wait_uncancelled();
}

void TaskGroup::finished(std::list<Task>::iterator task, const std::exception_ptr& error) {
  if (const std::string failure = describe_failure(error); !failure.empty()) {
    broken_invariant(fmt::format("task '{}' ended with: {}", task->name, failure), __FILE__,
                     __LINE__);
  }
  tasks_.erase(task);
  if (tasks_.empty()) ended_.notify();
}

}  // namespace sluice::net
