#include "local/api/api_collection.h"

#include "local/store/database.h"
#include "tests/fakes/fake_clock.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <exception>
#include <memory>
#include <optional>

using namespace sluice;
using namespace sluice::local;

namespace {

constexpr int kMany = 20;
constexpr const char* kCollection = "/api/v1/namespaces/default/configmaps";

/// A registry of many config maps, and a request about them that goes on step by step.
class ManyConfigMaps {
 public:
  ManyConfigMaps() : registry_(*Registry::open(*Database::open(":memory:"), clock_)) {
    type_ = registry_->find_type("", "v1", "configmaps");
    for (int i = 0; i < kMany; ++i) create(fmt::format("map-{}", i));
  }

  void create(const std::string& name) {
    const Json body = {{"metadata", {{"name", name}}}, {"data", {{"key", "{\"[,"}}}};
    REQUIRE(registry_->create(*type_, "default", dump_json(body)));
  }

  void ask(const std::string& method, const std::string& accept = "application/json") {
    net::ServerRequest request{.method = method, .headers = {{"Accept", accept}}};
    boost::asio::co_spawn(context_,
                          answer_collection(*registry_, type_, parse_api_path(kCollection),
                                            std::move(request), clock_.system_now()),
                          [this](const std::exception_ptr& error, net::HttpResponse response) {
                            REQUIRE(error == nullptr);
                            answer_ = std::move(response);
                          });
  }

  /// Others have their turn; false once there is an answer.
  bool step() { return context_.run_one() > 0 && !answer_; }

  Json answer() {
    while (step()) {
    }
    REQUIRE(answer_->status == 200);
    return Json::parse(answer_->body);
  }

  size_t left() const { return registry_->list(*type_, {})->items.size(); }

 private:
  FakeClock clock_;
  boost::asio::io_context context_;
  std::unique_ptr<Registry> registry_;
  ResourceTypePtr type_;
  std::optional<net::HttpResponse> answer_;
};

}  // namespace

TEST_CASE("between two objects of a collection that is deleted others have their turn") {
  ManyConfigMaps maps;
  maps.ask("DELETE");
  while (maps.left() > kMany / 2) REQUIRE(maps.step());
  // What comes meanwhile is not of the collection.
  maps.create("late");
  CHECK(maps.answer()["items"].size() == kMany);
  CHECK(maps.left() == 1);
}

TEST_CASE("a list is of the state at its beginning, in every shape") {
  const std::string as_table = "application/json;as=Table;g=meta.k8s.io;v=v1";
  const std::string as_metadata =
      "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
  for (const std::string& accept : {std::string("application/json"), as_table, as_metadata}) {
    INFO(accept);
    ManyConfigMaps maps;
    maps.ask("GET", accept);
    int steps = 0;
    while (maps.step())
      if (++steps == kMany / 2) maps.create("late");
    CHECK(steps >= kMany);
    const Json list = maps.answer();
    CHECK(list[accept == as_table ? "rows" : "items"].size() == kMany);
    CHECK(list.contains("metadata"));
    CHECK(list["kind"] == (accept == as_table      ? "Table"
                           : accept == as_metadata ? "PartialObjectMetadataList"
                                                   : "ConfigMapList"));
  }
}
