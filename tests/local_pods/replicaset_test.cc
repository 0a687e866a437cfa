#include "local/pods/replicaset_planner.h"
#include "tests/local_pods/pod_stage.h"

namespace sluice::local {

namespace {

using std::chrono::seconds;

const SystemTime kNow = parse_time("2026-01-01T00:10:00Z").value();

OwnedPod owned(const std::string& name, const std::string& phase, bool ready,
               Duration ready_for = {}) {
  OwnedPod pod;
  pod.meta.name = name;
  pod.meta.labels = {{"app", "shop"}};
  pod.meta.creation_timestamp = kNow - seconds(300);
  pod.facts.phase = phase;
  pod.facts.node = "local";
  pod.facts.ready = ready;
  pod.facts.ready_since = kNow - ready_for;
  return pod;
}

ReplicaSetSpec wanting(int replicas, Duration min_ready = {}) {
  ReplicaSetSpec spec;
  spec.replicas = replicas;
  spec.min_ready = min_ready;
  spec.template_labels = {{"app", "shop"}};
  return spec;
}

std::vector<std::string> names(const std::vector<ObjectMeta>& metas) {
  std::vector<std::string> list;
  for (const ObjectMeta& meta : metas) list.push_back(meta.name);
  return list;
}

}  // namespace

TEST_CASE("Pods to delete rank as in Kubernetes") {
  std::vector<OwnedPod> pods{owned("ready-long", "Running", true, seconds(100)),
                             owned("ready-short", "Running", true, seconds(10)),
                             owned("ready-restarted", "Running", true, seconds(100)),
                             owned("ready-young", "Running", true, seconds(100)),
                             owned("cheap", "Running", true, seconds(100)),
                             owned("not-ready", "Running", false),
                             owned("pending", "Pending", false),
                             owned("unassigned", "Pending", false)};
  pods[2].facts.restarts = 4;
  pods[3].meta.creation_timestamp = kNow - seconds(200);
  pods[4].facts.deletion_cost = -1;
  pods[7].facts.node.clear();
  const ReplicaSetPlan plan = plan_replicaset(wanting(0), pods, kNow);
  CHECK(names(plan.remove) == std::vector<std::string>{"unassigned", "pending", "not-ready",
                                                       "cheap", "ready-short", "ready-restarted",
                                                       "ready-young", "ready-long"});
}

TEST_CASE("A ReplicaSet counts its pods and asks for what is missing") {
  std::vector<OwnedPod> pods{owned("a", "Running", true, seconds(20)),
                             owned("b", "Running", true, seconds(4)), owned("c", "Running", false),
                             owned("done", "Succeeded", false),
                             owned("leaving", "Running", true, seconds(50))};
  pods[2].meta.labels.clear();
  pods[4].deleting = true;
  const ReplicaSetPlan plan = plan_replicaset(wanting(5, seconds(10)), pods, kNow);
  CHECK(plan.status == ReplicaSetStatus{3, 2, 2, 1});
  CHECK(plan.create == 2);
  CHECK(plan.remove.empty());
  CHECK(plan.wake_after == seconds(6));
  CHECK(plan_replicaset(wanting(5000), {}, kNow).create == kReplicaSetBurst);
}

TEST_CASE("A ReplicaSet that is being deleted creates nothing") {
  ReplicaSetSpec spec = wanting(3);
  spec.meta.deletion_timestamp = kNow;
  CHECK(plan_replicaset(spec, {}, kNow).create == 0);
}

TEST_CASE("A ReplicaSet grows, heals and shrinks") {
  PodStage stage;
  stage.create("ReplicaSet", replicaset_of("shop", 3));
  CHECK(stage.list("Pod").size() == 3);
  Json status = stage.get("ReplicaSet", "shop")["status"];
  CHECK(int_at(status, "replicas") == 3);
  CHECK(int_at(status, "readyReplicas") == 3);
  CHECK(int_at(status, "availableReplicas") == 3);
  CHECK(int_at(status, "fullyLabeledReplicas") == 3);
  CHECK(int_at(status, "observedGeneration") == 1);
  CHECK(stage.events_about("shop").count("SuccessfulCreate") == 3);

  const std::string victim = string_at(stage.list("Pod")[0], "metadata.name");
  stage.remove("Pod", victim);
  CHECK(stage.list("Pod").size() == 3);
  CHECK(stage.get("Pod", victim).is_null());

  stage.patch("ReplicaSet", "shop", {{"spec", {{"replicas", 1}}}});
  CHECK(stage.list("Pod").size() == 1);
  CHECK(stage.runner.running() == 1);
  status = stage.get("ReplicaSet", "shop")["status"];
  CHECK(int_at(status, "replicas") == 1);
  CHECK(int_at(status, "observedGeneration") == 2);
  CHECK(stage.events_about("shop").count("SuccessfulDelete") == 2);
}

TEST_CASE("Pods in their grace are neither counted nor deleted twice") {
  PodStage stage;
  stage.create("ReplicaSet", replicaset_of("shop", 4));
  for (const Json& pod : stage.list("Pod"))
    stage.runner.stubborn.insert(string_at(pod, "metadata.name"));
  stage.patch("ReplicaSet", "shop", {{"spec", {{"replicas", 2}}}});
  CHECK(stage.list("Pod").size() == 4);
  CHECK(int_at(stage.get("ReplicaSet", "shop"), "status.replicas") == 2);
  stage.clock.advance(seconds(10));
  CHECK(stage.runner.running() == 4);
  stage.patch("ReplicaSet", "shop", {{"spec", {{"replicas", 3}}}});
  CHECK(stage.list("Pod").size() == 5);
  stage.clock.advance(seconds(30));
  CHECK(stage.list("Pod").size() == 3);
}

TEST_CASE("Orphans are adopted, and what no longer matches is released and replaced") {
  PodStage stage;
  stage.create("Pod", one_pod("shop"));
  stage.create("ReplicaSet", replicaset_of("shop", 1));
  CHECK(stage.list("Pod").size() == 1);
  CHECK(stage.get("Pod", "shop")["metadata"]["ownerReferences"][0]["name"] == "shop");
  stage.patch("Pod", "shop", {{"metadata", {{"labels", {{"app", "other"}}}}}});
  CHECK(stage.list("Pod").size() == 2);
  CHECK_FALSE(stage.get("Pod", "shop")["metadata"].contains("ownerReferences"));
}

TEST_CASE("minReadySeconds delays availability") {
  PodStage stage;
  Json replicaset = replicaset_of("shop", 1);
  replicaset["spec"]["minReadySeconds"] = 5;
  stage.create("ReplicaSet", replicaset);
  CHECK(int_at(stage.get("ReplicaSet", "shop"), "status.readyReplicas") == 1);
  CHECK(int_at(stage.get("ReplicaSet", "shop"), "status.availableReplicas") == 0);
  stage.clock.advance(seconds(5));
  CHECK(int_at(stage.get("ReplicaSet", "shop"), "status.availableReplicas") == 1);
}

TEST_CASE("Deleting a ReplicaSet deletes its pods") {
  PodStage stage;
  stage.create("ReplicaSet", replicaset_of("shop", 2));
  stage.remove("ReplicaSet", "shop");
  stage.clock.advance(seconds(1));
  CHECK(stage.list("Pod").empty());
  CHECK(stage.runner.running() == 0);
}

}  // namespace sluice::local
