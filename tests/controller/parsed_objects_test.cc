#include "controller/parsed_objects.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace sluice::controller {
namespace {

kube::ObjectPtr route(const std::string& name, const std::string& version) {
  auto made = kube::make_object({{"apiVersion", "gateway.networking.k8s.io/v1"},
                                 {"kind", "HTTPRoute"},
                                 {"metadata", {{"name", name}, {"resourceVersion", version}}}});
  REQUIRE(made);
  return std::make_shared<const kube::Object>(*std::move(made));
}

}  // namespace

TEST_CASE("parsed objects: each version is parsed once") {
  ParsedObjects parsed;
  const auto first = route("shop", "1");
  const auto second = route("shop", "2");
  const auto document = parsed.of(first);
  CHECK(string_at(*document, "metadata.resourceVersion") == "1");
  CHECK(parsed.of(first) == document);
  CHECK(string_at(*parsed.of(second), "metadata.resourceVersion") == "2");
  CHECK(parsed.of(first) == document);
}

TEST_CASE("parsed objects: only those that were looked at last are kept") {
  ParsedObjects parsed;
  const auto shop = route("shop", "1");
  const auto kept = parsed.of(shop);
  std::vector<kube::ObjectPtr> others;
  for (size_t i = 1; i < ParsedObjects::kObjectsMax; ++i) {
    others.push_back(route("other-" + std::to_string(i), "1"));
    parsed.of(others.back());
  }
  CHECK(parsed.of(shop) == kept);
  const std::weak_ptr<const Json> oldest = parsed.of(others.front());
  for (size_t i = 0; i < ParsedObjects::kObjectsMax; ++i) parsed.of(route(std::to_string(i), "1"));
  CHECK(oldest.expired());
}

}  // namespace sluice::controller
