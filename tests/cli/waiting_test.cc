// Every way to wait, the whole way: from what is wrong in a cluster, over the controller and the
// status in its API, to the lines that `sluice status` prints.

#include "cli/look/lease_words.h"
#include "cli/look/rollout_state.h"
#include "crds/rollout_codec.h"
#include "tests/cli/waiting_ways.h"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <regex>
#include <set>

using namespace sluice;
using namespace sluice::cli::test;
using namespace sluice::controller::test;

namespace {

constexpr int kSoon = 90;  // seconds; data may be missing for a minute before it is told

std::string leases_of(ControllerWorld& world) {
  std::string words;
  boost::asio::co_spawn(
      world.context, cli::ask_leases(*world.api, world.clock.system_now()),
      [&words](const std::exception_ptr&, std::string asked) { words = std::move(asked); });
  world.clock.settle();
  return words;
}

std::string status_of(ControllerWorld& world) {
  const crds::Rollout rollout = crds::decode_rollout(world.rollout()).value;
  std::string text = cli::state_text(rollout, world.clock.system_now());
  if (!cli::leases_matter(rollout, world.clock.system_now())) return text;
  const std::string leases = leases_of(world);
  return leases.empty() ? text : text + "\n  Leases: " + leases;
}

/// The reasons that docs/waiting.md lists, each with what to do about it.
const std::set<std::string>& listed_reasons() {
  static const std::set<std::string> kReasons = [] {
    std::ifstream page(SLUICE_SOURCE_DIR "/docs/waiting.md");
    const std::regex row(R"(^\| `(\w+)` \|.*)");
    std::set<std::string> reasons;
    std::smatch match;
    for (std::string line; std::getline(page, line);)
      if (std::regex_match(line, match, row)) reasons.insert(match[1]);
    return reasons;
  }();
  return kReasons;
}

/// The reasons in what is printed: each begins a line of its own.
std::set<std::string> reasons_in(const std::string& status) {
  static const std::regex kLine(R"(\n  ([A-Z]\w+)( |:))");
  std::set<std::string> reasons;
  for (std::sregex_iterator match(status.begin(), status.end(), kLine), end; match != end; ++match)
    reasons.insert((*match)[1]);
  reasons.erase("Leases");
  return reasons;
}

/// Whether the parts are there, in their order.
bool holds(const std::string& text, const std::vector<std::string>& parts) {
  size_t from = 0;
  for (const std::string& part : parts) {
    const size_t found = text.find(part, from);
    if (found == std::string::npos) return false;
    from = found + part.size();
  }
  return true;
}

/// The reasons that were asked for.
std::set<std::string> check_all(const std::vector<Way>& ways) {
  std::set<std::string> walked;
  for (const Way& way : ways) {
    ControllerWorld world;
    world.deploy_shop(5, way.steps);
    way.arrange(world);
    std::string status;
    const auto is_said = [&] {
      status = status_of(world);
      return holds(status, way.said);
    };
    const bool said = world.run_until(is_said, kSoon);
    INFO(way.name << ":\n" << status << "\n" << world.reasons());
    CHECK(said);
    for (const std::string& reason : reasons_in(status)) {
      CHECK(listed_reasons().contains(reason));
      for (const std::string& part : way.said)
        if (part.find("  " + reason) != std::string::npos) walked.insert(reason);
    }
  }
  return walked;
}

}  // namespace

TEST_CASE("status prints what is waited for, in every way that the page lists") {
  std::set<std::string> walked;
  for (const auto& ways :
       {ways_of_pods(), ways_of_services(), ways_of_restarts(), ways_back(), ways_of_refusals(),
        ways_of_traffic(), ways_of_analyses(), ways_of_verdicts(), ways_of_people(),
        ways_of_controllers(), ways_of_rivals()})
    walked.merge(check_all(ways));
  CHECK(walked == listed_reasons());
}

TEST_CASE("where no controller acts its Lease says who should", "[waiting]") {
  const auto told = [](const Json& spec, const Json& annotations) {
    const Json lease = {
        {"apiVersion", "coordination.k8s.io/v1"},
        {"kind", "Lease"},
        {"metadata",
         {{"name", "sluice-controller"}, {"namespace", "sluice"}, {"annotations", annotations}}},
        {"spec", spec}};
    return cli::lease_words({*kube::make_object(lease)},
                            FakeClock::kStart + std::chrono::seconds(40));
  };
  const Json held = {{"holderIdentity", "pod-7"}, {"renewTime", "2026-01-01T00:00:00.000000Z"}};
  CHECK(cli::lease_words({}, FakeClock::kStart) == "");
  CHECK(told({{"holderIdentity", ""}}, Json::object()) ==
        "sluice/sluice-controller is held by nobody");
  CHECK(told(held, Json::object()) == "sluice/sluice-controller is held by pod-7, renewed 40s ago");
  CHECK(told(held, {{"sluice.dev/standing", "held back: a/b is held by argo"}}) ==
        "held back: a/b is held by argo (sluice/sluice-controller)");
}

TEST_CASE("a trouble is told once as an event, and once more only after all was well") {
  ControllerWorld world;
  world.deploy_shop(5, steps_with(pause_step()));
  const auto told = [&world] {
    return std::count(world.events.codes.begin(), world.events.codes.end(), "ImageNotPulled");
  };
  release_with_pod(R"({"containerStatuses": [{"name": "shop", "ready": false, "restartCount": 0,
    "image": "shop:v2", "imageID": "", "state": {"waiting": {"reason": "ErrImagePull"}}}]})")(
      world);
  REQUIRE(world.run_until([&] { return told() == 1; }, kSoon));
  world.tick(100);
  CHECK(told() == 1);
}

TEST_CASE("while pods are waited for the status is written only when something changed") {
  ControllerWorld world;
  world.deploy_shop(5, steps_with(pause_step()));
  release_with_pod(R"({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status":
    "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}]})")(world);
  REQUIRE(world.run_until([&] { return holds(status_of(world), {"0/3 nodes"}); }, kSoon));
  world.tick(5);
  const Json before = world.rollout();
  world.tick(100);
  CHECK(world.rollout() == before);
}

TEST_CASE("where pods may not be listed, a release goes on and says what it knows") {
  ControllerWorld world;
  world.store->refuse([](std::string_view verb, const kube::Resource& kind,
                         const std::string&) -> std::optional<Error> {
    if (verb != "list" || kind.plural != "pods") return std::nullopt;
    return forbidden("pods is forbidden");
  });
  world.deploy_shop(5, steps_with(pause_step()));
  world.kubelet->available_max["shop:v2"] = 0;
  world.release("shop:v2");
  CHECK(world.run_until(
      [&] { return holds(status_of(world), {"0 of 1 pods of revision 2 are available"}); }));
  world.kubelet->available_max.clear();
  CHECK(world.run_until_phase("Paused"));
}
