#include "local/store/store.h"

#include "tests/local_store/registry_fixture.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <exception>

namespace sluice::local {
namespace {

namespace asio = boost::asio;

const kube::Resource kPods{{"", "v1", "Pod"}, "pods", true, true, false};

/// Runs one awaitable to its end and returns its value.
template <typename T>
T run(asio::io_context& context, asio::awaitable<T> work) {
  std::optional<T> value;
  asio::co_spawn(context, std::move(work), [&value](const std::exception_ptr& error, T result) {
    if (error) std::rethrow_exception(error);
    value.emplace(std::move(result));
  });
  context.restart();
  context.run();
  REQUIRE(value.has_value());
  return std::move(*value);
}

TEST_CASE("the store speaks the verbs of the seam", "[store]") {
  RegistryFixture world;
  asio::io_context context;
  Store store(*world.registry);
  const auto made = run(context, store.create(kPods, "default", dump_json(pod("p"))));
  REQUIRE(made.has_value());
  CHECK(made->gvk.kind == "Pod");
  CHECK(run(context, store.create(kPods, "default", dump_json(pod("p")))).error().code ==
        ErrorCode::AlreadyExists);
  const auto patched =
      run(context, store.patch(kPods, {"default", "p"}, kube::PatchType::Merge,
                               R"({"status":{"phase":"Running"}})",
                               {.subresource = Subresource::Status, .uid = made->meta.uid}));
  REQUIRE(patched.has_value());
  CHECK(string_at(*patched->parse(), "status.phase") == "Running");
  const auto listed = run(context, store.list(kPods, {.field_selector = "status.phase=Running"}));
  REQUIRE(listed.has_value());
  CHECK(listed->items.size() == 1);
  CHECK(run(context, store.remove(kPods, {"default", "p"}, {})).has_value());
  CHECK(run(context, store.get(kPods, {"default", "p"})).error().code == ErrorCode::NotFound);
}

void take_spec_out(Json& document) {
  document.erase("spec");
}

TEST_CASE("all who read an object trimmed share its text; whoever does not has it whole",
          "[store]") {
  RegistryFixture world;
  asio::io_context context;
  Store store(*world.registry);
  kube::Resource trimmed = kPods;
  trimmed.trim = take_spec_out;
  const auto first = run(context, store.watch(trimmed, {.namespace_ = "default"}));
  const auto second = run(context, store.watch(trimmed, {.namespace_ = "default"}));
  REQUIRE(first);
  REQUIRE(second);
  const auto made = run(context, store.create(trimmed, "default", dump_json(pod("p"))));
  REQUIRE(made);
  CHECK_FALSE(made->parse()->contains("spec"));
  CHECK(run(context, (*first)->next())->object.json == made->json);
  CHECK(run(context, (*second)->next())->object.json == made->json);
  CHECK(run(context, store.get(kPods, {"default", "p"}))->parse()->contains("spec"));
}

TEST_CASE("what is read trimmed is the newest, however much has changed", "[store]") {
  RegistryFixture world;
  asio::io_context context;
  Store store(*world.registry);
  kube::Resource trimmed = kPods;
  trimmed.trim = take_spec_out;
  const ObjectKey key{"default", "p"};
  REQUIRE(run(context, store.create(trimmed, "default", dump_json(pod("p")))));
  for (int change = 0; change < 200; ++change) {
    const Json labels{{"metadata", {{"labels", {{"change", std::to_string(change)}}}}}};
    REQUIRE(run(context, store.patch(trimmed, key, kube::PatchType::Merge, dump_json(labels), {})));
    CHECK(run(context, store.get(trimmed, key))->meta.labels.at("change") ==
          std::to_string(change));
  }
}

TEST_CASE("preconditions of patches are conflicts where they do not hold", "[store]") {
  RegistryFixture world;
  asio::io_context context;
  Store store(*world.registry);
  const auto made = run(context, store.create(kPods, "default", dump_json(pod("p"))));
  const ObjectKey key{"default", "p"};
  const std::string labels = R"({"metadata":{"labels":{"a":"b"}}})";
  const kube::PatchOptions current{.resource_version = made->meta.resource_version};
  CHECK(run(context, store.patch(kPods, key, kube::PatchType::Merge, labels, current)).has_value());
  const auto stale = run(context, store.patch(kPods, key, kube::PatchType::Merge, labels, current));
  REQUIRE_FALSE(stale.has_value());
  CHECK(stale.error().code == ErrorCode::Conflict);
  const auto other = run(context, store.patch(kPods, key, kube::PatchType::Merge, labels,
                                              {.uid = "11111111-1111-1111-1111-111111111111"}));
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().code == ErrorCode::Conflict);
}

asio::awaitable<std::string> next_name(kube::Watch& watch) {
  const auto event = co_await watch.next();
  co_return event ? event->object.meta.name : event.error().message;
}

TEST_CASE("a watch waits for the next event", "[store]") {
  RegistryFixture world;
  asio::io_context context;
  Store store(*world.registry);
  const auto watch = run(context, store.watch(kPods, {}));
  REQUIRE(watch.has_value());
  std::string seen;
  asio::co_spawn(context, next_name(**watch),
                 [&seen](const std::exception_ptr&, std::string name) { seen = std::move(name); });
  context.restart();
  context.poll();
  CHECK(seen.empty());
  world.create("pods", pod("p"));
  context.restart();
  context.run();
  CHECK(seen == "p");
}

TEST_CASE("a type that is not served is not found", "[store]") {
  RegistryFixture world;
  asio::io_context context;
  Store store(*world.registry);
  const kube::Resource unknown{{"example.com", "v1", "Nope"}, "nopes", true, false, false};
  CHECK(run(context, store.get(unknown, {"default", "x"})).error().code == ErrorCode::NotFound);
}

}  // namespace
}  // namespace sluice::local
