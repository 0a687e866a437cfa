#include "local/pods/pod_environment.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::local {

namespace {

Json parse(const char* text) {
  return parse_json(text).value();
}

const char* const kPod = R"json({
  "metadata": {"name": "shop-1", "namespace": "web", "uid": "u1",
               "labels": {"app": "shop", "a.b/c": "slash"}, "annotations": {"note": "n"}},
  "spec": {"nodeName": "local", "containers": [{
    "name": "app", "image": "shop:v2",
    "envFrom": [{"prefix": "C_", "configMapRef": {"name": "settings"}},
                {"configMapRef": {"name": "absent", "optional": true}}],
    "env": [
      {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
      {"name": "APP", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a.b/c']"}}},
      {"name": "NOTE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['note']"}}},
      {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
      {"name": "POD_IP", "value": "ignored"},
      {"name": "URL", "value": "http://$(IP):8080/$(NAME)?$$(X)&$(UNKNOWN)"},
      {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}},
      {"name": "GONE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "no",
                                                         "optional": true}}}
    ]}]}})json";

ConfigValues config() {
  return {{{EnvSource::Kind::ConfigMap, "settings"},
           decode_config(EnvSource::Kind::ConfigMap,
                         parse(R"({"data": {"MODE": "fast", "9bad": "x"}})"))},
          {{EnvSource::Kind::Secret, "login"},
           decode_config(EnvSource::Kind::Secret, parse(R"({"data": {"password": "czNjcmV0"}})"))}};
}

std::string value_of(const Environment& environment, const std::string& name) {
  for (const auto& [key, value] : environment)
    if (key == name) return value;
  return "(unset)";
}

Result<Environment> environment_with(const ConfigValues& values) {
  const Json pod = parse(kPod);
  const PodSpec spec = decode_pod_spec(pod).value();
  const Image image{"/images/shop/v2", {}, {}, {{"MODE", "image"}, {"HERE", "$(POD_IP)"}}, ""};
  return make_environment({pod, spec.containers[0], image, values, "127.64.0.9", "/usr/bin"});
}

}  // namespace

TEST_CASE("A container's environment comes from the pod, the image, ConfigMaps and Secrets") {
  const Result<Environment> environment = environment_with(config());
  REQUIRE(environment);
  const StringMap expected{{"POD_IP", "127.64.0.9"},
                           {"PATH", "/images/shop/v2:/images/shop/v2/bin:/usr/bin"},
                           {"HOSTNAME", "shop-1"},
                           {"MODE", "image"},
                           {"HERE", "127.64.0.9"},
                           {"C_MODE", "fast"},
                           {"C_9bad", "x"},
                           {"NAME", "shop-1"},
                           {"APP", "slash"},
                           {"NOTE", "n"},
                           {"URL", "http://127.64.0.9:8080/shop-1?$(X)&$(UNKNOWN)"},
                           {"PASSWORD", "s3cret"},
                           {"GONE", "(unset)"},
                           {"PORT", "(unset)"}};
  for (const auto& [name, value] : expected) {
    CAPTURE(name);
    CHECK(value_of(*environment, name) == value);
  }
}

TEST_CASE("A missing ConfigMap or Secret is named as the kubelet names it") {
  const ConfigReference login{EnvSource::Kind::Secret, "login"};
  ConfigValues values = config();
  values.erase(login);
  const Result<Environment> no_secret = environment_with(values);
  CHECK(no_secret.error() == not_found("secret \"login\" not found"));
  values[login] = {};
  const Result<Environment> no_key = environment_with(values);
  CHECK(no_key.error() == not_found("couldn't find key password in secret web/login"));
}

TEST_CASE("A Secret is read as Go reads base64, and what is none is no key of it") {
  CHECK(decode_config(
            EnvSource::Kind::Secret,
            parse(R"({"data": {"whole": "czNjcmV0", "broken": "czNj\ncmV0\n", "none": "="}})")) ==
        StringMap{{"broken", "s3cret"}, {"whole", "s3cret"}});
}

TEST_CASE("References to ConfigMaps and Secrets are found") {
  const PodSpec spec = decode_pod_spec(parse(kPod)).value();
  CHECK(config_references(spec.containers[0]) ==
        std::set<ConfigReference>{{EnvSource::Kind::ConfigMap, "absent"},
                                  {EnvSource::Kind::ConfigMap, "settings"},
                                  {EnvSource::Kind::Secret, "login"}});
}

TEST_CASE("Variables expand as in Kubernetes") {
  const Environment environment{{"A", "1"}, {"B", ""}};
  const StringMap table{{"$(A)", "1"},    {"x$(A)$(B)y", "x1y"}, {"$$(A)", "$(A)"},
                        {"$$$(A)", "$1"}, {"$(C)", "$(C)"},      {"$A", "$A"},
                        {"$(A", "$(A"},   {"100$", "100$"},      {"$$$$(A)", "$$(A)"},
                        {"", ""},         {"$(A)$(A)", "11"},    {"a$", "a$"}};
  for (const auto& [text, expected] : table) {
    CAPTURE(text);
    CHECK(expand_variables(text, environment) == expected);
  }
}

TEST_CASE("Variables made of variables grow no further than exec refuses") {
  constexpr size_t kExecRefuses = size_t{128} * 1024;
  Environment environment{{"V0", std::string(100, 'x')}};
  for (int i = 1; i < 40; ++i) {
    const std::string before = "$(V" + std::to_string(i - 1) + ")";
    environment.emplace_back("V" + std::to_string(i),
                             expand_variables(before + before, environment));
  }
  CHECK(environment.back().second.size() >= kExecRefuses);
  CHECK(environment.back().second.size() <= 2 * kExecRefuses);
}

}  // namespace
   // sluice::local
