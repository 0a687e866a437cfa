#include "engine/identity/pod_hash.h"

#include "core/quantity.h"
#include "crds/names.h"
#include "engine/identity/go_json.h"
#include "engine/identity/template_equality.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::engine;

namespace {

std::string go(const char* json, const char* type = "PodTemplateSpec") {
  return write_go_json(Json::parse(json), type);
}

}  // namespace

TEST_CASE("FNV-1a and its alphabet") {
  // The test vectors of the algorithm's authors.
  CHECK(fnv1a("") == 0x811c9dc5U);
  CHECK(fnv1a("a") == 0xe40c292cU);
  CHECK(fnv1a("foobar") == 0xbf9cf968U);
  // '0' is 48, and 48 mod 27 is 21: the 22nd letter of the alphabet.
  CHECK(safe_encode(0) == "4");
  CHECK(safe_encode(1234567890) == "56789bcdf4");
}

TEST_CASE("fields come in Go's order, zero values are left out, maps are sorted") {
  CHECK(go(R"({"spec":{"containers":[{"image":"nginx","name":"web","args":["x"],"command":["y"],
               "ports":[{"protocol":"TCP","containerPort":80,"name":"http"}]}]},
               "metadata":{"labels":{"b":"1","a":"2"},"annotations":{}}})") ==
        R"({"metadata":{"labels":{"a":"2","b":"1"}},"spec":{"containers":[{"name":"web",)"
        R"("image":"nginx","command":["y"],"args":["x"],"ports":[{"name":"http",)"
        R"("containerPort":80,"protocol":"TCP"}],"resources":{}}]}})");
}

TEST_CASE("structs that Go always writes are there") {
  CHECK(go("{}") == R"({"metadata":{},"spec":{"containers":null}})");
  CHECK(go(R"({"spec":{"containers":[{"env":[{"name":"A","valueFrom":{"resourceFieldRef":
               {"resource":"limits.cpu"}}}],"securityContext":{},"stdin":false}]}})") ==
        R"({"metadata":{},"spec":{"containers":[{"name":"","env":[{"name":"A","valueFrom":)"
        R"({"resourceFieldRef":{"resource":"limits.cpu","divisor":"0"}}}],"resources":{},)"
        R"("securityContext":{}}]}})");
}

TEST_CASE("pointers keep their zero values") {
  CHECK(go(R"({"spec":{"containers":[],"terminationGracePeriodSeconds":0,
               "automountServiceAccountToken":false,"hostNetwork":false}})") ==
        R"({"metadata":{},"spec":{"containers":[],"terminationGracePeriodSeconds":0,)"
        R"("automountServiceAccountToken":false}})");
}

TEST_CASE("strings are escaped as Go does") {
  CHECK(go(R"("a<b>&c\"\\\n\t\u0001é\u2028")", "") ==
        "\"a\\u003cb\\u003e\\u0026c\\\"\\\\\\n\\t\\u0001é\\u2028\"");
}

TEST_CASE("quantities have one text for one value") {
  struct Row {
    const char* text;
    const char* canonical;
  };

  const auto row = GENERATE(values<Row>({{"0.1", "100m"},
                                         {"1000m", "1"},
                                         {"1", "1"},
                                         {"1.5", "1500m"},
                                         {"1000", "1k"},
                                         {"1024Mi", "1Gi"},
                                         {"0.5Gi", "512Mi"},
                                         {"128Mi", "128Mi"},
                                         {"512", "512"},
                                         {"1e3", "1e3"},
                                         {"0", "0"},
                                         {"100k", "100k"},
                                         {"1500Mi", "1500Mi"},
                                         {"0.5Ki", "512"},
                                         {"-1.5", "-1500m"},
                                         {"much", "much"},
                                         {"1E", "1E"},
                                         {"10M", "10M"}}));
  CHECK(core::canonical_quantity(row.text) == row.canonical);
}

TEST_CASE("a hash is stable, differs by collision count and by form") {
  const JsonText text = make_json_text(
      R"({"metadata":{"labels":{"app":"shop"}},"spec":{"containers":[{"name":"shop","image":"shop:v1"}]}})");
  const JsonText reordered = make_json_text(
      R"({"spec":{"containers":[{"image":"shop:v1","name":"shop","resources":{}}]},
          "metadata":{"labels":{"app":"shop"},"creationTimestamp":null}})");
  const auto hash = pod_template_hash(text, std::nullopt);
  REQUIRE(hash);
  CHECK(pod_template_hash(reordered, std::nullopt) == hash);
  CHECK(pod_template_hash(text, 1) != hash);
  CHECK(pod_template_hash(text, 0) != hash);
  CHECK(pod_template_hash(text, std::nullopt, HashForm::WithCreationTimestamp) != hash);
  CHECK_FALSE(pod_template_hash(nullptr, std::nullopt));
  CHECK_FALSE(pod_template_hash(make_json_text("7"), std::nullopt));
  const std::string written =
      R"({"metadata":{"creationTimestamp":null,"labels":{"app":"shop"}},"spec":{"containers":[{"name":"shop","image":"shop:v1","resources":{}}]}})";
  CHECK(pod_template_hash(text, std::nullopt, HashForm::WithCreationTimestamp) ==
        safe_encode(fnv1a(written)));
}

TEST_CASE("steps are hashed in Go's order") {
  crds::RolloutSpec spec;
  CHECK(steps_hash(spec) == "");
  spec.strategy.emplace<crds::CanaryStrategy>();
  CHECK(steps_hash(spec) == safe_encode(fnv1a("null")));
  spec.canary()->steps_text = make_json_text(
      R"([{"setWeight":0},{"pause":{}},{"analysis":{"args":[{"value":"x","name":"a"}],"templates":[{"templateName":"t"}]}}])");
  CHECK(
      steps_hash(spec) ==
      safe_encode(fnv1a(
          R"([{"setWeight":0},{"pause":{}},{"analysis":{"templates":[{"templateName":"t"}],"args":[{"name":"a","value":"x"}]}}])")));
}

TEST_CASE("a template with the API server's defaults means the same") {
  const JsonText plain = make_json_text(
      R"({"metadata":{"labels":{"app":"shop"}},"spec":{"containers":[{"name":"shop","image":"shop:v1",
          "ports":[{"containerPort":8080}],"resources":{"limits":{"cpu":"0.1"}},
          "readinessProbe":{"httpGet":{"path":"/","port":8080}}}],
          "volumes":[{"name":"tmp"},{"name":"cfg","configMap":{"name":"c"}}]}})");
  const JsonText defaulted = make_json_text(
      R"({"metadata":{"creationTimestamp":null,"labels":{"app":"shop","rollouts-pod-template-hash":"abc"}},
          "spec":{"containers":[{"name":"shop","image":"shop:v1","imagePullPolicy":"IfNotPresent",
          "ports":[{"containerPort":8080,"protocol":"TCP"}],"resources":{"limits":{"cpu":"100m"}},
          "readinessProbe":{"httpGet":{"path":"/","port":8080,"scheme":"HTTP"},"timeoutSeconds":1,
          "periodSeconds":10,"successThreshold":1,"failureThreshold":3},
          "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
          "volumes":[{"name":"tmp","emptyDir":{}},{"name":"cfg","configMap":{"name":"c","defaultMode":420}}],
          "restartPolicy":"Always","dnsPolicy":"ClusterFirst","schedulerName":"default-scheduler",
          "terminationGracePeriodSeconds":30,"securityContext":{}}})");
  CHECK(same_template(plain, defaulted));
  const JsonText other = make_json_text(
      R"({"metadata":{"labels":{"app":"shop"}},"spec":{"containers":[{"name":"shop","image":"shop:v2"}]}})");
  CHECK_FALSE(same_template(plain, other));
  CHECK_FALSE(same_template(nullptr, nullptr));
}

TEST_CASE("what an engine puts into pods beside their template makes no other revision") {
  const std::string ephemeral = R"({"labels":{"role":"canary"},"annotations":{"note":"new"}})";
  const JsonText plain = make_json_text(
      R"({"metadata":{"labels":{"app":"shop"}},"spec":{"containers":[{"name":"shop","image":"shop:v1"}]}})");
  const JsonText live = make_json_text(
      R"({"metadata":{"labels":{"app":"shop","role":"canary","rollouts-pod-template-hash":"abc"},"annotations":{"note":"new"}},
          "spec":{"containers":[{"name":"shop","image":"shop:v1"}],"affinity":{"podAntiAffinity":{
          "requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"kubernetes.io/hostname",
          "labelSelector":{"matchExpressions":[{"key":"rollouts-pod-template-hash","operator":"In","values":["def"]}]}}],
          "preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"podAffinityTerm":{"topologyKey":"zone",
          "labelSelector":{"matchExpressions":[{"key":"rollouts-pod-template-hash","operator":"In","values":["def"]}]}}}]}}}})");
  const StringMap annotations{{std::string(crds::kEphemeralMetadataAnnotation), ephemeral}};
  CHECK(normalised_template(live, annotations) == normalised_template(plain));
  CHECK(normalised_template(live) != normalised_template(plain));
  // A person's own terms and labels are part of the template.
  const JsonText spread = make_json_text(
      R"({"metadata":{"labels":{"app":"shop"}},"spec":{"containers":[{"name":"shop","image":"shop:v1"}],
          "affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[
          {"topologyKey":"zone","labelSelector":{"matchLabels":{"app":"shop"}}}]}}}})");
  CHECK_FALSE(same_template(spread, plain));
}

TEST_CASE("the pull policy's default follows the image's tag") {
  const auto with_policy = [](const char* image, const char* policy) {
    return make_json_text(std::string(R"({"spec":{"containers":[{"name":"a","image":")") + image +
                          R"(","imagePullPolicy":")" + policy + R"("}]}})");
  };
  const auto without = [](const char* image) {
    return make_json_text(std::string(R"({"spec":{"containers":[{"name":"a","image":")") + image +
                          R"("}]}})");
  };
  CHECK(same_template(with_policy("a", "Always"), without("a")));
  CHECK(same_template(with_policy("a:latest", "Always"), without("a:latest")));
  CHECK(same_template(with_policy("h:5000/a", "Always"), without("h:5000/a")));
  CHECK(same_template(with_policy("h:5000/a:1", "IfNotPresent"), without("h:5000/a:1")));
  CHECK_FALSE(same_template(with_policy("a:1", "Always"), without("a:1")));
}

TEST_CASE("the hash label is put in") {
  const JsonText labelled = with_hash_label(make_json_text(R"({"spec":{}})"), "abc");
  CHECK(string_at(*parse_json(*labelled), "metadata.labels.rollouts-pod-template-hash") == "abc");
  CHECK(same_template(labelled, make_json_text("{}")));
}
