#include "kube/api_client.h"

#include "tests/fakes/scripted_http_client.h"
#include "tests/kube/kube_stage.h"
#include "tests/kube/scratch_folder.h"

#include <string>
#include <vector>

namespace sluice::kube {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

const Resource kPods = *find_resource("", "Pod");
const Resource kRollouts = *find_resource("argoproj.io", "Rollout");

struct Talk : Stage {
  ScriptedHttpClient* http = nullptr;
  std::unique_ptr<ApiClient> client;

  explicit Talk(Login login = {.server = "https://api:6443/"}) {
    auto scripted = std::make_unique<ScriptedHttpClient>();
    http = scripted.get();
    client = std::make_unique<ApiClient>(std::move(scripted), std::move(login), clock);
  }

  const net::HttpRequest& last() const { return http->requests().back(); }
};

std::string rollout_text() {
  return R"({"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout",
             "metadata":{"name":"shop","namespace":"web","resourceVersion":"7"}})";
}

std::string status_text(int code, const std::string& reason, const std::string& message) {
  return Json{{"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", message}}.dump();
}

TEST_CASE("get asks for the object by its path", "[api_client]") {
  Talk talk({.server = "https://api:6443/", .token = "secret"});
  talk.http->answer(200, rollout_text());
  const auto object = talk.run(talk.client->get(kRollouts, {"web", "shop"}));
  REQUIRE(object.has_value());
  CHECK(object->meta.resource_version == "7");
  CHECK(talk.last().method == "GET");
  CHECK(talk.last().url ==
        "https://api:6443/apis/argoproj.io/v1alpha1/namespaces/web/rollouts/shop");
  CHECK(talk.last().headers.get("Authorization") == "Bearer secret");
}

TEST_CASE("whom to act as, and how long to wait, is said with each request", "[api_client]") {
  Talk talk({.server = "https://api:6443/", .impersonate = "ann", .request_timeout = 2s});
  talk.http->answer(200, rollout_text());
  talk.run(talk.client->get(kRollouts, {"web", "shop"}));
  CHECK(talk.last().headers.get("Impersonate-User") == "ann");
  CHECK(talk.last().deadline == 2s);
}

TEST_CASE("names are percent-encoded, missing ones never sent", "[api_client]") {
  Talk talk;
  talk.http->answer(200, rollout_text());
  talk.run(talk.client->get(kPods, {"a b", "c/../d"}));
  CHECK(talk.last().url == "https://api:6443/api/v1/namespaces/a%20b/pods/c%2F..%2Fd");
  CHECK(talk.run(talk.client->get(kPods, {"web", ""})).error().code == ErrorCode::Invalid);
  CHECK(talk.run(talk.client->get(kPods, {"", "shop"})).error().code == ErrorCode::Invalid);
  CHECK(talk.http->requests().size() == 1);
}

TEST_CASE("a list names the kind of its items and its place to go on", "[api_client]") {
  Talk talk;
  talk.http->answer(200, R"({"kind":"PodList","apiVersion":"v1",
    "metadata":{"resourceVersion":"9","continue":"more"},
    "items":[{"metadata":{"name":"a","namespace":"web"}}]})");
  const auto list = talk.run(talk.client->list(
      kPods, {.namespace_ = "", .label_selector = "a=b,c", .limit = 5, .continue_token = "x"}));
  REQUIRE(list.has_value());
  CHECK(list->resource_version == "9");
  CHECK(list->continue_token == "more");
  REQUIRE(list->items.size() == 1);
  CHECK(list->items[0].gvk == kPods.gvk);
  CHECK(talk.last().url ==
        "https://api:6443/api/v1/pods?labelSelector=a%3Db%2Cc&limit=5&continue=x");
}

TEST_CASE("what is no list does not pass for an empty one", "[api_client]") {
  for (const char* answer :
       {"{}", R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure"})",
        R"({"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]})"}) {
    INFO(answer);
    Talk talk;
    talk.http->answer(200, answer);
    CHECK(talk.run(talk.client->list(kPods, {})).error().code == ErrorCode::Unavailable);
  }
}

TEST_CASE("one object that cannot be read does not hide the others", "[api_client]") {
  const std::string deep = std::string(5'000, '[') + std::string(5'000, ']');
  for (const std::string& unreadable : {R"({"metadata":{"name":"b"},"spec":)" + deep + "}",
                                        std::string(R"({"metadata":{"name":"b","labels":[]}})")}) {
    Talk talk;
    talk.http->answer(200, R"({"kind":"PodList","apiVersion":"v1",
      "metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"a"}},)" +
                               unreadable + R"(,{"metadata":{"name":"c"}}]})");
    const auto list = talk.run(talk.client->list(kPods, {}));
    REQUIRE(list.has_value());
    CHECK(list->items.size() == 2);
  }
}

TEST_CASE("an answer of another kind is an error", "[api_client]") {
  Talk talk;
  talk.http->answer(200, status_text(500, "InternalError", "a proxy's mistake"));
  const auto answer = talk.run(talk.client->get(kRollouts, {"web", "shop"}));
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == ErrorCode::Unavailable);
  CHECK_THAT(answer.error().message, Contains("a proxy's mistake"));
}

TEST_CASE("patches carry their type, subresource and preconditions", "[api_client]") {
  Talk talk;
  talk.http->answer(200, rollout_text());
  talk.run(talk.client->patch(
      kRollouts, {"web", "shop"}, PatchType::Merge, R"({"status":{"phase":"Healthy"}})",
      {.subresource = Subresource::Status, .resource_version = "7", .uid = "u"}));
  CHECK(talk.last().method == "PATCH");
  CHECK_THAT(talk.last().url, Contains("/rollouts/shop/status?fieldManager=sluice"));
  CHECK(talk.last().headers.get("Content-Type") == "application/merge-patch+json");
  CHECK(Json::parse(talk.last().body) ==
        Json::parse(
            R"({"metadata":{"resourceVersion":"7","uid":"u"},"status":{"phase":"Healthy"}})"));

  talk.http->answer(200, rollout_text());
  talk.run(talk.client->patch(kRollouts, {"web", "shop"}, PatchType::Json,
                              R"([{"op":"remove","path":"/a"}])", {.resource_version = "7"}));
  CHECK(talk.last().headers.get("Content-Type") == "application/json-patch+json");
  const Json operations = Json::parse(talk.last().body);
  REQUIRE(operations.size() == 2);
  CHECK(operations[0] ==
        Json{{"op", "add"}, {"path", "/metadata/resourceVersion"}, {"value", "7"}});
}

TEST_CASE("delete says how, and on what condition", "[api_client]") {
  Talk talk;
  talk.http->answer(200, R"({"kind":"Status","status":"Success"})");
  const auto removed = talk.run(talk.client->remove(
      kPods, {"web", "a"},
      {.propagation = Propagation::Foreground, .uid = "u", .grace_period_seconds = 0}));
  CHECK(removed.has_value());
  CHECK(talk.last().method == "DELETE");
  const Json body = Json::parse(talk.last().body);
  CHECK(body["propagationPolicy"] == "Foreground");
  CHECK(body["gracePeriodSeconds"] == 0);
  CHECK(body["preconditions"] == Json{{"uid", "u"}});
}

TEST_CASE("a pod is evicted by its subresource, on the same conditions", "[api_client]") {
  Talk talk;
  talk.http->answer(201, R"({"kind":"Status","status":"Success"})");
  CHECK(talk.run(talk.client->remove(kPods, {"web", "a"}, {.uid = "u", .evict = true})));
  CHECK(talk.last().method == "POST");
  CHECK(talk.last().url.ends_with("/api/v1/namespaces/web/pods/a/eviction"));
  const Json body = Json::parse(talk.last().body);
  CHECK(body["kind"] == "Eviction");
  CHECK(body["metadata"] == Json{{"name", "a"}, {"namespace", "web"}});
  CHECK(body["deleteOptions"]["preconditions"] == Json{{"uid", "u"}});
}

TEST_CASE("a budget's refusal of an eviction is no overloaded server", "[api_client]") {
  const auto evict = [](const char* status) {
    Talk talk;
    talk.http->answer(429, status);
    const auto kept = talk.run(talk.client->remove(kPods, {"web", "a"}, {.evict = true}));
    REQUIRE_FALSE(kept);
    return kept.error();
  };
  CHECK(evict(R"({"kind":"Status","reason":"TooManyRequests","message":"Cannot evict pod.",
                  "details":{"causes":[{"reason":"DisruptionBudget",
                                        "message":"The budget shop needs 2 pods"}]}})") ==
        forbidden("Cannot evict pod. The budget shop needs 2 pods"));
  CHECK(evict(R"({"kind":"Status","reason":"TooManyRequests","message":"Try again later"})") ==
        unavailable("Try again later"));
}

TEST_CASE("refusals become errors that keep the server's message", "[api_client]") {
  struct Row {
    int status;
    const char* reason;
    ErrorCode code;
  };

  const Row rows[] = {
      {400, "BadRequest", ErrorCode::Invalid},
      {401, "Unauthorized", ErrorCode::Forbidden},
      {403, "Forbidden", ErrorCode::Forbidden},
      {404, "NotFound", ErrorCode::NotFound},
      {409, "AlreadyExists", ErrorCode::AlreadyExists},
      {409, "Conflict", ErrorCode::Conflict},
      {410, "Expired", ErrorCode::Expired},
      {422, "Invalid", ErrorCode::Invalid},
      {429, "TooManyRequests", ErrorCode::Unavailable},
      {500, "InternalError", ErrorCode::Unavailable},
      {503, "ServiceUnavailable", ErrorCode::Unavailable},
      {504, "Timeout", ErrorCode::Timeout},
  };
  for (const Row& row : rows) {
    INFO(row.status << " " << row.reason);
    Talk talk;
    talk.http->answer(row.status, status_text(row.status, row.reason, "the message"));
    const auto answer = talk.run(talk.client->create(kPods, "web", "{}"));
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error() == Error{row.code, "the message"});
  }
  Talk talk;
  talk.http->answer(502, "<html>bad gateway</html>");
  const auto answer = talk.run(talk.client->get(kPods, {"web", "a"}));
  CHECK(answer.error() == unavailable("HTTP 502: <html>bad gateway</html>"));
}

TEST_CASE("a log is cut to its end", "[api_client]") {
  Talk talk;
  talk.http->answer(200, "first\nlast\n");
  const auto text = talk.run(talk.client->pod_log({"web", "a"}, "main", 5));
  CHECK(text.value() == "last\n");
  CHECK_THAT(talk.last().url, Contains("/pods/a/log?container=main&tailLines="));
}

/// Opens a watch and reads events until one fails.
Awaitable<std::vector<Result<WatchEvent>>> read_watch(ApiClient& client) {
  std::vector<Result<WatchEvent>> events;
  const Resource resource = kRollouts;
  WatchOptions options;
  options.namespace_ = "web";
  options.resource_version = "5";
  auto watch = co_await client.watch(resource, options);
  if (!watch) {
    events.emplace_back(fail(watch.error()));
    co_return events;
  }
  while (events.empty() || events.back()) {
    auto event = co_await (*watch)->next();
    events.push_back(std::move(event));
  }
  co_return events;
}

TEST_CASE("a watch's lines come in any pieces", "[api_client]") {
  Talk talk;
  const std::string added =
      Json{{"type", "ADDED"}, {"object", Json::parse(rollout_text())}}.dump() + "\n";
  const std::string bookmark =
      R"({"type":"BOOKMARK","object":{"kind":"Rollout","metadata":{"resourceVersion":"12"}}})"
      "\n";
  talk.http->answer_stream(200,
                           {added.substr(0, 20), added.substr(20) + bookmark + added, "{\"ty"});
  const auto events = talk.run(read_watch(*talk.client));
  REQUIRE(events.size() == 4);
  CHECK(events[0].value().type == WatchEventType::Added);
  CHECK(events[0].value().object.meta.name == "shop");
  CHECK(events[1].value().type == WatchEventType::Bookmark);
  CHECK(events[1].value().object.meta.resource_version == "12");
  CHECK(events[2].value().type == WatchEventType::Added);
  CHECK(events[3].error().code == ErrorCode::Unavailable);
  CHECK_THAT(talk.last().url,
             Contains("watch=true&allowWatchBookmarks=true") && Contains("resourceVersion=5"));
}

TEST_CASE("a watch tells that its history is gone, early or late", "[api_client]") {
  Talk talk;
  talk.http->answer_stream(
      200, {Json{{"type", "ERROR"}, {"object", Json::parse(status_text(410, "Expired", "too old"))}}
                .dump() +
            "\n"});
  CHECK(talk.run(read_watch(*talk.client)).at(0).error() == Error{ErrorCode::Expired, "too old"});
  talk.http->answer(410, status_text(410, "Expired", "too old"));
  CHECK(talk.run(read_watch(*talk.client)).at(0).error() == Error{ErrorCode::Expired, "too old"});
}

TEST_CASE("a version that the server has not reached is of no more use", "[api_client]") {
  Json status = Json::parse(status_text(504, "Timeout", "Too large resource version: 5"));
  status["details"] = {{"causes", {{{"reason", "ResourceVersionTooLarge"}}}}};
  Talk talk;
  talk.http->answer(504, status.dump());
  CHECK(talk.run(read_watch(*talk.client)).at(0).error() ==
        Error{ErrorCode::Expired, "Too large resource version: 5"});
}

TEST_CASE("an error event ends the watch, whatever it says", "[api_client]") {
  const std::string deep = std::string(5'000, '[') + std::string(5'000, ']');
  const std::string error =
      R"({"type":"ERROR","object":{"kind":"Status","code":400,"message":"no","x":)" + deep + "}}\n";
  const std::string added =
      Json{{"type", "ADDED"}, {"object", Json::parse(rollout_text())}}.dump() + "\n";
  Talk talk;
  talk.http->answer_stream(200, {error + added});
  const auto events = talk.run(read_watch(*talk.client));
  REQUIRE(events.size() == 1);
  CHECK(events[0].error() == invalid("no"));
}

TEST_CASE("an event that cannot be read does not hide the others", "[api_client]") {
  Talk talk;
  const std::string deep = std::string(5'000, '[') + std::string(5'000, ']');
  const std::string unreadable =
      R"({"type":"ADDED","object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"},"spec":)" +
      deep + "}}\n";
  const std::string added =
      Json{{"type", "ADDED"}, {"object", Json::parse(rollout_text())}}.dump() + "\n";
  talk.http->answer_stream(200, {unreadable + added});
  const auto events = talk.run(read_watch(*talk.client));
  REQUIRE(events.size() == 2);
  CHECK(events[0].value().object.meta.name == "shop");
}

TEST_CASE("lines of a watch that make no sense break it", "[api_client]") {
  for (const char* line : {"nonsense\n", "{}\n",
                           R"({"type":"ADDED","object":7})"
                           "\n",
                           R"({"type":"SEEN","object":{"kind":"x"}})"
                           "\n"}) {
    INFO(line);
    Talk talk;
    talk.http->answer_stream(200, {line});
    CHECK(talk.run(read_watch(*talk.client)).at(0).error().code == ErrorCode::Unavailable);
  }
}

Login login_with_file(const std::string& path) {
  return {.server = "https://api", .token_file = path};
}

TEST_CASE("who is not let in asks once more with the token that the file holds now",
          "[api_client]") {
  const ScratchFolder folder;
  const std::string path = folder.write("token", "one");
  Talk talk(login_with_file(path));
  talk.http->answer(200, "ok");
  talk.run(talk.client->get_raw("/version"));
  folder.write("token", "two");
  talk.http->answer(401, status_text(401, "Unauthorized", "no"));
  talk.http->answer(200, rollout_text());
  REQUIRE(talk.run(talk.client->create(kRollouts, "web", rollout_text())));
  REQUIRE(talk.http->requests().size() == 3);
  CHECK(talk.http->requests()[1].headers.get("Authorization") == "Bearer one");
  CHECK(talk.last().headers.get("Authorization") == "Bearer two");
  CHECK(talk.last().method == "POST");
  CHECK(talk.last().body == rollout_text());

  folder.write("token", "three");
  talk.http->answer(401, status_text(401, "Unauthorized", "no"));
  talk.http->answer_stream(200, {});
  CHECK(talk.run(read_watch(*talk.client)).at(0).error().code == ErrorCode::Unavailable);
  CHECK(talk.last().headers.get("Authorization") == "Bearer three");
}

TEST_CASE("who is not let in twice, or has nothing else to show, is told so", "[api_client]") {
  const ScratchFolder folder;
  Talk twice(login_with_file(folder.write("token", "one")));
  for (int i = 0; i < 2; ++i) twice.http->answer(401, status_text(401, "Unauthorized", "no"));
  CHECK(twice.run(twice.client->get_raw("/version")).error() == forbidden("no"));
  CHECK(twice.http->requests().size() == 2);

  Talk fixed({.server = "https://api", .token = "secret"});
  fixed.http->answer(401, status_text(401, "Unauthorized", "no"));
  CHECK(fixed.run(fixed.client->get_raw("/version")).error() == forbidden("no"));
  CHECK(fixed.http->requests().size() == 1);

  Talk nothing(login_with_file(folder.path("absent")));
  CHECK(nothing.run(nothing.client->get_raw("/version")).error().code == ErrorCode::Unavailable);
  CHECK(nothing.http->requests().empty());
}

}  // namespace
}  // namespace sluice::kube
