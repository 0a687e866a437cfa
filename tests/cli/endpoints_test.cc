// Which endpoints of a Service are not of a revision.

#include "cli/act/endpoints.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::cli;

namespace {

Json endpoint(const char* pod, const Json& conditions = Json::object()) {
  return {{"addresses", {"10.0.0.1"}},
          {"conditions", conditions},
          {"targetRef", {{"kind", "Pod"}, {"name", pod}}}};
}

Json slice(const std::vector<Json>& endpoints) {
  return {{"endpoints", endpoints}};
}

}  // namespace

TEST_CASE("who is behind a Service beside a revision's pods") {
  using Names = std::set<std::string>;
  const Names ours = {"shop-one-a", "shop-one-b"};
  CHECK(endpoints_beside({}, ours).empty());
  CHECK(endpoints_beside({slice({endpoint("shop-one-a")}), slice({})}, ours).empty());
  // Of two slices of one Service each counts; no conditions mean ready.
  CHECK(endpoints_beside({slice({endpoint("shop-one-a")}), slice({endpoint("shop-two-a")})},
                         ours) == Names{"shop-two-a"});
  CHECK(endpoints_beside({slice({endpoint("shop-two-a", {{"ready", nullptr}})})}, ours) ==
        Names{"shop-two-a"});
  // Who is not ready gets no new request.
  CHECK(endpoints_beside({slice({endpoint("shop-two-a", {{"ready", false}})})}, ours).empty());
  CHECK(endpoints_beside({slice({Json{{"addresses", {"10.0.0.9"}}}})}, ours) == Names{"10.0.0.9"});
  CHECK(endpoints_beside({Json{{"endpoints", nullptr}}}, ours).empty());
}
