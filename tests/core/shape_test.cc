#include "core/shape.h"

#include "core/conform.h"
#include "core/pod_defaults.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::core {
namespace {

TEST_CASE("a line of the table is a struct", "[shape]") {
  const ShapeTable table({R"(
Box name! size?:int32(1..9)=3 lids:[Lid]@name! kind<Big|Small> rest~null:{quantity} +Lid
Lid colour~ tags:[string]@ port!:intstr=="x"
)"});
  const Shape& box = *table.find("Box");
  REQUIRE(box.fields.size() == 8);
  CHECK(box.fields[0].required);
  CHECK(box.fields[0].zero == "\"\"");
  CHECK(box.fields[1].presence == Presence::Pointer);
  CHECK(box.fields[1].range.max == 9);
  CHECK(*box.fields[1].default_value == 3);
  CHECK(box.fields[2].merge == ListMerge::ByKey);
  CHECK(box.fields[2].unique_key);
  CHECK(box.fields[2].shape->name == "[]v1.Lid");
  CHECK(box.fields[3].values == std::vector<std::string>{"Big", "Small"});
  CHECK(box.fields[4].zero == "null");
  CHECK_FALSE(box.fields[5].required);
  CHECK(box.fields[5].zero == "\"\"");
  CHECK(box.fields[6].merge == ListMerge::AsSet);
  CHECK(box.fields[7].default_from == DefaultFrom::Nobody);
  CHECK(table.find("Lid")->fields.size() == 3);
  CHECK(table.find("Nothing") == nullptr);
}

TEST_CASE("a table may lean on another", "[shape]") {
  const ShapeTable table({"Mine template:PodTemplateSpec"}, &kubernetes_shapes());
  CHECK(table.find("Mine")->fields[0].shape == &find_shape("PodTemplateSpec"));
  CHECK(table.find("PodSpec") == &find_shape("PodSpec"));
}

TEST_CASE("defaults that were filled in are taken out again", "[shape]") {
  const Json bare = Json::parse(R"({"metadata": {"labels": {"a": "b"}}, "spec": {
      "containers": [{"name": "a", "image": "a", "ports": [{"containerPort": 80}],
        "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        "readinessProbe": {"httpGet": {"port": 80}}, "livenessProbe": {"grpc": {"port": 80}},
        "lifecycle": {"preStop": {"httpGet": {"port": 80}}}}],
      "initContainers": [{"name": "b", "image": "b:v1"}],
      "volumes": [{"name": "v"}, {"name": "c", "configMap": {"name": "c"}},
                  {"name": "p", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
                  {"name": "h", "hostPath": {"path": "/"}}, {"name": "i", "image": {"reference": "i:v1"}}]}})");
  const Shape& shape = find_shape("PodTemplateSpec");
  Json filled = bare;
  apply_defaults(filled, shape);
  CHECK(filled["spec"]["containers"][0]["imagePullPolicy"] == "Always");
  CHECK(filled["spec"]["initContainers"][0]["imagePullPolicy"] == "IfNotPresent");
  CHECK(filled["spec"]["volumes"][0]["emptyDir"] == Json::object());
  CHECK(filled["spec"]["volumes"][2]["projected"]["defaultMode"] == 420);
  CHECK(filled["spec"]["containers"][0]["readinessProbe"]["httpGet"]["scheme"] == "HTTP");
  strip_defaults(filled, shape);
  CHECK(filled == bare);
}

TEST_CASE("unknown fields are found at any depth", "[shape]") {
  const Json spec = Json::parse(R"({"containers": [{"name": "a", "imagee": "b",
      "readinessProbe": {"httpGet": {"prot": 80}}, "command": "x"}], "nodeSelector": {"any": "b"},
      "volumes": [{"name": "a", "configMap": {"name": "c", "itmes": []}}]})");
  CHECK(unknown_fields(spec, find_shape("PodSpec"), "spec") ==
        std::vector<UnknownField>{{"spec.containers[0].imagee", "image"},
                                  {"spec.containers[0].readinessProbe.httpGet.prot", "port"},
                                  {"spec.volumes[0].configMap.itmes", "items"}});
}

}  // namespace
}  // namespace sluice::core
