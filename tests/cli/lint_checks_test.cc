#include "cli/check/lint_checks.h"

#include "cli/adapters.h"

#include <boost/asio/system_executor.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace sluice::cli {
namespace {

std::vector<std::string> lint_texts(const std::string& text) {
  const analysis::ProviderRegistry providers;
  std::vector<std::string> texts;
  for (const crds::Finding& finding : crds::lint({{"-", text}}, lint_checks(providers)).findings)
    texts.push_back(finding.field + ": " + finding.message);
  return texts;
}

TEST_CASE("what cannot be read does not hide what is wrong beside it") {
  CHECK(lint_texts(R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  progressDeadlineSeconds: soon
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: shop, image: shop:v1}]}}
  strategy:
    canary:
      stableService: shop
      canaryService: shop
      trafficRouting: {gatewayAPI: {httpRoute: shop}}
)") == std::vector<std::string>{
           "spec.progressDeadlineSeconds: Invalid value: \"string\": "
           "spec.progressDeadlineSeconds in body must be of type integer: \"string\"",
           "spec.strategy.canary.stableService: Invalid value: \"shop\": must differ from "
           "canaryService"});
}

TEST_CASE("what cannot be read is not missing too") {
  CHECK(lint_texts(R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: shop, image: shop:v1}]}}
  strategy:
    canary:
      stableService: shop
      canaryService: shop-canary
      trafficRouting: {gatewayAPI: {httpRoute: shop}}
      steps:
      - setCanaryScale: {replicas: 99999999999}
)") == std::vector<std::string>{
           "spec.strategy.canary.steps[0].setCanaryScale.replicas: Invalid value: 99999999999: "
           "must fit 32 bits"});
}

/// A Rollout that is routed by this and names no Services.
std::string routed_rollout(const std::string& name, const std::string& routing) {
  return "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: " + name + "}" +
         R"(
spec:
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: shop, image: shop:v1}]}}
  strategy: {canary: {trafficRouting: )" +
         routing + "}}\n";
}

constexpr const char* kSubsets =
    "{istio: {virtualService: {name: shop}, destinationRule: "
    "{name: shop, canarySubsetName: canary, stableSubsetName: stable}}}";

TEST_CASE("a router that is not known is told with those that are") {
  const auto texts = lint_texts(routed_rollout("shop", "{smi: {}}"));
  REQUIRE_FALSE(texts.empty());
  CHECK(texts.back() ==
        "spec.strategy.canary.trafficRouting.smi: Unsupported value: \"smi\": known routers: "
        "argoproj-labs/gatewayAPI, gatewayAPI, istio, nginx");
}

TEST_CASE("who splits between subsets needs no Services of its own") {
  CHECK(lint_texts(routed_rollout("shop", kSubsets)).empty());
  CHECK(lint_texts(routed_rollout("shop", "{istio: {virtualService: {name: shop}}}")).size() == 2);
}

TEST_CASE("a DestinationRule of two Rollouts is told of both") {
  const auto texts =
      lint_texts(routed_rollout("shop", kSubsets) + routed_rollout("till", kSubsets));
  CHECK(texts == std::vector<std::string>{
                     "spec.strategy.canary.trafficRouting.istio.destinationRule.name: Invalid "
                     "value: \"shop\": Rollout \"till\" names it too",
                     "spec.strategy.canary.trafficRouting.istio.destinationRule.name: Invalid "
                     "value: \"shop\": Rollout \"shop\" names it too"});
}

TEST_CASE("VirtualServices and DestinationRules are judged by what a Rollout needs of them") {
  const std::string service = R"(---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  http:
  - route:
    - {destination: {host: shop, subset: stable}, weight: 100}
    - {destination: {host: shop, subset: canary}, weight: 0}
)";
  const auto rule = [](const std::string& subsets) {
    return "---\napiVersion: networking.istio.io/v1beta1\nkind: DestinationRule\n"
           "metadata: {name: shop}\nspec: {host: shop, subsets: [" +
           subsets + "]}\n";
  };
  const std::string rollout = routed_rollout("shop", kSubsets);
  const std::string path = "spec.strategy.canary.trafficRouting.istio: ";
  CHECK(lint_texts(rollout + service + rule("{name: stable}, {name: canary}")).empty());
  CHECK(lint_texts(rollout + service) ==
        std::vector<std::string>{path + "Not found: DestinationRule default/shop"});
  CHECK(lint_texts(rollout + service + rule("{name: stable}")) ==
        std::vector<std::string>{path + "Invalid value: DestinationRule default/shop: "
                                        "spec.subsets: has no subset \"canary\""});
  CHECK(lint_texts(rollout + rule("{name: stable}, {name: canary}")) ==
        std::vector<std::string>{path + "Not found: VirtualService default/shop"});
}

TEST_CASE("an Experiment is not run and says so") {
  CHECK(lint_texts(R"(apiVersion: argoproj.io/v1alpha1
kind: Experiment
metadata: {name: compare}
spec:
  templates:
  - name: a
    selector: {matchLabels: {app: a}}
    template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: a:v1}]}}
)") == std::vector<std::string>{
           "kind: Unsupported value: \"Experiment\": this engine runs no experiments"});
}

TEST_CASE("an AnalysisRun is judged as a template is") {
  const auto texts = lint_texts(R"(apiVersion: argoproj.io/v1alpha1
kind: AnalysisRun
metadata: {name: by-hand}
spec:
  metrics:
  - {name: a, successCondition: result >, provider: {prometheus: {query: up}}}
)");
  REQUIRE_FALSE(texts.empty());
  CHECK(texts.front() ==
        "spec.metrics[0].successCondition: Invalid value: \"result >\": the expression ends too "
        "early "
        "(column 9)");
}

TEST_CASE("a path of a web metric is judged with its line and field") {
  const auto source = analysis::make_http_source(boost::asio::system_executor());
  REQUIRE(source);
  const auto providers = builtin_providers({.source = **source, .prometheus = ""});
  const std::string text = R"(apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: healthy}
spec:
  metrics:
  - name: healthy
    successCondition: result.ok
    provider:
      web:
        url: http://shop/stats
        jsonPath: "{$.data[}"
)";
  const auto findings = crds::lint({{"-", text}}, lint_checks(providers)).findings;
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().line == 11);
  CHECK(findings.front().field == "spec.metrics[0].provider.web.jsonPath");
  CHECK(findings.front().message.starts_with("Invalid value: \"{$.data[}\": "));
}

/// A routed Rollout with more of its canary strategy, and what else is in the input.
std::vector<std::string> lint_shop(const std::string& canary, const std::string& others = "") {
  return lint_texts(R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: shop, image: shop:v1}]}}
  strategy:
    canary:
      stableService: shop
      canaryService: shop-canary
      trafficRouting:
        managedRoutes: [{name: beta}]
        plugins: {argoproj-labs/gatewayAPI: {httpRoute: shop, namespace: default}}
)" + canary + others);
}

using Texts = std::vector<std::string>;

constexpr const char* kRouter =
    "spec.strategy.canary.trafficRouting.plugins[argoproj-labs/gatewayAPI]";

TEST_CASE("routes are judged by what a Rollout needs of them") {
  const auto route = [](const std::string& name, const std::string& rest) {
    return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: " +
           name + "}\nspec: " + rest + "\n";
  };
  const std::string parent = "parentRefs: [{name: gw}], ";
  CHECK(lint_shop("").empty());
  CHECK(lint_shop("", route("shop", "{" + parent +
                                        "rules: [{backendRefs: [{name: shop, port: 80}, "
                                        "{name: shop-canary, port: 80}]}]}"))
            .empty());
  CHECK(lint_shop("", route("other", "{" + parent + "rules: []}")) ==
        Texts{std::string(kRouter) + ": Not found: HTTPRoute default/shop"});
  CHECK(lint_shop("", route("shop",
                            "{" + parent + "rules: [{backendRefs: [{name: shop, port: 80}]}]}")) ==
        Texts{std::string(kRouter) +
              ": Invalid value: HTTPRoute default/shop: spec.rules: no rule has both the stable "
              "Service \"shop\" and the canary Service \"shop-canary\" as backendRefs"});
  CHECK(lint_shop("", route("shop",
                            "{rules: [{backendRefs: [{name: shop, port: 80}, "
                            "{name: shop-canary, port: 80}]}]}")) ==
        Texts{"spec.parentRefs: Required value: no gateway takes up a route without a parent"});
}

TEST_CASE("a Service of two Rollouts is told of both") {
  const auto texts = lint_shop("", R"(---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: till}
spec:
  selector: {matchLabels: {app: till}}
  template: {metadata: {labels: {app: till}}, spec: {containers: [{name: till, image: till:v1}]}}
  strategy: {canary: {stableService: shop}}
)");
  CHECK(texts == Texts{"spec.strategy.canary.stableService: Invalid value: \"shop\": Rollout "
                       "\"till\" names it too",
                       "spec.strategy.canary.stableService: Invalid value: \"shop\": Rollout "
                       "\"shop\" names it too"});
}

/// An analysis of one argument.
constexpr const char* kJudgeOfService = R"(
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: judge}
spec:
  args: [{name: service}]
  metrics:
  - {name: m, provider: {prometheus: {query: 'up{service="{{args.service}}"}'}}}
)";

TEST_CASE("an argument without a value is told") {
  const std::string said =
      "spec.strategy.canary.steps[0].analysis: Invalid value: args.service was not resolved";
  const auto tells = [&](const std::string& args) {
    const Texts texts =
        lint_shop("      steps: [{analysis: {templates: [{templateName: judge}]" + args + "}}]",
                  kJudgeOfService);
    return std::ranges::find(texts, said) != texts.end();
  };
  CHECK(tells(""));
  CHECK_FALSE(tells(", args: [{name: service, value: shop}]"));
}

TEST_CASE("an argument may be the namespace, which is given to whoever names none") {
  const auto told = [&](const std::string& path) {
    return lint_shop(
        "      steps: [{analysis: {templates: [{templateName: judge}], args: [{name: "
        "service, valueFrom: {fieldRef: {fieldPath: " +
            path + "}}}]}}]",
        kJudgeOfService);
  };
  const auto says = [](const Texts& texts) {
    return std::ranges::any_of(texts, [](const std::string& text) {
      return text.find("args.service") != std::string::npos;
    });
  };
  CHECK_FALSE(says(told("metadata.namespace")));
  CHECK(says(told("metadata.nowhere")));
}

TEST_CASE("a metric that never ends is told where a step waits for it") {
  const std::string judge = R"(
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: judge}
spec:
  args: [{name: count, value: "0"}]
  metrics:
  - {name: m, interval: 10s, count: "{{args.count}}", provider: {prometheus: {query: up}}}
)";
  const auto tells = [&](const std::string& use) {
    const Texts texts = lint_shop("      " + use, judge);
    return std::ranges::any_of(texts, [](const std::string& text) {
      return text.starts_with("spec.strategy.canary.steps[0].analysis.templates: ") &&
             text.find("it never ends") != std::string::npos;
    });
  };
  const std::string judged = "analysis: {templates: [{templateName: judge}]";
  CHECK(tells("steps: [{" + judged + "}}]"));
  CHECK_FALSE(tells("steps: [{" + judged + ", args: [{name: count, value: '3'}]}}]"));
  CHECK_FALSE(tells(judged + "}"));
}

TEST_CASE("a route that is set where the canary has no pods is told") {
  const std::string route =
      "{setHeaderRoute: {name: beta, match: [{headerName: x, headerValue: {exact: on-call}}]}}";

  struct Row {
    std::string steps;
    int told;  ///< Index of the step that is told of; -1: none.
    bool stops;
  };

  const auto row = GENERATE_COPY(values<Row>({
      {route + ", {setWeight: 10}", 0, false},
      {route + ", {pause: {}}, {setWeight: 10}", 0, true},
      {"{setWeight: 0}, " + route + ", {setCanaryScale: {replicas: 1}}, {pause: {}}", 1, false},
      {"{setWeight: 10}, {setCanaryScale: {replicas: 0}}, " + route + ", {pause: {}}", 2, true},
      {"{setWeight: 10}, {setWeight: 0}, " + route, 2, false},
      {"{setWeight: 10}, " + route + ", {pause: {}}", -1, false},
      {"{setCanaryScale: {replicas: 1}}, " + route + ", {pause: {}}", -1, false},
      {"{setCanaryScale: {weight: 5}}, " + route + ", {pause: {}}", -1, false},
      {"{setHeaderRoute: {name: beta}}, {setWeight: 10}", -1, false},
  }));
  INFO(row.steps);
  Texts told;
  if (row.told >= 0)
    told.push_back("spec.strategy.canary.steps[" + std::to_string(row.told) +
                   "].setHeaderRoute: sends requests to no pod: no setWeight or setCanaryScale "
                   "before it gives the canary any" +
                   (row.stops ? ", nor does one before the next pause or analysis: the update "
                                "stops here"
                              : ""));
  CHECK(lint_shop("      steps: [" + row.steps + "]") == told);
}

TEST_CASE("patterns, metadata of roles and keys of plugins are looked at") {
  CHECK(lint_shop("      steps: [{setWeight: 10}, {setHeaderRoute: {name: beta, match: "
                  "[{headerName: x, headerValue: {regex: '['}}]}}]") ==
        Texts{"spec.strategy.canary.steps[1].setHeaderRoute.match[0].headerValue.regex: "
              "Invalid value: bad regular expression \"[\": missing ]: ["});
  CHECK(lint_shop("      steps: [{setWeight: 10}, {setMirrorRoute: {name: beta, match: "
                  "[{path: {regex: '['}}]}}]") ==
        Texts{"spec.strategy.canary.steps[1].setMirrorRoute.match[0].path.regex: "
              "Invalid value: bad regular expression \"[\": missing ]: ["});
  CHECK(lint_shop("      canaryMetadata: {labels: {a: b}}").empty());
  CHECK(lint_shop("      canaryMetadata: {labels: {app: other}}") ==
        Texts{"spec.strategy.canary.canaryMetadata.labels[app]: Invalid value: \"other\": the "
              "ReplicaSet selects its pods by this label"});
}

}  // namespace
}  // namespace sluice::cli
