#include "controller/snapshot_builder.h"

#include "controller/routes.h"
#include "crds/names.h"
#include "crds/validation.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::controller {
namespace {

class SnapshotBuilder {
 public:
  SnapshotBuilder(const crds::Decoded<crds::Rollout>& rollout, ClusterView& view)
      : rollout_(rollout.value), view_(view) {
    observed_.snapshot.rollout = rollout_;
    add_problems(rollout.problems);
  }

  Observed build(const traffic::RouterRegistry& registry, AnalysisChecks& checks,
                 SystemTime now) && {
    observed_.snapshot.now = now;
    add_problems(crds::validate_rollout(rollout_));
    read_replica_sets();
    read_services();
    read_analysis_runs();
    read_routers(registry);
    check_templates(checks);
    return std::move(observed_);
  }

 private:
  void add_problems(const crds::FieldProblems& problems) {
    for (const crds::FieldProblem& problem : problems)
      observed_.snapshot.problems.push_back({problem.path, problem.message});
  }

  void read_replica_sets() {
    for (const auto& object : view_.replica_sets.controlled_by(rollout_.meta.uid))
      observed_.snapshot.replica_sets.push_back(*view_.replica_set(object));
  }

  void read_services() {
    if (!rollout_.spec.canary()) return;
    const crds::CanaryStrategy& canary = *rollout_.spec.canary();
    std::map<std::string, std::shared_ptr<const crds::ServiceFacts>> found;
    for (const std::string& name : {canary.stable_service, canary.canary_service}) {
      if (name.empty()) continue;
      depend_on({.gvk = {"", "v1", "Service"}, .key = {rollout_.meta.namespace_, name}});
      const auto facts = view_.service({rollout_.meta.namespace_, name});
      if (!facts) continue;
      found[name] = facts;
      const auto hash = facts->selector.find(crds::kPodTemplateHashLabel);
      observed_.snapshot.services[name] = {
          .exists = true,
          .selector_hash = hash == facts->selector.end() ? "" : hash->second,
          .managed_by = facts->managed_by};
    }
    add_problems(crds::validate_services(rollout_, [&](const std::string& name) {
      const auto facts = found.find(name);
      return facts == found.end() ? nullptr : facts->second.get();
    }));
  }

  void read_analysis_runs() {
    for (const auto& object : view_.analysis_runs.controlled_by(rollout_.meta.uid)) {
      const auto run = view_.analysis_run(object);
      const ObjectMeta& meta = run->value.meta;
      observed_.snapshot.analysis_runs.push_back({.name = meta.name,
                                                  .uid = meta.uid,
                                                  .labels = meta.labels,
                                                  .annotations = meta.annotations,
                                                  .created_at = meta.creation_timestamp,
                                                  .phase = run->value.status.phase,
                                                  .message = run->value.status.message,
                                                  .terminate = run->value.spec.terminate,
                                                  .deleting = meta.deletion_timestamp.has_value()});
    }
  }

  void read_routers(const traffic::RouterRegistry& registry) {
    if (!rollout_.spec.canary() || !rollout_.spec.canary()->traffic_routing) return;
    const auto objects = std::make_shared<ObjectFinder>(view_);
    const crds::Routes routes = routes_of(rollout_);
    add_problems(traffic::undoable_steps(*rollout_.spec.canary(), registry));
    const traffic::RouterOwner owner{rollout_.meta.key(), rollout_.meta.uid};
    for (const crds::RouterSpec& spec : rollout_.spec.canary()->traffic_routing->routers) {
      auto made = registry.make(spec, owner);
      if (!made) {
        // The others go on: an abort takes back the traffic that can be taken back.
        add_router_problem(made.error().message);
        continue;
      }
      const std::shared_ptr<const traffic::Router> router = *std::move(made);
      for (const traffic::ObjectRef& ref : router->objects()) observed_.dependencies.insert(ref);
      auto in_place = [router, objects](const crds::Routes& asked) {
        const auto changes = router->render(asked, objects->finder());
        return changes && changes->empty();
      };
      observed_.snapshot.routers.push_back(
          to_engine(spec.kind, router->observe(routes, objects->finder()), std::move(in_place)));
      observed_.routers.push_back(router);
    }
  }

  /// A router's message is "path: what is wrong".
  void add_router_problem(const std::string& message) {
    const size_t colon = message.find(": ");
    if (colon == std::string::npos)
      observed_.snapshot.problems.push_back({"spec.strategy.canary.trafficRouting", message});
    else
      observed_.snapshot.problems.push_back({message.substr(0, colon), message.substr(colon + 2)});
  }

  void check_templates(AnalysisChecks& checks) {
    const auto check = checks.of(rollout_);
    add_problems(check->problems);
    for (const crds::TemplateRef& ref : check->looked_up) {
      const std::string_view kind =
          ref.cluster_scope ? crds::kClusterAnalysisTemplate : crds::kAnalysisTemplate;
      depend_on({.gvk = {std::string(crds::kGroup), std::string(crds::kVersion), std::string(kind)},
                 .key = {ref.cluster_scope ? "" : rollout_.meta.namespace_, ref.template_name}});
    }
  }

  void depend_on(traffic::ObjectRef object) { observed_.dependencies.insert(std::move(object)); }

  const crds::Rollout& rollout_;
  ClusterView& view_;
  Observed observed_;
};

}  // namespace

traffic::FindObject ObjectFinder::finder() {
  return [this](const traffic::ObjectRef& ref) { return find(ref); };
}

const Json* ObjectFinder::find(const traffic::ObjectRef& ref) {
  if (const auto known = parsed_.find(ref); known != parsed_.end()) return known->second.get();
  const kube::WatchCache* cache = view_.cache_of(ref.gvk);
  const kube::ObjectPtr object = cache == nullptr ? nullptr : cache->find(ref.key);
  if (!object) return nullptr;
  auto document = view_.parsed.of(object);
  return document ? parsed_.emplace(ref, std::move(document)).first->second.get() : nullptr;
}

std::string unlisted_kinds(const crds::Rollout& rollout, ClusterView& view,
                           const traffic::RouterRegistry& registry) {
  std::string unlisted;
  const crds::CanaryStrategy* canary = rollout.spec.canary();
  if (canary == nullptr || !canary->traffic_routing) return unlisted;
  for (const crds::RouterSpec& spec : canary->traffic_routing->routers) {
    const traffic::RouterType* type = registry.find(spec.kind);
    if (type == nullptr) continue;
    for (const traffic::ObjectKind& kind : type->reads)
      if (!view.demand(kind)) unlisted += (unlisted.empty() ? "" : ", ") + kind.plural;
  }
  return unlisted;
}

Observed observe(const crds::Decoded<crds::Rollout>& rollout, ClusterView& view,
                 const traffic::RouterRegistry& registry, AnalysisChecks& checks, SystemTime now) {
  return SnapshotBuilder(rollout, view).build(registry, checks, now);
}

}  // namespace sluice::controller
