#include "traffic/router.h"

#include <algorithm>

namespace sluice::traffic {

Observation worst_of(const std::vector<Observation>& all) {
  if (all.empty()) return {};
  Observation worst = all.front();
  if (all.size() > 1) worst.taken_up.reset();
  for (const Observation& one : all) {
    if (one.state > worst.state) {
      worst.state = one.state;
      worst.message = one.message;
      worst.object = one.object;
    }
    if (worst.canary_weight != one.canary_weight) worst.canary_weight.reset();
    worst.former_weight = std::max(worst.former_weight, one.former_weight);
    worst.managed_routes.insert(one.managed_routes.begin(), one.managed_routes.end());
    worst.whole_mirrors.insert(one.whole_mirrors.begin(), one.whole_mirrors.end());
  }
  return worst;
}

Observation Router::observe(const crds::Routes& routes, const FindObject& find,
                            const AskedSince& asked_since) const {
  std::vector<Observation> all = observations(routes, find);
  for (Observation& one : all) {
    const int64_t since = asked_since ? asked_since(one) : one.generation;
    if (!one.taken_up || *one.taken_up < since) continue;
    one.state = ObservedState::Verified;
    one.message.clear();
  }
  return worst_of(all);
}

Result<std::vector<ObjectChange>> Router::render(const crds::Routes& routes,
                                                 const FindObject& find) const {
  std::vector<ObjectChange> rendered = changes(routes, find);
  if (!rendered.empty()) return rendered;
  std::vector<Error> errors = faults(routes, find);
  if (!errors.empty()) return fail(std::move(errors.front()));
  return rendered;
}

}  // namespace sluice::traffic
