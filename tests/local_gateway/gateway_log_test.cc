#include "local/gateway/gateway_log.h"

#include <catch2/catch.hpp>

namespace sluice::local {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST_CASE("a served request tells its times and its names", "[gateway]") {
  const auto access = parse_gateway_access(
      R"({"routed_us":"1795262103041421","receive_ms":2,"queue_ms":0,"connect_ms":1,)"
      R"("response_ms":7,"active_ms":12,"status":200,"term":"--","rule":"shop/web/0011",)"
      R"("pool":"shop/canary/80/web-5b7c","pod":"web-5b7c-x2x9z","server":"127.64.0.1:8080",)"
      R"("retries":0,"method":"GET","host":"h","path":"\/x","bytes_in":70,"bytes_out":500})");
  REQUIRE(access);
  const SystemTime routed{microseconds(1795262103041421)};
  CHECK(access->routed == routed);
  CHECK(access->forwarded == routed + milliseconds(1));
  CHECK(access->answered == routed + milliseconds(8));
  CHECK(access->ended == routed + milliseconds(10));
  CHECK(access->status == 200);
  CHECK(access->route == "shop/web");
  CHECK(access->service == "shop/canary");
  CHECK(access->replica_set == "web-5b7c");
  CHECK(access->pod == "web-5b7c-x2x9z");
  CHECK(access->path == "/x");
  CHECK(access->bytes_out == 500);
}

TEST_CASE("a request that the gateway answered itself was not forwarded", "[gateway]") {
  const auto access = parse_gateway_access(
      R"({"routed_us":"1795262103041421","receive_ms":0,"queue_ms":-1,"connect_ms":-1,)"
      R"("response_ms":-1,"active_ms":0,"status":503,"term":"LR","rule":"shop/web/0011",)"
      R"("pool":"-","pod":"<NOSRV>","server":"-:-","retries":0,"method":"GET","host":"h",)"
      R"("path":"\/","bytes_in":70,"bytes_out":100})");
  REQUIRE(access);
  CHECK_FALSE(access->forwarded);
  CHECK_FALSE(access->answered);
  CHECK(access->pod.empty());
  CHECK(access->server.empty());
  CHECK(access->service.empty());
}

TEST_CASE("other lines are no accesses", "[gateway]") {
  CHECK_FALSE(parse_gateway_access("[NOTICE]   (1) : haproxy version is 2.6"));
  CHECK_FALSE(parse_gateway_access(R"({"routed_us":"179)"));
  CHECK_FALSE(parse_gateway_access(R"({"routed_us":"-","status":400})"));
}

}  // namespace
}  // namespace sluice::local
