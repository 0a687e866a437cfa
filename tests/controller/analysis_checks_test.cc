#include "controller/analysis_checks.h"

#include "tests/controller/shop_manifests.h"
#include "tests/fakes/scripted_store.h"
#include "tests/kube/kube_stage.h"

#include <string>

namespace sluice::controller {
namespace {

kube::Object versioned(Json object, const std::string& version) {
  object["metadata"]["namespace"] = "default";
  object["metadata"]["uid"] = "uid-" + object["metadata"]["name"].get<std::string>();
  object["metadata"]["resourceVersion"] = version;
  return kube::object_of(object);
}

Json judged_shop() {
  Json rollout = test::shop_rollout(5, Json::array({test::weight_step(20), test::analysis_step()}));
  rollout["metadata"]["generation"] = 1;
  return rollout;
}

/// A provider that finds no fault.
analysis::ProviderChecks content_providers() {
  analysis::ProviderChecks checks;
  checks["prometheus"].settings = [](const JsonText&, std::string_view) {
    return crds::FieldProblems{};
  };
  return checks;
}

struct Checked : kube::Stage {
  ScriptedStore store{context.get_executor()};
  ClusterView view{store, clock, context.get_executor(), Scope{}};
  analysis::ProviderChecks providers = content_providers();
  AnalysisChecks checks{view, providers};

  Checked() {
    view.rollouts.learn(versioned(judged_shop(), "1"));
    view.templates.learn(versioned(test::success_rate_template(), "1"));
  }

  std::shared_ptr<const AnalysisCheck> check() {
    return checks.of(view.rollout({"default", "shop"})->value);
  }
};

}  // namespace

TEST_CASE("analysis checks: an answer stands while only the status changes") {
  Checked stage;
  const auto first = stage.check();
  CHECK(first->problems.empty());
  Json moved = judged_shop();
  moved["status"]["currentStepIndex"] = 1;
  stage.view.rollouts.learn(versioned(moved, "2"));
  CHECK(stage.check() == first);
}

TEST_CASE("analysis checks: whatever an answer rests upon makes a new one") {
  Checked stage;
  const auto first = stage.check();
  SECTION("a template that is wrong by now") {
    Json wrong = test::success_rate_template();
    wrong["spec"]["metrics"][0]["successCondition"] = "result[0] >=";
    stage.view.templates.learn(versioned(wrong, "2"));
    CHECK_FALSE(stage.check()->problems.empty());
  }
  SECTION("a template that is gone") {
    stage.view.templates.learn_removed({"default", "success-rate"}, "uid-success-rate");
    CHECK_FALSE(stage.check()->problems.empty());
  }
  SECTION("the spec") {
    Json changed = judged_shop();
    changed["metadata"]["generation"] = 2;
    stage.view.rollouts.learn(versioned(changed, "2"));
    CHECK(stage.check() != first);
  }
  SECTION("an annotation, which an argument may refer to") {
    Json changed = judged_shop();
    changed["metadata"]["annotations"]["team"] = "shop";
    stage.view.rollouts.learn(versioned(changed, "2"));
    CHECK(stage.check() != first);
  }
  SECTION("another Rollout of that name") {
    stage.checks.forget({"default", "shop"});
    CHECK(stage.check() != first);
  }
}

TEST_CASE("analysis checks: a template that was missing is found once it comes") {
  Checked stage;
  stage.view.templates.learn_removed({"default", "success-rate"}, "uid-success-rate");
  CHECK_FALSE(stage.check()->problems.empty());
  stage.view.templates.learn(versioned(test::success_rate_template(), "3"));
  CHECK(stage.check()->problems.empty());
}

}  // namespace sluice::controller
