// A metric that runs a Job: it goes on outside of the controller, outlives its death, and is ended
// with its run.

#include "crds/names.h"
#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

Json smoke_metric() {
  return Json::parse(R"({
    "name": "smoke",
    "provider": {"job": {
      "metadata": {"labels": {"team": "shop"}},
      "spec": {"backoffLimit": 0, "template": {"spec": {
        "restartPolicy": "Never",
        "containers": [{"name": "smoke", "image": "smoke:v1", "args": ["{{args.hash}}"]}]}}}}}})");
}

Json smoke_run(const Json& metrics) {
  return {{"apiVersion", crds::kApiVersion},
          {"kind", crds::kAnalysisRun},
          {"metadata", {{"name", "by-hand"}}},
          {"spec",
           {{"metrics", metrics}, {"args", Json::array({{{"name", "hash"}, {"value", "abc"}}})}}}};
}

Json run(const ControllerWorld& world) {
  return world.get("AnalysisRun", "by-hand");
}

std::string phase_of_run(const ControllerWorld& world) {
  return string_at(run(world), "status.phase");
}

Json measurement(const ControllerWorld& world) {
  return run(world)["status"]["metricResults"][0]["measurements"].back();
}

/// As the Job controller does once the pods have ended.
void end_job(ControllerWorld& world, const char* type, const char* message = "") {
  const std::string name = string_at(world.list("Job").back(), "metadata.name");
  world.patch("Job", name,
              {{"status",
                {{"conditions", Json::array({{{"type", type},
                                              {"status", "True"},
                                              {"reason", "Because"},
                                              {"message", message}}})}}}},
              kube::Subresource::Status);
}

}  // namespace

TEST_CASE("a Job is made for its run, as written, and its end is the verdict") {
  const bool good = GENERATE(true, false);
  ControllerWorld world;
  world.start_controller();
  world.create(smoke_run(Json::array({smoke_metric()})));
  world.tick();
  REQUIRE(world.list("Job").size() == 1);
  const Json job = world.list("Job").front();
  const std::string uid = string_at(run(world), "metadata.uid");
  CHECK(string_at(job, "metadata.name") == uid + ".smoke.1");
  CHECK(job["metadata"]["labels"]["team"] == "shop");
  CHECK(job["metadata"]["labels"]["analysisrun.argoproj.io/uid"] == uid);
  CHECK(job["metadata"]["annotations"]["analysisrun.argoproj.io/name"] == "by-hand");
  CHECK(job["metadata"]["annotations"]["analysisrun.argoproj.io/metric-name"] == "smoke");
  CHECK(job["metadata"]["ownerReferences"][0]["uid"] == uid);
  CHECK(int_at(job, "spec.backoffLimit") == 0);
  CHECK(job["spec"]["template"]["spec"]["containers"][0]["args"][0] == "abc");
  CHECK(string_at(measurement(world), "phase") == "Running");
  CHECK(string_at(measurement(world), "metadata.job-name") == uid + ".smoke.1");
  world.tick(20);
  CHECK(phase_of_run(world) == "Running");
  end_job(world, good ? "Complete" : "Failed", "2 of 9 checks failed");
  REQUIRE(world.run_until([&] { return phase_of_run(world) != "Running"; }, 15));
  CHECK(phase_of_run(world) == (good ? "Successful" : "Failed"));
  CHECK(string_at(measurement(world), "phase") == phase_of_run(world));
  if (!good) {
    CHECK(string_at(measurement(world), "message") ==
          "job " + uid + ".smoke.1: Because: 2 of 9 checks failed");
  }
  CHECK(world.list("Job").size() == 1);
}

TEST_CASE("a Job outlives the death of the controller and is followed by the next one") {
  ControllerWorld world;
  world.start_controller();
  world.create(smoke_run(Json::array({smoke_metric()})));
  // Before the Job is made, or after.
  const int seconds = GENERATE(0, 3);
  world.tick(seconds);
  world.stop_controller();
  if (seconds > 0) end_job(world, "Complete");
  world.start_controller();
  world.tick(2);
  REQUIRE(world.list("Job").size() == 1);
  if (seconds == 0) end_job(world, "Complete");
  REQUIRE(world.run_until([&] { return phase_of_run(world) == "Successful"; }, 15));
  CHECK(run(world)["status"]["metricResults"][0]["measurements"].size() == 1);
  CHECK(int_at(run(world)["status"]["metricResults"][0], "successful") == 1);
}

TEST_CASE("a Job whose run is over is ended, also by the next controller") {
  const bool restarted = GENERATE(false, true);
  ControllerWorld world;
  world.start_controller();
  world.create(smoke_run(Json::array({smoke_metric()})));
  world.tick(2);
  REQUIRE(world.list("Job").size() == 1);
  if (restarted) world.stop_controller();
  world.patch("AnalysisRun", "by-hand", {{"spec", {{"terminate", true}}}});
  if (restarted) world.start_controller();
  world.tick(2);
  CHECK(world.list("Job").empty());
  CHECK(phase_of_run(world) == "Inconclusive");
  CHECK(string_at(run(world), "status.message") ==
        "Metric \"smoke\" assessed Inconclusive due to an early end: 0 of 1 measurements");
  CHECK(string_at(measurement(world), "phase") == "Inconclusive");
  CHECK(string_at(measurement(world), "message") == "ended because its run is over");
}

TEST_CASE("of a metric as many Jobs are kept as measurements are") {
  ControllerWorld world;
  world.start_controller();
  Json metric = smoke_metric();
  metric["interval"] = "5s";
  metric["count"] = 4;
  Json object = smoke_run(Json::array({metric}));
  object["spec"]["measurementRetention"] = Json::array({{{"metricName", "smoke"}, {"limit", 2}}});
  world.create(object);
  for (int i = 0; i < 4; ++i) {
    REQUIRE(world.run_until([&] { return string_at(measurement(world), "phase") == "Running"; }));
    world.tick(2);
    end_job(world, "Complete");
    REQUIRE(world.run_until([&] { return string_at(measurement(world), "phase") != "Running"; }));
  }
  CHECK(phase_of_run(world) == "Successful");
  CHECK(world.list("Job").size() == 2);
}

TEST_CASE("a Job that somebody removes is an error of its measurement") {
  ControllerWorld world;
  world.start_controller();
  world.create(smoke_run(Json::array({smoke_metric()})));
  world.tick(2);
  REQUIRE(world.list("Job").size() == 1);
  world.remove("Job", string_at(world.list("Job").front(), "metadata.name"));
  REQUIRE(world.run_until([&] { return string_at(measurement(world), "phase") == "Error"; }, 15));
  CHECK(string_at(measurement(world), "message").find(".smoke.1") != std::string::npos);
}

TEST_CASE("an API server in trouble is no verdict on a Job") {
  ControllerWorld world;
  world.start_controller();
  world.create(smoke_run(Json::array({smoke_metric()})));
  world.tick(2);
  world.store->set_rates({.fail_before = 100});
  world.tick(60);
  world.store->set_rates({});
  end_job(world, "Complete");
  REQUIRE(world.run_until([&] { return phase_of_run(world) == "Successful"; }, 60));
  CHECK(run(world)["status"]["metricResults"][0]["measurements"].size() == 1);
}
