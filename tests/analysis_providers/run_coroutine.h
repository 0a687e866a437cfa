#pragma once

// Runs one coroutine that needs no time to its end and gives its value.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace sluice::analysis {

template <typename T>
T run_coroutine(boost::asio::awaitable<T> coroutine) {
  boost::asio::io_context context;
  std::optional<T> value;
  boost::asio::co_spawn(context, std::move(coroutine), [&value](std::exception_ptr error, T got) {
    if (error) std::rethrow_exception(error);
    value = std::move(got);
  });
  context.run();
  REQUIRE(value.has_value());
  return std::move(*value);
}

}  // namespace sluice::analysis
