#include "local/pods/job_planner.h"
#include "tests/local_pods/pod_stage.h"

namespace sluice::local {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const SystemTime kJobNow = parse_time("2026-01-01T00:10:00Z").value();

OwnedPod owned(const std::string& phase, Duration ended_ago = {}) {
  OwnedPod pod;
  pod.meta.name = phase;
  pod.facts.phase = phase;
  pod.facts.finished_at = kJobNow - ended_ago;
  return pod;
}

std::vector<OwnedPod> failures(int count, Duration last_ago) {
  std::vector<OwnedPod> pods;
  for (int i = 0; i < count; ++i) pods.push_back(owned("Failed", last_ago));
  return pods;
}

Job started_job() {
  Job job;
  job.status.started_at = kJobNow - seconds(60);
  return job;
}

Json job_of(const std::string& name, const Json& spec = Json::object()) {
  Json job{{"apiVersion", "batch/v1"}, {"kind", "Job"}, {"metadata", {{"name", name}}}};
  job["spec"] = spec;
  job["spec"]["template"]["spec"] = {{"restartPolicy", "Never"},
                                     {"containers", {{{"name", "probe"}, {"image", "shop:v1"}}}}};
  return job;
}

std::string condition_of(const Json& job) {
  const Json* conditions = find_path(job, "status.conditions");
  if (conditions == nullptr || conditions->empty()) return "";
  return string_at((*conditions)[0], "type") + "/" + string_at((*conditions)[0], "reason");
}

/// Ends the program of the only pod that is still at work.
void end_running(PodStage& stage, int code) {
  for (auto& [id, program] : stage.runner.programs) {
    if (!program.running) continue;
    stage.runner.exit(id, code);
    break;
  }
  stage.settle();
}

}  // namespace

TEST_CASE("A failed pod is made anew after a wait that doubles") {
  struct Row {
    int failed;
    Duration ago;
    int create;
    Duration wake;
  };

  const Row rows[] = {{0, {}, 1, {}},          {1, seconds(9), 0, seconds(1)},
                      {1, seconds(10), 1, {}}, {2, seconds(15), 0, seconds(5)},
                      {3, seconds(40), 1, {}}, {6, minutes(5), 0, seconds(20)}};
  for (const Row& row : rows) {
    CAPTURE(row.failed);
    const JobPlan plan = plan_job(started_job(), failures(row.failed, row.ago), kJobNow);
    CHECK(plan.create == row.create);
    CHECK(plan.wake_after.value_or(Duration{}) == row.wake);
    CHECK(plan.status.failed == row.failed);
  }
}

TEST_CASE("A Job ends with its completions, its backoff limit or its deadline") {
  Job job = started_job();
  CHECK(plan_job(job, {owned("Running")}, kJobNow).status.end == std::nullopt);
  CHECK(plan_job(job, {owned("Succeeded")}, kJobNow).status.end == JobEnd::Complete);
  job.spec.completions = 2;
  CHECK(plan_job(job, {owned("Succeeded")}, kJobNow).status.end == std::nullopt);
  CHECK(plan_job(job, {owned("Succeeded")}, kJobNow).create == 1);
  job.spec.completions.reset();
  CHECK(plan_job(job, {owned("Succeeded"), owned("Running")}, kJobNow).status.end == std::nullopt);
  CHECK(plan_job(job, {owned("Succeeded")}, kJobNow).status.end == JobEnd::Complete);

  Job strict = started_job();
  strict.spec.backoff_limit = 0;
  const JobPlan failed = plan_job(strict, {owned("Failed"), owned("Running")}, kJobNow);
  CHECK(failed.status.end == JobEnd::BackoffLimitExceeded);
  CHECK(failed.remove.size() == 1);

  Job late = started_job();
  late.spec.active_deadline = seconds(60);
  CHECK(plan_job(late, {owned("Running")}, kJobNow).status.end == JobEnd::DeadlineExceeded);
  CHECK(plan_job(late, {owned("Running")}, kJobNow - seconds(1)).wake_after == seconds(1));
}

TEST_CASE("What was counted of a Job's pods stays counted when they are deleted") {
  Job job = started_job();
  job.spec.completions = 3;
  job.status.succeeded = 2;
  const JobPlan plan = plan_job(job, {}, kJobNow);
  CHECK(plan.status.succeeded == 2);
  CHECK(plan.create == 1);
}

TEST_CASE("A Job runs its pod to the end and says so") {
  PodStage stage;
  stage.create("Job", job_of("probe"));
  REQUIRE(stage.list("Pod").size() == 1);
  const Json pod = stage.list("Pod")[0];
  CHECK(pod["metadata"]["ownerReferences"][0]["kind"] == "Job");
  CHECK(pod["metadata"]["labels"]["batch.kubernetes.io/job-name"] == "probe");
  CHECK(int_at(stage.get("Job", "probe"), "status.active") == 1);
  end_running(stage, 0);
  const Json done = stage.get("Job", "probe");
  CHECK(condition_of(done) == "Complete/CompletionsReached");
  CHECK(int_at(done, "status.succeeded") == 1);
  CHECK(int_at(done, "status.active") == 0);
  CHECK_FALSE(string_at(done, "status.completionTime").empty());
  CHECK(stage.events_about("probe").count("Completed") == 1);
  stage.restart();
  CHECK(stage.list("Pod").size() == 1);
}

TEST_CASE("A Job tries again and gives up at its backoff limit") {
  PodStage stage;
  stage.create("Job", job_of("probe", {{"backoffLimit", 1}}));
  end_running(stage, 1);
  CHECK(stage.list("Pod").size() == 1);
  stage.clock.advance(seconds(10));
  stage.settle();
  REQUIRE(stage.list("Pod").size() == 2);
  end_running(stage, 1);
  const Json failed = stage.get("Job", "probe");
  CHECK(condition_of(failed) == "Failed/BackoffLimitExceeded");
  CHECK(int_at(failed, "status.failed") == 2);
}

TEST_CASE("A suspended Job has no pods, and a finished one goes when its time is over") {
  PodStage stage;
  stage.create("Job", job_of("probe", {{"suspend", true}, {"ttlSecondsAfterFinished", 30}}));
  CHECK(stage.list("Pod").empty());
  CHECK(condition_of(stage.get("Job", "probe")) == "Suspended/");
  stage.patch("Job", "probe", {{"spec", {{"suspend", false}}}});
  REQUIRE(stage.list("Pod").size() == 1);
  end_running(stage, 0);
  CHECK(condition_of(stage.get("Job", "probe")) == "Complete/CompletionsReached");
  stage.clock.advance(seconds(31));
  stage.settle();
  CHECK(stage.get("Job", "probe").is_null());
  CHECK(stage.list("Pod").empty());
}

TEST_CASE("A Job asks in words for a restart policy that it can have") {
  PodStage stage;
  Json job = job_of("probe");
  job["spec"]["template"]["spec"].erase("restartPolicy");
  const ResourceTypePtr type = stage.registry->find_kind("batch", "Job");
  const auto refused = stage.registry->create(*type, "default", dump_json(job));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("restartPolicy") != std::string::npos);
}

}  // namespace sluice::local
