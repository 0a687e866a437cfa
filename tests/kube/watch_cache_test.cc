#include "kube/watch_cache.h"

#include "base/log.h"
#include "tests/fakes/scripted_store.h"
#include "tests/kube/kube_stage.h"

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::kube {
namespace {

using namespace std::chrono_literals;

Object pod(const std::string& name, const std::string& version, const std::string& owner = "",
           const std::string& uid = "") {
  Json document = {{"apiVersion", "v1"},
                   {"kind", "Pod"},
                   {"metadata",
                    {{"name", name},
                     {"namespace", "web"},
                     {"uid", uid.empty() ? "uid-" + name : uid},
                     {"resourceVersion", version}}}};
  if (!owner.empty()) {
    document["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", "apps/v1"},
                                                            {"kind", "ReplicaSet"},
                                                            {"name", "rs"},
                                                            {"uid", owner},
                                                            {"controller", true}}});
  }
  return object_of(document);
}

WatchEvent event(WatchEventType type, Object object) {
  return {.type = type, .object = std::move(object)};
}

WatchEvent bookmark(const std::string& version) {
  WatchEvent made{.type = WatchEventType::Bookmark, .object = {}};
  made.object.meta.resource_version = version;
  return made;
}

ObjectList list_of(std::vector<Object> items, std::string version, std::string more = "") {
  return {.items = std::move(items),
          .resource_version = std::move(version),
          .continue_token = std::move(more)};
}

struct Watching : Stage {
  ScriptedStore store{context.get_executor()};
  WatchCache cache{store, clock, context.get_executor(), {.resource = *find_resource("", "Pod")}};
  std::vector<std::string> changes;

  Watching() {
    cache.observe([this](const WatchCache::Change& change) {
      const char* kind = !change.before ? "+" : !change.after ? "-" : "~";
      changes.push_back(kind + change.key.name);
    });
  }

  ~Watching() {
    tasks.cancel();
    clock.settle();
  }

  void start() {
    tasks.spawn("watch cache", cache.run());
    clock.settle();
  }

  std::vector<std::string> versions_watched() const {
    std::vector<std::string> versions;
    for (const auto& call : store.calls)
      if (call.verb == "watch") versions.push_back(call.resource_version);
    return versions;
  }
};

using Names = std::vector<std::string>;

TEST_CASE("a cache holds what was listed and follows the watch", "[watch_cache]") {
  Watching stage;
  stage.store.lists.emplace_back(list_of({pod("a", "1", "rs1")}, "2", "more"));
  stage.store.lists.emplace_back(list_of({pod("b", "2", "rs1")}, "2"));
  stage.store.watches.push_back({.events = {event(WatchEventType::Modified, pod("a", "3", "rs2")),
                                            event(WatchEventType::Added, pod("c", "4", "rs2")),
                                            event(WatchEventType::Deleted, pod("b", "5", "rs1"))}});
  CHECK_FALSE(stage.cache.synced());
  stage.start();
  CHECK(stage.cache.synced());
  CHECK(stage.changes == Names{"+a", "+b", "~a", "+c", "-b"});
  CHECK(stage.cache.find({"web", "a"})->meta.resource_version == "3");
  CHECK(stage.cache.find({"web", "b"}) == nullptr);
  CHECK(stage.cache.controlled_by("rs1").empty());
  CHECK(stage.cache.controlled_by("rs2").size() == 2);
}

TEST_CASE("a compact cache reads its texts for as long as they are asked for", "[watch_cache]") {
  Stage stage;
  ScriptedStore store{stage.context.get_executor()};
  WatchCache cache{store,
                   stage.clock,
                   stage.context.get_executor(),
                   {.resource = *find_resource("", "Pod"), .compact = true}};
  store.lists.emplace_back(list_of({pod("b", "1", "rs1"), pod("a", "2", "rs1")}, "2"));
  std::vector<std::string> before;
  cache.observe([&before](const WatchCache::Change& change) {
    before.push_back(change.before ? change.before->meta.resource_version : "");
  });
  stage.tasks.spawn("watch cache", cache.run());
  stage.clock.settle();

  CHECK(cache.keys() == std::vector<ObjectKey>{{"web", "a"}, {"web", "b"}});
  CHECK_FALSE(cache.cool());
  const ObjectPtr read = cache.find({"web", "a"});
  CHECK(read->meta == pod("a", "2", "rs1").meta);
  CHECK(read->gvk == pod("a", "2").gvk);
  CHECK(*read->json == *pod("a", "2", "rs1").json);
  CHECK(cache.find({"web", "a"}) == read);
  CHECK_FALSE(cache.cool());  // It was asked for since it was read.
  CHECK(cache.cool());
  CHECK(cache.find({"web", "a"}) != read);
  CHECK(cache.controlled_by("rs1").size() == 2);

  cache.learn(pod("b", "3", "rs2"));
  CHECK(before == std::vector<std::string>{"", "", "1"});
  CHECK(cache.controlled_by("rs1").size() == 1);
  CHECK(cache.controlled_by("rs2").size() == 1);
  stage.tasks.cancel();
  stage.clock.settle();
}

TEST_CASE("the watch need not tell of what was learnt from an own write", "[watch_cache]") {
  Watching stage;
  stage.store.lists.emplace_back(list_of({pod("a", "1")}, "2"));
  stage.store.watches.push_back({});
  stage.start();
  stage.cache.learn(pod("a", "5"));
  stage.cache.learn(pod("a", "1"));
  const auto& known = stage.store.calls.back().known;
  REQUIRE(known);
  CHECK(known("5"));
  CHECK_FALSE(known("5"));
  CHECK_FALSE(known("1"));
  CHECK_FALSE(known("6"));
}

TEST_CASE("a broken watch goes on from the last version, bookmarks included", "[watch_cache]") {
  Watching stage;
  stage.store.lists.emplace_back(list_of({}, "2"));
  stage.store.watches.push_back(
      {.events = {event(WatchEventType::Added, pod("a", "3")), bookmark("9")},
       .then = unavailable("reset")});
  stage.store.watches.push_back({.refused = unavailable("down")});
  stage.start();
  stage.clock.advance(10s);
  CHECK(stage.versions_watched() == Names{"2", "9", "9"});
  CHECK(stage.cache.size() == 1);
}

TEST_CASE("when the history is gone the cache lists anew and finds what it missed",
          "[watch_cache]") {
  Watching stage;
  stage.store.lists.emplace_back(list_of({pod("a", "1"), pod("b", "2")}, "2"));
  stage.store.lists.emplace_back(list_of({pod("b", "2"), pod("c", "7")}, "8"));
  stage.store.watches.push_back({.events = {}, .then = Error{ErrorCode::Expired, "too old"}});
  stage.start();
  stage.clock.advance(1s);
  CHECK(stage.changes == Names{"+a", "+b", "+c", "-a"});
  CHECK(stage.versions_watched() == Names{"2", "8"});
}

TEST_CASE("a server that fails, or forgets at once, is not asked in a loop", "[watch_cache]") {
  Watching down;
  down.start();
  down.clock.advance(60s);
  CHECK(down.store.calls.size() < 20);

  Watching forgetful;
  for (int i = 0; i < 100; ++i) {
    forgetful.store.lists.emplace_back(list_of({}, "2"));
    forgetful.store.watches.push_back({.events = {}, .then = Error{ErrorCode::Expired, "old"}});
  }
  forgetful.start();
  forgetful.clock.advance(60s);
  CHECK(forgetful.store.calls.size() < 40);
}

TEST_CASE("own writes are seen at once, and never undone by older news", "[watch_cache]") {
  Watching stage;
  stage.store.lists.emplace_back(list_of({pod("a", "1")}, "2"));
  stage.start();
  stage.cache.learn(pod("a", "5"));
  CHECK(stage.cache.find({"web", "a"})->meta.resource_version == "5");
  stage.cache.learn(pod("a", "4"));
  CHECK(stage.cache.find({"web", "a"})->meta.resource_version == "5");
  stage.cache.learn(pod("ghost", "2"));
  CHECK(stage.cache.find({"web", "ghost"}) == nullptr);
  stage.cache.learn_removed({"web", "a"}, "another");
  CHECK(stage.cache.find({"web", "a"}) != nullptr);
  stage.cache.learn_removed({"web", "a"}, "uid-a");
  CHECK(stage.changes == Names{"+a", "~a", "-a"});
}

TEST_CASE("the end of an object does not hide the one made anew under its name", "[watch_cache]") {
  Watching stage;
  stage.store.lists.emplace_back(list_of({pod("a", "1")}, "2"));
  stage.store.lists.emplace_back(list_of({pod("a", "1")}, "2"));
  stage.store.watches.push_back({.events = {}, .then = Error{ErrorCode::Expired, "too old"}});
  stage.store.watches.push_back({.events = {event(WatchEventType::Deleted, pod("a", "4"))}});
  stage.start();
  stage.cache.learn(pod("a", "5", "", "second"));
  stage.clock.advance(1s);
  REQUIRE(stage.versions_watched() == Names{"2", "2"});
  const ObjectPtr held = stage.cache.find({"web", "a"});
  REQUIRE(held != nullptr);
  CHECK(held->meta.uid == "second");
  CHECK(stage.changes == Names{"+a", "~a"});
}

TEST_CASE("a cluster that was made anew is followed from its beginning", "[watch_cache]") {
  Watching stage;
  stage.store.lists.emplace_back(list_of({pod("a", "900"), pod("b", "901")}, "1000"));
  stage.store.lists.emplace_back(list_of({pod("a", "3", "", "second")}, "4"));
  stage.store.watches.push_back({.refused = Error{ErrorCode::Expired, "too large a version"}});
  stage.store.watches.push_back({.events = {event(WatchEventType::Added, pod("c", "5"))}});
  stage.start();
  stage.clock.advance(1s);
  CHECK(stage.cache.find({"web", "a"})->meta.uid == "second");
  CHECK(stage.cache.find({"web", "b"}) == nullptr);
  stage.cache.learn(pod("c", "6"));
  CHECK(stage.cache.find({"web", "c"})->meta.resource_version == "6");
}

TEST_CASE("who may not watch is told by lists", "[watch_cache]") {
  Watching stage;
  stage.store.lists.emplace_back(list_of({}, "2"));
  stage.store.lists.emplace_back(list_of({pod("a", "3")}, "3"));
  for (int i = 0; i < 2; ++i) stage.store.watches.push_back({.refused = forbidden("no watching")});
  stage.start();
  stage.clock.advance(1s);
  CHECK(stage.changes == Names{"+a"});
}

TEST_CASE("a watch that ends for good is followed by a list", "[watch_cache]") {
  Watching stage;
  stage.store.lists.emplace_back(list_of({}, "2"));
  stage.store.lists.emplace_back(list_of({pod("a", "3")}, "3"));
  stage.store.watches.push_back({.events = {}, .then = invalid("not so")});
  stage.start();
  stage.clock.advance(1s);
  CHECK(stage.changes == Names{"+a"});
  CHECK(stage.versions_watched() == Names{"2", "3"});
}

/// Keeps the messages from Info on while it lives.
struct LogNotes {
  struct Sink : LogSink {
    Names messages;

    bool enabled(LogLevel level) const override { return level >= LogLevel::Info; }

    void write(LogLevel, std::string_view message, std::initializer_list<LogField>) override {
      messages.emplace_back(message);
    }
  };

  std::shared_ptr<Sink> sink = std::make_shared<Sink>();

  LogNotes() { set_log_sink(sink); }

  ~LogNotes() { set_log_sink(nullptr); }

  LogNotes(const LogNotes&) = delete;
  LogNotes& operator=(const LogNotes&) = delete;
};

TEST_CASE("an API that cannot be watched for long is told of once, and so is its return",
          "[watch_cache]") {
  const LogNotes notes;
  Watching stage;
  stage.store.lists.emplace_back(list_of({}, "2"));
  for (int i = 0; i < 11; ++i) stage.store.watches.push_back({.refused = unavailable("down")});
  stage.start();
  stage.clock.advance(29s);
  CHECK(notes.sink->messages.empty());
  stage.clock.advance(20s);
  REQUIRE(notes.sink->messages.size() == 1);
  CHECK(notes.sink->messages[0].starts_with("cannot watch"));
  REQUIRE(stage.store.watches.empty());
  stage.clock.advance(10s);
  REQUIRE(notes.sink->messages.size() == 2);
  CHECK(notes.sink->messages[1] == "watching again");
}

TEST_CASE("watches that end after their time do not make it blind for longer and longer",
          "[watch_cache]") {
  Watching stage;
  stage.store.lists.emplace_back(list_of({}, "2"));
  stage.start();
  for (int i = 0; i < 12; ++i) {
    stage.clock.advance(300s);
    stage.store.silence.notify();
    stage.clock.settle();
  }
  stage.clock.advance(300s);
  const size_t before = stage.versions_watched().size();
  stage.store.silence.notify();
  stage.clock.advance(200ms);
  CHECK(stage.versions_watched().size() == before + 1);
}

TEST_CASE("a page over the bound of an answer is asked for in smaller ones", "[watch_cache]") {
  Watching stage;
  stage.store.lists.emplace_back(fail(invalid("the answer's body is over the bound")));
  stage.store.lists.emplace_back(list_of({pod("a", "1")}, "2"));
  stage.start();
  CHECK(stage.cache.synced());
  REQUIRE(stage.store.calls.size() >= 2);
  CHECK(stage.store.calls[1].limit < stage.store.calls[0].limit);
}

TEST_CASE("the size of page that worked is kept for the rest of the list", "[watch_cache]") {
  Watching stage;
  stage.store.lists.emplace_back(fail(invalid("the answer's body is over the bound")));
  stage.store.lists.emplace_back(list_of({pod("a", "1")}, "2", "more"));
  stage.store.lists.emplace_back(list_of({pod("b", "1")}, "2"));
  stage.start();
  CHECK(stage.changes == Names{"+a", "+b"});
  REQUIRE(stage.store.calls.size() >= 3);
  CHECK(stage.store.calls[2].limit == stage.store.calls[1].limit);
}

Awaitable<void> note_answer(WatchCache& cache, bool& answered) {
  co_await cache.wait_answered();
  answered = true;
}

TEST_CASE("a kind that the cluster lacks is told from one that is not listed yet",
          "[watch_cache]") {
  Watching stage;
  bool answered = false;
  stage.tasks.spawn("wait", note_answer(stage.cache, answered));
  stage.store.lists.emplace_back(fail(unavailable("starting")));
  stage.store.lists.emplace_back(fail(not_found("no such resource")));
  stage.start();
  CHECK_FALSE(answered);
  stage.clock.advance(1s);
  CHECK(answered);
  CHECK_FALSE(stage.cache.synced());
}

TEST_CASE("a kind that the cluster lacks is told of once, and noticed when it comes",
          "[watch_cache]") {
  const LogNotes notes;
  Watching stage;
  for (int i = 0; i < 20; ++i) stage.store.lists.emplace_back(fail(not_found("no such resource")));
  stage.store.lists.emplace_back(list_of({pod("a", "1")}, "2"));
  stage.start();
  for (int i = 0; i < 10; ++i) stage.clock.advance(10s);
  CHECK(notes.sink->messages == Names{"cannot list"});
  CHECK(stage.cache.trouble()->message == "no such resource");
  for (int i = 0; i < 30; ++i) stage.clock.advance(10s);
  CHECK_FALSE(stage.cache.trouble());
  CHECK(stage.cache.find({"web", "a"}));
  CHECK(notes.sink->messages.size() == 2);
}

TEST_CASE("an object is asked for when a write was refused", "[watch_cache]") {
  Watching stage;
  stage.store.lists.emplace_back(list_of({pod("a", "1"), pod("b", "1")}, "2"));
  stage.start();
  stage.store.writes.emplace_back(pod("a", "7"));
  stage.tasks.spawn("refresh", stage.cache.refresh({"web", "a"}));
  stage.clock.settle();
  CHECK(stage.cache.find({"web", "a"})->meta.resource_version == "7");
  stage.store.writes.emplace_back(fail(unavailable("away")));
  stage.tasks.spawn("refresh", stage.cache.refresh({"web", "b"}));
  stage.clock.settle();
  CHECK(stage.cache.find({"web", "b"}) != nullptr);
  stage.store.writes.emplace_back(fail(not_found("gone")));
  stage.tasks.spawn("refresh", stage.cache.refresh({"web", "b"}));
  stage.clock.settle();
  CHECK(stage.cache.find({"web", "b"}) == nullptr);
}

}  // namespace
}  // namespace sluice::kube
