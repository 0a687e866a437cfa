#include "traffic/gateway_api_router.h"

#include "base/object_condition.h"
#include "traffic/gateway_api_progress.h"
#include "traffic/gateway_api_rules.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace sluice::traffic {
namespace {

using crds::Routes;

const GroupVersionKind kHttpRoute{"gateway.networking.k8s.io", "v1", "HTTPRoute"};

struct Confirmation {
  ObservedState state = ObservedState::Verified;
  std::string message;
  std::optional<int64_t> taken_up{};  ///< As of an Observation.
};

/// Whether it is further from confirming than the other.
bool is_worse(const Confirmation& found, const Confirmation& other) {
  if (found.state != other.state) return found.state > other.state;
  return found.taken_up < other.taken_up;
}

/// A condition of a gateway that does not say which generation it saw: it cannot confirm.
constexpr const char* kNoGeneration = "the gateway does not tell which change it has taken up";

/// Whether one condition of a route's parent confirms the route as it is now.
Confirmation read_condition(const Json& parent, std::string_view type, int64_t generation) {
  const Json* condition = find_condition(parent, type);
  if (condition == nullptr)
    return {ObservedState::Pending, fmt::format("the gateway has not said {} yet", type)};
  const bool dated = condition->contains("observedGeneration");
  const int64_t seen = int_at(*condition, "observedGeneration");
  const std::string status = string_at(*condition, "status");
  if (dated && seen < generation) {
    return {ObservedState::Pending, "the gateway has not taken up the latest change yet",
            status == "True" ? std::optional(seen) : std::nullopt};
  }
  if (status == "True")
    return dated ? Confirmation{} : Confirmation{ObservedState::Unsupported, kNoGeneration};
  return {ObservedState::Error, fmt::format("the gateway says {}={}: {}", type, status,
                                            string_at(*condition, "message"))};
}

/// The route still refers to the gateway that a parent status is of. Controllers may leave statuses
/// of former parents behind.
bool is_current_parent(const Json& route, const Json& parent) {
  const Json* refs = find_path(route, "spec.parentRefs");
  const Json* of = find_path(parent, "parentRef");
  if (refs == nullptr || !refs->is_array() || of == nullptr) return true;
  const std::string own = string_at(route, "metadata.namespace");
  return std::any_of(refs->begin(), refs->end(), [&](const Json& ref) {
    return string_at(ref, "name") == string_at(*of, "name") &&
           string_at(ref, "namespace", own) == string_at(*of, "namespace", own) &&
           string_at(ref, "kind", "Gateway") == string_at(*of, "kind", "Gateway") &&
           string_at(ref, "sectionName") == string_at(*of, "sectionName");
  });
}

/// Gateway API: a route is carried as it is written once every parent has accepted that generation
/// and resolved its backends.
Confirmation read_parents(const Json& route) {
  const Json* parents = find_path(route, "status.parents");
  if (parents == nullptr || !parents->is_array() || parents->empty())
    return {ObservedState::Pending, "no gateway has accepted the route yet"};
  const int64_t generation = int_at(route, "metadata.generation");
  Confirmation worst{ObservedState::Pending, "no gateway of the route has accepted it yet"};
  bool first = true;
  for (const Json& parent : *parents) {
    if (!is_current_parent(route, parent)) continue;
    for (const char* type : {"Accepted", "ResolvedRefs"}) {
      Confirmation found = read_condition(parent, type, generation);
      if (first || is_worse(found, worst)) worst = std::move(found);
      first = false;
    }
  }
  return worst;
}

class GatewayApiRouter : public Router {
 public:
  explicit GatewayApiRouter(GatewayApiConfig config) : config_(std::move(config)) {}

  std::vector<ObjectRef> objects() const override {
    std::vector<ObjectRef> refs;
    for (const HttpRouteRef& route : config_.http_routes) refs.push_back(ref(route));
    return refs;
  }

  std::vector<Error> faults(const Routes& routes, const FindObject& find) const override {
    std::vector<Error> errors;
    for (const HttpRouteRef& route : config_.http_routes) {
      const auto rendered = render_route(route, routes, find);
      const std::optional<Error> fault =
          rendered ? rendered->fault : std::optional(rendered.error());
      if (fault) errors.push_back(fault->within(ref(route).to_string()));
    }
    const bool any = !routes.header_routes.empty() || !routes.mirror_routes.empty();
    if (errors.empty() && any && !takes_managed_routes())
      errors.push_back(invalid("managed routes: no entry of httpRoutes has useHeaderRoutes: true"));
    return errors;
  }

 private:
  std::vector<Observation> observations(const Routes& routes,
                                        const FindObject& find) const override {
    std::vector<Observation> all;
    for (const HttpRouteRef& route : config_.http_routes)
      all.push_back(observe_route(route, routes, find));
    return all;
  }

  std::vector<ObjectChange> changes(const Routes& routes, const FindObject& find) const override {
    std::vector<ObjectChange> rendered;
    for (const HttpRouteRef& route : config_.http_routes) {
      const auto done = render_route(route, routes, find);
      if (!done || done->patch.empty()) continue;
      rendered.push_back({.verb = ObjectChange::Verb::Patch,
                          .object = ref(route),
                          .body = dump_json(done->patch),
                          .uid = {}});
    }
    return rendered;
  }

  struct RenderedRoute {
    Json patch = Json::array();
    std::optional<Error> fault;  ///< Of a managed route.
  };

  bool takes_managed_routes() const {
    return std::any_of(config_.http_routes.begin(), config_.http_routes.end(),
                       [](const HttpRouteRef& route) { return route.use_header_routes; });
  }

  ObjectRef ref(const HttpRouteRef& route) const {
    return {kHttpRoute, {config_.namespace_, route.name}};
  }

  Result<RenderedRoute> render_route(const HttpRouteRef& route, const Routes& routes,
                                     const FindObject& find) const {
    const Json* object = find(ref(route));
    if (object == nullptr && routes.destinations.empty()) return RenderedRoute{};
    if (object == nullptr) return fail(not_found("does not exist"));
    const Json* rules = find_path(*object, "spec.rules");
    if (rules == nullptr || !rules->is_array()) return fail(invalid("spec.rules: has no rules"));
    auto edited = edit_rules(*rules, routes, route.use_header_routes);
    if (!edited) return fail(edited.error().within("spec.rules"));

    RenderedRoute out{.fault = std::move(edited->fault)};
    if (edited->rules != *rules) {
      out.patch.push_back({{"op", "test"}, {"path", "/spec/rules"}, {"value", *rules}});
      out.patch.push_back({{"op", "replace"}, {"path", "/spec/rules"}, {"value", edited->rules}});
    }
    mark_progress(*object, edited->rules, routes,
                  {config_.in_progress_label_key, config_.in_progress_label_value}, out.patch);
    return out;
  }

  Observation observe_route(const HttpRouteRef& route, const Routes& routes,
                            const FindObject& find) const {
    const Json* object = find(ref(route));
    if (object == nullptr && routes.destinations.empty()) return {};
    if (object == nullptr)
      return {.state = ObservedState::Error,
              .message = ref(route).to_string() + " does not exist",
              .object = ref(route)};
    const Json* rules = find_path(*object, "spec.rules");
    if (rules == nullptr || !rules->is_array())
      return {.state = ObservedState::Error,
              .message = ref(route).to_string() + " has no rules",
              .object = ref(route)};
    const Confirmation parents = read_parents(*object);
    return {.state = parents.state,
            .canary_weight = canary_weight_of(*rules, routes),
            .managed_routes = managed_routes_of(*rules, routes),
            .whole_mirrors = whole_mirrors_of(*rules, routes),
            .former_weight = former_weight_of(*rules, routes),
            .message = parents.message.empty()
                           ? ""
                           : fmt::format("{}: {}", ref(route).to_string(), parents.message),
            .object = ref(route),
            .generation = int_at(*object, "metadata.generation"),
            .taken_up = parents.taken_up};
  }

  GatewayApiConfig config_;
};

Result<std::unique_ptr<Router>> make(const Json& config, const RouterOwner& owner,
                                     const std::string& path) {
  auto read = read_gateway_api_config(config, owner.rollout.namespace_, path);
  if (!read) return fail(read.error());
  return std::make_unique<GatewayApiRouter>(*std::move(read));
}

}  // namespace

RouterType gateway_api_router() {
  return {.reads = {{kHttpRoute, "httproutes"}},
          .abilities = {.header_routes = HeaderRoutes::AllHeaders,
                        .mirror_routes = MirrorRoutes::ExactMethods,
                        .confirms = true},
          .make = make};
}

}  // namespace sluice::traffic
