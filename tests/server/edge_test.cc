// The edge over a cluster in memory: who is let in, what is refused without a trace, and what a
// repeat is answered.

#include "server/edge.h"

#include "base/digest.h"
#include "tests/controller/controller_world.h"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <exception>

namespace sluice::server {
namespace {

constexpr const char* kSecret = "it is a secret";
constexpr const char* kReleasePath = "/v1/rollouts/default/shop/release";

class FakeResponder : public net::Responder {
 public:
  net::Awaitable<Result<void>> send(net::HttpResponse response) override {
    answer = std::move(response);
    co_return Result<void>{};
  }

  net::Awaitable<Result<void>> start(net::HttpResponse) override {
    co_return fail(internal("not streamed"));
  }

  net::Awaitable<Result<void>> write(std::string) override {
    co_return fail(internal("not streamed"));
  }

  std::optional<net::HttpResponse> answer;
};

struct EdgeWorld {
  EdgeWorld() {
    world.deploy_shop(
        2, Json::array({controller::test::weight_step(20), controller::test::pause_step()}));
    restart_edge();
  }

  void restart_edge() {
    secrets = Result<Credentials>(Credentials{.hmac_secrets = {kSecret}});
    edge = std::make_unique<Edge>(*world.store, world.clock, *world.controller(), secrets);
  }

  net::HttpResponse send(net::ServerRequest request) {
    FakeResponder responder;
    boost::asio::co_spawn(world.context, edge->handle(std::move(request), responder),
                          [](const std::exception_ptr& error) {
                            if (error) std::rethrow_exception(error);
                          });
    world.clock.settle();
    REQUIRE(responder.answer);
    return *responder.answer;
  }

  net::HttpResponse get(const std::string& path, const std::string& query = "") {
    net::ServerRequest request{.method = "GET", .path = path, .query = query};
    request.headers.add("X-Hub-Signature-256", "sha256=" + to_hex(hmac_sha256(kSecret, path)));
    return send(std::move(request));
  }

  net::HttpResponse post(const std::string& body, const std::string& path = kReleasePath,
                         const std::string& secret = kSecret) {
    net::ServerRequest request{.method = "POST", .path = path};
    request.headers.add("X-Hub-Signature-256", "sha256=" + to_hex(hmac_sha256(secret, body)));
    request.body = body;
    return send(std::move(request));
  }

  std::string body(const std::string& id, const std::string& image, Duration age = {}) const {
    return dump_json({{"id", id},
                      {"issuedAt", format_time(world.clock.system_now() - age)},
                      {"images", {{"shop", image}}}});
  }

  std::string version() const { return string_at(world.rollout(), "metadata.resourceVersion"); }

  KnownSecrets secrets;
  controller::test::ControllerWorld world;
  std::unique_ptr<Edge> edge;
};

TEST_CASE("a signed request starts a release that can be followed", "[edge]") {
  EdgeWorld edge;
  const auto accepted = edge.post(edge.body("build-7", "shop:v2"));
  REQUIRE(accepted.status == 201);
  const Json answer = *parse_json(accepted.body);
  CHECK(answer["changed"] == true);
  CHECK(answer["follow"] == "/v1/rollouts/default/shop?release=build-7");
  REQUIRE(edge.world.run_until_phase("Paused"));
  const auto followed = edge.get("/v1/rollouts/default/shop", "release=build-7");
  REQUIRE(followed.status == 200);
  const Json state = *parse_json(followed.body);
  CHECK(state["state"] == "progressing");
  CHECK(state["canaryWeight"] == 20);
  edge.world.promote();
  REQUIRE(edge.world.run_until_phase("Healthy"));
  CHECK(parse_json(edge.get("/v1/rollouts/default/shop", "release=build-7").body)->at("state") ==
        "promoted");
  CHECK(edge.get("/v1/rollouts/default/shop", "release=other").status == 404);
}

TEST_CASE("a weight that no route is known to have is not told", "[edge]") {
  EdgeWorld edge;
  REQUIRE(edge.post(edge.body("build-7", "shop:v2")).status == 201);
  REQUIRE(edge.world.run_until_phase("Paused"));
  edge.world.remove("HTTPRoute", "shop");
  edge.world.clock.advance(std::chrono::seconds(30));
  CHECK(parse_json(edge.get("/v1/rollouts/default/shop", "").body)->at("canaryWeight").is_null());
}

TEST_CASE("an id of any signs can be followed", "[edge]") {
  EdgeWorld edge;
  const std::string id = "a&b=c#d+e%41?/f";
  const auto accepted = edge.post(edge.body(id, "shop:v2"));
  REQUIRE(accepted.status == 201);
  const std::string follow = parse_json(accepted.body)->at("follow");
  const size_t mark = follow.find('?');
  const auto followed = edge.get(follow.substr(0, mark), follow.substr(mark + 1));
  REQUIRE(followed.status == 200);
  CHECK(parse_json(followed.body)->at("release").at("id") == id);
}

TEST_CASE("what is refused changes nothing", "[edge]") {
  EdgeWorld edge;
  const std::string version = edge.version();
  const std::string good = edge.body("1", "shop:v2");
  const Duration old = verbs::kReleaseWindow + std::chrono::seconds(1);
  CHECK(edge.post(good, kReleasePath, "another secret").status == 401);
  net::ServerRequest unsigned_request{.method = "POST", .path = kReleasePath, .body = good};
  CHECK(edge.send(std::move(unsigned_request)).status == 401);
  CHECK(edge.post(edge.body("1", "shop:v2", old)).status == 400);
  CHECK(edge.post(edge.body("1", "shop:v2", -old)).status == 400);
  CHECK(edge.post(good.substr(0, good.size() / 2)).status == 400);
  CHECK(edge.post(std::string(verbs::kReleaseBodyMax + 1, ' ')).status == 413);
  CHECK(edge.post(good, "/v1/rollouts/default/cart/release").status == 404);
  CHECK(edge.post(good, "/v1/rollouts/default/shop").status == 404);
  CHECK(edge.post(edge.body("1", "shop:\n")).status == 400);
  CHECK(edge.post(dump_json({{"id", "1"},
                             {"issuedAt", format_time(edge.world.clock.system_now())},
                             {"images", {{"cart", "cart:v2"}}}}))
            .status == 400);
  CHECK(edge.version() == version);
}

TEST_CASE("a body that names its rollout is of no use for another", "[edge]") {
  EdgeWorld edge;
  const std::string version = edge.version();
  Json body = *parse_json(edge.body("1", "shop:v2"));
  body["rollout"] = "staging/shop";
  const auto refused = edge.post(dump_json(body));
  CHECK(refused.status == 400);
  CHECK(refused.body.find("staging/shop") != std::string::npos);
  CHECK(edge.version() == version);
  body["rollout"] = "default/shop";
  CHECK(edge.post(dump_json(body)).status == 201);
}

TEST_CASE("a repeat is answered with the first outcome, also by the next process", "[edge]") {
  EdgeWorld edge;
  const std::string body = edge.body("build-7", "shop:v2");
  const auto first = edge.post(body);
  REQUIRE(first.status == 201);
  edge.world.tick(5);
  const std::string version = edge.version();
  const auto repeat = edge.post(body);
  CHECK(repeat.status == 200);
  CHECK(repeat.body == first.body);
  // Hours later, after a restart, with a later release in between: still the same, and no return.
  edge.post(edge.body("build-8", "shop:v3"));
  edge.world.tick(2 * static_cast<int>(verbs::kReleaseWindow / std::chrono::seconds(1)));
  edge.world.restart_controller();
  edge.restart_edge();
  const auto late = edge.post(body);
  CHECK(late.status == 200);
  CHECK(late.body == first.body);
  CHECK(edge.world.rollout()["spec"]["template"]["spec"]["containers"][0]["image"] == "shop:v3");
  CHECK(edge.version() != version);
}

TEST_CASE("an aborted release is started again where that is asked for, and only there", "[edge]") {
  EdgeWorld edge;
  REQUIRE(edge.post(edge.body("build-7", "shop:v2")).status == 201);
  REQUIRE(edge.world.run_until_phase("Paused"));
  edge.world.abort();
  REQUIRE(edge.world.run_until_phase("Degraded"));
  const auto refused = edge.post(edge.body("build-8", "shop:v2"));
  CHECK(refused.status == 409);
  CHECK(refused.body.find("retry") != std::string::npos);
  Json again = *parse_json(edge.body("build-8", "shop:v2"));
  again["retry"] = true;
  const auto accepted = edge.post(dump_json(again));
  REQUIRE(accepted.status == 201);
  CHECK(parse_json(accepted.body)->at("retried") == true);
  CHECK(parse_json(accepted.body)->at("changed") == false);
  const auto state = [&](const char* release) {
    return parse_json(edge.get("/v1/rollouts/default/shop", release).body)->at("state");
  };
  CHECK(state("release=build-8") == "progressing");
  REQUIRE(edge.world.run_until_phase("Paused"));
  CHECK(edge.post(dump_json(again)).body == accepted.body);
  CHECK(state("release=build-8") == "progressing");
}

TEST_CASE("a release that meets another write is tried again", "[edge]") {
  EdgeWorld edge;
  edge.world.store->set_rates({.conflict = 100});
  CHECK(edge.post(edge.body("1", "shop:v2")).status == 409);
  edge.world.store->set_rates({.fail_before = 100});
  CHECK(edge.post(edge.body("1", "shop:v2")).status == 503);
  edge.world.store->set_rates({});
  CHECK(edge.post(edge.body("1", "shop:v2")).status == 201);
}

TEST_CASE("a release whose answer got lost is found by its repeat", "[edge]") {
  EdgeWorld edge;
  const std::string body = edge.body("1", "shop:v2");
  edge.world.store->die_at_write(edge.world.store->writes() + 1);
  net::ServerRequest request{.method = "POST", .path = kReleasePath};
  request.headers.add("X-Hub-Signature-256", "sha256=" + to_hex(hmac_sha256(kSecret, body)));
  request.body = body;
  auto responder = std::make_unique<FakeResponder>();
  boost::asio::co_spawn(edge.world.context, edge.edge->handle(std::move(request), *responder),
                        [](const std::exception_ptr&) {});
  edge.world.clock.settle();
  CHECK_FALSE(responder->answer);
  const std::unique_ptr<Edge> dead = std::move(edge.edge);
  edge.world.restart_controller();
  edge.restart_edge();
  CHECK(edge.post(body).status == 200);
}

TEST_CASE("the reasons hold what the status waits for", "[edge]") {
  EdgeWorld edge;
  const auto waits = [&edge] {
    const auto answer = edge.send({.method = "GET", .path = "/debug/rollouts/default/shop"});
    return parse_json(answer.body)->at("waitingFor");
  };
  CHECK(waits() == Json::array());
  REQUIRE(edge.post(edge.body("1", "shop:v2")).status == 201);
  REQUIRE(edge.world.run_until_phase("Paused"));
  const Json paused = waits();
  REQUIRE(paused.size() == 1);
  CHECK(paused[0]["reason"] == "WaitingForPromotion");
  CHECK(paused[0]["message"] == "until somebody promotes");
  CHECK(paused == edge.world.rollout()["status"]["waitingFor"]);
  edge.world.promote();
  REQUIRE(edge.world.run_until_phase("Healthy"));
  edge.world.tick(60);
  CHECK(waits() == Json::array());
}

TEST_CASE("health, readiness, metrics and reasons need no secret", "[edge]") {
  EdgeWorld edge;
  const auto ask = [&edge](const char* path) { return edge.send({.method = "GET", .path = path}); };
  CHECK(ask("/healthz").status == 200);
  CHECK(ask("/readyz").status == 200);
  const net::HttpResponse kinds =
      edge.send({.method = "GET", .path = "/readyz", .query = "verbose"});
  CHECK(kinds.status == 200);
  CHECK(kinds.body.find("[+] rollouts: ok") != std::string::npos);
  CHECK(kinds.body.find("[+] httproutes: ok") != std::string::npos);
  CHECK(ask("/metrics").body.find("rollout_info") != std::string::npos);
  const auto reasons = ask("/debug/rollouts/default/shop");
  CHECK(reasons.status == 200);
  CHECK(parse_json(reasons.body)->at("rollout") == "default/shop");
  CHECK(ask("/nothing").status == 404);
  CHECK(edge.send({.method = "POST", .path = "/healthz"}).status == 405);
  CHECK(edge.send({.method = "HEAD", .path = "/healthz"}).status == 200);
}

}  // namespace
}  // namespace sluice::server
