// What of lint's input is judged, what is passed over, and how much is said of it.

#include "crds/lint.h"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

namespace sluice::crds {
namespace {

constexpr std::string_view kShopText = R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: "shop:v1"}]}
  strategy: {canary: {}}
)";

TEST_CASE("what no server sees is passed over", "[lint]") {
  const LintReport report =
      lint({{"shop.yaml", std::string(kShopText)},
            {"kustomization.yaml",
             "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a]\n"},
            {"chart/values.yaml", "image: shop\n"},
            {"chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n", false},
            {"kind.yaml", "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n", false},
            {"compose.yaml", "services: {}\n", false}},
           {});
  CHECK(report.findings.empty());
  CHECK(report.summary() ==
        "1 file, 1 object, nothing wrong; passed over: kustomization.yaml, chart/values.yaml, "
        "chart/Chart.yaml, kind.yaml, compose.yaml");
  CHECK(lint({{"compose.yaml", "services: {}\n"}}, {}).findings.size() == 3);
}

TEST_CASE("what Kustomize adds to objects is judged as no object of its own", "[lint]") {
  const std::string patch =
      "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: shop}\n"
      "spec: {replicas: 5}\n";
  const std::string service =
      "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {type: NodePort}\n";
  const LintSource kustomization{
      "over/./prod/kustomization.yaml",
      "resources: [../../base]\n"
      "patches:\n- path: size.yaml\n- patch: |-\n    - op: remove\n      path: /spec/paused\n"
      "patchesStrategicMerge:\n- ../service.yaml\n- |-\n  apiVersion: v1\n  kind: Service\n"
      "patchesJson6902:\n- target: {kind: Rollout, name: shop}\n  path: image.yaml\n",
      false};
  const LintReport named =
      lint({{"base/shop.yaml", std::string(kShopText)},
            {"over/prod/image.yaml", "- op: remove\n  path: /spec/paused\n", false},
            kustomization,
            {"over/prod/size.yaml", patch, false},
            {"over/service.yaml", service}},
           {});
  CHECK(named.findings.empty());
  CHECK(named.summary() ==
        "1 file, 1 object, nothing wrong; passed over: over/prod/image.yaml, "
        "over/./prod/kustomization.yaml, over/prod/size.yaml, over/service.yaml");

  // Without its kustomization a part of an object tells by the whole that is beside it.
  const LintReport beside =
      lint({{"base/shop.yaml", std::string(kShopText)}, {"over/size.yaml", patch}}, {});
  CHECK(beside.findings.empty());
  CHECK(beside.summary() == "1 file, 1 object, nothing wrong; passed over: over/size.yaml");
  CHECK(lint({{"size.yaml", patch}}, {}).findings.size() == 3);
}

TEST_CASE("the summary counts what was found", "[lint]") {
  std::string bad(kShopText);
  bad.replace(bad.find("replicas: 2"), sizeof("replicas: 2") - 1, "replicas: two");
  CHECK(lint({{"a.yaml", bad}, {"b.yaml", bad}}, {}).summary() ==
        "2 files, 2 objects, 2 errors, 1 warning");
  CHECK(lint({{"a.yaml", std::string(kShopText)}, {"b.yaml", "a: }"}}, {}).summary() ==
        "2 files, 1 object, 1 error");
  CHECK(lint({{"b.yaml", "a: }"}}, {}).summary() == "1 file, 0 objects, 1 error");
}

}  // namespace
}  // namespace sluice::crds
