#include "cli/completion.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

#include <sstream>
#include <string>

using namespace sluice::cli;
using Wanted = Completion::Wanted;

namespace {

/// A program with commands of each kind.
struct Sample {
  Sample() {
    CLI::App* get = app.add_subcommand("get", "");
    CLI::App* rollout = get->add_subcommand("rollout", "");
    rollout->add_flag("--watch");
    rollout->add_option("-o,--output", text)->type_name("json|yaml");
    app.add_subcommand("promote", "")->add_option("--step", text)->type_name("N");
    app.add_subcommand("set", "")->add_subcommand("image", "");
    app.add_subcommand("lint", "")->add_option("-f,--filename", text)->type_name("PATH");
    app.add_subcommand("status", "");
    app.add_option("-n,--namespace", text, "")->type_name("NAME");
  }

  /// The last word of `line` is the one being typed.
  Completion at(const std::string& line) const {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    if (line.empty() || line.back() == ' ') words.emplace_back();
    return complete(app, words);
  }

  CLI::App app{"", "sluice"};
  std::string text;
};

}  // namespace

TEST_CASE("commands and options are completed", "[completion]") {
  const Sample sample;
  CHECK(sample.at("").words == std::vector<std::string>{"get", "promote", "set", "lint", "status"});
  CHECK(sample.at("get ").words == std::vector<std::string>{"rollout"});
  CHECK(sample.at("-n list set im").words == std::vector<std::string>{"image"});
  const auto options = sample.at("get rollout shop --w").words;
  CHECK(std::find(options.begin(), options.end(), "--watch") != options.end());
  CHECK(std::find(options.begin(), options.end(), "--namespace") != options.end());
}

TEST_CASE("names are completed where names belong", "[completion]") {
  const Sample sample;
  CHECK(sample.at("get rollout ").wanted == Wanted::Rollouts);
  CHECK(sample.at("get rollouts sh").wanted == Wanted::Rollouts);
  CHECK(sample.at("promote shop ca").wanted == Wanted::Rollouts);
  CHECK(sample.at("status ").wanted == Wanted::Rollouts);
  CHECK(sample.at("status shop ").wanted == Wanted::Nothing);
  CHECK(sample.at("rollout status ").wanted == Wanted::Rollouts);
  CHECK(sample.at("set image ").wanted == Wanted::Rollouts);
  const Completion container = sample.at("-n web set image shop ");
  CHECK(container.wanted == Wanted::Containers);
  CHECK(container.rollout == "shop");
  CHECK(container.login.namespace_ == "web");
}

TEST_CASE("values of options are completed by what they are", "[completion]") {
  const Sample sample;
  CHECK(sample.at("lint -f ").wanted == Wanted::Files);
  CHECK(sample.at("lint --filename de").wanted == Wanted::Files);
  CHECK(sample.at("-n ").wanted == Wanted::Namespaces);
  CHECK(sample.at("get rollout shop -o ").words == std::vector<std::string>{"json", "yaml"});
  CHECK(sample.at("promote shop --step ").wanted == Wanted::Step);
  CHECK(sample.at("promote shop --step ").rollout == "shop");
}

TEST_CASE("other shells have no completion", "[completion]") {
  CHECK(completion_script("tcsh").empty());
}
