// Stories of the gateway's controller: a real object store in memory, a HAProxy that does what the
// test says, and a clock that stands still.

#include "local/gateway/gateway_controller.h"
#include "local/gateway/http_route.h"
#include "local/store/database.h"
#include "local/store/gateway_crds.h"
#include "local/store/registry.h"
#include "local/store/store.h"
#include "tests/fakes/fake_clock.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

/// A HAProxy that agrees to everything, at once or when it is released.
class ScriptedHaproxy : public HaproxyRuns {
 public:
  ScriptedHaproxy(asio::any_io_executor executor, Clock& clock)
      : released_(executor),
        control_(std::make_shared<HaproxyControl>(std::make_unique<Commands>(*this), clock)) {}

  std::shared_ptr<HaproxyControl> control() const override { return control_; }

  void on_started(std::function<void()>) override {}

  void hold() { held_ = true; }

  void release() {
    held_ = false;
    released_.notify();
  }

 private:
  class Commands : public HaproxyCommands {
   public:
    explicit Commands(ScriptedHaproxy& haproxy) : haproxy_(haproxy) {}

    asio::awaitable<Result<std::string>> run(std::string command) override {
      while (haproxy_.held_) co_await haproxy_.released_.wait();
      co_return command.starts_with("prepare map") ? "New version created: 1\n" : "\n";
    }

   private:
    ScriptedHaproxy& haproxy_;
  };

  net::Notifier released_;
  bool held_ = false;
  std::shared_ptr<HaproxyControl> control_;
};

/// One route "shop" and the gateway that serves it.
class RouteStage {
 public:
  RouteStage() {
    clock_.drive(context_);
    registry_ = Registry::open(Database::open(":memory:").value(), clock_).value();
    store_ = std::make_unique<Store>(*registry_);
    run(install());
    controller_ = std::make_unique<GatewayController>(context_.get_executor(), clock_, *store_,
                                                      haproxy, net::HostPort{"127.0.0.1", 8080});
    controller_->start();
    settle();
  }

  ~RouteStage() { run(controller_->stop()); }

  RouteStage(const RouteStage&) = delete;
  RouteStage& operator=(const RouteStage&) = delete;

  void create(const char* host) {
    const Json route = {{"apiVersion", "gateway.networking.k8s.io/v1"},
                        {"kind", "HTTPRoute"},
                        {"metadata", {{"name", "shop"}}},
                        {"spec", {{"parentRefs", {{{"name", "sluice"}}}}, {"hostnames", {host}}}}};
    REQUIRE(registry_->create(type(), "default", dump_json(route)).has_value());
  }

  void remove() { REQUIRE(registry_->remove(type(), key_, {}).has_value()); }

  /// The generation that the status says the gateway does; 0 where it says nothing.
  int64_t confirmed() {
    const Json route = parse_json(*(*registry_->get(type(), key_))->json).value();
    const Json* parents = find_path(route, "status.parents");
    return parents == nullptr || parents->empty()
               ? 0
               : int_at(parents->front()["conditions"][0], "observedGeneration");
  }

  void settle() { clock_.settle(); }

 private:
  const ResourceType& type() {
    return *registry_->find_kind(std::string(kGatewayGroup), "HTTPRoute");
  }

  asio::awaitable<void> install() {
    const Result<void> installed = co_await install_gateway_crds(*store_);
    REQUIRE(installed);
  }

  void run(asio::awaitable<void> task) {
    bool done = false;
    asio::co_spawn(context_, std::move(task), [&done](std::exception_ptr error) { done = !error; });
    settle();
    REQUIRE(done);
  }

  const ObjectKey key_{"default", "shop"};
  FakeClock clock_;
  boost::asio::io_context context_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Store> store_;

 public:
  ScriptedHaproxy haproxy{context_.get_executor(), clock_};

 private:
  std::unique_ptr<GatewayController> controller_;
};

TEST_CASE("a route made anew is not confirmed by what HAProxy did for its namesake", "[gateway]") {
  RouteStage stage;
  stage.create("old.test");
  stage.settle();
  CHECK(stage.confirmed() == 1);
  stage.haproxy.hold();
  stage.remove();
  stage.create("new.test");
  stage.settle();
  CHECK(stage.confirmed() == 0);
  stage.haproxy.release();
  stage.settle();
  CHECK(stage.confirmed() == 1);
}

}  // namespace
}  // namespace sluice::local
