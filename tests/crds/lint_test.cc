#include "crds/lint.h"

#include "base/yaml.h"
#include "crds/manifests.h"
#include "crds/names.h"
#include "crds/schema.h"
#include "tests/core/pod_templates.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::crds {
namespace {

constexpr std::string_view kRolloutText = R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: shop
spec:
  replicas: 2
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
      - name: shop
        image: shop:v1
  strategy:
    canary:
      steps:
      - setWeight: 10
      - pause: {duration: 5m}
)";

/// The Rollout with one piece of text replaced by another.
std::string rollout_with(std::string_view from, std::string_view to) {
  std::string text(kRolloutText);
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::vector<std::string> lint_texts(const std::vector<LintSource>& sources,
                                    const std::vector<LintCheck>& checks = {}) {
  std::vector<std::string> texts;
  for (const Finding& finding : lint(sources, {.errors = checks, .warnings = {}}).findings)
    texts.push_back(finding.text());
  return texts;
}

using Texts = std::vector<std::string>;

TEST_CASE("what others have in our group is none of ours", "[lint]") {
  for (const char* kind : {"Application", "AppProject", "WorkflowTemplate", "RolloutManager"}) {
    const std::string object = std::string("apiVersion: argoproj.io/v1alpha1\nkind: ") + kind +
                               "\nmetadata: {name: shop}\nspec: {anything: 1}\n";
    CHECK(lint({{"a.yaml", object}}, {}).findings.empty());
  }
  CHECK(
      lint({{"a.yaml", "apiVersion: argoproj.io/v1beta1\nkind: ArgoCD\nmetadata: {name: a}\n"}}, {})
          .findings.empty());
}

TEST_CASE("what is right has no findings", "[lint]") {
  CHECK(lint_texts({{"shop.yaml", std::string(kRolloutText)}}).empty());
  CHECK(lint_texts({{"shop.yaml", std::string(kRolloutText)},
                    {"empty.yaml", ""},
                    {"comment.yaml", "# nothing\n---\n"}})
            .empty());
  CHECK(lint_texts(
            {{"other.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {x: 1}\n"}})
            .empty());
}

TEST_CASE("nothing at all is a mistake", "[lint]") {
  CHECK(lint_texts({{"-", ""}, {"comment.yaml", "# nothing\n---\n"}}) ==
        Texts{"-:1: there is no object in here", "comment.yaml:1: there is no object in here"});
}

TEST_CASE("what cannot be read has its line, and often a hint", "[lint]") {
  struct Case {
    std::string_view what;
    std::string text;
    std::string_view begins;
    std::string_view ends;
  };

  const std::string head = "apiVersion: v1\nkind: Service\n";
  const std::vector<Case> cases = {
      {"a tab", head + "metadata:\n\tname: a\n", "a.yaml:4: ", "(a tab cannot indent)"},
      {"a template", head + "metadata:\n  name: {{ .Values.name }}\n",
       "a.yaml:4: ", "(a template that is not rendered yet?)"},
      {"a key twice", head + "metadata:\n  name: a\n  name: b\n", "a.yaml:5: ", "in line 4"},
      {"no such anchor", head + "metadata: *none\n", "a.yaml:3: ", "is not defined"},
      {"an anchor in itself", "a: &a [*a]\n", "a.yaml:1: ", "contains itself"},
      {"a zero byte", std::string("a: b\0c\n", 7), "a.yaml:1: ", "not allowed"},
      {"no UTF-8", "a: \xff\xfe\n", "a.yaml:1: ", "invalid UTF-8"},
      {"the second document", head + "metadata: {name: a}\n---\na: }\n", "a.yaml:5: ", ""},
      {"too deep", std::string(300, '[') + std::string(300, ']'), "a.yaml:1: ", "levels"},
      {"too long", std::string(kJsonBytesMax + 1, 'a'), "a.yaml:1: ", "bytes"},
  };
  for (const Case& each : cases) {
    INFO(each.what);
    const Texts texts = lint_texts({{"a.yaml", each.text}});
    REQUIRE(texts.size() == 1);
    CHECK(texts[0].starts_with(each.begins));
    CHECK(texts[0].ends_with(each.ends));
  }
}

TEST_CASE("what came out of an alias is found where the alias is", "[lint]") {
  const Texts texts = lint_texts(
      {{"shop.yaml", rollout_with("      - setWeight: 10\n      - pause: {duration: 5m}\n",
                                  "      - analysis: &judge\n          templates: 7\n"
                                  "      - analysis: *judge\n")}});
  REQUIRE(texts.size() == 2);
  CHECK(texts[0].starts_with("shop.yaml:20: Rollout/shop spec.strategy.canary.steps[0].analysis"));
  CHECK(texts[1].starts_with("shop.yaml:21: Rollout/shop spec.strategy.canary.steps[1].analysis"));
}

TEST_CASE("each fault has its line", "[lint]") {
  struct Case {
    std::string_view from;
    std::string_view to;
    std::string_view text;
  };

  const auto row = GENERATE(values<Case>({
      {"replicas: 2", "replicas: two",
       R"(a.yaml:6: Rollout/shop spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string")"},
      {"replicas: 2", "replicsa: 2",
       "a.yaml:6: Rollout/shop spec.replicsa: unknown field: did you mean \"replicas\"?"},
      {"setWeight: 10", "setWeight: 101",
       "a.yaml:19: Rollout/shop spec.strategy.canary.steps[0].setWeight: Invalid value: 101: "
       "spec.strategy.canary.steps[0].setWeight in body should be less than or equal to 100"},
      {"    canary:", "    blueGreen: {activeService: a}\n    canary:",
       "a.yaml:16: Rollout/shop spec.strategy: Too many: 2: must have at most 1 items"},
      {"duration: 5m", "duration: soon",
       R"(a.yaml:20: Rollout/shop spec.strategy.canary.steps[1].pause.duration: Invalid value: "soon": must be a number of seconds or a duration such as 30s, 5m or 1h30m)"},
      {"- setWeight: 10", "- setWeight: 10\n        pause: {}",
       "a.yaml:19: Rollout/shop spec.strategy.canary.steps[0]: Too many: 2: must have at most 1 "
       "items"},
      {"  name: shop\n", "  name: shop\n  lables: {}\n",
       "a.yaml:5: Rollout/shop metadata.lables: unknown field: did you mean \"labels\"?"},
      {"  name: shop\n", "  labels: {}\n", "a.yaml:3: Rollout/? metadata.name: Required value"},
      {"kind: Rollout", "kind: Rolout",
       R"(a.yaml:2: Rolout/shop kind: Unsupported value: "Rolout": no such kind in argoproj.io/v1alpha1: did you mean "Rollout"?)"},
      {"v1alpha1", "v1",
       R"(a.yaml:1: Rollout/shop apiVersion: Unsupported value: "argoproj.io/v1": supported values: "argoproj.io/v1alpha1")"},
      {"  selector:\n    matchLabels: {app: shop}\n", "",
       "a.yaml:5: Rollout/shop spec.selector: Required value"},
      {"replicas: 2", "replicas: 2\n  replicas: 3",
       R"(a.yaml:7: key "replicas" is already set in line 6)"},
  }));
  CAPTURE(row.to);
  CHECK(lint_texts({{"a.yaml", rollout_with(row.from, row.to)}}) == Texts{std::string(row.text)});
}

TEST_CASE("other kinds need an identity", "[lint]") {
  CHECK(lint_texts({{"-", "kind: Service\nmetadata: {name: a}\n"}}) ==
        Texts{"-:1: Service/a apiVersion: Required value"});
  CHECK(lint_texts({{"-", "apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: a-\n"}}).empty());
  CHECK(lint_texts({{"-", "- a\n- b\n"}}) ==
        Texts{"-:1: ?: Invalid value: an object is a map of fields"});
}

TEST_CASE("documents and files keep their lines and their order", "[lint]") {
  const std::string bad = rollout_with("replicas: 2", "replicas: two");
  const auto findings =
      lint({{"b.yaml", "# first\n---\n" + bad + "---\n" + rollout_with("name: shop", "name: till")},
            {"a.yaml", "a: b: c\n"},
            {"c.yaml", rollout_with("name: shop", "nmae: shop")}},
           {})
          .findings;
  REQUIRE(findings.size() == 4);
  CHECK(findings[0].file == "b.yaml");
  CHECK(findings[0].line == 8);
  CHECK(findings[0].field == "spec.replicas");
  CHECK(findings[1].file == "a.yaml");
  CHECK(findings[1].line == 1);
  CHECK(findings[1].object.empty());
  CHECK(findings[2].file == "c.yaml");
  CHECK(findings[2].line == 3);
  CHECK(findings[2].field == "metadata.name");
  CHECK(findings[3].line == 4);
  CHECK(findings[3].field == "metadata.nmae");
}

TEST_CASE("the items of a List are objects of their own", "[lint]") {
  CHECK(lint_texts({{"l.yaml", R"(apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: a}
- apiVersion: argoproj.io/v1alpha1
  kind: AnalysisTemplate
  metadata: {name: t}
  spec:
    metrics:
    - name: m
)"}}) == Texts{"l.yaml:12: AnalysisTemplate/t spec.metrics[0].provider: Required value"});
}

TEST_CASE("an object that is there twice is told", "[lint]") {
  const auto findings =
      lint({{"a.yaml", std::string(kRolloutText)}, {"b.yaml", std::string(kRolloutText)}}, {})
          .findings;
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == Severity::Warning);
  CHECK(findings[0].text() ==
        "b.yaml:1: Rollout/shop: warning: the same object is in a.yaml:1 already");
}

TEST_CASE("checks of the caller see all objects and find their lines", "[lint]") {
  const LintCheck services = [](const Json& object, std::span<const Json* const> all) {
    FieldProblems problems;
    if (string_at(object, "kind") != "Rollout") return problems;
    problems.push_back(
        {"spec.strategy.canary.steps[0].setWeight", "sees " + std::to_string(all.size())});
    problems.push_back(
        {"spec.strategy.canary.stableService", "Invalid value: \"x\": service \"x\" not found"});
    return problems;
  };
  const std::string service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n";
  CHECK(
      lint_texts({{"a.yaml", std::string(kRolloutText)}, {"b.yaml", service}}, {services}) ==
      Texts{
          R"(a.yaml:17: Rollout/shop spec.strategy.canary.stableService: Invalid value: "x": service "x" not found)",
          "a.yaml:19: Rollout/shop spec.strategy.canary.steps[0].setWeight: sees 2"});

  const auto findings = lint({{"a.yaml", rollout_with("setWeight: 10", "setWeight: 101")}},
                             {.errors = {services}, .warnings = {}})
                            .findings;
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].field == "spec.strategy.canary.stableService");
  CHECK_THAT(findings[1].message, Catch::Matchers::StartsWith("Invalid value: 101"));
}

TEST_CASE("a misspelt field is told with the one that was meant, where one is like it", "[lint]") {
  struct Case {
    std::string_view from;
    std::string_view to;
    std::string_view said;  ///< What the finding ends with.
  };

  const auto row = GENERATE(values<Case>({
      {"      steps:", "      stpes:", "canary.stpes: unknown field: did you mean \"steps\"?"},
      {"setWeight: 10", "setweight: 10",
       "steps[0].setweight: unknown field: did you mean \"setWeight\"?"},
      {"duration: 5m", "durations: 5m",
       "pause.durations: unknown field: did you mean \"duration\"?"},
      {"spec:\n", "spce: {}\nspec:\n", " spce: unknown field: did you mean \"spec\"?"},
      {"replicas: 2", "replicas: 2\n  colour: blue", " spec.colour: unknown field"},
      {"replicas: 2", "replicas: 2\n  a.b: blue", " spec.a.b: unknown field"},
  }));
  const Texts texts = lint_texts({{"a.yaml", rollout_with(row.from, row.to)}});
  CAPTURE(row.to, texts);
  CHECK(std::ranges::any_of(texts,
                            [&row](const std::string& text) { return text.ends_with(row.said); }));
}

TEST_CASE("what a schema knows at a field", "[lint]") {
  const Schema* schema = find_schema(kAnalysisTemplate);
  REQUIRE(schema != nullptr);
  using Names = std::vector<std::string>;
  CHECK(schema->members_at("spec.args[3].valueFrom.secretKeyRef") == Names{"key", "name"});
  CHECK(schema->members_at("spec.args[3].other").empty());
  CHECK(schema->members_at("metadata").size() == 15);
}

TEST_CASE("findings are written as JSON", "[lint]") {
  const auto findings = lint({{"a.yaml", rollout_with("replicas: 2", "replicsa: 2")}}, {}).findings;
  CHECK(encode_findings(findings) ==
        Json::parse(R"([{"file": "a.yaml", "line": 6, "object": "Rollout/shop",
      "field": "spec.replicsa", "message": "unknown field: did you mean \"replicas\"?", "severity": "error"}])"));
}

TEST_CASE("lint agrees with a real API server on pod templates", "[lint]") {
  Json rollout = read_yaml(kRolloutText)->front().value;
  for (const auto& row : core::recorded_templates(SLUICE_POD_TEMPLATES)) {
    INFO(row.label << ": " << row.said);
    rollout["spec"]["selector"] = row.selector;
    rollout["spec"]["template"] = row.pod_template;
    const Texts texts = lint_texts({{"a.yaml", write_yaml(rollout)}});
    CAPTURE(texts);
    CHECK(texts.empty() != row.refused);
  }
}

TEST_CASE("mistakes in the pod template have their line and field, once", "[lint]") {
  struct Case {
    std::string_view line;
    std::string_view begins;
  };

  for (const Case& row : std::vector<Case>{
           {"command: ./shop", "command: Invalid value: \"string\""},
           {"imagee: shop", "imagee: unknown field"},
           {"env: [{name: A, value: 4}]", "env[0].value: Invalid value: \"integer\""},
           {"volumeMounts: [{name: data, mountPath: /d}]", "volumeMounts[0].name: Not found"},
           {"ports: [{containerPort: 70000}]", "ports[0].containerPort: Invalid value: 70000"},
           {"resources: {limits: {memory: 512mb}}", "resources.limits.memory: Invalid value"},
           {"resources: {requests: {cpu: 2}, limits: {cpu: 1}}", "resources.requests: Invalid"},
           {"readinessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}",
            "readinessProbe: Forbidden: may not specify more than 1 handler type"},
           {"volumeMounts: [{name: a}]", "volumeMounts[0].mountPath: Required value"}}) {
    const Texts texts =
        lint_texts({{"a.yaml", rollout_with("image: shop:v1",
                                            "image: shop:v1\n        " + std::string(row.line))}});
    CAPTURE(row.line, texts);
    REQUIRE_FALSE(texts.empty());
    CHECK_THAT(texts[0], Catch::Matchers::StartsWith(
                             "a.yaml:16: Rollout/shop spec.template.spec.containers[0]." +
                             std::string(row.begins)));
    CHECK(texts.size() <= 2);
  }
}

TEST_CASE("templates of other kinds are looked at too", "[lint]") {
  const std::string pod = "{containers: [{name: a, image: b, imagee: c}], restartPolicy: Never}";
  CHECK(lint_texts({{"p.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: " + pod}}) ==
        Texts{"p.yaml:4: Pod/a spec.containers[0].imagee: unknown field: did you mean \"image\"?"});
  CHECK(lint_texts({{"j.yaml", R"(apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: a}
spec:
  metrics:
  - name: m
    provider:
      job:
        spec:
          template:
            spec: )" + pod + "\n"}}) ==
        Texts{"j.yaml:11: AnalysisTemplate/a "
              "spec.metrics[0].provider.job.spec.template.spec.containers[0].imagee: unknown "
              "field: did you mean \"image\"?"});
}

TEST_CASE("a job of an analysis may hold arguments wherever it holds texts", "[lint]") {
  const auto job = [](const std::string& label) {
    return lint_texts({{"j.yaml", R"(apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: a}
spec:
  args: [{name: revision, value: none}]
  metrics:
  - name: m
    provider:
      job:
        metadata: {creationTimestamp: null, labels: {app: probe}}
        spec:
          template:
            metadata: {labels: {revision: ")" +
                                      label + R"("}}
            spec:
              containers: [{name: "at-{{args.revision}}", image: "probe:{{ args.revision }}"}]
              restartPolicy: Never
)"}});
  };
  CHECK(job("{{ args.revision }}") == Texts{});
  CHECK(job("of-{{args.revision}}-{{args.revision}}") == Texts{});
  CHECK(job("{{args.revision}}/last").size() == 1);
  CHECK(job("{{args.revision").size() == 1);
}

TEST_CASE("names that no server takes are told", "[lint]") {
  const Texts texts =
      lint_texts({{"a.yaml", rollout_with("name: shop\nspec", "name: My_Shop\nspec")}});
  REQUIRE(texts.size() == 1);
  CHECK_THAT(texts[0], Catch::Matchers::StartsWith(
                           "a.yaml:4: Rollout/My_Shop metadata.name: Invalid value: \"My_Shop\""));
}

TEST_CASE("what a pattern asks for is said in words", "[lint]") {
  struct Case {
    std::string_view from;
    std::string_view to;
    std::string_view said;
  };

  for (const Case& row : std::vector<Case>{
           {"duration: 5m", "duration: 5 minutes",
            "Invalid value: \"5 minutes\": must be a number of seconds or a duration such as 30s, "
            "5m or 1h30m"},
           {"image: shop:v1", "image: shop:v1\n        resources: {limits: {memory: 512mb}}",
            "Invalid value: \"512mb\": must be a quantity such as 500m, 0.5, 512Mi or 2Gi"},
           {"    canary:", "    canary:\n      maxSurge: x%",
            "Invalid value: \"x%\": must be a number or a percentage such as 25%"}}) {
    const Texts texts = lint_texts({{"a.yaml", rollout_with(row.from, row.to)}});
    CAPTURE(row.to, texts);
    REQUIRE(texts.size() == 1);
    CHECK_THAT(texts[0], Catch::Matchers::EndsWith(std::string(row.said)));
  }
}

}  // namespace
}  // namespace sluice::crds
