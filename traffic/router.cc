#include "traffic/router.h"

#include <algorithm>

namespace sluice::traffic {

Observation worst_of(const std::vector<Observation>& all) {
  if (all.empty()) return {};
  Observation worst = all.front();
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

Result<std::vector<ObjectChange>> Router::render(const crds::Routes& routes,
                                                 const FindObject& find) const {
  std::vector<ObjectChange> rendered = changes(routes, find);
  if (!rendered.empty()) return rendered;
  std::vector<Error> errors = faults(routes, find);
  if (!errors.empty()) return fail(std::move(errors.front()));
  return rendered;
}

}  // namespace sluice::traffic
