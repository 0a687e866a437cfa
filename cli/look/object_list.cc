#include "cli/look/object_list.h"

#include "cli/look/rollout_info.h"
#include "cli/look/run_view.h"
#include "crds/analysis_codec.h"
#include "crds/names.h"
#include "crds/rollout_codec.h"
#include "verbs/verb_types.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::cli {
namespace {

using Row = std::vector<std::string>;

/// Without "wide" all fit 80 columns: rollouts with names of 20 letters, runs with 40.
Row head_of(const ListStyle& style) {
  if (style.kind == "rollout") {
    Row head = {"NAME", "STRATEGY", "STATUS", "STEP", "WEIGHT", "READY", "AGE"};
    if (style.wide) head.insert(head.end(), {"DESIRED", "UP-TO-DATE", "AVAILABLE", "MESSAGE"});
    return head;
  }
  Row head = {"NAME", "STATUS"};
  if (style.kind == "analysisrun") head.emplace_back("MEASURED");
  head.emplace_back("AGE");
  if (style.wide) head.emplace_back("MESSAGE");
  return head;
}

/// What is set; beside it what is asked for, where they differ: "10→25", and "?→25" where nobody
/// knows what is set. Without routing what is asked for: the shares of pods are not in a Rollout.
std::string weight_text(const crds::Rollout& rollout) {
  if (rollout.spec.canary() == nullptr) return "-";
  const std::string asked = std::to_string(set_weight_of(rollout));
  if (!is_routed(rollout)) return asked;
  const auto known = routed_weight_of(rollout);
  const std::string set = known ? std::to_string(*known) : "?";
  return set == asked ? asked : set + "→" + asked;
}

/// As of a Deployment: those that are ready, of those that are asked for. Of a blue-green Rollout
/// the pods that stand by do not count.
std::string ready_text(const crds::Rollout& rollout) {
  return fmt::format("{}/{}", rollout.status.ready_replicas, rollout.spec.replicas.value_or(1));
}

Row rollout_row(const Json& document, const ListStyle& style, SystemTime now) {
  const crds::Rollout rollout = crds::decode_rollout(document).value;
  const crds::RolloutStatus& status = rollout.status;
  const size_t steps = rollout.spec.canary() ? rollout.spec.canary()->steps.size() : 0;
  Row row = {rollout.meta.name,
             rollout.spec.blue_green() ? "BlueGreen" : "Canary",
             std::string(crds::to_string(status.phase)),
             steps == 0 ? "-" : fmt::format("{}/{}", status.current_step_index.value_or(0), steps),
             weight_text(rollout),
             ready_text(rollout),
             format_age(now - rollout.meta.creation_timestamp)};
  if (style.wide) {
    row.push_back(std::to_string(rollout.spec.replicas.value_or(1)));
    row.push_back(std::to_string(status.updated_replicas));
    row.push_back(std::to_string(status.available_replicas));
    row.push_back(plain(status.message));
  }
  return row;
}

Json rollout_item(const Json& document) {
  const crds::Rollout rollout = crds::decode_rollout(document).value;
  const crds::RolloutStatus& status = rollout.status;
  const auto actual = routed_weight_of(rollout);
  return {{"name", rollout.meta.name},
          {"namespace", rollout.meta.namespace_},
          {"status", crds::to_string(status.phase)},
          {"message", status.message},
          {"strategy", rollout.spec.blue_green() ? "BlueGreen" : "Canary"},
          {"step", status.current_step_index.value_or(0)},
          {"setWeight", set_weight_of(rollout)},
          {"actualWeight", actual ? Json(*actual) : Json(nullptr)},
          {"frozen", verbs::freeze_text(rollout)},
          {"desired", rollout.spec.replicas.value_or(1)},
          {"available", status.available_replicas}};
}

void note_freeze(const Json& document, Listing& listing) {
  std::string freeze = verbs::freeze_text(crds::decode_rollout(document).value);
  if (!freeze.empty()) listing.freezes.insert(std::move(freeze));
}

Row run_row(const kube::Object& object, const Json& document, const ListStyle& style,
            SystemTime now) {
  Row row = {object.meta.name, plain(string_at(document, "status.phase"))};
  if (style.kind == "analysisrun")
    row.push_back(counts_of(crds::decode_analysis_run(document).value));
  row.push_back(format_age(now - object.meta.creation_timestamp));
  if (style.wide) row.push_back(plain(string_at(document, "status.message")));
  return row;
}

Json run_item(const kube::Object& object, const Json& document) {
  return {{"name", object.meta.name},
          {"namespace", object.meta.namespace_},
          {"status", string_at(document, "status.phase")},
          {"message", string_at(document, "status.message")}};
}

}  // namespace

Result<Listing> make_listing(const std::vector<kube::Object>& objects, const ListStyle& style,
                             SystemTime now) {
  const bool rollouts = style.kind == "rollout";
  Listing listing{.table = {}, .items = Json::array(), .names = "", .freezes = {}};
  Row head = head_of(style);
  if (style.namespaces) head.insert(head.begin(), "NAMESPACE");
  listing.table.add(std::move(head));
  for (const kube::Object& object : objects) {
    const auto document = object.parse();
    if (!document) return fail(document.error());
    Row row =
        rollouts ? rollout_row(*document, style, now) : run_row(object, *document, style, now);
    if (style.namespaces) row.insert(row.begin(), object.meta.namespace_);
    listing.table.add(std::move(row));
    if (rollouts) note_freeze(*document, listing);
    listing.items.push_back(rollouts ? rollout_item(*document) : run_item(object, *document));
    listing.names += fmt::format("{}.{}/{}\n", style.kind, crds::kGroup, object.meta.name);
  }
  return listing;
}

}  // namespace sluice::cli
