#include "tests/sim/safety_watch.h"

#include "crds/names.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace sluice::sim {
namespace {

constexpr int64_t kTotal = 100;

std::string hash_of(const Json& object) {
  const Json* labels = find_path(object, "metadata.labels");
  return labels == nullptr ? "" : labels->value(std::string(crds::kPodTemplateHashLabel), "");
}

int64_t rounded_up_share(int64_t replicas, int64_t weight) {
  return (replicas * weight + kTotal - 1) / kTotal;
}

/// The hash that the run judged bad; "" where it did not.
std::string judged_bad_by(const Json& run) {
  return string_at(run, "status.phase") == "Failed" ? hash_of(run) : "";
}

}  // namespace

SafetyWatch::SafetyWatch(controller::test::ControllerWorld& world) : world_(world) {
  observer_ = world.registry->observe([this](const local::Change& change) { on_change(change); });
}

void SafetyWatch::on_change(const local::Change& change) {
  const std::string& kind = change.resource->kind;
  if (kind == "HTTPRoute" && world_.canary_weight() < 0) note("the weights do not sum up to 100");
  if (kind == "ReplicaSet") check_scale(change);
  const bool moves_traffic = kind == "HTTPRoute" || kind == "Service";
  if (!moves_traffic && kind != "ReplicaSet") return;
  const std::string now = outage();
  // Only writes to routes and Services are the controller's doing; pods come and go by themselves.
  if (moves_traffic && mode_.can_know && outage_before_.empty() && !now.empty())
    note(fmt::format("a write to {} {} leads to: {}", kind, change.after->meta.name, now));
  outage_before_ = now;
}

/// Nobody who carries traffic is scaled below what it carries.
void SafetyWatch::check_scale(const local::Change& change) {
  if (!change.before || !change.after || !mode_.can_know) return;
  const int64_t before = int_at(*change.before->parse(), "spec.replicas");
  const Json replica_set = *change.after->parse();
  const int64_t after = int_at(replica_set, "spec.replicas");
  if (after >= before) return;
  const std::string hash = hash_of(replica_set);
  const int64_t canary = world_.canary_weight();
  const int64_t replicas = int_at(world_.rollout(), "spec.replicas");
  if (hash == world_.selected_by("shop-stable")) {
    const int64_t needed = rounded_up_share(replicas, kTotal - canary);
    if (after < needed) {
      note(fmt::format("stable {} is scaled to {} with {}% of the traffic", hash, after,
                       kTotal - canary));
    }
  } else if (hash == world_.selected_by("shop-canary") && canary > 0 && after == 0) {
    note(fmt::format("canary {} is scaled to 0 with {}% of the traffic", hash, canary));
  }
}

int64_t SafetyWatch::serving_behind(const std::string& service) const {
  const std::string hash = world_.selected_by(service);
  if (hash.empty()) return std::numeric_limits<int64_t>::max();
  int64_t sum = 0;
  for (const Json& replica_set : world_.list("ReplicaSet")) {
    if (hash_of(replica_set) != hash) continue;
    sum += std::min(int_at(replica_set, "spec.replicas"),
                    int_at(replica_set, "status.availableReplicas"));
  }
  return sum;
}

std::string SafetyWatch::outage() const {
  const int64_t weight = world_.canary_weight();
  if (weight > 0 && serving_behind("shop-canary") == 0)
    return fmt::format("canary weight {} and no canary pod", weight);
  if (weight < kTotal && serving_behind("shop-stable") == 0)
    return fmt::format("stable weight {} and no stable pod", kTotal - weight);
  return "";
}

void SafetyWatch::look() {
  const int64_t weight = world_.canary_weight();
  const bool dark = weight > 0 && serving_behind("shop-canary") == 0;
  if (dark && canary_was_dark_ && mode_.can_act)
    note(fmt::format("canary weight stays at {} without a canary pod", weight));
  canary_was_dark_ = dark;
  check_verdicts();
  check_abort();
}

void SafetyWatch::check_abort() {
  const Json rollout = world_.rollout();
  const bool stable_can = serving_behind("shop-stable") >= int_at(rollout, "spec.replicas");
  const bool apart = world_.selected_by("shop-canary") != world_.selected_by("shop-stable");
  const bool unheeded = bool_at(rollout, "status.abort") && apart && stable_can;
  const int64_t weight = world_.canary_weight();
  if (unheeded && weight > 0 && abort_was_unheeded_ && mode_.can_act)
    note(fmt::format("canary weight stays at {} after an abort", weight));
  abort_was_unheeded_ = unheeded && weight > 0;
}

void SafetyWatch::check_verdicts() {
  const bool canary_gets_traffic = world_.canary_weight() > 0;
  const std::string carrier = world_.selected_by("shop-canary");
  // With nobody else to serve, the bad revision is kept rather than nothing.
  const bool stable_can = serving_behind("shop-stable") > 0;
  const auto is_heeded = [&](const std::string& hash) {
    return !canary_gets_traffic || carrier != hash || !stable_can;
  };
  for (auto entry = unheeded_.begin(); entry != unheeded_.end();) {
    if (!is_heeded(entry->second)) {
      if (mode_.can_act) note("traffic stays on a revision judged bad by " + entry->first);
      ++entry;
    } else {
      entry = unheeded_.erase(entry);
    }
  }
  for (const Json& run : world_.list("AnalysisRun")) {
    const std::string hash = judged_bad_by(run);
    const std::string name = string_at(run, "metadata.name");
    if (hash.empty() || !known_verdicts_.insert(name).second) continue;
    if (!is_heeded(hash)) unheeded_[name] = hash;
  }
}

}  // namespace sluice::sim
