#include "local/api/api_server.h"

#include "local/store/database.h"
#include "net/event_loop.h"
#include "tests/fakes/fake_clock.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace sluice;
using namespace sluice::local;

namespace {

constexpr const char* kConfigMaps = "/api/v1/namespaces/default/configmaps";

/// Keeps what it is told, and fails after `writes_max` chunks as if the peer had gone.
class RecordingResponder final : public net::Responder {
 public:
  explicit RecordingResponder(size_t writes_max = 0) : writes_max_(writes_max) {}

  net::Awaitable<Result<void>> send(net::HttpResponse response) override {
    answer = std::move(response);
    co_return Result<void>{};
  }

  net::Awaitable<Result<void>> start(net::HttpResponse head) override {
    answer = std::move(head);
    co_return Result<void>{};
  }

  net::Awaitable<Result<void>> write(std::string chunk) override {
    answer.body += chunk;
    if (++writes_ >= writes_max_) co_return fail(unavailable("the peer has gone"));
    co_return Result<void>{};
  }

  net::HttpResponse answer;

 private:
  size_t writes_max_;
  size_t writes_ = 0;
};

class EchoHandler final : public net::HttpHandler {
 public:
  net::Awaitable<void> handle(net::ServerRequest request, net::Responder& responder) override {
    net::HttpResponse response;
    response.status = 200;
    response.body = request.path;
    co_await responder.send(std::move(response));
  }
};

net::Awaitable<int> run_handler(net::HttpHandler& handler, net::ServerRequest request,
                                net::Responder& responder) {
  co_await handler.handle(std::move(request), responder);
  co_return 0;
}

class Cluster {
 public:
  Cluster()
      : registry_(*Registry::open(*Database::open(":memory:"), clock_)),
        server_(*registry_, clock_, nullptr, {"secret"}) {
    server_.mount("/extra", echo_);
  }

  net::HttpResponse ask(std::string method, std::string path, std::string query = "",
                        std::string body = "", net::Headers headers = {}) {
    headers.add("Authorization", "Bearer secret");
    return send({std::move(method),
                 std::move(path),
                 std::move(query),
                 std::move(headers),
                 std::move(body),
                 "",
                 "",
                 {}});
  }

  net::HttpResponse send(net::ServerRequest request) {
    RecordingResponder responder(1);
    loop_.run(run_handler(server_, std::move(request), responder));
    return responder.answer;
  }

  void advance(Duration duration) { clock_.advance(duration); }

  void create_config_map(const std::string& name) {
    const auto made = ask("POST", kConfigMaps, "", R"({"metadata":{"name":")" + name + R"("}})");
    REQUIRE(made.status == 201);
  }

 private:
  net::EventLoop loop_;
  FakeClock clock_;
  std::unique_ptr<Registry> registry_;
  ApiServer server_;
  EchoHandler echo_;
};

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> lines;
  size_t start = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
    lines.push_back(Json::parse(text.substr(start, end - start)));
    start = end + 1;
  }
  return lines;
}

}  // namespace

TEST_CASE("strangers see that the server lives, and nothing else") {
  Cluster cluster;
  CHECK(cluster.send({"GET", "/readyz", "", {}, "", "", "", {}}).body == "ok");
  CHECK(cluster.send({"GET", "/api/v1/pods", "", {}, "", "", "", {}}).status == 403);
  CHECK(cluster.send({"GET", "/extra", "", {}, "", "", "", {}}).status == 403);
  const net::Headers wrong{{"Authorization", "Bearer wrong"}};
  CHECK(cluster.send({"GET", "/readyz", "", wrong, "", "", "", {}}).status == 401);
}

TEST_CASE("mounted paths are served beside the API") {
  Cluster cluster;
  CHECK(cluster.ask("GET", "/extra").body == "/extra");
  CHECK(cluster.ask("GET", "/extra/more").status == 404);
}

TEST_CASE("paths that mean nothing are told apart from types that are not there") {
  Cluster cluster;
  CHECK(cluster.ask("GET", "/nope").body == "404 page not found\n");
  CHECK(cluster.ask("GET", "/apis/nope/v1/things").body == "404 page not found\n");
  CHECK(Json::parse(cluster.ask("GET", "/api/v1/things").body)["reason"] == "NotFound");
  CHECK(cluster.ask("GET", "/api/v1/pods/p").status == 404);
  CHECK(cluster.ask("GET", "/api/v1/namespaces/n/namespaces/x").status == 404);
  CHECK(cluster.ask("POST", "/api/v1/configmaps", "", "{}").status == 405);
  CHECK(cluster.ask("PUT", kConfigMaps, "", "{}").status == 405);
  CHECK(cluster.ask("DELETE", "/api/v1/namespaces/default/status").status == 405);
}

TEST_CASE("the log of a pod that is not there, or that nothing runs, is an error") {
  Cluster cluster;
  const char* pods = "/api/v1/namespaces/default/pods";
  const auto missing = cluster.ask("GET", std::string(pods) + "/nope/log");
  CHECK(missing.status == 404);
  CHECK(Json::parse(missing.body)["message"] == "pods \"nope\" not found");
  const char* pod =
      R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"shop:v1"}]}})";
  REQUIRE(cluster.ask("POST", pods, "", pod).status == 201);
  CHECK(cluster.ask("GET", std::string(pods) + "/p/log").status == 400);
}

TEST_CASE("openapi answers what kubectl needs") {
  Cluster cluster;
  const auto v2 = cluster.ask("GET", "/openapi/v2");
  CHECK(v2.status == 200);
  CHECK(v2.body.empty());
  CHECK(v2.headers.get("Content-Type") ==
        "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
  CHECK(Json::parse(cluster.ask("GET", "/openapi/v3").body)["paths"].contains("api/v1"));
  const auto core = cluster.ask("GET", "/openapi/v3/api/v1", "hash=1");
  CHECK(Json::parse(core.body)["components"]["schemas"].contains("io.k8s.api.core.v1.Pod"));
  CHECK(cluster.ask("GET", "/openapi/v3/apis/nope/v1").status == 404);
}

TEST_CASE("discovery is plain, also for those who would rather have it all at once") {
  Cluster cluster;
  CHECK(Json::parse(cluster.ask("GET", "/apis").body)["kind"] == "APIGroupList");
  const std::string aggregated =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const auto either =
      cluster.ask("GET", "/apis", "", "", {{"Accept", aggregated + ",application/json"}});
  CHECK(either.headers.get("Content-Type") == "application/json");
  CHECK(cluster.ask("GET", "/apis", "", "", {{"Accept", aggregated}}).status == 406);
}

TEST_CASE("a watch begins with what is there") {
  Cluster cluster;
  cluster.create_config_map("a");
  cluster.create_config_map("b");
  const auto answer = cluster.ask("GET", kConfigMaps, "watch=1");
  CHECK(answer.status == 200);
  const auto events = lines_of(answer.body);
  REQUIRE(events.size() == 2);
  CHECK(events[0]["type"] == "ADDED");
  CHECK(events[0]["object"]["metadata"]["name"] == "a");
  CHECK(events[1]["object"]["kind"] == "ConfigMap");
}

TEST_CASE("a watch of tables names the columns once") {
  Cluster cluster;
  cluster.create_config_map("a");
  cluster.create_config_map("b");
  const net::Headers table{{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}};
  const auto events = lines_of(cluster.ask("GET", kConfigMaps, "watch=1", "", table).body);
  REQUIRE(events.size() == 2);
  CHECK(events[0]["object"]["columnDefinitions"].size() == 3);
  CHECK(events[1]["object"]["columnDefinitions"].empty());
  CHECK(events[1]["object"]["rows"][0]["cells"][0] == "b");
}

TEST_CASE("a watch from forgotten history is an ERROR event with 410") {
  Cluster cluster;
  cluster.create_config_map("old");
  cluster.advance(2 * kHistoryAgeMax);
  constexpr int kWritesUntilTrimmed = 64;
  for (int i = 0; i < kWritesUntilTrimmed; ++i)
    cluster.create_config_map("new" + std::to_string(i));
  const auto answer = cluster.ask("GET", kConfigMaps, "watch=1&resourceVersion=1");
  CHECK(answer.status == 200);
  const auto events = lines_of(answer.body);
  REQUIRE(events.size() == 1);
  CHECK(events[0]["type"] == "ERROR");
  CHECK(events[0]["object"]["code"] == 410);
  CHECK(events[0]["object"]["reason"] == "Expired");
}

TEST_CASE("clients that want the state as events are sent back to lists") {
  Cluster cluster;
  const auto answer =
      cluster.ask("GET", kConfigMaps,
                  "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
                  "allowWatchBookmarks=true");
  CHECK(answer.status == 422);
  CHECK(Json::parse(answer.body)["details"]["causes"][0]["field"] == "sendInitialEvents");
}

TEST_CASE("the warnings of an answer are few enough for every client") {
  Cluster cluster;
  Json object = {{"metadata", {{"name", "c"}}}};
  for (int field = 0; field < 1000; ++field) object["unknown" + std::to_string(field)] = 1;
  const auto answer = cluster.ask("POST", kConfigMaps, "", object.dump());
  CHECK(answer.status == 201);
  const auto warnings = std::ranges::count_if(
      answer.headers, [](const auto& header) { return header.name == "Warning"; });
  CHECK(warnings == 64);
}

TEST_CASE("bodies may be YAML, one document of it") {
  Cluster cluster;
  const net::Headers yaml{{"Content-Type", "application/yaml"}};
  CHECK(cluster.ask("POST", kConfigMaps, "", "metadata: {name: yaml}\n", yaml).status == 201);
  CHECK(cluster.ask("POST", kConfigMaps, "", "a: 1\n---\nb: 2\n", yaml).status == 400);
  CHECK(cluster.ask("POST", kConfigMaps, "", "a: [\n", yaml).status == 400);
  std::string list = "a: [";
  for (int i = 0; i < 20'000; ++i) list += "1,";
  CHECK(cluster.ask("POST", kConfigMaps, "", list + "]", yaml).status == 413);
  std::string bomb = "a: &a [" + list.substr(4, 2'000) + "]\nb: [";
  for (int i = 0; i < 2'000; ++i) bomb += "*a,";
  CHECK(cluster.ask("POST", kConfigMaps, "", bomb + "]", yaml).status == 400);
}

TEST_CASE("what would take the event loop long to read is refused") {
  Cluster cluster;
  std::string body = R"({"metadata":{"name":"many"},"data":{)";
  for (int i = 0; i < 20'000; ++i) body += "\"" + std::to_string(i) + R"(":"x",)";
  body += R"("last":"x"}})";
  const std::string many = std::string(kConfigMaps) + "/many";
  CHECK(cluster.ask("POST", kConfigMaps, "", body).status == 413);
  REQUIRE(cluster.ask("POST", kConfigMaps, "", R"({"metadata":{"name":"many"}})").status == 201);
  const net::Headers merge{{"Content-Type", "application/merge-patch+json"}};
  CHECK(cluster.ask("PATCH", many, "", body, merge).status == 413);
  CHECK(cluster.ask("DELETE", many, "", body).status == 413);
  // Nor does it come in parts.
  for (const char* first : {"a", "b", "c"}) {
    Json part;
    for (int i = 0; i < 7'000; ++i) part["data"][first + std::to_string(i)] = "x";
    const int wanted = *first == 'c' ? 413 : 200;
    CHECK(cluster.ask("PATCH", many, "", part.dump(), merge).status == wanted);
  }
}

TEST_CASE("server-side apply is refused with what is possible instead") {
  Cluster cluster;
  const auto answer = cluster.ask("PATCH", std::string(kConfigMaps) + "/a", "fieldManager=x", "{}",
                                  {{"Content-Type", "application/apply-patch+yaml"}});
  CHECK(answer.status == 415);
  CHECK_THAT(answer.body, Catch::Contains("application/merge-patch+json"));
}
