#include "local/prometheus_targets.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

constexpr const char* kPod = R"({
  "metadata": {"namespace": "shop", "name": "web-1", "uid": "u1",
    "labels": {"rollouts-pod-template-hash": "5b7c", "app.kubernetes.io/name": "web"},
    "annotations": {"prometheus.io/scrape": "true"},
    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5b7c",
                         "uid": "u2", "controller": true}]},
  "spec": {"nodeName": "local", "containers": [
    {"name": "app", "image": "web:v1",
     "ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 9090}]},
    {"name": "side", "image": "side:v1"}]},
  "status": {"phase": "Running", "podIP": "127.64.0.1", "hostIP": "127.0.0.1",
             "conditions": [{"type": "Ready", "status": "True"}]}})";

Json targets(std::vector<std::string> pods) {
  std::vector<JsonText> texts;
  for (std::string& pod : pods) texts.push_back(make_json_text(std::move(pod)));
  return *parse_json(PrometheusTargets().render(texts));
}

TEST_CASE("each port of each container is a target, and a container without ports",
          "[prometheus]") {
  const Json groups = targets({kPod});
  REQUIRE(groups.size() == 3);
  CHECK(groups[0]["targets"] == Json{"127.64.0.1:8080"});
  CHECK(groups[1]["targets"] == Json{"127.64.0.1:9090"});
  CHECK(groups[2]["targets"] == Json{"127.64.0.1"});
}

TEST_CASE("targets follow the pods: who changes, ends or goes away, one after the other",
          "[prometheus]") {
  PrometheusTargets rendered;
  const auto names = [&](const std::vector<JsonText>& pods) {
    std::vector<std::string> all;
    for (const Json& group : *parse_json(rendered.render(pods)))
      all.push_back(group["targets"][0].get<std::string>());
    return all;
  };
  const auto pod = [](const std::string& address, const std::string& phase) {
    return make_json_text(dump_json({{"metadata", {{"name", "p"}, {"uid", address}}},
                                     {"spec", {{"containers", Json::array({{{"name", "app"}}})}}},
                                     {"status", {{"phase", phase}, {"podIP", address}}}}));
  };
  using Names = std::vector<std::string>;
  const JsonText one = pod("127.64.0.1", "Running");
  const JsonText two = pod("127.64.0.2", "Running");
  CHECK(names({one, two}) == Names{"127.64.0.1", "127.64.0.2"});
  CHECK(names({one, two}) == Names{"127.64.0.1", "127.64.0.2"});
  CHECK(names({pod("127.64.0.1", "Failed"), two}) == Names{"127.64.0.2"});
  CHECK(names({pod("127.64.0.3", "Running"), two}) == Names{"127.64.0.3", "127.64.0.2"});
  CHECK(names({one}) == Names{"127.64.0.1"});
  CHECK(names({}).empty());
}

TEST_CASE("targets bear the meta labels of the pod role", "[prometheus]") {
  const Json labels = targets({kPod})[0]["labels"];
  const std::map<std::string, std::string> expected = {
      {"namespace", "shop"},
      {"pod_name", "web-1"},
      {"pod_ip", "127.64.0.1"},
      {"pod_ready", "true"},
      {"pod_phase", "Running"},
      {"pod_node_name", "local"},
      {"pod_host_ip", "127.0.0.1"},
      {"pod_uid", "u1"},
      {"pod_controller_kind", "ReplicaSet"},
      {"pod_controller_name", "web-5b7c"},
      {"pod_label_rollouts_pod_template_hash", "5b7c"},
      {"pod_labelpresent_rollouts_pod_template_hash", "true"},
      {"pod_label_app_kubernetes_io_name", "web"},
      {"pod_labelpresent_app_kubernetes_io_name", "true"},
      {"pod_annotation_prometheus_io_scrape", "true"},
      {"pod_annotationpresent_prometheus_io_scrape", "true"},
      {"pod_container_name", "app"},
      {"pod_container_image", "web:v1"},
      {"pod_container_init", "false"},
      {"pod_container_port_name", "http"},
      {"pod_container_port_number", "8080"},
      {"pod_container_port_protocol", "TCP"},
  };
  for (const auto& [name, value] : expected) {
    INFO(name);
    CHECK(labels.value("__meta_kubernetes_" + name, "") == value);
  }
  CHECK(labels.size() == expected.size());
}

TEST_CASE("pods without an address and ended pods are no targets", "[prometheus]") {
  Json pending = *parse_json(kPod);
  pending["status"].erase("podIP");
  Json ended = *parse_json(kPod);
  ended["status"]["phase"] = "Failed";
  CHECK(targets({pending.dump(), ended.dump()}).empty());
  Json starting = *parse_json(kPod);
  starting["status"].erase("conditions");
  CHECK(targets({starting.dump()})[0]["labels"]["__meta_kubernetes_pod_ready"] == "unknown");
}

}  // namespace
}  // namespace sluice::local
