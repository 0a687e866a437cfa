#pragma once

// WriteLine: in which order the writes of this process reach the API server. Only so many are under
// way at once; the others stand in line, so that what must not wait finds a server with little to
// do. A retreat, which takes traffic away from a bad revision, passes all who stand there, and has
// as many places of its own: writes that hang hold up no retreat, nor retreats that hang anything
// else for longer than their deadline. Belongs to the loop thread.

#include "net/notifier.h"

#include <boost/asio/awaitable.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace sluice::kube {

namespace asio = boost::asio;

class WriteLine {
 public:
  enum class Rank { Retreat, Usual };

  /// Writes of one rank that are under way at once; usual ones only while there are fewer than that
  /// of both.
  static constexpr size_t kAtOnce = 32;

  explicit WriteLine(const asio::any_io_executor& executor)
      : lanes_{{Lane(executor), Lane(executor)}} {}

  WriteLine(const WriteLine&) = delete;
  WriteLine& operator=(const WriteLine&) = delete;

  /// A write that is under way, until this is destroyed; the line outlives it.
  class Pass {
   public:
    Pass(WriteLine& line, Rank rank) : line_(&line), rank_(rank) {}

    Pass(Pass&& other) noexcept : line_(std::exchange(other.line_, nullptr)), rank_(other.rank_) {}

    Pass& operator=(Pass&&) = delete;

    ~Pass() {
      if (line_ != nullptr) line_->leave(rank_);
    }

   private:
    WriteLine* line_;
    Rank rank_;
  };

  /// Waits until a write of that rank may begin. The line outlives the wait.
  asio::awaitable<Pass> enter(Rank rank);

 private:
  struct Lane {
    explicit Lane(const asio::any_io_executor& executor) : moves(executor) {}

    net::Notifier moves;
    size_t waiting = 0;
    size_t under_way = 0;
  };

  /// One who stands in line; left also by who is cancelled.
  class Place;

  Lane& lane(Rank rank) { return lanes_[static_cast<size_t>(rank)]; }

  bool may_begin(Rank rank);
  void leave(Rank rank);
  /// Lets the next one go on, where there is room.
  void move_up();

  std::array<Lane, 2> lanes_;
};

}  // namespace sluice::kube
