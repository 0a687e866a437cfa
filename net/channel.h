#pragma once

// Channel: a bounded queue between coroutines of one loop. Pushing never blocks: a full channel
// refuses, and the caller decides what that means.

#include "net/notifier.h"

#include <deque>
#include <optional>
#include <utility>

namespace sluice::net {

template <typename T>
class Channel {
 public:
  Channel(const asio::any_io_executor& executor, size_t capacity)
      : capacity_(capacity), changed_(executor) {}

  /// False, and the item is dropped, when the channel is full or closed.
  bool push(T item) {
    if (closed_ || items_.size() >= capacity_) return false;
    items_.push_back(std::move(item));
    changed_.notify();
    return true;
  }

  /// The oldest item; nothing once the channel is closed and empty.
  asio::awaitable<std::optional<T>> pop() {
    while (items_.empty() && !closed_) co_await changed_.wait();
    if (items_.empty()) co_return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    co_return item;
  }

  /// Refuses further items; what is queued can still be popped.
  void close() {
    closed_ = true;
    changed_.notify();
  }

  size_t size() const { return items_.size(); }

 private:
  size_t capacity_;
  bool closed_ = false;
  std::deque<T> items_;
  Notifier changed_;
};

}  // namespace sluice::net
