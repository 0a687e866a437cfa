// A template that the API server is to be asked about: what is planned before its answer, and
// after.

#include "engine/identity/template_equality.h"
#include "tests/engine/world.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace sluice;
using namespace sluice::engine;
using namespace sluice::engine::test;
using State = TemplateTrial::State;

namespace {

JsonText with_tier(const JsonText& pod_template) {
  std::string text = *pod_template;
  text.insert(text.rfind("}}"), R"(,"serviceTier":"gold")");
  return make_json_text(std::move(text));
}

std::string digest(const JsonText& pod_template) {
  return template_digest(*parse_json(*pod_template), {});
}

/// v1 at work, as a server has made it that fills in what nobody knows here.
World filled_in() {
  World world = deployed();
  ReplicaSet& v1 = world.revision("v1");
  v1.pod_template = with_tier(v1.pod_template);
  v1.template_digest = digest(v1.pod_template);
  v1.annotations.erase(std::string(kAsWrittenAnnotation));
  world.snapshot.trial.state = State::Open;
  return world;
}

/// The same template in other words.
void rewrite(World& world) {
  std::string text = *world.rollout().spec.pod_template;
  text.insert(text.rfind("}}"), R"(,"restartPolicy":"Always")");
  world.rollout().spec.pod_template = make_json_text(std::move(text));
}

}  // namespace

TEST_CASE("nothing is planned by a template before it is known whose it is") {
  World world = filled_in();
  rewrite(world);
  const crds::RolloutStatus before = world.status();
  const Plan made = world.reconcile();
  CHECK(made.actions.empty());
  CHECK(made.reasons.empty());
  CHECK(made.status == before);
  CHECK(made.needs_trial);
  REQUIRE(made.trial);
  CHECK(made.trial->replicas == 0);
  CHECK(made.trial->pod_template->find("restartPolicy") != std::string::npos);

  SECTION("it is the revision that is there") {
    world.snapshot.trial = {.state = State::Answered,
                            .template_digest = digest(with_tier(made.trial->pod_template))};
    const Plan known = world.reconcile();
    CHECK_FALSE(known.trial);
    CHECK(known.needs_trial);
    CHECK(known.actions.empty());
    CHECK(world.status().phase == crds::RolloutPhase::Healthy);
    CHECK(world.status().current_pod_hash == world.hash("v1"));
  }
  SECTION("it is another one") {
    world.snapshot.trial = {.state = State::Answered,
                            .template_digest = digest(made.trial->pod_template)};
    world.settle();
    CHECK(world.snapshot.replica_sets.size() == 2);
    CHECK(world.status().phase == crds::RolloutPhase::Paused);
    CHECK_FALSE(plan(world.snapshot).needs_trial);
  }
  SECTION("nobody can tell") {
    world.snapshot.trial = {};
    world.settle();
    CHECK(world.snapshot.replica_sets.size() == 2);
  }
}

TEST_CASE("a server that has made of each template what was written is not asked") {
  World world = deployed();
  world.snapshot.trial.state = State::Open;
  CHECK(world.revision("v1").annotation(kAsWrittenAnnotation) == "true");
  world.release("v2");
  CHECK_FALSE(plan(world.snapshot).needs_trial);
  world.revision("v1").annotations.erase(std::string(kAsWrittenAnnotation));
  CHECK(plan(world.snapshot).trial);
}

TEST_CASE("what is known by its label or by known defaults needs no trial") {
  World world = deployed();
  world.snapshot.trial.state = State::Open;
  rewrite(world);
  CHECK_FALSE(plan(world.snapshot).trial);
  CHECK(plan(world.snapshot).actions.empty());
}

TEST_CASE("who goes back waits for no answer about a template") {
  World world = deployed();
  world.release("v2");
  world.settle();
  REQUIRE(world.canary_weight() == 10);
  world.snapshot.trial.state = State::Open;
  world.release("v3");
  SECTION("a person aborts what is under way") {
    world.abort();
    const Plan made = world.reconcile();
    CHECK(made.trial);
    CHECK(world.canary_weight() == 0);
    CHECK(world.status().abort);
    CHECK(world.find_image("v3") == nullptr);
  }
  SECTION("which says nothing about what was released since") {
    const std::string observed = world.status().observed_generation;
    world.abort();
    world.reconcile();
    CHECK(world.status().observed_generation == observed);
    world.snapshot.trial = {};
    world.settle();
    CHECK_FALSE(world.status().abort);
    CHECK(world.canary_weight() == 10);
    CHECK(world.snapshot.services.at("shop-canary").selector_hash == world.hash("v3"));
  }
  SECTION("the canary has lost its pods") {
    world.revision("v2").available_replicas = 0;
    const Plan made = world.reconcile();
    CHECK(made.trial);
    CHECK(world.canary_weight() == 0);
  }
  SECTION("nothing is wrong") {
    const Plan made = world.reconcile();
    CHECK(made.trial);
    CHECK(made.actions.empty());
    CHECK(world.canary_weight() == 10);
  }
}
