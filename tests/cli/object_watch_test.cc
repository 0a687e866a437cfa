// Following objects: one list, then what a watch tells, through a server's absence and a history
// that is gone.

#include "cli/look/object_watch.h"

#include "tests/fakes/scripted_store.h"
#include "tests/kube/kube_stage.h"

#include <algorithm>
#include <string>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;
using kube::WatchEventType;

kube::Object rollout(const std::string& name, const std::string& version) {
  return kube::object_of(
      {{"apiVersion", "argoproj.io/v1alpha1"},
       {"kind", "Rollout"},
       {"metadata", {{"name", name}, {"namespace", "shops"}, {"resourceVersion", version}}}});
}

kube::ObjectList list_of(std::vector<kube::Object> items, std::string version) {
  return {.items = std::move(items), .resource_version = std::move(version), .continue_token = ""};
}

ScriptedStore::WatchScript then_silence(std::vector<kube::WatchEvent> events) {
  return {.events = std::move(events), .then = {}, .refused = {}};
}

struct Followed : kube::Stage {
  ScriptedStore store{context.get_executor()};
  Session session{store, clock, "shops", false, "", tasks};
  std::vector<std::string> shown;  ///< The names, each time.
  std::optional<int> code;
  bool reads = true;

  std::optional<int> show(const ObjectsByKind& listed) {
    std::string names;
    for (const std::vector<kube::Object>& objects : listed) {
      for (const kube::Object& object : objects) names += object.meta.name + " ";
      if (listed.size() > 1) names += "| ";
    }
    if (shown.empty() || shown.back() != names) shown.push_back(names);
    return reads ? std::nullopt : std::optional(kExitFailed);
  }

  std::vector<kube::WatchCache::Options> kinds = {
      {.resource = *kube::find_resource("argoproj.io", "Rollout"), .namespace_ = "shops"}};

  kube::Awaitable<void> follow(Duration limit) {
    const Following following{.of = kinds, .limit = limit};
    code = co_await follow_objects(session, following,
                                   [this](const ObjectsByKind& objects) { return show(objects); });
  }

  void start(Duration limit = {}) {
    tasks.spawn("command", follow(limit));
    clock.settle();
    clock.advance(1s);
  }

  auto count(const std::string& verb) const {
    return std::ranges::count(store.calls, verb, &ScriptedStore::Call::verb);
  }

  ~Followed() {
    tasks.cancel();
    clock.settle();
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what is followed is listed once, whatever becomes of it", "[object_watch]") {
  Followed stage;
  stage.store.lists.emplace_back(list_of({rollout("web", "1"), rollout("cart", "2")}, "3"));
  stage.store.watches.push_back(then_silence({{WatchEventType::Added, rollout("shop", "4")},
                                              {WatchEventType::Deleted, rollout("web", "5")}}));
  stage.start();
  stage.clock.advance(60s);
  CHECK(stage.shown.back() == "cart shop ");
  CHECK(stage.count("list") == 1);
  CHECK(stage.count("watch") == 1);
  CHECK_FALSE(stage.code);
}

TEST_CASE("several kinds are shown together, once all of them are listed", "[object_watch]") {
  Followed stage;
  stage.kinds.push_back({.resource = *kube::find_resource("argoproj.io", "Experiment")});
  stage.store.lists.emplace_back(list_of({rollout("web", "1")}, "3"));
  stage.store.lists.emplace_back(fail(unavailable("not yet")));
  stage.store.lists.emplace_back(list_of({rollout("compare", "2")}, "3"));
  stage.start();
  CHECK(stage.shown == Names{"web | compare | "});
  CHECK_FALSE(stage.code);
}

TEST_CASE("a history that is gone is listed anew", "[object_watch]") {
  Followed stage;
  stage.store.lists.emplace_back(list_of({rollout("web", "1")}, "3"));
  stage.store.watches.push_back(
      {.events = {}, .then = Error{ErrorCode::Expired, "too old"}, .refused = {}});
  stage.store.lists.emplace_back(list_of({rollout("shop", "7")}, "9"));
  stage.start();
  CHECK(stage.shown.back() == "shop ");
  CHECK(stage.count("list") == 2);
}

TEST_CASE("a server that is away for a moment is borne, one that stays away is not",
          "[object_watch]") {
  Followed stage;
  stage.store.lists.emplace_back(list_of({rollout("web", "1")}, "3"));
  stage.store.watches.push_back(
      {.events = {}, .then = unavailable("ended by the server"), .refused = {}});
  for (int i = 0; i < 4; ++i)
    stage.store.watches.push_back({.events = {}, .then = {}, .refused = unavailable("refused")});
  stage.store.watches.push_back({.events = {{WatchEventType::Added, rollout("shop", "4")}},
                                 .then = unavailable("ended by the server"),
                                 .refused = {}});
  for (int i = 0; i < 100; ++i)
    stage.store.watches.push_back({.events = {}, .then = {}, .refused = unavailable("refused")});
  stage.start();
  stage.clock.advance(10s);
  CHECK(stage.shown == Names{"web ", "shop web "});
  stage.clock.advance(30s);
  CHECK_FALSE(stage.code);
  stage.clock.advance(60s);
  CHECK(stage.code == kExitFailed);
}

TEST_CASE("who never had an answer is told at once", "[object_watch]") {
  Followed stage;
  for (int i = 0; i < 3; ++i) stage.store.lists.emplace_back(fail(timeout("nobody there")));
  stage.start();
  CHECK(stage.code == kExitTimeout);
}

TEST_CASE("following ends at its limit, and when nobody reads", "[object_watch]") {
  Followed stage;
  stage.store.lists.emplace_back(list_of({rollout("web", "1")}, "3"));
  SECTION("at the limit") {
    stage.start(5s);
    CHECK_FALSE(stage.code);
    stage.clock.advance(5s);
    CHECK(stage.code == kExitOk);
  }
  SECTION("when nobody reads") {
    stage.reads = false;
    stage.start();
    CHECK(stage.code == kExitFailed);
  }
}

}  // namespace sluice::cli
