// What kubectl's and the Argo plugin's users type is understood.

#include "cli/spelling.h"

#include <catch2/catch.hpp>

#include <sstream>

using namespace sluice::cli;

namespace {

const Vocabulary& vocabulary() {
  static const Vocabulary known = {.commands = {{"",
                                                 {"get", "list", "promote", "retry", "rollback",
                                                  "status", "set", "undo", "terminate", "version"}},
                                                {"get", {"rollout", "experiment", "analysisrun"}},
                                                {"set", {"image"}},
                                                {"terminate", {"analysisrun"}}},
                                   .value_options = {"-n", "--namespace", "--reason"}};
  return known;
}

std::vector<std::string> split(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string spelled(const std::string& line) {
  const auto own = own_spelling(split(line), vocabulary());
  if (!own) return own.error().message;
  std::string text;
  for (const std::string& word : *own) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

TEST_CASE("other spellings of the same command", "[spelling]") {
  struct Row {
    const char* typed;
    const char* own;
  };

  for (const auto& [typed, own] : std::initializer_list<Row>{
           {"get rollout shop", "get rollout shop"},
           {"get rollouts shop -w", "get rollout shop -w"},
           {"get ro/shop", "get rollout shop"},
           {"get rollouts.argoproj.io/shop", "get rollout shop"},
           {"-n shops get ro shop", "-n shops get rollout shop"},
           {"get rollouts", "list rollout"},
           {"get ro -n shops", "list rollout -n shops"},
           {"get experiments", "list experiment"},
           {"get exp/one", "get experiment one"},
           {"list ro", "list rollout"},
           {"help", "--help"},
           {"help promote", "promote --help"},
           {"help set image", "set image --help"},
           {"-n shops help get rollouts", "-n shops get rollout --help"},
           {"retry rollout shop", "retry shop"},
           {"promote ro/shop rollout/cart", "promote shop cart"},
           {"promote --reason rollout shop", "promote --reason rollout shop"},
           {"promote rollout", "promote rollout"},
           {"status ro shop", "status shop"},
           {"set image ro/shop shop=acme/shop:v2", "set image shop shop=acme/shop:v2"},
           {"set image rollout shop shop=shop:v2", "set image shop shop=shop:v2"},
           {"rollout status shop", "status shop"},
           {"rollout undo ro/shop", "undo shop"},
           {"rollback rollout/shop ro/reason", "rollback shop ro/reason"},
           {"rollback rollout shop", "rollback rollout shop"},
           {"terminate analysisrun shop-1", "terminate analysisrun shop-1"},
           {"terminate ar/shop-1", "terminate analysisrun shop-1"},
           {"promote -- -n", "promote -- -n"},
       }) {
    CHECK(spelled(typed) == own);
  }
}

TEST_CASE("an unknown command is told with the one that was meant", "[spelling]") {
  CHECK(spelled("prmote shop") == "unknown command \"prmote\": did you mean \"promote\"?");
  CHECK(spelled("get rolout shop") == "unknown command \"get rolout\": did you mean \"rollout\"?");
  CHECK(spelled("set imgae shop") == "unknown command \"set imgae\": did you mean \"image\"?");
  CHECK(spelled("-n x xyzzy").starts_with("unknown command \"xyzzy\": known are get, list, "));
  CHECK(spelled("get") == "`sluice get` needs one of: rollout, experiment, analysisrun");
  CHECK(spelled("get --help") == "get --help");
  CHECK(spelled("--version") == "--version");
}
