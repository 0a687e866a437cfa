#include "local/pods/endpoints_render.h"
#include "tests/local_pods/pod_stage.h"

namespace sluice::local {

namespace {

using std::chrono::seconds;

EndpointPod endpoint_pod(const std::string& name, const std::string& ip, bool ready, int http) {
  EndpointPod pod;
  pod.meta.name = name;
  pod.meta.namespace_ = "default";
  pod.meta.labels = {{"app", "shop"}};
  pod.facts.ip = ip;
  pod.facts.ready = ready;
  pod.facts.phase = "Running";
  pod.facts.named_ports = {{"TCP/http", http}};
  return pod;
}

ObjectMeta shop_service() {
  ObjectMeta meta;
  meta.name = "shop";
  meta.namespace_ = "default";
  return meta;
}

ServiceFacts facts_of(const char* text) {
  return decode_service_facts(parse_json(text).value());
}

Json service(const std::string& name, const Json& selector, const Json& target_port) {
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", {{"name", name}}},
          {"spec",
           {{"selector", selector},
            {"ports", Json::array({{{"port", 80}, {"targetPort", target_port}}})}}}};
}

/// "address ready serving terminating" of the only slice.
std::vector<std::string> endpoints(PodStage& stage) {
  std::vector<std::string> list;
  const std::vector<Json> slices = stage.list("EndpointSlice");
  REQUIRE(slices.size() == 1);
  const Json* entries = find_path(slices[0], "endpoints");
  for (const Json& endpoint : entries == nullptr ? Json::array() : *entries) {
    const Json& conditions = endpoint["conditions"];
    list.push_back(endpoint["addresses"][0].get<std::string>() +
                   (bool_at(conditions, "ready") ? " ready" : "") +
                   (bool_at(conditions, "serving") ? " serving" : "") +
                   (bool_at(conditions, "terminating") ? " terminating" : ""));
  }
  return list;
}

}  // namespace

TEST_CASE("Pods with different numbers for a named port are in different slices") {
  const ServiceFacts facts = facts_of(
      R"({"spec": {"selector": {"app": "shop"}, "ports": [{"port": 80, "targetPort": "http"}]}})");
  const auto slices = render_endpoint_slices(
      shop_service(), facts,
      {endpoint_pod("b", "127.64.0.2", true, 8080), endpoint_pod("a", "127.64.0.1", false, 8080),
       endpoint_pod("c", "127.64.0.3", true, 9090)});
  REQUIRE(slices.size() == 2);
  CHECK(slices[0].ports == std::vector<SlicePort>{{"", "TCP", "", 8080}});
  REQUIRE(slices[0].endpoints.size() == 2);
  CHECK(slices[0].endpoints[0].address == "127.64.0.1");
  CHECK_FALSE(slices[0].endpoints[0].ready);
  CHECK(slices[0].endpoints[1].ready);
  CHECK(slices[1].ports == std::vector<SlicePort>{{"", "TCP", "", 9090}});
  CHECK(slices[0].name != slices[1].name);
}

TEST_CASE("Without pods there is one slice without endpoints, of the same name for number ports") {
  const ServiceFacts facts = facts_of(
      R"({"spec": {"selector": {"app": "shop"}, "ports": [{"port": 80, "targetPort": 8080}]}})");
  const auto none = render_endpoint_slices(shop_service(), facts, {});
  const auto some =
      render_endpoint_slices(shop_service(), facts, {endpoint_pod("a", "127.64.0.1", true, 1)});
  REQUIRE(none.size() == 1);
  CHECK(none[0].endpoints.empty());
  CHECK(none[0].name == some[0].name);
}

TEST_CASE("Finished pods and pods without an address are no endpoints") {
  const ServiceFacts facts =
      facts_of(R"({"spec": {"selector": {"app": "shop"}, "ports": [{"port": 80}]}})");
  EndpointPod done = endpoint_pod("a", "127.64.0.1", false, 1);
  done.facts.phase = "Failed";
  const auto slices =
      render_endpoint_slices(shop_service(), facts, {done, endpoint_pod("b", "", false, 1)});
  CHECK(slices[0].endpoints.empty());
}

TEST_CASE("publishNotReadyAddresses makes every pod ready") {
  const ServiceFacts facts = facts_of(
      R"({"spec": {"selector": {"app": "shop"}, "publishNotReadyAddresses": true,
          "ports": [{"port": 80}]}})");
  EndpointPod pod = endpoint_pod("a", "127.64.0.1", false, 1);
  pod.meta.deletion_timestamp = SystemTime{};
  const auto slices = render_endpoint_slices(shop_service(), facts, {pod});
  CHECK(slices[0].endpoints[0].ready);
  CHECK(slices[0].endpoints[0].terminating);
}

TEST_CASE("A Service without a selector, or with an external name, selects nothing") {
  CHECK_FALSE(facts_of(R"({"spec": {}})").selects(endpoint_pod("a", "", true, 1).meta));
  CHECK_FALSE(facts_of(R"({"spec": {"type": "ExternalName", "selector": {"app": "shop"}}})")
                  .selects(endpoint_pod("a", "", true, 1).meta));
}

TEST_CASE("Endpoints follow readiness, deletion and the selector") {
  PodStage stage;
  stage.actions.failing = {"/ready"};
  stage.create("Service", service("shop", {{"app", "a"}}, "http"));
  CHECK(endpoints(stage).empty());
  stage.create("Pod", one_pod("a", {{"readinessProbe", http_probe("/ready", 1, 1)}}));
  CHECK(endpoints(stage) == std::vector<std::string>{"127.64.0.1"});
  stage.actions.failing.clear();
  stage.clock.advance(seconds(1));
  CHECK(endpoints(stage) == std::vector<std::string>{"127.64.0.1 ready serving"});

  stage.runner.stubborn = {"a"};
  stage.remove("Pod", "a");
  CHECK(endpoints(stage) == std::vector<std::string>{"127.64.0.1 serving terminating"});
  stage.clock.advance(seconds(30));
  CHECK(endpoints(stage).empty());

  stage.create("Pod", one_pod("b"));
  CHECK(endpoints(stage).empty());
  stage.patch("Service", "shop", {{"spec", {{"selector", {{"app", "b"}}}}}});
  CHECK(endpoints(stage) == std::vector<std::string>{"127.64.0.2 ready serving"});
  const Json slice = stage.list("EndpointSlice")[0];
  CHECK(slice["metadata"]["labels"]["kubernetes.io/service-name"] == "shop");
  CHECK(slice["ports"][0]["port"] == 8080);
  CHECK(slice["endpoints"][0]["targetRef"]["name"] == "b");
  CHECK(slice["addressType"] == "IPv4");
}

TEST_CASE("Slices that somebody deletes come back; those of a deleted Service go") {
  PodStage stage;
  stage.create("Service", service("shop", {{"app", "a"}}, 8080));
  stage.create("Pod", one_pod("a"));
  const std::string name = string_at(stage.list("EndpointSlice")[0], "metadata.name");
  stage.remove("EndpointSlice", name);
  CHECK(endpoints(stage) == std::vector<std::string>{"127.64.0.1 ready serving"});
  stage.remove("Service", "shop");
  stage.clock.advance(seconds(1));
  CHECK(stage.list("EndpointSlice").empty());
}

}  // namespace sluice::local
