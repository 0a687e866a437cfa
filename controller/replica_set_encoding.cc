#include "controller/replica_set_encoding.h"

#include "base/json.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::controller {
namespace {

Json encode_selector(const crds::LabelSelector& selector) {
  Json out = {{"matchLabels", selector.match_labels}};
  for (const crds::LabelExpression& expression : selector.match_expressions) {
    Json item = {{"key", expression.key}, {"operator", expression.op}};
    if (!expression.values.empty()) item["values"] = expression.values;
    out["matchExpressions"].push_back(std::move(item));
  }
  return out;
}

}  // namespace

Result<std::string> encode_replica_set(const engine::CreateReplicaSet& wanted, const Owner& owner) {
  auto pod_template = parse_json(wanted.pod_template ? *wanted.pod_template : "");
  if (!pod_template) return fail(pod_template.error().within("spec.template"));
  ObjectMeta meta;
  meta.name = wanted.name;
  meta.namespace_ = owner.namespace_;
  meta.labels = wanted.labels;
  meta.annotations = wanted.annotations;
  meta.owner_references = {owner.reference};
  Json spec = {{"replicas", wanted.replicas},
               {"selector", encode_selector(wanted.selector)},
               {"template", *std::move(pod_template)}};
  if (wanted.min_ready_seconds > 0) spec["minReadySeconds"] = wanted.min_ready_seconds;
  return dump_json({{"apiVersion", "apps/v1"},
                    {"kind", "ReplicaSet"},
                    {"metadata", encode_object_meta(meta)},
                    {"spec", std::move(spec)}});
}

}  // namespace sluice::controller
