// What a release costs the API server: all mutating requests of the controller, by kind and by
// cause, in a cluster in memory whose time is counted and not waited for.

#include "tests/controller/release_bills.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>

using namespace sluice::controller::test;

namespace {

void print(const char* release, const Bill& bill) {
  fmt::print("{}\n{}\n", release, itemised(bill));
  CHECK(repeated(bill) == "");
}

}  // namespace

TEST_CASE("the bill of each kind of release") {
  fmt::print(
      "Mutating requests of one release, events and the Lease aside, from the new template to a "
      "minute after the\n"
      "end. The whole controller, the embedded API; a pod, a gateway answer within a quarter of a "
      "second. None is\n"
      "made twice. The same beside Argo Rollouts on a real API server: docs/controller.md.\n\n");
  print("Canary, 5 replicas, nginx Ingress: 10, 30, 50, 80, 100, each with a pause of 3 s",
        bill_of_routed_canary());
  print("Blue-green, 3 replicas, active and preview Service, a pause of 3 s before the switch",
        bill_of_blue_green());
  print("Canary without routing, 1 replica: 20, 50, each with a pause of 1 s, 100",
        bill_of_plain_canary());
}
