#pragma once

// What the tests of this room share: a loop under a fake clock, and objects made of JSON.

#include "kube/object.h"
#include "net/task_group.h"
#include "tests/fakes/fake_clock.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace sluice::kube {

struct Stage {
  FakeClock clock;
  boost::asio::io_context context;
  net::TaskGroup tasks{context.get_executor()};

  Stage() { clock.drive(context); }

  ~Stage() {
    tasks.cancel();
    clock.settle();
  }

  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// Runs a coroutine that needs no time to its end.
  template <typename T>
  T run(boost::asio::awaitable<T> task) {
    std::optional<T> value;
    boost::asio::co_spawn(context, std::move(task),
                          [&value](const std::exception_ptr& error, T result) {
                            if (!error) value.emplace(std::move(result));
                          });
    clock.settle();
    REQUIRE(value.has_value());
    return std::move(*value);
  }
};

inline Object object_of(const Json& document) {
  auto object = make_object(document);
  REQUIRE(object.has_value());
  return std::move(*object);
}

}  // namespace sluice::kube
