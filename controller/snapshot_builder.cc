#include "controller/snapshot_builder.h"

#include "analysis/run_reading.h"
#include "controller/routes.h"
#include "crds/names.h"
#include "crds/validation.h"
#include "engine/former_routing.h"
#include "traffic/former_router.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::controller {
namespace {

engine::AnalysisReading reading_of(const crds::AnalysisRun& run) {
  analysis::RunReading reading = analysis::read_run(run);
  return {.observed = std::move(reading.observed),
          .wanted = std::move(reading.wanted),
          .text = std::move(reading.text),
          .without_data = reading.without_data,
          .unobservable = reading.unobservable};
}

class SnapshotBuilder {
 public:
  SnapshotBuilder(const crds::Decoded<crds::Rollout>& rollout, ClusterView& view,
                  Remembered remembered)
      : rollout_(rollout.value), view_(view), remembered_(std::move(remembered)) {
    observed_.snapshot.rollout = rollout_;
    add_problems(rollout.problems);
    add_problems(remembered_.problems);
  }

  Observed build(const traffic::RouterRegistry& registry, AnalysisChecks& checks,
                 SystemTime now) && {
    observed_.snapshot.now = now;
    observed_.snapshot.template_sums =
        view_.template_sums.of(rollout_.meta.key(), rollout_.spec.pod_template);
    observed_.snapshot.freezes = view_.freezes_of(rollout_.meta.namespace_);
    add_problems(crds::validate_rollout(rollout_));
    read_replica_sets();
    read_services();
    read_analysis_runs();
    check_routers(registry);
    check_templates(checks);
    engine::restore_routing(observed_.snapshot);
    read_routers(registry);
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
    for (const ObjectKey& service : remembered_.services) read_service(service.name);
    forget_handed_over();
    const crds::CanaryStrategy* canary = rollout_.spec.canary();
    if (canary != nullptr) {
      read_service(canary->stable_service);
      read_service(canary->canary_service);
    }
    if (const crds::BlueGreenStrategy* blue_green = rollout_.spec.blue_green()) {
      read_service(blue_green->active_service);
      read_service(blue_green->preview_service);
    }
    for (const crds::Routing& routing : observed_.snapshot.rollout.status.routings) {
      read_service(routing.stable_service);
      read_service(routing.canary_service);
    }
    add_problems(crds::validate_services(rollout_, [this](const std::string& name) {
      const auto found = services_.find(name);
      return found == services_.end() ? nullptr : found->second.get();
    }));
  }

  void read_service(const std::string& name) {
    if (name.empty()) return;
    depend_on({.gvk = {"", "v1", "Service"}, .key = {rollout_.meta.namespace_, name}});
    const auto facts = view_.service({rollout_.meta.namespace_, name});
    if (!facts) return;
    services_[name] = facts;
    const auto hash = facts->selector.find(crds::kPodTemplateHashLabel);
    observed_.snapshot.services[name] = {
        .exists = true,
        .selector_hash = hash == facts->selector.end() ? "" : hash->second,
        .managed_by = facts->managed_by};
  }

  /// A routing whose Services are another Rollout's by now is theirs to route.
  void forget_handed_over() {
    std::erase_if(observed_.snapshot.rollout.status.routings, [this](const crds::Routing& routing) {
      return is_another_rollouts(routing.stable_service) ||
             is_another_rollouts(routing.canary_service);
    });
  }

  bool is_another_rollouts(const std::string& service) const {
    const auto facts = view_.service({rollout_.meta.namespace_, service});
    return facts && !facts->managed_by.empty() && facts->managed_by != rollout_.meta.name;
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
                                                  .reading = reading_of(run->value),
                                                  .terminate = run->value.spec.terminate,
                                                  .deleting = meta.deletion_timestamp.has_value()});
    }
  }

  /// What is wrong with the routers as the spec has them.
  void check_routers(const traffic::RouterRegistry& registry) {
    const crds::CanaryStrategy* canary = rollout_.spec.canary();
    if (canary == nullptr || !canary->traffic_routing) return;
    add_problems(traffic::beyond_abilities(*canary, registry));
    for (const crds::RouterSpec& spec : canary->traffic_routing->routers) {
      const auto made = registry.make(spec, owner());
      if (!made)
        add_router_problem(made.error().message);
      else
        check_selections(**made, traffic::router_path(spec));
    }
  }

  /// Subsets can be one Rollout's only, as Services can. Who is gone holds none.
  void check_selections(const traffic::Router& router, const std::string& path) {
    const std::string& own = rollout_.meta.name;
    for (const auto& [side, selection] : router.selections(objects_->finder())) {
      const std::string& other = selection.managed_by;
      if (other.empty() || other == own) continue;
      if (!view_.rollouts.find({rollout_.meta.namespace_, other})) continue;
      const crds::ObjectName object = crds::side_object(side);
      observed_.snapshot.problems.push_back(
          {path, fmt::format("Invalid value: {} \"{}\" is managed by another Rollout, \"{}\"",
                             object.kind, object.name, other)});
      return;
    }
  }

  /// A router that cannot be made is passed over: an abort takes back the traffic that can be taken
  /// back.
  void read_routers(const traffic::RouterRegistry& registry) {
    engine::Snapshot& snapshot = observed_.snapshot;
    std::set<traffic::ObjectRef> taken;
    Routers routers;
    const crds::CanaryStrategy* canary = snapshot.rollout.spec.canary();
    if (canary != nullptr && canary->traffic_routing) {
      for (const crds::RouterSpec& spec : canary->traffic_routing->routers) {
        auto made = registry.make(spec, owner());
        if (!made) continue;
        for (traffic::ObjectRef& ref : (*made)->objects()) taken.insert(std::move(ref));
        read_router(spec.kind, *std::move(made), snapshot.routers, routers);
      }
    }
    for (const crds::Routing& former : crds::former_routings(snapshot.rollout)) {
      for (const crds::RouterSpec& spec : former.traffic.routers) {
        auto made = registry.make(spec, owner());
        if (!made) continue;
        read_router(spec.kind, traffic::former_router(*std::move(made), taken),
                    snapshot.former_routers, observed_.routers);
      }
    }
    observed_.routers.insert(observed_.routers.end(), routers.begin(), routers.end());
  }

  void read_router(const std::string& kind, std::shared_ptr<const traffic::Router> router,
                   std::vector<engine::RouterObservation>& observations, Routers& routers) {
    for (const traffic::ObjectRef& ref : router->objects()) observed_.dependencies.insert(ref);
    read_selections(*router);
    auto in_place = [router, objects = objects_](const crds::Routes& asked) {
      const auto changes = router->render(asked, objects->finder());
      return changes && changes->empty();
    };
    const crds::Routes routes = routes_of(observed_.snapshot.rollout);
    observations.push_back(
        to_engine(kind, router->observe(routes, objects_->finder(), remembered_.asked_since),
                  std::move(in_place)));
    routers.push_back(std::move(router));
  }

  /// Subsets are what Services are.
  void read_selections(const traffic::Router& router) {
    for (auto& [side, selection] : router.selections(objects_->finder()))
      observed_.snapshot.services[side] = {.exists = true,
                                           .selector_hash = std::move(selection.hash),
                                           .managed_by = std::move(selection.managed_by)};
  }

  traffic::RouterOwner owner() const { return {rollout_.meta.key(), rollout_.meta.uid}; }

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
  Remembered remembered_;
  std::map<std::string, std::shared_ptr<const crds::ServiceFacts>> services_;
  std::shared_ptr<ObjectFinder> objects_ = std::make_shared<ObjectFinder>(view_);
  Observed observed_;
};

/// The routers of the spec and those that it had before.
std::vector<crds::RouterSpec> router_specs(const crds::Rollout& rollout) {
  std::vector<crds::RouterSpec> specs;
  const crds::CanaryStrategy* canary = rollout.spec.canary();
  if (canary != nullptr && canary->traffic_routing) specs = canary->traffic_routing->routers;
  for (const crds::Routing& routing : rollout.status.routings)
    specs.insert(specs.end(), routing.traffic.routers.begin(), routing.traffic.routers.end());
  return specs;
}

}  // namespace

traffic::FindObject ObjectFinder::finder() {
  return [this](const traffic::ObjectRef& ref) { return find(ref); };
}

const Json* ObjectFinder::find(const traffic::ObjectRef& ref) {
  if (const auto known = parsed_.find(ref); known != parsed_.end()) return known->second.get();
  kube::WatchCache* cache = view_.cache_of(ref.gvk);
  const kube::ObjectPtr object = cache == nullptr ? nullptr : cache->find(ref.key);
  if (!object) return nullptr;
  auto document = view_.parsed.of(object);
  return document ? parsed_.emplace(ref, std::move(document)).first->second.get() : nullptr;
}

std::string unlisted_kinds(const crds::Rollout& rollout, ClusterView& view,
                           const traffic::RouterRegistry& registry) {
  std::set<traffic::ObjectKind> kinds;
  for (const crds::RouterSpec& spec : router_specs(rollout))
    if (const traffic::RouterType* type = registry.find(spec.kind))
      kinds.insert(type->reads.begin(), type->reads.end());
  std::string unlisted;
  for (const traffic::ObjectKind& kind : kinds)
    if (!view.demand(kind)) unlisted += (unlisted.empty() ? "" : ", ") + kind.plural;
  return unlisted;
}

Observed observe(const crds::Decoded<crds::Rollout>& rollout, ClusterView& view,
                 const traffic::RouterRegistry& registry, AnalysisChecks& checks, SystemTime now,
                 Remembered remembered) {
  return SnapshotBuilder(rollout, view, std::move(remembered)).build(registry, checks, now);
}

}  // namespace sluice::controller
