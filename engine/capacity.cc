#include "engine/capacity.h"

#include "engine/replica_math.h"

namespace sluice::engine {

bool is_dark(const Facts& facts, const Service& service) {
  const bool selects = !service.selector_hash.empty();
  return !service.exists || (selects && serving(facts.find(service.selector_hash)) == 0);
}

std::optional<int64_t> serving_behind(const Facts& facts, const std::string& service) {
  const std::string& hash = facts.service(service).selector_hash;
  if (hash.empty()) return std::nullopt;
  return serving(facts.find(hash));
}

bool bears_all(const Facts& facts) {
  return !facts.conduct.dynamic_stable_scale || serving(facts.stable) >= facts.replicas;
}

int64_t least_kept(const Facts& facts, const ReplicaSet* behind, std::optional<int64_t> able,
                   int64_t total) {
  if (!able || serving(behind) == 0) return 0;
  if (facts.conduct.dynamic_stable_scale)
    return total - bearable_weight(*able, facts.replicas, total);
  return *able == 0 ? total : 0;
}

int64_t unbearable_weight(const Facts& facts, const crds::FormerPair& pair) {
  const ReplicaSet* behind = facts.find(facts.service(pair.canary).selector_hash);
  return least_kept(facts, behind, serving_behind(facts, pair.stable), pair.total);
}

}  // namespace sluice::engine
