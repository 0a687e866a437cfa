// Analysis runs where the API server is in trouble: what cannot be read or is not answered for a
// moment reverts nobody, counts nothing twice, and holds up no verdict.

#include "crds/names.h"
#include "tests/controller/controller_world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace sluice;
using namespace sluice::controller::test;

namespace {

/// What ScriptedMetrics takes to answer.
constexpr Duration kAnswerTime = std::chrono::milliseconds(20);
constexpr const char* kToken = "squeamish-ossifrage";

/// "squeamish-ossifrage" under token.
Json web_secret() {
  return Json::parse(R"({
    "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web"},
    "data": {"token": "c3F1ZWFtaXNoLW9zc2lmcmFnZQ=="}})");
}

/// A metric that asks for the success rate of `name`.
Json metric(const std::string& name, const std::string& interval = "5s") {
  Json one = success_rate_template()["spec"]["metrics"][0];
  one["name"] = name;
  one["interval"] = interval;
  one["provider"]["prometheus"]["query"] = "success_rate{hash=\"" + name + "\"}";
  return one;
}

/// A run that a person made.
Json run_of(const Json& metrics) {
  return {{"apiVersion", crds::kApiVersion},
          {"kind", crds::kAnalysisRun},
          {"metadata", {{"name", "by-hand"}}},
          {"spec", {{"metrics", metrics}}}};
}

/// The same, and its metrics show the token of the Secret to their source.
Json run_with_secret(Json metrics) {
  for (Json& one : metrics)
    one["provider"]["prometheus"]["address"] = "http://{{args.token}}.example";
  Json run = run_of(metrics);
  run["spec"]["args"] = Json::parse(R"([
    {"name": "token", "valueFrom": {"secretKeyRef": {"name": "web", "key": "token"}}}])");
  return run;
}

Json by_hand(const ControllerWorld& world) {
  return world.get("AnalysisRun", "by-hand");
}

std::string phase_of_run(const ControllerWorld& world) {
  return string_at(by_hand(world), "status.phase");
}

/// The result of the run's metric number `index`.
Json result_of_run(const ControllerWorld& world, size_t index = 0) {
  return by_hand(world)["status"]["metricResults"][index];
}

bool run_ends(ControllerWorld& world) {
  return world.run_until([&] { return phase_of_run(world) != "Running"; });
}

/// Reads of Secrets fail so while `error` is there; `reads` counts them.
struct SecretReads {
  std::optional<Error> error;
  int reads = 0;

  void stand_before(FaultyStore& store) {
    store.refuse([this](std::string_view verb, const kube::Resource& resource,
                        const std::string&) -> std::optional<Error> {
      if (verb != "get" || resource.gvk.kind != "Secret") return std::nullopt;
      ++reads;
      return error;
    });
  }
};

Json paused_after(int weight) {
  return Json::array({weight_step(weight), pause_step(), weight_step(60), analysis_step()});
}

/// A run that judges the shop's new revision badly, though no step asked for it. That of a foreign
/// owner is measured; the Rollout's own one cannot even be run, or it would be ended as unwanted.
Json unasked_run(ControllerWorld& world, bool foreign) {
  world.success_rate = [](const std::string& hash) { return hash == "rate" ? 0.0 : 1.0; };
  Json run = run_of(Json::array({metric("rate", foreign ? "5s" : "{{args.nothing}}")}));
  Json& meta = run["metadata"];
  meta["labels"] = {{crds::kPodTemplateHashLabel, world.hash("shop:v2")},
                    {crds::kRolloutTypeLabel, "Step"},
                    {crds::kStepIndexLabel, "99"}};
  meta["ownerReferences"] = Json::array({{{"apiVersion", crds::kApiVersion},
                                          {"kind", foreign ? "Job" : "Rollout"},
                                          {"name", "shop"},
                                          {"uid", world.rollout()["metadata"]["uid"]},
                                          {"controller", true}}});
  return run;
}

int64_t reverts_measured(ControllerWorld& world) {
  const std::string text = world.controller()->metrics_text();
  const std::string_view name = "sluice_revert_seconds_count ";
  const size_t at = text.find(name);
  REQUIRE(at != std::string::npos);
  return std::stoll(text.substr(at + name.size()));
}

}  // namespace

TEST_CASE("a Secret that cannot be read for a moment costs one measurement, not the run") {
  const Error error = GENERATE(forbidden("token rotated"), not_found("secrets \"web\" not found"),
                               unavailable("starting"), timeout("no answer"));
  INFO(error.message);
  ControllerWorld world;
  SecretReads secrets{.error = error};
  secrets.stand_before(*world.store);
  world.create(web_secret());
  world.start_controller();
  world.create(run_with_secret(Json::array({metric("good")})));
  world.tick();
  CHECK(phase_of_run(world) == "Running");
  secrets.error.reset();
  REQUIRE(run_ends(world));
  CHECK(phase_of_run(world) == "Successful");
  const Json result = result_of_run(world);
  CHECK(int_at(result, "error") == 1);
  CHECK(int_at(result, "successful") == 3);
  const Json& first = result["measurements"][0];
  CHECK(string_at(first, "phase") == "Error");
  CHECK(string_at(first, "message").find("key \"token\" of secret \"web\"") != std::string::npos);
}

TEST_CASE("a Secret that stays unreadable ends its run once consecutiveErrorLimit is passed") {
  ControllerWorld world;
  world.start_controller();
  const Json data = GENERATE(Json(), Json{{"other", "c3F1ZWFtaXNoLW9zc2lmcmFnZQ=="}});
  if (!data.is_null()) {
    Json secret = web_secret();
    secret["data"] = data;
    world.create(secret);
  }
  Json one = metric("good");
  one["consecutiveErrorLimit"] = 2;
  world.create(run_with_secret(Json::array({one})));
  REQUIRE(run_ends(world));
  CHECK(phase_of_run(world) == "Error");
  CHECK(int_at(result_of_run(world), "consecutiveError") == 3);
  const std::string message = string_at(by_hand(world), "status.message");
  INFO(message);
  CHECK(message.find("\"web\"") != std::string::npos);
  CHECK(message.find("\"token\"") != std::string::npos);
  CHECK(dump_json(by_hand(world)).find(kToken) == std::string::npos);
}

TEST_CASE("an answer that was cut off does not show the Secret in the run") {
  ControllerWorld world;
  SecretReads secrets{.error = unavailable("answer: last read: '\"c3F1ZWFtaXNo'")};
  secrets.stand_before(*world.store);
  world.start_controller();
  world.create(run_with_secret(Json::array({metric("good")})));
  world.tick();
  CHECK(int_at(result_of_run(world), "error") == 1);
  CHECK(dump_json(by_hand(world)).find("c3F1ZWFtaXNo") == std::string::npos);
}

TEST_CASE("Secrets are read once for each measurement, and for nothing else") {
  ControllerWorld world;
  SecretReads secrets;
  secrets.stand_before(*world.store);
  world.create(web_secret());
  world.start_controller();
  world.create(run_with_secret(Json::array({metric("good", "20s")})));
  for (int i = 0; i < 10; ++i) {
    world.tick();
    world.patch("AnalysisRun", "by-hand",
                {{"metadata", {{"labels", {{"seen", std::to_string(i)}}}}}});
  }
  CHECK(secrets.reads == 1);
  REQUIRE(run_ends(world));
  CHECK(secrets.reads == 3);
  CHECK(phase_of_run(world) == "Successful");
}

TEST_CASE("a verdict does not wait for a Secret") {
  ControllerWorld world;
  world.success_rate = [](const std::string& hash) { return hash == "bad" ? 0.0 : 1.0; };
  SecretReads secrets;
  secrets.stand_before(*world.store);
  world.create(web_secret());
  world.start_controller();
  world.create(run_with_secret(Json::array({metric("good", "1s"), metric("bad")})));
  REQUIRE(phase_of_run(world) == "Running");
  secrets.error = timeout("no answer");
  world.clock.advance(kAnswerTime);
  CHECK(phase_of_run(world) == "Failed");
}

TEST_CASE("a measurement in flight ends with its run, and nothing of it is written or counted") {
  const bool removed = GENERATE(false, true);
  ControllerWorld world;
  int answered = 0;
  world.success_rate = [&answered](const std::string&) {
    ++answered;
    return 1.0;
  };
  world.start_controller();
  world.create(run_of(Json::array({metric("rate"), metric("other")})));
  REQUIRE(phase_of_run(world) == "Running");
  if (removed)
    world.remove("AnalysisRun", "by-hand");
  else
    world.patch("AnalysisRun", "by-hand", {{"spec", {{"terminate", true}}}});
  const Json ended = by_hand(world);
  CHECK(ended.is_null() == removed);
  if (!removed) CHECK(phase_of_run(world) == "Inconclusive");
  world.clock.advance(kAnswerTime);
  world.tick(30);
  CHECK(answered == 0);
  CHECK(by_hand(world) == ended);
  CHECK_FALSE(world.controller()->metrics_text().contains("sluice_measurements_total{"));
}

TEST_CASE("a Secret in a number of a metric ends the run at once") {
  ControllerWorld world;
  world.create(web_secret());
  world.start_controller();
  Json one = metric("good");
  one["count"] = "{{args.token}}";
  world.create(run_with_secret(Json::array({one})));
  CHECK(phase_of_run(world) == "Error");
  CHECK(dump_json(by_hand(world)).find(kToken) == std::string::npos);
}

TEST_CASE("a measurement whose write was done but not answered counts once") {
  // The watch tells of the write, or only a conflict does.
  const int drop_watch = GENERATE(0, 100);
  const bool good = GENERATE(true, false);
  INFO((good ? "good" : "bad") << ", events lost: " << drop_watch << "%");
  ControllerWorld world;
  double rate = good ? 1.0 : 0.0;
  world.success_rate = [&rate](const std::string&) { return rate; };
  world.start_controller();
  Json one = metric("rate");
  one["count"] = 2;
  one["failureLimit"] = 1;
  world.create(run_of(Json::array({one})));
  world.store->set_rates({.fail_after = 100, .drop_watch = drop_watch});
  world.clock.advance(kAnswerTime);
  REQUIRE(result_of_run(world)["measurements"].size() == 1);
  world.store->set_rates({});
  world.tick(2);
  CHECK(phase_of_run(world) == "Running");
  CHECK(result_of_run(world)["measurements"].size() == 1);
  CHECK(int_at(result_of_run(world), "count") == 1);
  rate = 1.0;
  REQUIRE(run_ends(world));
  CHECK(phase_of_run(world) == "Successful");
  CHECK(int_at(result_of_run(world), "count") == 2);
}

TEST_CASE("nothing is measured again before the last measurement is written") {
  ControllerWorld world;
  int asked = 0;
  world.success_rate = [&asked](const std::string&) {
    ++asked;
    return 1.0;
  };
  world.start_controller();
  world.create(run_of(Json::array({metric("rate", "1s")})));
  world.store->set_rates({.fail_before = 100});
  world.tick(20);
  CHECK(asked == 1);
  world.store->set_rates({});
  REQUIRE(run_ends(world));
  CHECK(asked == 3);
  CHECK(int_at(result_of_run(world), "count") == 3);
}

TEST_CASE("a revert is measured from the verdict on, also where the run could not be run") {
  ControllerWorld world;
  Json steps = Json::array({weight_step(20), analysis_step()});
  SECTION("a bad measurement") {
    world.success_rate = [](const std::string&) { return 0.0; };
    world.deploy_shop(5, steps);
  }
  SECTION("a run in error") {
    world.deploy_shop(5, steps);
    const Json args =
        Json::array({{{"name", "hash"}},
                     {{"name", "every"},
                      {"valueFrom", {{"secretKeyRef", {{"name", "web"}, {"key", "every"}}}}}}});
    Json metrics = success_rate_template()["spec"]["metrics"];
    metrics[0]["interval"] = "{{args.every}}";
    world.patch("AnalysisTemplate", "success-rate",
                {{"spec", {{"args", args}, {"metrics", metrics}}}});
  }
  world.release("shop:v2");
  const bool reverted = world.run_until_phase("Degraded");
  INFO(world.reasons());
  REQUIRE(reverted);
  CHECK(world.weights == std::vector<int64_t>{0, 20, 0});
  CHECK(reverts_measured(world) == 1);
}

TEST_CASE("a verdict that nobody answers measures no revert, however the update ends") {
  ControllerWorld world;
  world.deploy_shop(5, paused_after(20));
  world.release("shop:v2");
  REQUIRE(world.run_until_phase("Paused"));
  const bool foreign = GENERATE(true, false);
  world.create(unasked_run(world, foreign));
  world.tick(60);
  REQUIRE(phase_of_run(world) == (foreign ? "Failed" : "Error"));
  REQUIRE(world.canary_weight() == 20);
  SECTION("the revision is promoted") {
    world.patch_status({{"promoteFull", true}});
  }
  SECTION("another one is released") {
    world.release("shop:v3");
  }
  REQUIRE(world.run_until([&] { return world.canary_weight() == 0; }));
  world.tick(10);
  CHECK(reverts_measured(world) == 0);
}

TEST_CASE("a bad verdict takes the traffic back before it is written itself, and without a look") {
  ControllerWorld world;
  world.deploy_shop(5, Json::array({weight_step(20), analysis_step()}));
  world.release("shop:v2");
  REQUIRE(world.run_until([&] { return !world.list("AnalysisRun").empty(); }));
  REQUIRE(world.canary_weight() == 20);
  std::optional<SteadyTime> judged;
  std::vector<std::string> written;
  world.success_rate = [&](const std::string&) {
    judged = world.clock.steady_now();
    written.clear();
    return 0.0;
  };
  bool refused = false;
  SECTION("the run can be written") {}
  SECTION("the run cannot be written") {
    refused = true;
    world.store->refuse([](std::string_view verb, const kube::Resource& resource,
                           const std::string&) -> std::optional<Error> {
      if (verb != "patch" || resource.gvk.kind != "AnalysisRun") return std::nullopt;
      return unavailable("no leader");
    });
  }
  world.store->let_witness(
      [&](const FaultyStore::Write& write) { written.push_back(write.resource.gvk.kind); });
  for (int i = 0; i < 2000 && !judged; ++i) world.clock.advance(std::chrono::milliseconds(5));
  INFO(world.reasons());
  REQUIRE(judged == world.clock.steady_now());
  CHECK(world.canary_weight() == 0);
  REQUIRE(!written.empty());
  CHECK(written.front() == "HTTPRoute");
  // What the status decides stands on what is stored.
  CHECK(world.rollout()["status"].contains("abort") == !refused);
  world.tick(20);
  CHECK(world.canary_weight() == 0);
  CHECK((world.phase() == "Degraded") == !refused);
  world.store->refuse({});
  world.tick(20);
  CHECK(world.phase() == "Degraded");
  CHECK(string_at(world.list("AnalysisRun")[0], "status.phase") == "Failed");
  CHECK(world.weights == std::vector<int64_t>{0, 20, 0});
}

TEST_CASE("a good end of an analysis counts once it is written") {
  ControllerWorld world;
  world.deploy_shop(5, Json::array({weight_step(20), analysis_step(), weight_step(60)}));
  world.release("shop:v2");
  REQUIRE(world.run_until([&] { return !world.list("AnalysisRun").empty(); }));
  world.store->refuse([](std::string_view verb, const kube::Resource& resource,
                         const std::string&) -> std::optional<Error> {
    if (verb != "patch" || resource.gvk.kind != "AnalysisRun") return std::nullopt;
    return unavailable("no leader");
  });
  world.tick(60);
  CHECK(world.canary_weight() == 20);
  world.store->refuse({});
  CHECK(world.run_until([&] { return world.canary_weight() == 60; }));
}
