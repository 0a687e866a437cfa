#include "crds/pod_overlay.h"

#include "crds/names.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::crds {
namespace {

Json shop_template() {
  return Json::parse(R"({"metadata": {"labels": {"app": "shop", "tier": "web"}},
                         "spec": {"containers": [{"name": "shop", "image": "shop:v1"}]}})");
}

/// What annotations become by the changes.
StringMap changed(StringMap annotations, const Overlaid& overlaid) {
  for (const auto& [key, value] : overlaid.annotations)
    if (value)
      annotations[key] = *value;
    else
      annotations.erase(key);
  return annotations;
}

PodOverlay with_labels(StringMap labels) {
  return {.metadata = {.labels = std::move(labels), .annotations = {}}};
}

TEST_CASE("an overlay is put in, replaced and taken off again", "[overlay]") {
  const PodOverlay canary{
      .metadata = {.labels = {{"role", "canary"}, {"tier", "test"}}, .annotations = {{"a", "1"}}}};
  const Overlaid first = overlay_template(shop_template(), {}, canary);
  CHECK(first.pod_template["metadata"] ==
        Json::parse(R"({"labels": {"app": "shop", "role": "canary", "tier": "test"},
                        "annotations": {"a": "1"}})"));
  const StringMap annotations = changed({}, first);
  CHECK(annotations.at(std::string(kEphemeralMetadataAnnotation)) ==
        R"({"annotations":{"a":"1"},"labels":{"role":"canary","tier":"test"}})");
  CHECK(has_overlay(annotations, canary));
  CHECK(bare_template(first.pod_template, annotations) == shop_template());

  const PodOverlay stable = with_labels({{"role", "stable"}});
  CHECK_FALSE(has_overlay(annotations, stable));
  const Overlaid second = overlay_template(first.pod_template, annotations, stable);
  CHECK(second.pod_template["metadata"] ==
        Json::parse(R"({"labels": {"app": "shop", "role": "stable", "tier": "web"}})"));
  const StringMap after = changed(annotations, second);
  CHECK(has_overlay(after, stable));
  CHECK(metadata_change(annotations, after) ==
        MetadataChange{{{"role", "stable"}, {"tier", "web"}}, {{"a", std::nullopt}}});

  const Overlaid none = overlay_template(second.pod_template, after, {});
  CHECK(none.pod_template == shop_template());
  CHECK(changed(after, none).empty());
  CHECK(has_overlay({}, {}));
}

TEST_CASE("what Argo has put in is known by its annotation", "[overlay]") {
  Json argos = shop_template();
  argos["metadata"]["labels"]["role"] = "canary";
  const StringMap annotations{
      {std::string(kEphemeralMetadataAnnotation), R"({"labels":{"role":"canary"}})"}};
  CHECK(bare_template(argos, annotations) == shop_template());
  CHECK(has_overlay(annotations, with_labels({{"role", "canary"}})));
}

TEST_CASE("anti-affinity keeps pods of two revisions apart", "[overlay]") {
  const PodOverlay required{
      .anti_affinity = make_json_text(R"({"requiredDuringSchedulingIgnoredDuringExecution": {}})"),
      .away_from = "abc"};
  const Overlaid hard = overlay_template(shop_template(), {}, required);
  const Json term = Json::parse(R"({
    "labelSelector": {"matchExpressions": [
      {"key": "rollouts-pod-template-hash", "operator": "In", "values": ["abc"]}]},
    "topologyKey": "kubernetes.io/hostname"})");
  CHECK(hard.pod_template["spec"]["affinity"] ==
        Json{{"podAntiAffinity",
              {{"requiredDuringSchedulingIgnoredDuringExecution", Json::array({term})}}}});
  CHECK(bare_template(hard.pod_template, {}) == shop_template());

  PodOverlay preferred = required;
  preferred.anti_affinity =
      make_json_text(R"({"preferredDuringSchedulingIgnoredDuringExecution": {"weight": 30}})");
  preferred.away_from = "def";
  const StringMap annotations = changed({}, hard);
  CHECK_FALSE(has_overlay(annotations, preferred));
  const Overlaid soft = overlay_template(hard.pod_template, annotations, preferred);
  const Json& terms = soft.pod_template["spec"]["affinity"]["podAntiAffinity"];
  CHECK(terms.size() == 1);
  CHECK(terms["preferredDuringSchedulingIgnoredDuringExecution"][0]["weight"] == 30);
  CHECK(has_overlay(changed(annotations, soft), preferred));
  CHECK(overlay_template(soft.pod_template, changed(annotations, soft), {}).pod_template ==
        shop_template());
}

TEST_CASE("affinity of the template's own stays", "[overlay]") {
  Json own = shop_template();
  own["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] =
      Json::parse(R"([{"labelSelector": {"matchLabels": {"app": "db"}}, "topologyKey": "zone"}])");
  const PodOverlay overlay{
      .anti_affinity = make_json_text(R"({"requiredDuringSchedulingIgnoredDuringExecution": {}})"),
      .away_from = "abc"};
  const Overlaid made = overlay_template(own, {}, overlay);
  CHECK(made.pod_template["spec"]["affinity"]["podAntiAffinity"]
                         ["requiredDuringSchedulingIgnoredDuringExecution"]
                             .size() == 2);
  CHECK(bare_template(made.pod_template, {}) == own);
}

TEST_CASE("a change of metadata is read as it was written", "[overlay]") {
  const MetadataChange change{{{"a", "1"}, {"b", std::nullopt}}, {{"c", "2"}}};
  CHECK(decode_metadata_change(encode_metadata_change(change)) == change);
  CHECK(decode_metadata_change("no JSON") == MetadataChange{});
}

}  // namespace
}  // namespace sluice::crds
