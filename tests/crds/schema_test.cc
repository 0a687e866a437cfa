#include "crds/schema.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string_view>
#include <vector>

namespace sluice::crds {
namespace {

// One property for each rule.
constexpr std::string_view kSchema = R"({"type": "object", "properties": {
  "spec": {"type": "object", "required": ["size"], "properties": {
    "size": {"type": "integer", "minimum": 0, "maximum": 100},
    "replicas": {"type": "integer", "default": 1},
    "mode": {"type": "string", "enum": ["fast", "slow"], "default": "slow"},
    "name": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 8},
    "surge": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type":
      "string"}]},
    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties":
      {"known": {"type": "object", "properties": {"a": {"type": "string"}}}}},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "nullable": {"type": "string", "nullable": true},
    "steps": {"type": "array", "maxItems": 3, "items": {"type": "object", "properties": {"weight":
      {"type": "integer"}, "wait": {"type": "string", "default": "10s"}}}},
    "pairs": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys":
      ["key"], "items": {"type": "object", "required": ["key"], "properties": {"key": {"type":
      "string"}, "value": {"type": "string"}}}},
    "pairs2": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys":
      ["key", "port"], "items": {"type": "object", "required": ["key", "port"], "properties":
      {"key": {"type": "string"}, "port": {"type": "integer"}}}},
    "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
    "oneof": {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}], "properties":
      {"a": {"type": "string"}, "b": {"type": "string"}}},
    "time": {"type": "string", "format": "date-time"},
    "ip": {"type": "string", "format": "ipv4"},
    "i32": {"type": "integer", "format": "int32"},
    "num": {"type": "number", "minimum": 0.5, "exclusiveMinimum": true, "maximum": 1.5},
    "even": {"type": "integer", "multipleOf": 2},
    "half": {"type": "number", "multipleOf": 0.5},
    "list": {"type": "array", "minItems": 1, "items": {"type": "integer"}},
    "props": {"type": "object", "minProperties": 1, "maxProperties": 2, "additionalProperties":
      {"type": "integer"}},
    "not": {"type": "string", "not": {"enum": ["bad"]}},
    "all": {"type": "integer", "allOf": [{"minimum": 5}, {"maximum": 3}]},
    "enumInt": {"type": "integer", "enum": [1, 2]},
    "nenum": {"type": "string", "nullable": true, "enum": ["a"]},
    "bool": {"type": "boolean"},
    "emb": {"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"spec":
      {"type": "object"}}},
    "any": {"x-kubernetes-preserve-unknown-fields": true},
    "addTrue": {"type": "object", "additionalProperties": true},
    "deep": {"type": "object", "default": {}, "properties": {"x": {"type": "object", "default":
      {"y": 1}, "properties": {"y": {"type": "integer"}, "z": {"type": "string", "default": "q"}}}}},
    "dur": {"type": "string", "format": "duration"},
    "best": {"type": "object", "properties": {"steps": {"type": "array", "items": {"type":
      "object", "properties": {"w": {"type": "integer", "minimum": 0}, "p": {"type": "object",
      "x-kubernetes-preserve-unknown-fields": true}}}}, "max": {"type": "integer"}}, "anyOf":
      [{"properties": {"steps": {"items": {"properties": {"w": {"maximum": 100}}}}}}, {"required":
      ["max"]}]}
  }},
  "status": {"type": "object", "properties": {"phase": {"type": "string"}}}
}})";

Schema compile(std::string_view text) {
  auto schema = Schema::compile(Json::parse(text));
  REQUIRE(schema);
  return *schema;
}

Json widget(std::string_view spec) {
  return {{"apiVersion", "example.com/v1"},
          {"kind", "Widget"},
          {"metadata", {{"name", "w"}}},
          {"spec", Json::parse(spec)}};
}

/// Defaults, pruning and validation, as for a create.
std::vector<FieldError> admit(std::string_view spec) {
  static const Schema kCompiled = compile(kSchema);
  Json object = widget(spec);
  kCompiled.apply_defaults(object);
  kCompiled.prune(object);
  return kCompiled.validate(object);
}

struct Refusal {
  std::string_view spec;
  std::vector<std::string> sentences;
};

// The sentences are those of a Kubernetes 1.32 API server for the same schema and objects.
TEST_CASE("what the schema refuses is told in the API server's words", "[schema]") {
  const auto row = GENERATE(values<Refusal>({
      {R"({})", {R"(spec.size: Required value)"}},
      {R"({"size":"x"})",
       {R"(spec.size: Invalid value: "string": spec.size in body must be of type integer: "string")"}},
      {R"({"size":101})",
       {R"(spec.size: Invalid value: 101: spec.size in body should be less than or equal to 100)"}},
      {R"({"size":-1})",
       {R"(spec.size: Invalid value: -1: spec.size in body should be greater than or equal to 0)"}},
      {R"({"size":1.5})",
       {R"(spec.size: Invalid value: "number": spec.size in body must be of type integer: "number")"}},
      {R"({"size":1,"mode":"other"})",
       {R"(spec.mode: Unsupported value: "other": supported values: "fast", "slow")"}},
      {R"({"size":1,"name":"A"})",
       {R"(spec.name: Invalid value: "A": spec.name in body should be at least 2 chars long)"}},
      {R"({"size":1,"name":"abcdefghijk"})",
       {R"(spec.name: Too long: may not be more than 8 bytes)"}},
      {R"({"size":1,"name":"A1"})",
       {R"(spec.name: Invalid value: "A1": spec.name in body should match '^[a-z]+$')"}},
      {R"({"size":1,"surge":true})",
       {R"(spec.surge: Invalid value: "boolean": spec.surge in body must be of type integer,string: "boolean")",
        R"(<nil>: Invalid value: "": "spec.surge" must validate at least one schema (anyOf))",
        R"(spec.surge: Invalid value: "boolean": spec.surge in body must be of type integer: "boolean")"}},
      {R"({"size":1,"labels":{"a":1}})",
       {R"(spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer")"}},
      {R"({"size":1,"steps":[{},{},{},{}]})",
       {R"(spec.steps: Too many: 4: must have at most 3 items)"}},
      {R"({"size":1,"oneof":{"a":"x","b":"y"}})",
       {R"(<nil>: Invalid value: "": "spec.oneof" must validate one and only one schema (oneOf). Found 2 valid alternatives)"}},
      {R"({"size":1,"oneof":{}})",
       {R"(<nil>: Invalid value: "": "spec.oneof" must validate one and only one schema (oneOf). Found none valid)",
        R"(spec.oneof.a: Required value)"}},
      {R"({"size":1,"pairs":[{"key":"a"},{"key":"a"},{"key":"a"},{"key":"b"},{"key":"b"}]})",
       {R"(spec.pairs[1]: Duplicate value: map[string]interface {}{"key":"a"})",
        R"(spec.pairs[4]: Duplicate value: map[string]interface {}{"key":"b"})"}},
      {R"({"size":1,"pairs":[{},{}]})",
       {R"(spec.pairs[0].key: Required value)", R"(spec.pairs[1].key: Required value)",
        R"(spec.pairs[1]: Duplicate value: map[string]interface {}{})"}},
      {R"({"size":1,"pairs":["x"]})",
       {R"(spec.pairs[0]: Invalid value: "string": spec.pairs[0] in body must be of type object: "string")",
        R"(spec.pairs[0]: Invalid value: "x": must be an object for an array of list-type map)"}},
      {R"({"size":1,"pairs2":[{"key":"a","port":1},{"key":"a","port":2},{"key":"a","port":1}]})",
       {R"(spec.pairs2[2]: Duplicate value: map[string]interface {}{"key":"a", "port":1})"}},
      {R"({"size":1,"set":["a","b","a"]})", {R"(spec.set[2]: Duplicate value: "a")"}},
      {R"({"size":null})", {R"(spec.size: Required value)"}},
      {R"({"size":1,"steps":[null]})",
       {R"(spec.steps[0]: Invalid value: "null": spec.steps[0] in body must be of type object: "null")"}},
      {R"({"size":1,"time":"x"})",
       {R"(spec.time: Invalid value: "x": spec.time in body must be of type date-time: "x")"}},
      {R"({"size":1,"time":"2026-01-02"})",
       {R"(spec.time: Invalid value: "2026-01-02": spec.time in body must be of type date-time: "2026-01-02")"}},
      {R"({"size":1,"time":5})",
       {R"(spec.time: Invalid value: "int64": spec.time in body must be of type date-time: "int64")"}},
      {R"({"size":1,"time":true})",
       {R"(spec.time: Invalid value: "": spec.time in body must be of type date-time: "")"}},
      {R"({"size":1,"time":{}})",
       {R"(spec.time: Invalid value: "": spec.time in body must be of type date-time: "")"}},
      {R"({"size":1,"ip":"1.2.3"})",
       {R"(spec.ip: Invalid value: "1.2.3": spec.ip in body must be of type ipv4: "1.2.3")"}},
      {R"({"size":1,"num":0.5})",
       {R"(spec.num: Invalid value: 0.5: spec.num in body should be greater than 0.5)"}},
      {R"({"size":1,"num":2})",
       {R"(spec.num: Invalid value: 2: spec.num in body should be less than or equal to 1)"}},
      {R"({"size":1,"num":1.75})",
       {R"(spec.num: Invalid value: 1.75: spec.num in body should be less than or equal to 1.5)"}},
      {R"({"size":1,"num":"1"})",
       {R"(spec.num: Invalid value: "string": spec.num in body must be of type number: "string")"}},
      {R"({"size":1,"even":3})",
       {R"(spec.even: Invalid value: 3: spec.even in body should be a multiple of 2)"}},
      {R"({"size":1,"half":0.75})",
       {R"(spec.half: Invalid value: 0.75: spec.half in body should be a multiple of 0.5)"}},
      {R"({"size":1,"list":[]})",
       {R"(spec.list: Invalid value: 0: spec.list in body should have at least 1 items)"}},
      {R"({"size":1,"list":["a",1,2.5]})",
       {R"(spec.list[0]: Invalid value: "string": spec.list[0] in body must be of type integer: "string")",
        R"(spec.list[2]: Invalid value: "number": spec.list[2] in body must be of type integer: "number")"}},
      {R"({"size":1,"props":{}})",
       {R"(spec.props: Invalid value: 0: spec.props in body should have at least 1 properties)"}},
      {R"({"size":1,"props":{"a":1,"b":2,"c":3}})",
       {R"(spec.props: Too many: 3: must have at most 2 items)"}},
      {R"({"size":1,"not":"bad"})",
       {R"(<nil>: Invalid value: "": "spec.not" must not validate the schema (not))"}},
      {R"({"size":1,"all":4})",
       {R"(spec.all: Invalid value: 4: spec.all in body should be greater than or equal to 5)",
        R"(spec.all: Invalid value: 4: spec.all in body should be less than or equal to 3)",
        R"(<nil>: Invalid value: "": "spec.all" must validate all the schemas (allOf). None validated)"}},
      {R"({"size":1,"all":2})",
       {R"(spec.all: Invalid value: 2: spec.all in body should be greater than or equal to 5)",
        R"(<nil>: Invalid value: "": "spec.all" must validate all the schemas (allOf))"}},
      {R"({"size":1,"enumInt":3})",
       {R"(spec.enumInt: Unsupported value: 3: supported values: "1", "2")"}},
      {R"({"size":1,"nenum":null})",
       {R"(spec.nenum: Unsupported value: "null": supported values: "a")"}},
      {R"({"size":1,"bool":"true"})",
       {R"(spec.bool: Invalid value: "string": spec.bool in body must be of type boolean: "string")"}},
      {R"({"size":1,"bool":1})",
       {R"(spec.bool: Invalid value: "integer": spec.bool in body must be of type boolean: "integer")"}},
      {R"({"size":1,"junk":{"a":1},"steps":[{"nope":1,"weight":"a"}]})",
       {R"(spec.steps[0].weight: Invalid value: "string": spec.steps[0].weight in body must be of type integer: "string")"}},
      {R"({"size":9007199254740993})",
       {R"(spec.size: Invalid value: 9007199254740993: spec.size in body should be less than or equal to 100)"}},
      {R"({"size":1e+30})",
       {R"(spec.size: Invalid value: "number": spec.size in body must be of type integer: "number")",
        R"(spec.size: Invalid value: 1e+30: spec.size in body should be less than or equal to 100)"}},
      {R"({"size":123456789012345678901234})",
       {R"(spec.size: Invalid value: "number": spec.size in body must be of type integer: "number")",
        R"(spec.size: Invalid value: 1.2345678901234569e+23: spec.size in body should be less than or equal to 100)"}},
      {R"({"size":1,"labels":[]})",
       {R"(spec.labels: Invalid value: "array": spec.labels in body must be of type object: "array")"}},
      {R"({"size":1,"labels":"x"})",
       {R"(spec.labels: Invalid value: "string": spec.labels in body must be of type object: "string")"}},
      {R"({"size":1,"name":"a\"b\n\té"})",
       {R"(spec.name: Invalid value: "a\"b\n\té": spec.name in body should match '^[a-z]+$')"}},
      {R"({"size":1,"num":1e+21})",
       {R"(spec.num: Invalid value: 1e+21: spec.num in body should be less than or equal to 1.5)"}},
      {R"({"size":1,"num":1e-07})",
       {R"(spec.num: Invalid value: 1e-07: spec.num in body should be greater than 0.5)"}},
      {R"({"size":1,"num":123456789.5})",
       {R"(spec.num: Invalid value: 1.234567895e+08: spec.num in body should be less than or equal to 1.5)"}},
      {R"({"size":1,"best":{"steps":[{"w":10},{"w":101},{"p":{"a":1}}]}})",
       {R"(<nil>: Invalid value: "": "spec.best" must validate at least one schema (anyOf))",
        R"(spec.best.steps[1].w: Invalid value: 101: spec.best.steps[1].w in body should be less than or equal to 100)"}},
      {R"({"size":1,"best":{"steps":[{"w":500}]}})",
       {R"(<nil>: Invalid value: "": "spec.best" must validate at least one schema (anyOf))",
        R"(spec.best.steps[0].w: Invalid value: 500: spec.best.steps[0].w in body should be less than or equal to 100)"}},
      {R"({"size":1,"best":{"steps":[{"w":-1}]}})",
       {R"(spec.best.steps[0].w: Invalid value: -1: spec.best.steps[0].w in body should be greater than or equal to 0)"}},
      {R"({"size":"x","mode":"y","list":[]})",
       {R"(spec.list: Invalid value: 0: spec.list in body should have at least 1 items)",
        R"(spec.mode: Unsupported value: "y": supported values: "fast", "slow")",
        R"(spec.size: Invalid value: "string": spec.size in body must be of type integer: "string")"}},
      {R"({"size":1,"dur":"x"})",
       {R"(spec.dur: Invalid value: "x": spec.dur in body must be of type duration: "x")"}},
  }));
  CAPTURE(row.spec);
  std::vector<std::string> sentences;
  for (const FieldError& error : admit(row.spec)) sentences.push_back(error.sentence());
  CHECK(sentences == row.sentences);
}

TEST_CASE("what the schema allows passes", "[schema]") {
  const auto spec = GENERATE(values<std::string_view>(
      {R"({"size": 1.0})", R"({"size": 1, "nullable": null, "mode": null})",
       R"({"size": 1, "num": 0.75})", R"({"size": 1, "time": "2026-01-02T03:04:05Z"})",
       R"({"size": 1, "i32": 3000000000})", R"({"size": 1, "even": 4, "half": 1.5})",
       R"({"size": 1, "surge": "25%"})", R"({"size": 1, "surge": 3})",
       R"({"size": 1, "best": {"steps": [{"w": 500}], "max": 1000}})",
       R"({"size": 1, "not": "good"})", R"({"size": 1, "labels": {"a": null}})",
       R"({"size": 1, "dur": "5m"})", R"({"size": 1, "time": []})",
       R"({"size": 1, "pairs2": [{"key": "a", "port": 1}, {"key": "a", "port": 2}]})"}));
  CAPTURE(spec);
  CHECK(admit(spec).empty());
}

TEST_CASE("errors carry a machine-readable reason and a pointer", "[schema]") {
  const auto errors =
      admit(R"({"size": 1, "best": {"steps": [{"w": 10}, {"w": 500}]}, "labels": {"a/b": 1}})");
  REQUIRE(errors.size() == 3);
  CHECK(errors[0].field == "<nil>");
  CHECK(errors[0].pointer == "/spec/best");
  CHECK(errors[1].field == "spec.best.steps[1].w");
  CHECK(errors[1].pointer == "/spec/best/steps/1/w");
  CHECK(errors[2].pointer == "/spec/labels/a~1b");
  CHECK(to_string(errors[2].type) == "FieldValueTypeInvalid");
}

struct Pruning {
  std::string_view spec;
  std::string_view result;
  std::vector<std::string> unknown;
};

TEST_CASE("defaults are filled in and unknown fields removed", "[schema]") {
  const auto row = GENERATE(values<Pruning>({
      {R"({})", R"({"mode":"slow","replicas":1,"deep":{"x":{"y":1,"z":"q"}}})", {}},
      {R"({"mode": null, "nullable": null, "size": null, "steps": null})",
       R"({"mode":"slow","nullable":null,"replicas":1,"deep":{"x":{"y":1,"z":"q"}}})",
       {}},
      {R"({"deep": {"x": {}}, "steps": [{"weight": 5}, {"wait": "1s"}]})",
       R"({"mode":"slow","replicas":1,"deep":{"x":{"z":"q"}},"steps":[{"weight":5,"wait":"10s"},{"wait":"1s"}]})",
       {}},
      {R"({"junk": {"a": 1}, "steps": [{"nope": 1, "wait": "1s"}], "deep": {"more": 1}})",
       R"({"mode":"slow","replicas":1,"steps":[{"wait":"1s"}],"deep":{"x":{"y":1,"z":"q"}}})",
       {"spec.deep.more", "spec.junk", "spec.steps[0].nope"}},
      {R"({"free": {"z": {"q": 1}, "known": {"a": "b", "junk": 1}}, "any": {"a": [null, {"b": 1}]}})",
       R"({"mode":"slow","replicas":1,"deep":{"x":{"y":1,"z":"q"}},"free":{"z":{"q":1},"known":{"a":"b"}},"any":{"a":[null,{"b":1}]}})",
       {"spec.free.known.junk"}},
      {R"({"emb": {"apiVersion": "v1", "kind": "X", "metadata": {"name": "a"}, "spec": {"x": 1}, "other": 1}})",
       R"({"mode":"slow","replicas":1,"deep":{"x":{"y":1,"z":"q"}},"emb":{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":{}}})",
       {"spec.emb.other", "spec.emb.spec.x"}},
      {R"({"addTrue": {"a": 1, "b": {"c": 1}}})",
       R"({"mode":"slow","replicas":1,"deep":{"x":{"y":1,"z":"q"}},"addTrue":{"a":1,"b":{}}})",
       {"spec.addTrue.b.c"}},
  }));
  CAPTURE(row.spec);
  const Schema schema = compile(kSchema);
  Json object = widget(row.spec);
  schema.apply_defaults(object);
  CHECK(schema.prune(object) == row.unknown);
  CHECK(object["spec"] == Json::parse(row.result));
}

TEST_CASE("metadata's fields are known, the root's other fields are not", "[schema]") {
  const Schema schema = compile(kSchema);
  Json object = widget(R"({"size": 1})");
  object["metadata"]["labels"] = {{"a", "b"}};
  object["metadata"]["colour"] = "red";
  object["junk"] = 1;
  CHECK(schema.prune(object) == std::vector<std::string>{"metadata.colour", "junk"});
  CHECK(object["metadata"] == Json({{"name", "w"}, {"labels", {{"a", "b"}}}}));
}

TEST_CASE("a Status bundles the errors", "[schema]") {
  const auto one = format_invalid("Widget", "example.com", "w", admit(R"({"size": 101})"));
  CHECK(
      one.message ==
      R"(Widget.example.com "w" is invalid: spec.size: Invalid value: 101: spec.size in body should be less than or equal to 100)");
  CHECK(one.causes() == Json::parse(R"([{"field": "spec.size", "reason": "FieldValueInvalid",
      "message": "Invalid value: 101: spec.size in body should be less than or equal to 100"}])"));

  auto errors = admit(R"({"oneof": {}})");
  errors.push_back(errors.back());
  const auto several = format_invalid("Widget", "", "w", errors);
  CHECK(
      several.message ==
      R"(Widget "w" is invalid: [<nil>: Invalid value: "": "spec.oneof" must validate one and only one schema (oneOf). Found none valid, spec.oneof.a: Required value, spec.size: Required value])");
  CHECK(several.causes().size() == 4);
}

TEST_CASE("schemas that cannot be applied are refused with the place", "[schema]") {
  struct Case {
    std::string_view schema;
    std::string_view message;
  };

  const auto row = GENERATE(values<Case>({
      {R"({"type": "text"})", "openAPIV3Schema: unknown type \"text\""},
      {R"({"properties": {"a": {"additionalProperties": false}}})",
       "openAPIV3Schema.properties.a: additionalProperties must not be false"},
      {R"({"properties": {"a": []}})", "openAPIV3Schema.properties.a: must be an object"},
  }));
  const auto schema = Schema::compile(Json::parse(row.schema));
  REQUIRE_FALSE(schema);
  CHECK(schema.error().message == row.message);
  CHECK_FALSE(Schema::compile(Json::parse(R"({"items": {"pattern": "["}})")));
}

TEST_CASE("rules in CEL are told, not run", "[schema]") {
  CHECK_FALSE(compile(kSchema).has_rules());
  CHECK(
      compile(
          R"({"properties": {"a": {"items": {"x-kubernetes-validations": [{"rule": "self > 1"}]}}}})")
          .has_rules());
}

TEST_CASE("hostile documents cost bounded time", "[schema]") {
  const Schema schema = compile(R"({"properties": {"list": {"items": {"type": "string"}},
      "text": {"type": "string", "pattern": "^(a+)+$"}}})");
  Json object = {{"list", Json::array()}, {"text", std::string(5000, 'a') + "b"}};
  for (int i = 0; i < 20000; ++i) object["list"].push_back(i);
  CHECK(schema.validate(object).size() == kFieldErrorsMax);

  const Schema sets = compile(R"({"properties": {"set": {"x-kubernetes-list-type": "set"}}})");
  Json repeated = {{"set", Json::array()}};
  for (int i = 0; i < 20000; ++i) repeated["set"].push_back(i / 2);
  CHECK(sets.validate(repeated).size() == kFieldErrorsMax);
}

}  // namespace
}  // namespace sluice::crds
