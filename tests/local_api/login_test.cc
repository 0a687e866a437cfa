#include "local/api/login.h"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::local;

namespace {

net::ServerRequest request_of(std::string path, std::string authorization = "") {
  net::ServerRequest request;
  request.method = "GET";
  request.path = std::move(path);
  if (!authorization.empty()) request.headers.add("Authorization", std::move(authorization));
  return request;
}

std::optional<ApiError> refusal(const net::ServerRequest& request) {
  return refuse(*identify(request, "secret"), request, parse_api_path(request.path));
}

}  // namespace

TEST_CASE("the token and the administrators' certificate open everything") {
  CHECK_FALSE(refusal(request_of("/api/v1/pods", "Bearer secret")));
  CHECK_FALSE(refusal(request_of("/api/v1/pods", "bearer secret")));
  net::ServerRequest certified = request_of("/api/v1/pods");
  certified.client_common_name = "sluice-admin";
  certified.client_organizations = {"system:masters"};
  CHECK_FALSE(refusal(certified));
}

TEST_CASE("a wrong token is no user at all") {
  for (const char* header : {"Bearer wrong", "Bearer secret2", "Bearer secre", "Bearer  secret"}) {
    const auto user = identify(request_of("/api", header), "secret");
    REQUIRE_FALSE(user);
    CHECK(user.error().code == 401);
    CHECK(user.error().reason == "Unauthorized");
  }
  CHECK_FALSE(identify(request_of("/api", "Bearer x"), ""));
}

TEST_CASE("everybody else may see that the server lives, and no more") {
  for (const char* path : {"/readyz", "/livez", "/healthz", "/version"})
    CHECK_FALSE(refusal(request_of(path)));
  const auto list = refusal(request_of("/apis/apps/v1/namespaces/n/replicasets"));
  REQUIRE(list);
  CHECK(list->code == 403);
  CHECK(list->details == ApiDetails{.group = "apps", .kind = "replicasets"});
  CHECK(list->message ==
        "User \"system:anonymous\" may not GET /apis/apps/v1/namespaces/n/replicasets");
  const auto discovery = refusal(request_of("/apis"));
  REQUIRE(discovery);
  CHECK(discovery->details == ApiDetails{});
  net::ServerRequest other = request_of("/api/v1/namespaces/n/pods/p/log");
  other.client_common_name = "somebody";
  CHECK(refusal(other)->details == ApiDetails{.name = "p", .kind = "pods"});
}
