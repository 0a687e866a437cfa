#include "local/gateway/haproxy_changes.h"

#include "local/gateway/haproxy_config.h"
#include "tests/local_gateway/gateway_samples.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace sluice::local {
namespace {

using Kind = HaproxyChangeKind;

std::vector<Kind> kinds(const std::vector<HaproxyChange>& changes) {
  std::vector<Kind> result;
  for (const HaproxyChange& change : changes) result.push_back(change.kind);
  return result;
}

/// Brings the state to the plan, as if HAProxy had agreed to everything, and tells the changes.
HaproxyChanges carry_out(HaproxyState& state, const GatewayPlan& plan) {
  CHECK(assign_backends(state, plan).empty());
  HaproxyChanges changes = plan_changes(state, plan);
  for (const auto& change : changes.first) record_change(state, change, SteadyTime{});
  state.matches = plan.matches;
  for (const auto& change : changes.last) record_change(state, change, SteadyTime{});
  return changes;
}

TEST_CASE("servers come before the rules that need them", "[haproxy]") {
  HaproxyState state;
  const HaproxyChanges changes = carry_out(state, plan_gateway(sample_shop()));
  CHECK(kinds(changes.first) == std::vector{Kind::AddServer, Kind::AddServer, Kind::AddSplit});
  CHECK(changes.replace_matches);
  CHECK(changes.last.empty());
}

TEST_CASE("the same plan again changes nothing", "[haproxy]") {
  HaproxyState state;
  carry_out(state, plan_gateway(sample_shop()));
  const HaproxyChanges changes = carry_out(state, plan_gateway(sample_shop()));
  CHECK(changes.first.empty());
  CHECK(changes.last.empty());
  CHECK_FALSE(changes.replace_matches);
}

TEST_CASE("a new weight is one write, before anything slower", "[haproxy]") {
  GatewayObjects objects = sample_shop();
  HaproxyState state;
  carry_out(state, plan_gateway(objects));
  put(objects, sample_route("shop", {{"stable", 100}, {"canary", 0}}));
  put(objects, sample_route("young", {{"stable", 1}}));
  put(objects,
      sample_slice("stable", {{"shop-aaa-1", "127.64.0.1"}, {"shop-aaa-2", "127.64.0.3"}}));
  const GatewayPlan plan = plan_gateway(objects);
  const HaproxyChanges changes = carry_out(state, plan);
  CHECK(kinds(changes.first) == std::vector{Kind::SetSplit, Kind::AddServer, Kind::AddSplit});
  CHECK(haproxy_command(changes.first[0]) ==
        fmt::format("set map splits.map {} 1000000000:b1:default/stable/80/shop-aaa:",
                    changes.first[0].name));
}

TEST_CASE("a weight that needs a new pool waits for its servers", "[haproxy]") {
  GatewayObjects objects = sample_shop();
  put(objects, sample_slice("canary", {}));
  HaproxyState state;
  carry_out(state, plan_gateway(objects));
  put(objects, sample_slice("canary", {{"shop-bbb-1", "127.64.0.2"}}));
  const HaproxyChanges changes = carry_out(state, plan_gateway(objects));
  CHECK(kinds(changes.first) == std::vector{Kind::AddServer, Kind::SetSplit});
}

TEST_CASE("a removed pod is retired last, and revived if it comes back", "[haproxy]") {
  GatewayObjects objects = sample_shop();
  HaproxyState state;
  carry_out(state, plan_gateway(objects));
  put(objects, sample_slice("canary", {}));
  HaproxyChanges changes = carry_out(state, plan_gateway(objects));
  CHECK(kinds(changes.first) == std::vector{Kind::SetSplit});
  CHECK(kinds(changes.last) == std::vector{Kind::RetireServer});
  CHECK(haproxy_command(changes.last[0]) == "set server b0/shop-bbb-1 state maint");

  put(objects, sample_slice("canary", {{"shop-bbb-1", "127.64.0.2"}}));
  changes = carry_out(state, plan_gateway(objects));
  CHECK(kinds(changes.first) == std::vector{Kind::ReviveServer, Kind::SetSplit});
  CHECK(changes.last.empty());
}

TEST_CASE("a pool keeps its backend until its last server is deleted", "[haproxy]") {
  GatewayObjects objects = sample_shop();
  HaproxyState state;
  carry_out(state, plan_gateway(objects));
  const std::string old_pool = state.backends.at(0).pool;
  put(objects, sample_slice("canary", {{"shop-ccc-1", "127.64.0.9"}}));
  carry_out(state, plan_gateway(objects));
  CHECK(state.backends.at(0).pool == old_pool);
  CHECK(state.backends.at(2).pool == "default/canary/80/shop-ccc");
  state.backends.at(0).servers.clear();
  carry_out(state, plan_gateway(objects));
  CHECK_FALSE(state.backends.contains(0));
}

TEST_CASE("pools beyond the last backend are named and answer 503", "[haproxy]") {
  GatewayObjects objects;
  std::vector<SamplePod> pods;
  for (int i = 0; i < kHaproxyBackends + 1; ++i) {
    const std::string service = fmt::format("s{:03}", i);
    put(objects, sample_service(service));
    put(objects, sample_slice(service, {{service + "-a-1", "127.64.0.1"}}));
    put(objects, sample_route(service, {{service.c_str(), 1}}));
  }
  HaproxyState state;
  const GatewayPlan plan = plan_gateway(objects);
  CHECK(assign_backends(state, plan) ==
        std::vector<std::string>{fmt::format("default/s{0}/80/s{0}-a", kHaproxyBackends)});
  int unavailable = 0;
  for (const HaproxyChange& change : plan_changes(state, plan).first)
    if (change.value.find(":unavailable:") != std::string::npos) ++unavailable;
  CHECK(unavailable == 1);
}

TEST_CASE("HAProxy's answers are told apart", "[haproxy]") {
  const HaproxyChange set{.kind = Kind::SetSplit, .name = "a/b/c", .value = "1:b0:x:"};
  const HaproxyChange add{.kind = Kind::AddSplit, .name = "a/b/c", .value = "1:b0:x:"};
  const HaproxyChange server{
      .kind = Kind::AddServer, .name = "p", .address = "127.64.0.1", .port = 80};
  CHECK(check_haproxy_answer(set, "\n"));
  CHECK_FALSE(check_haproxy_answer(set, "entry not found.\n\n"));
  CHECK(check_haproxy_answer(add, "Key not found.\n\n\n"));
  CHECK(check_haproxy_answer(
      server,
      "New server registered.\n\nno need to change the addr, no need to change the port by "
      "'stats socket command'\n\n\n"));
  CHECK_FALSE(check_haproxy_answer(server, "No such backend.\n"));
}

}  // namespace
}  // namespace sluice::local
