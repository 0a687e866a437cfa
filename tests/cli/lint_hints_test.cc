// What lint warns of, value by value.

#include "cli/check/lint_hints.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace sluice;
using namespace sluice::cli;

namespace {

std::vector<std::string> paths_of(const crds::FieldProblems& problems) {
  std::vector<std::string> paths;
  for (const crds::FieldProblem& problem : problems) paths.push_back(problem.path);
  return paths;
}

Json rollout(const std::string& image) {
  const Json pod = {{"initContainers", Json::array({{{"name", "init"}, {"image", image}}})},
                    {"containers", Json::array({{{"name", "a"}, {"image", "a:v1"}},
                                                {{"name", "b"}, {"image", image}}})}};
  return {{"apiVersion", "argoproj.io/v1alpha1"},
          {"kind", "Rollout"},
          {"spec", {{"template", {{"spec", pod}}}}}};
}

Json measuring(const std::string& kind, const std::string& url) {
  const Json prometheus = {{"name", "a"}, {"provider", {{"prometheus", {{"address", url}}}}}};
  const Json web = {{"name", "b"}, {"provider", {{"web", {{"url", url}}}}}};
  return {{"apiVersion", "argoproj.io/v1alpha1"},
          {"kind", kind},
          {"spec", {{"metrics", Json::array({prometheus, web})}}}};
}

}  // namespace

TEST_CASE("an image without a version of its own is told", "[lint_hints]") {
  const std::vector<std::string> told = {"spec.template.spec.initContainers[0].image",
                                         "spec.template.spec.containers[1].image"};
  for (const char* image : {"shop", "shop:latest", "acme/shop", "registry:5000/acme/shop"}) {
    CAPTURE(image);
    CHECK(paths_of(find_moving_images(rollout(image), {})) == told);
  }
  for (const char* image : {"shop:v1", "registry:5000/shop:v1", "shop@sha256:abc",
                            "shop:latest@sha256:abc", "shop:latest-2", ""}) {
    CAPTURE(image);
    CHECK(find_moving_images(rollout(image), {}).empty());
  }
  CHECK(find_moving_images(rollout("shop"), {})
            .front()
            .message.starts_with("\"shop\" names no version"));
  CHECK(find_moving_images(Json::object(), {}).empty());
}

TEST_CASE("an address that servers only listen at is told", "[lint_hints]") {
  for (const char* kind : {"AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun"}) {
    for (const char* url : {"http://0.0.0.0:9090", "http://0.0.0.0", "https://u:p@0.0.0.0/x",
                            "http://[::]:9090/metrics"}) {
      CAPTURE(kind, url);
      CHECK(paths_of(find_listening_addresses(measuring(kind, url), {})) ==
            std::vector<std::string>{"spec.metrics[0].provider.prometheus.address",
                                     "spec.metrics[1].provider.web.url"});
    }
  }
  for (const char* url : {"http://127.0.0.1:9090", "http://0.0.0.0.example.com",
                          "http://10.0.0.0:1", "{{args.url}}", "", "http://x/?at=0.0.0.0"}) {
    CAPTURE(url);
    CHECK(find_listening_addresses(measuring("AnalysisTemplate", url), {}).empty());
  }
}

TEST_CASE("a misspelt key of a plugin is told with the one that was meant", "[lint_hints]") {
  Json object = rollout("shop:v1");
  object["spec"]["strategy"]["canary"]["trafficRouting"]["plugins"]["argoproj-labs/gatewayAPI"] = {
      {"httpRuote", "shop"}, {"namespace", "a"}, {"colour", "blue"}};
  const crds::FieldProblems found = find_unknown_plugin_keys(object, {});
  REQUIRE(found.size() == 2);
  CHECK(found[0].message == "unknown field");
  CHECK(found[1].message == "unknown field: did you mean \"httpRoute\"?");
}
