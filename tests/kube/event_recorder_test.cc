#include "kube/event_recorder.h"

#include "tests/fakes/scripted_store.h"
#include "tests/kube/kube_stage.h"

namespace sluice::kube {
namespace {

using namespace std::chrono_literals;

Object rollout() {
  return object_of(
      {{"apiVersion", "argoproj.io/v1alpha1"},
       {"kind", "Rollout"},
       {"metadata",
        {{"name", "shop"}, {"namespace", "web"}, {"uid", "u1"}, {"resourceVersion", "5"}}}});
}

struct Recording : Stage {
  ScriptedStore store{context.get_executor()};
  EventRecorder recorder{store, clock, context.get_executor()};

  ~Recording() {
    tasks.cancel();
    clock.settle();
  }

  void allow(int writes) {
    for (int i = 0; i < writes; ++i) store.writes.emplace_back(Object{});
  }

  void record(const std::string& message) {
    recorder.record(rollout(), EventType::Warning, "RolloutAborted", message);
    clock.settle();
  }
};

TEST_CASE("an event tells of its object", "[events]") {
  Recording stage;
  stage.allow(1);
  stage.tasks.spawn("events", stage.recorder.run());
  stage.record("error rate 4% > 1%");
  REQUIRE(stage.store.calls.size() == 1);
  CHECK(stage.store.calls[0].verb == "create");
  CHECK(stage.store.calls[0].key.namespace_ == "web");
  const Json event = Json::parse(stage.store.calls[0].body);
  CHECK(event["involvedObject"] == Json{{"apiVersion", "argoproj.io/v1alpha1"},
                                        {"kind", "Rollout"},
                                        {"name", "shop"},
                                        {"namespace", "web"},
                                        {"uid", "u1"},
                                        {"resourceVersion", "5"}});
  CHECK(event["type"] == "Warning");
  CHECK(event["reason"] == "RolloutAborted");
  CHECK(event["message"] == "error rate 4% > 1%");
  CHECK(event["source"]["component"] == "sluice");
  CHECK(event["firstTimestamp"] == "2026-01-01T00:00:00Z");
  CHECK(event["count"] == 1);
}

TEST_CASE("an event's name is none too long, whatever its object's is", "[events]") {
  Recording stage;
  stage.allow(1);
  stage.tasks.spawn("events", stage.recorder.run());
  Object about = rollout();
  about.meta.name = std::string(253, 'n');
  stage.recorder.record(about, EventType::Normal, "Told", "news");
  stage.clock.settle();
  const Json event = Json::parse(stage.store.calls.at(0).body);
  CHECK(event["metadata"]["name"].get<std::string>().size() <= 253);
  CHECK(event["involvedObject"]["name"] == about.meta.name);
}

TEST_CASE("the same news is counted up for ten minutes", "[events]") {
  Recording stage;
  stage.allow(5);
  stage.tasks.spawn("events", stage.recorder.run());
  stage.record("a");
  stage.clock.advance(1min);
  stage.record("a");
  stage.record("a");
  stage.record("b");
  REQUIRE(stage.store.calls.size() == 4);
  CHECK(stage.store.calls[1].verb == "patch");
  CHECK(stage.store.calls[1].key.name ==
        Json::parse(stage.store.calls[0].body)["metadata"]["name"].get<std::string>());
  CHECK(Json::parse(stage.store.calls[2].body) ==
        Json{{"count", 3}, {"lastTimestamp", "2026-01-01T00:01:00Z"}});
  CHECK(stage.store.calls[3].verb == "create");
  stage.clock.advance(10min);
  stage.record("a");
  CHECK(stage.store.calls.back().verb == "create");
  CHECK(stage.recorder.dropped() == 0);
}

TEST_CASE("an event that the server has forgotten is written anew", "[events]") {
  Recording stage;
  stage.store.writes.emplace_back(Object{});
  stage.store.writes.emplace_back(fail(not_found("gone")));
  stage.store.writes.emplace_back(Object{});
  stage.tasks.spawn("events", stage.recorder.run());
  stage.record("a");
  stage.record("a");
  REQUIRE(stage.store.calls.size() == 3);
  CHECK(stage.store.calls[2].verb == "create");
}

TEST_CASE("a server that is away costs a few tries, one that refuses costs one", "[events]") {
  Recording stage;
  stage.tasks.spawn("events", stage.recorder.run());
  stage.record("a");
  stage.clock.advance(1min);
  CHECK(stage.store.calls.size() == 4);
  CHECK(stage.recorder.dropped() == 1);
  stage.store.writes.emplace_back(fail(forbidden("no")));
  stage.record("b");
  stage.clock.advance(1min);
  CHECK(stage.store.calls.size() == 5);
  CHECK(stage.recorder.dropped() == 2);
}

TEST_CASE("what does not fit the queue is dropped and counted", "[events]") {
  Recording stage;
  for (size_t i = 0; i < EventRecorder::kQueueMax + 3; ++i) stage.record("a");
  CHECK(stage.recorder.dropped() == 3);
}

TEST_CASE("long messages are cut between characters", "[events]") {
  Recording stage;
  stage.allow(1);
  stage.tasks.spawn("events", stage.recorder.run());
  std::string message(EventRecorder::kMessageMax - 1, 'x');
  stage.record(message + "\xc3\xa9");
  CHECK(Json::parse(stage.store.calls.at(0).body)["message"] == message);
}

TEST_CASE("a closed recorder writes what is queued and ends", "[events]") {
  Recording stage;
  stage.allow(2);
  stage.record("a");
  stage.record("b");
  stage.recorder.close();
  stage.tasks.spawn("events", stage.recorder.run());
  stage.clock.settle();
  CHECK(stage.store.calls.size() == 2);
  CHECK(stage.tasks.size() == 0);
}

}  // namespace
}  // namespace sluice::kube
