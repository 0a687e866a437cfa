#include "tests/controller/faulty_store.h"

#include "tests/controller/controller_world.h"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <exception>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

/// Starts one call; its result is there once time has passed for it.
template <typename T>
std::shared_ptr<std::optional<T>> start(ControllerWorld& world, kube::Awaitable<T> call) {
  auto result = std::make_shared<std::optional<T>>();
  boost::asio::co_spawn(world.context, std::move(call),
                        [result](const std::exception_ptr& error, T value) {
                          if (!error) result->emplace(std::move(value));
                        });
  world.clock.settle();
  return result;
}

kube::Awaitable<Result<kube::Object>> create_service(ControllerWorld& world, std::string name) {
  return world.store->create(*kube::find_resource("", "Service"), "default",
                             dump_json(shop_service(name)));
}

}  // namespace

TEST_CASE("a call fails before, or after it was done") {
  ControllerWorld world;
  world.store->set_rates({.fail_before = 100});
  const auto before = start(world, create_service(world, "a"));
  CHECK((*before)->error().code == ErrorCode::Unavailable);
  CHECK(world.get("Service", "a").is_null());
  world.store->set_rates({.fail_after = 100});
  const auto after = start(world, create_service(world, "b"));
  CHECK((*after)->error().code == ErrorCode::Timeout);
  CHECK_FALSE(world.get("Service", "b").is_null());
  world.store->set_rates({});
  const auto healed = start(world, create_service(world, "a"));
  CHECK((*healed)->has_value());
  CHECK(world.store->writes() == 2);
}

TEST_CASE("a slow call is answered once its time has come") {
  ControllerWorld world;
  world.store->set_rates({.delay = 100});
  const auto slow = start(world, create_service(world, "a"));
  CHECK_FALSE(slow->has_value());
  world.clock.advance(std::chrono::milliseconds(kDelayMax));
  REQUIRE(slow->has_value());
  CHECK((*slow)->has_value());
}

TEST_CASE("a dead process does its last write and never hears of it") {
  ControllerWorld world;
  world.store->die_at_write(1);
  const auto last = start(world, create_service(world, "a"));
  CHECK(world.store->is_dead());
  CHECK_FALSE(last->has_value());
  CHECK_FALSE(world.get("Service", "a").is_null());
  const auto never = start(world, create_service(world, "b"));
  CHECK_FALSE(never->has_value());
  CHECK(world.get("Service", "b").is_null());
}
