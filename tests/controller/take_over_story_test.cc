// Sluice starts where Argo Rollouts has worked until now, and the other way round: what runs goes
// on running, whatever step it was at, and nothing is made, scaled or restarted by the change.

#include "tests/controller/argo_objects.h"
#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <map>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

const std::string kStable = "1-stable";
const std::string kPaused = "2-paused-first-step";
const std::string kMidway = "3-mid-canary-and-switched";
const std::string kAborted = "4-aborted-canary-third-bg";
const std::string kRetried = "5-retried-canary-aborted-bg";

/// What Argo reads back from a status that somebody wrote.
constexpr std::array kRead = {"abort",
                              "abortedAt",
                              "pauseConditions",
                              "controllerPause",
                              "currentPodHash",
                              "currentStepHash",
                              "currentStepIndex",
                              "replicas",
                              "updatedReplicas",
                              "readyReplicas",
                              "availableReplicas",
                              "collisionCount",
                              "HPAReplicas",
                              "observedGeneration",
                              "selector",
                              "stableRS",
                              "promoteFull",
                              "blueGreen",
                              "canary",
                              "phase",
                              "duration",
                              "workloadObservedGeneration"};

struct TakeOver {
  ArgoObjects recorded;
  ControllerWorld world;

  TakeOver(const std::string& moment, Labels labels)
      : recorded(argo_objects(moment, labels)), world(1, recorded.objects) {
    world.clock.jump(recorded.taken_at - FakeClock::kStart);
    world.start_controller();
    world.tick(3);
  }

  Json now(const Json& object) const {
    return world.get(string_at(object, "kind"), string_at(object, "metadata.name"));
  }

  Json rollout(const std::string& name) const { return world.get("Rollout", name); }

  std::string phase(const std::string& name) const {
    return string_at(rollout(name), "status.phase");
  }

  int64_t step(const std::string& name) const {
    return int_at(rollout(name), "status.currentStepIndex");
  }

  /// Jobs succeed as soon as they are there.
  bool run_until(const std::function<bool()>& condition) {
    return world.run_until([&] {
      end_jobs();
      return condition();
    });
  }

  bool run_until_paused(const std::string& name, int64_t at) {
    return run_until([&] { return phase(name) == "Paused" && step(name) == at; });
  }

  bool run_until_phase(const std::string& name, const std::string& wanted) {
    return run_until([&] { return phase(name) == wanted; });
  }

  void answer(const std::string& name, const Json& status) {
    world.patch("Rollout", name, {{"status", status}}, kube::Subresource::Status);
  }

  void promote(const std::string& name) { answer(name, {{"pauseConditions", nullptr}}); }

  void retry(const std::string& name) { answer(name, {{"abort", false}}); }

  void release(const std::string& name, const std::string& image) {
    Json spec = rollout(name)["spec"]["template"]["spec"];
    spec["containers"][0]["image"] = image;
    world.patch("Rollout", name, {{"spec", {{"template", {{"spec", spec}}}}}});
  }

  int64_t pods(const std::string& image) const { return world.pods(image); }

 private:
  void end_jobs() {
    for (const Json& job : world.list("Job")) {
      if (job.contains("status") && job["status"].contains("conditions")) continue;
      const Json done = {{"type", "Complete"}, {"status", "True"}};
      world.patch("Job", string_at(job, "metadata.name"),
                  {{"status", {{"conditions", Json::array({done})}}}}, kube::Subresource::Status);
    }
  }
};

Json part(const Json& status, const char* field) {
  const auto found = status.find(field);
  if (found == status.end() || *found == Json::object() || *found == false) return nullptr;
  return *found;
}

void check_status(const Json& before, const Json& after) {
  for (const char* field : kRead) {
    INFO(field);
    CHECK(part(before["status"], field) == part(after["status"], field));
  }
  // Argo says why in one word, to which Sluice adds what is waited for.
  CHECK(string_at(after, "status.message").starts_with(string_at(before, "status.message")));
}

void check_untouched(const TakeOver& taken) {
  std::map<std::string, size_t> counts;
  for (const Json& before : taken.recorded.objects) {
    const std::string kind = string_at(before, "kind");
    const Json after = taken.now(before);
    INFO(kind << " " << string_at(before, "metadata.name"));
    REQUIRE_FALSE(after.is_null());
    ++counts[kind];
    CHECK(after["spec"] == before["spec"]);
    CHECK(int_at(after, "metadata.generation") == int_at(before, "metadata.generation"));
    const bool refused = before["spec"].contains("workloadRef");
    if (kind == "Rollout" && !refused) check_status(before, after);
  }
  for (const auto& [kind, count] : counts) CHECK(taken.world.list(kind).size() == count);
}

}  // namespace

TEST_CASE("a take-over from Argo makes, scales and restarts nothing, whatever was under way") {
  const std::string moment = GENERATE(kStable, kPaused, kMidway, kAborted, kRetried);
  const Labels labels = GENERATE(Labels::AsRecorded, Labels::OlderForm, Labels::Unknown);
  INFO(moment << " with labels " << static_cast<int>(labels));
  TakeOver taken(moment, labels);
  check_untouched(taken);
  taken.world.restart_controller();
  taken.world.tick(3);
  check_untouched(taken);
}

TEST_CASE("what Argo's own CRDs drop of a status is not missed, and Argo's own fields stay") {
  TakeOver taken(GENERATE(kStable, kPaused, kMidway, kAborted, kRetried), Labels::AsRecorded);
  for (int swaps = 0; swaps < 2; ++swaps) {
    taken.world.stop_controller();
    for (const char* name : {"bg", "canary", "ref"}) {
      taken.answer(name, {{"waitingFor", nullptr},
                          {"mostAvailableReplicas", nullptr},
                          {"routings", nullptr},
                          {"formerWeight", nullptr}});
    }
    taken.world.start_controller();
    taken.world.tick(3);
    check_untouched(taken);
  }
}

TEST_CASE("Rollouts that Argo has left at their first pause go to their end") {
  TakeOver taken(kPaused, GENERATE(Labels::AsRecorded, Labels::OlderForm, Labels::Unknown));
  const size_t sets = taken.world.list("ReplicaSet").size();
  taken.promote("canary");
  REQUIRE(taken.run_until_paused("canary", 4));
  taken.promote("canary");
  REQUIRE(taken.run_until_phase("canary", "Healthy"));
  taken.promote("bg");
  REQUIRE(taken.run_until_phase("bg", "Healthy"));
  CHECK(taken.world.list("ReplicaSet").size() == sets);
  for (const char* name : {"canary", "bg"}) {
    const Json status = taken.rollout(name)["status"];
    CHECK(status["stableRS"] == status["currentPodHash"]);
    CHECK(string_at(status, "duration.completionStatus") == "Promoted");
    CHECK(string_at(status, "duration.rolloutStartedAt") == "2026-11-28T13:10:16Z");
  }
  CHECK(taken.world.selected_by("bg-active") ==
        string_at(taken.rollout("bg"), "status.currentPodHash"));
  const std::string metrics = taken.world.controller()->metrics_text();
  CHECK(metrics.find("rollout_duration_seconds_count{status=\"Promoted\"} 2") != std::string::npos);
}

TEST_CASE("a canary that Argo has left after its analysis is promoted without another one") {
  TakeOver taken(kMidway, GENERATE(Labels::AsRecorded, Labels::OlderForm));
  const size_t runs = taken.world.list("AnalysisRun").size();
  taken.promote("canary");
  REQUIRE(taken.run_until_phase("canary", "Healthy"));
  CHECK(taken.world.list("AnalysisRun").size() == runs);
}

TEST_CASE("what was aborted under Argo is retried, what stood before its switch is switched") {
  TakeOver taken(kAborted, GENERATE(Labels::AsRecorded, Labels::OlderForm));
  taken.retry("canary");
  REQUIRE(taken.run_until_paused("canary", 1));
  const size_t runs = taken.world.list("AnalysisRun").size();
  taken.promote("canary");
  REQUIRE(taken.run_until_paused("canary", 4));
  // The step's run of the attempt that was aborted tells nothing about this one.
  CHECK(taken.world.list("AnalysisRun").size() == runs + 1);
  taken.promote("canary");
  REQUIRE(taken.run_until_phase("canary", "Healthy"));
  taken.promote("bg");
  REQUIRE(taken.run_until_phase("bg", "Healthy"));
  CHECK(taken.world.selected_by("bg-active") ==
        string_at(taken.rollout("bg"), "status.currentPodHash"));
}

TEST_CASE("a blue-green update that was aborted under Argo is retried") {
  TakeOver taken(kRetried, GENERATE(Labels::AsRecorded, Labels::OlderForm));
  taken.retry("bg");
  REQUIRE(taken.run_until_phase("bg", "Paused"));
  taken.promote("bg");
  REQUIRE(taken.run_until_phase("bg", "Healthy"));
}

TEST_CASE("after the take-over of Rollouts at rest a release is one new ReplicaSet") {
  TakeOver taken(kStable, GENERATE(Labels::AsRecorded, Labels::OlderForm, Labels::Unknown));
  const size_t sets = taken.world.list("ReplicaSet").size();
  taken.release("canary", "nginx:1.20");
  REQUIRE(taken.run_until_paused("canary", 1));
  CHECK(taken.world.list("ReplicaSet").size() == sets + 1);
  // Made by Sluice, it bears the hash that Argo gave to the same template.
  CHECK(string_at(taken.rollout("canary"), "status.currentPodHash") == "7cdf67d554");
}
