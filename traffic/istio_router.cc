#include "traffic/istio_router.h"

#include "traffic/istio_routes.h"
#include "traffic/istio_subsets.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace sluice::traffic {
namespace {

using crds::Routes;

const GroupVersionKind kVirtualService{"networking.istio.io", "v1beta1", "VirtualService"};
const GroupVersionKind kDestinationRule{"networking.istio.io", "v1beta1", "DestinationRule"};

class IstioRouter : public Router {
 public:
  IstioRouter(IstioConfig config, RouterOwner owner)
      : config_(std::move(config)), owner_(std::move(owner)) {}

  static Result<std::unique_ptr<Router>> make(const Json& config, const RouterOwner& owner,
                                              const std::string& path) {
    auto read = read_istio_config(config, owner.rollout.namespace_, path);
    if (!read) return fail(read.error());
    return std::make_unique<IstioRouter>(*std::move(read), owner);
  }

  std::vector<ObjectRef> objects() const override {
    std::vector<ObjectRef> refs;
    for (const VirtualServiceRef& ref : config_.virtual_services)
      refs.push_back({kVirtualService, ref.key});
    if (config_.subsets) refs.push_back(rule_ref());
    return refs;
  }

  std::vector<Error> faults(const Routes& routes, const FindObject& find) const override {
    std::vector<Error> all;
    for (const Fault& fault : find_faults(routes, find))
      all.push_back(fault.error.within(fault.object.to_string()));
    return all;
  }

  std::map<std::string, Selection> selections(const FindObject& find) const override {
    const Json* rule = config_.subsets ? find(rule_ref()) : nullptr;
    if (rule == nullptr) return {};
    return subset_selections(*rule, *config_.subsets, owner_.rollout.name);
  }

  std::vector<ObjectChange> select(const std::string& side, const std::string& hash,
                                   const FindObject& find) const override {
    const Json* rule = config_.subsets ? find(rule_ref()) : nullptr;
    const std::string prefix = config_.subsets ? crds::subset_side(config_.subsets->rule, "") : "";
    if (rule == nullptr || !side.starts_with(prefix)) return {};
    return changes_by(rule_ref(),
                      subset_patch(*rule, side.substr(prefix.size()), hash, owner_.rollout.name));
  }

 private:
  /// A fault of the DestinationRule is told with the first VirtualService, and no split between its
  /// subsets is known to hold.
  std::vector<Observation> observations(const Routes& routes,
                                        const FindObject& find) const override {
    std::vector<Observation> all;
    for (const VirtualServiceRef& ref : config_.virtual_services)
      all.push_back(observe_one(ref, routes, find));
    for (const Fault& fault : find_faults(routes, find)) {
      const auto of = std::ranges::find(all, fault.object, &Observation::object);
      if (of == all.end())
        for (Observation& one : all) one.canary_weight.reset();
      Observation& seen = of == all.end() ? all.front() : *of;
      if (seen.state == ObservedState::Error) continue;
      seen.state = ObservedState::Error;
      seen.object = fault.object;
      seen.message = fault.error.within(fault.object.to_string()).message;
    }
    return all;
  }

  std::vector<ObjectChange> changes(const Routes& routes, const FindObject& find) const override {
    std::vector<ObjectChange> rendered;
    for (const VirtualServiceRef& ref : config_.virtual_services) {
      const auto edited = edit(ref, routes, find);
      if (!edited) continue;
      const Json patch = istio_routes_patch(*edited->before, edited->routes.spec);
      for (ObjectChange& change : changes_by({kVirtualService, ref.key}, patch))
        rendered.push_back(std::move(change));
    }
    return rendered;
  }

  struct Fault {
    ObjectRef object;
    Error error;
  };

  std::vector<Fault> find_faults(const Routes& routes, const FindObject& find) const {
    std::vector<Fault> all;
    if (routes.destinations.empty()) return all;
    for (const VirtualServiceRef& ref : config_.virtual_services) {
      const ObjectRef object{kVirtualService, ref.key};
      const auto edited = edit(ref, routes, find);
      if (!edited) all.push_back({object, not_found("does not exist")});
      for (const Error& fault : edited ? edited->routes.faults : std::vector<Error>{})
        all.push_back({object, fault});
    }
    if (config_.subsets)
      for (Error& fault : rule_faults(find)) all.push_back({rule_ref(), std::move(fault)});
    return all;
  }

  static std::vector<ObjectChange> changes_by(ObjectRef object, const Json& patch) {
    if (patch.empty()) return {};
    return {{.verb = ObjectChange::Verb::Patch,
             .object = std::move(object),
             .body = dump_json(patch),
             .uid = {}}};
  }

  ObjectRef rule_ref() const {
    return {kDestinationRule, {owner_.rollout.namespace_, config_.subsets->rule}};
  }

  IstioDestinations destinations(const VirtualServiceRef& ref, const FindObject& find) const {
    std::optional<IstioDestinations::Rule> rule;
    const Json* object = config_.subsets ? find(rule_ref()) : nullptr;
    const std::string& namespace_ = owner_.rollout.namespace_;
    if (object != nullptr)
      rule = {config_.subsets->rule, service_host(string_at(*object, "spec.host"), namespace_)};
    return {namespace_, ref.key.namespace_, std::move(rule)};
  }

  /// The spec of an object that has none is empty.
  static const Json& spec_of(const Json& object) {
    static const Json none = Json::object();
    const Json* spec = find_path(object, "spec");
    return spec != nullptr && spec->is_object() ? *spec : none;
  }

  struct Edited {
    const Json* before = nullptr;
    EditedIstioRoutes routes;
  };

  /// Nothing where the VirtualService does not exist.
  std::optional<Edited> edit(const VirtualServiceRef& ref, const Routes& routes,
                             const FindObject& find) const {
    const Json* object = find({kVirtualService, ref.key});
    if (object == nullptr) return std::nullopt;
    const IstioDestinations to = destinations(ref, find);
    const Json& spec = spec_of(*object);
    return Edited{&spec, edit_istio_routes(IstioReader(spec, ref, to, routes))};
  }

  Observation observe_one(const VirtualServiceRef& ref, const Routes& routes,
                          const FindObject& find) const {
    Observation seen{.object = ObjectRef{kVirtualService, ref.key}};
    const Json* object = find(*seen.object);
    if (object == nullptr) return seen;
    const IstioDestinations to = destinations(ref, find);
    const IstioReader reader(spec_of(*object), ref, to, routes);
    seen.canary_weight = reader.canary_weight();
    seen.managed_routes = reader.managed_routes();
    seen.former_weight = reader.former_weight();
    return seen;
  }

  std::vector<Error> rule_faults(const FindObject& find) const {
    const Json* rule = find(rule_ref());
    if (rule == nullptr) return {not_found("does not exist")};
    std::vector<Error> faults;
    for (const std::string* name : {&config_.subsets->stable, &config_.subsets->canary})
      if (find_subset(*rule, *name) == nullptr)
        faults.push_back(invalid(fmt::format("spec.subsets: has no subset \"{}\"", *name)));
    return faults;
  }

  IstioConfig config_;
  RouterOwner owner_;
};

}  // namespace

RouterType istio_router() {
  return {.reads = {{kVirtualService, "virtualservices"}, {kDestinationRule, "destinationrules"}},
          .abilities = {.header_routes = HeaderRoutes::AnyHeader,
                        .mirror_routes = MirrorRoutes::AnyMethods,
                        .subsets = true},
          .make = IstioRouter::make};
}

}  // namespace sluice::traffic
