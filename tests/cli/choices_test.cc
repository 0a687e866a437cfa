// What `explain` offers a person to do.

#include "cli/look/choices.h"

#include "tests/cli/rollout_samples.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::test;

namespace {

/// The commands without the Rollout that they name.
std::vector<std::string> offered(const Json& rollout) {
  std::vector<std::string> verbs;
  const RolloutObjects objects = objects_of(rollout);
  for (const Choice& choice :
       choices_of(decode_whole_rollout(objects), kept_revisions(objects), kNow)) {
    std::string command = choice.command;
    for (const std::string& known : {std::string("sluice "), std::string(" shop -n default")}) {
      const size_t at = command.find(known);
      if (at != std::string::npos) command.erase(at, known.size());
    }
    CHECK_FALSE(choice.effect.empty());
    verbs.push_back(std::move(command));
  }
  return verbs;
}

using Verbs = std::vector<std::string>;

Json with(const Json& status) {
  return verbs::test::with_status(paused_rollout(), status);
}

}  // namespace

TEST_CASE("what a person can do is what the verbs would do", "[choices]") {
  CHECK(offered(paused_rollout()) == Verbs{"promote", "promote --full", "abort"});
  CHECK(offered(healthy_rollout()) == Verbs{"rollback"});
  CHECK(offered(with({{"abort", true}, {"phase", "Degraded"}})) == Verbs{"retry"});
  // Nobody knows what the newest spec would be decided from.
  CHECK(offered(with({{"observedGeneration", "3"}})).empty());
  Json held = paused_rollout();
  held["spec"]["paused"] = true;
  CHECK(offered(held) == Verbs{"promote", "resume", "promote --full", "abort"});
}

TEST_CASE("under a freeze nothing is promoted, and its end is offered by its scope", "[choices]") {
  const auto [object, command] = GENERATE(values<std::pair<const char*, const char*>>({
      {"sluice-freeze", "unfreeze -n default"},
      {"kube-system/sluice-freeze", "unfreeze --all"},
  }));
  const Json rollout =
      with({{"conditions", Json::array({{{"type", "Frozen"},
                                         {"status", "True"},
                                         {"reason", "Frozen"},
                                         {"message", "frozen by ann"}}})},
            {"waitingFor", Json::array({{{"reason", "Frozen"},
                                         {"message", "frozen by ann"},
                                         {"object", {{"kind", "ConfigMap"}, {"name", object}}},
                                         {"since", "2026-11-21T11:59:00Z"}}})}});
  CHECK(offered(rollout) == Verbs{command, "abort"});
}

TEST_CASE("an abort promises no way back to a revision that is gone, a rollback goes further back",
          "[choices]") {
  const auto effects = [](const std::vector<verbs::Revision>& revisions) {
    std::map<std::string, std::string> found;
    for (const Choice& choice : choices_of(decode(paused_rollout()), revisions, kNow))
      found[choice.command] = choice.effect;
    return found;
  };
  std::vector<verbs::Revision> kept = kept_revisions(objects_of(paused_rollout()));
  auto offered = effects(kept);
  CHECK(offered["sluice abort shop -n default"] == "sends all traffic back to revision two");
  CHECK_FALSE(offered.contains("sluice rollback shop -n default"));
  std::erase_if(kept, [](const verbs::Revision& revision) { return revision.hash == "two"; });
  offered = effects(kept);
  CHECK(offered["sluice abort shop -n default"] ==
        "ends the update, and moves no traffic: revision two is gone");
  CHECK(offered["sluice rollback shop -n default"] ==
        "returns all traffic at once to revision one");
}
