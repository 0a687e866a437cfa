#include "local/gateway/http_route_status.h"

#include "base/json_list.h"
#include "base/object_condition.h"

#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

Json encode_parent(const GatewayParent& parent) {
  Json json = {{"group", parent.group}, {"kind", parent.kind}, {"name", parent.name}};
  if (!parent.namespace_.empty()) json["namespace"] = parent.namespace_;
  if (!parent.section_name.empty()) json["sectionName"] = parent.section_name;
  if (parent.port != 0) json["port"] = parent.port;
  return json;
}

Json encode_condition(std::string_view type, const RouteCondition& condition, int64_t generation,
                      const Json* before, SystemTime now) {
  const std::string status = condition.status ? "True" : "False";
  const bool same = before != nullptr && string_at(*before, "status") == status;
  return {{"type", type},
          {"status", status},
          {"observedGeneration", generation},
          {"lastTransitionTime",
           same ? string_at(*before, "lastTransitionTime", format_time(now)) : format_time(now)},
          {"reason", condition.reason},
          {"message", condition.message}};
}

}  // namespace

std::optional<std::string> http_route_status_patch(const Json& route, const RouteVerdict& verdict,
                                                   SystemTime now) {
  const Json& before = list_at(route, "status.parents");
  Json after = Json::array();
  for (const Json& entry : before)
    if (string_at(entry, "controllerName") != kGatewayController) after.push_back(entry);
  for (const GatewayParent& parent : verdict.parents) {
    const Json reference = encode_parent(parent);
    Json known;
    for (const Json& entry : before) {
      if (string_at(entry, "controllerName") == kGatewayController &&
          entry.value("parentRef", Json()) == reference) {
        known = entry;
      }
    }
    after.push_back({{"parentRef", reference},
                     {"controllerName", kGatewayController},
                     {"conditions",
                      {encode_condition("Accepted", verdict.accepted, verdict.generation,
                                        find_condition(known, "Accepted"), now),
                       encode_condition("ResolvedRefs", verdict.resolved_refs, verdict.generation,
                                        find_condition(known, "ResolvedRefs"), now)}}});
  }
  if (after == before) return std::nullopt;
  return dump_json(Json{{"status", {{"parents", std::move(after)}}}});
}

}  // namespace sluice::local
