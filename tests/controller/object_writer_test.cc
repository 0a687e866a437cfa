#include "controller/object_writer.h"

#include "tests/fakes/scripted_store.h"
#include "tests/kube/kube_stage.h"

#include <set>
#include <string>
#include <vector>

namespace sluice::controller {
namespace {

const ObjectKey kSet{"web", "shop-1"};

kube::Object replica_set(const std::string& version, const std::string& owner = "uid-shop") {
  Json document = {{"apiVersion", "apps/v1"},
                   {"kind", "ReplicaSet"},
                   {"metadata",
                    {{"name", kSet.name},
                     {"namespace", kSet.namespace_},
                     {"uid", "uid-1"},
                     {"resourceVersion", version}}}};
  if (!owner.empty()) {
    document["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", "argoproj.io/v1alpha1"},
                                                            {"kind", "Rollout"},
                                                            {"name", "shop"},
                                                            {"uid", owner},
                                                            {"controller", true}}});
  }
  return kube::object_of(document);
}

struct Writing : kube::Stage {
  ScriptedStore store{context.get_executor()};
  kube::WatchCache cache{store,
                         clock,
                         context.get_executor(),
                         {.resource = *kube::find_resource("apps", "ReplicaSet")}};
  kube::WriteLine line{context.get_executor()};
  ObjectWriter writer{store, line};
  std::set<std::string> names_taken;
  Owner owner = make_owner({"argoproj.io", "v1alpha1", "Rollout"},
                           {.name = "shop", .namespace_ = "web", .uid = "uid-shop"}, &names_taken);

  void answer(std::vector<Result<kube::Object>> answers) {
    for (auto& each : answers) store.writes.push_back(std::move(each));
  }

  Result<void> create() { return run(writer.create(cache, owner, kSet.name, "{}")); }

  Result<std::string> patch(kube::PatchType type) {
    return run(writer.patch(cache, kSet, type, "{}", {}));
  }

  /// The resource version that the cache holds; "" where it holds none.
  std::string known() {
    const kube::ObjectPtr held = cache.find(kSet);
    return held ? held->meta.resource_version : "";
  }

  std::vector<std::string> verbs() const {
    std::vector<std::string> all;
    for (const ScriptedStore::Call& call : store.calls) all.push_back(call.verb);
    return all;
  }
};

using Verbs = std::vector<std::string>;

}  // namespace

TEST_CASE("writes: what is created is known at once") {
  Writing stage;
  stage.answer({replica_set("5")});
  CHECK(stage.create());
  CHECK(stage.known() == "5");
}

TEST_CASE("writes: an object of one's own that exists is as good as created") {
  Writing stage;
  stage.answer({fail(already_exists("shop-1 exists")), replica_set("5")});
  CHECK(stage.create());
  CHECK(stage.known() == "5");
  CHECK(stage.names_taken.empty());
}

TEST_CASE("writes: somebody else's object has the name, which is a conflict and kept in mind") {
  Writing stage;
  const std::string owner = GENERATE("", "uid-other");
  stage.answer({fail(already_exists("shop-1 exists")), replica_set("5", owner)});
  const auto created = stage.create();
  REQUIRE_FALSE(created);
  CHECK(created.error().code == ErrorCode::Conflict);
  CHECK(created.error().message == "ReplicaSet shop-1: somebody else's");
  CHECK(stage.names_taken == std::set<std::string>{"shop-1"});
  CHECK(stage.known().empty());
}

TEST_CASE("writes: a name that becomes free in between is a conflict, and not taken") {
  Writing stage;
  stage.answer({fail(already_exists("shop-1 exists")), fail(not_found("shop-1"))});
  const auto created = stage.create();
  REQUIRE_FALSE(created);
  CHECK(created.error().code == ErrorCode::Conflict);
  CHECK(stage.names_taken.empty());
}

TEST_CASE("writes: a trial is not learnt") {
  Writing stage;
  stage.answer({replica_set("5")});
  CHECK(stage.run(stage.writer.try_create(stage.cache, "web", "{}")));
  CHECK(stage.known().empty());
}

TEST_CASE("writes: what is patched is known at once, with its new version") {
  Writing stage;
  stage.answer({replica_set("6")});
  const auto version = stage.patch(kube::PatchType::Merge);
  REQUIRE(version);
  CHECK(*version == "6");
  CHECK(stage.known() == "6");
}

TEST_CASE("writes: a patch that shows the cache to be behind makes it ask") {
  struct Row {
    kube::PatchType type;
    Error error;
    Verbs verbs;
  };

  const auto row = GENERATE(values<Row>({
      {kube::PatchType::Merge, conflict("behind"), {"patch", "get"}},
      {kube::PatchType::Merge, not_found("gone"), {"patch", "get"}},
      {kube::PatchType::Json, invalid("the test failed"), {"patch", "get"}},
      {kube::PatchType::Merge, invalid("no such field"), {"patch"}},
      {kube::PatchType::Json, unavailable("away"), {"patch"}},
      {kube::PatchType::Merge, timeout("no answer"), {"patch"}},
  }));
  Writing stage;
  stage.cache.learn(replica_set("5"));
  stage.answer({fail(row.error), replica_set("7")});
  const auto patched = stage.patch(row.type);
  REQUIRE_FALSE(patched);
  CHECK(patched.error().code == row.error.code);
  CHECK(stage.verbs() == row.verbs);
  CHECK(stage.known() == (row.verbs.size() == 2 ? "7" : "5"));
}

TEST_CASE("writes: what is gone is as good as removed") {
  Writing stage;
  stage.cache.learn(replica_set("5"));
  SECTION("removed") {
    stage.answer({replica_set("6")});
  }
  SECTION("gone before") {
    stage.answer({fail(not_found("gone"))});
  }
  CHECK(stage.run(stage.writer.remove(stage.cache, kSet, "uid-1")));
  CHECK(stage.known().empty());
}

TEST_CASE("writes: what could not be removed is asked for where another one has its name") {
  Writing stage;
  stage.cache.learn(replica_set("5"));
  stage.answer({fail(conflict("another uid")), replica_set("7")});
  const auto removed = stage.run(stage.writer.remove(stage.cache, kSet, "uid-2"));
  REQUIRE_FALSE(removed);
  CHECK(removed.error().code == ErrorCode::Conflict);
  CHECK(stage.known() == "7");
}

}  // namespace sluice::controller
