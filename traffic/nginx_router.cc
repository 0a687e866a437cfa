#include "traffic/nginx_router.h"

#include "base/whole_number.h"
#include "traffic/owned_object.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace sluice::traffic {
namespace {

using crds::Routes;

const GroupVersionKind kIngress{"networking.k8s.io", "v1", "Ingress"};
constexpr const char* kClassAnnotation = "kubernetes.io/ingress.class";
/// What an ingress controller takes the weights for where nothing is said.
constexpr int64_t kDefaultTotal = 100;
constexpr size_t kNameMax = 253;
constexpr std::string_view kNameEnd = "-canary";

using Annotations = std::map<std::string, std::optional<std::string>>;

std::optional<std::string> annotation_of(const Json& object, const std::string& key) {
  const Json* all = find_path(object, "metadata.annotations");
  if (all == nullptr || !all->is_object()) return std::nullopt;
  const auto found = all->find(key);
  if (found == all->end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<int64_t> number_in(const std::optional<std::string>& text) {
  return text ? whole_number(*text) : std::nullopt;
}

/// The rules of an Ingress with those paths only that lead to `service`, leading to `instead`.
Json rules_instead(const Json& ingress, const std::string& service, const std::string& instead) {
  Json out = Json::array();
  const Json* rules = find_path(ingress, "spec.rules");
  if (rules == nullptr || !rules->is_array()) return out;
  for (const Json& rule : *rules) {
    const Json* paths = find_path(rule, "http.paths");
    Json kept = Json::array();
    for (const Json& path : paths != nullptr && paths->is_array() ? *paths : Json::array()) {
      if (string_at(path, "backend.service.name") != service) continue;
      kept.emplace_back(path)["backend"]["service"]["name"] = instead;
    }
    if (kept.empty()) continue;
    Json copy = rule;
    copy["http"]["paths"] = std::move(kept);
    out.push_back(std::move(copy));
  }
  return out;
}

void set_annotation(const Json& object, const std::string& key,
                    const std::optional<std::string>& value, Json& patch) {
  const std::optional<std::string> now = annotation_of(object, key);
  if (now == value) return;
  const std::string path = (Json::json_pointer("/metadata/annotations") / key).to_string();
  if (now) patch.push_back({{"op", "test"}, {"path", path}, {"value", *now}});
  if (value)
    patch.push_back({{"op", "add"}, {"path", path}, {"value", *value}});
  else
    patch.push_back({{"op", "remove"}, {"path", path}});
}

class NginxRouter : public Router {
 public:
  NginxRouter(NginxConfig config, RouterOwner owner)
      : config_(std::move(config)), owner_(std::move(owner)) {}

  std::vector<ObjectRef> objects() const override {
    std::vector<ObjectRef> refs;
    for (const std::string& name : config_.stable_ingresses) {
      refs.push_back(stable_ref(name));
      refs.push_back(canary_ref(name));
    }
    return refs;
  }

  std::vector<Error> faults(const Routes& routes, const FindObject& find) const override {
    std::vector<Error> errors;
    if (routes.destinations.empty()) return errors;
    for (const std::string& name : config_.stable_ingresses)
      if (auto error = fault_of(name, routes, find)) errors.push_back(*std::move(error));
    return errors;
  }

 private:
  std::vector<Observation> observations(const Routes& routes,
                                        const FindObject& find) const override {
    std::vector<Observation> all;
    for (const std::string& name : config_.stable_ingresses) {
      if (routes.destinations.empty()) {
        all.push_back({.former_weight = former_weight_of(name, find)});
        continue;
      }
      Observation one{.canary_weight = weight_of(name, routes, find), .object = stable_ref(name)};
      if (const auto error = fault_of(name, routes, find)) {
        one.state = ObservedState::Error;
        one.message = error->message;
      }
      all.push_back(std::move(one));
    }
    return all;
  }

  std::vector<ObjectChange> changes(const Routes& routes, const FindObject& find) const override {
    std::vector<ObjectChange> rendered;
    for (const std::string& name : config_.stable_ingresses) {
      auto change = routes.destinations.empty() ? removal_of(name, routes, find)
                                                : change_of(name, routes, find);
      if (change) rendered.push_back(*std::move(change));
    }
    return rendered;
  }

  ObjectRef stable_ref(const std::string& name) const {
    return {kIngress, {owner_.rollout.namespace_, name}};
  }

  ObjectRef canary_ref(const std::string& name) const {
    return {kIngress, {owner_.rollout.namespace_, canary_ingress_name(owner_.rollout.name, name)}};
  }

  std::string key(std::string_view name) const {
    return fmt::format("{}/{}", config_.annotation_prefix, name);
  }

  std::optional<Error> fault_of(const std::string& name, const Routes& routes,
                                const FindObject& find) const {
    const ObjectRef stable_is = stable_ref(name);
    const Json* canary = find(canary_ref(name));
    if (canary != nullptr && !is_owned(*canary, owner_)) return not_owned(canary_ref(name));
    const Json* stable = find(stable_is);
    if (stable == nullptr) return not_found(stable_is.to_string() + ": does not exist");
    const std::string& service = routes.stable().service;
    if (!rules_instead(*stable, service, service).empty()) return std::nullopt;
    return invalid(fmt::format("{}: spec.rules: no path leads to the stable Service \"{}\"",
                               stable_is.to_string(), service));
  }

  /// A share of requests that is not what the Rollout's own Ingress asks for is no known one.
  std::optional<int64_t> weight_of(const std::string& name, const Routes& routes,
                                   const FindObject& find) const {
    const Json* canary = find(canary_ref(name));
    if (canary == nullptr) return 0;
    const std::string& service = routes.canary().service;
    const bool leads = !rules_instead(*canary, service, service).empty();
    const int64_t total =
        number_in(annotation_of(*canary, key("canary-weight-total"))).value_or(kDefaultTotal);
    const bool takes_part = annotation_of(*canary, key("canary")) == "true";
    if (!is_owned(*canary, owner_) || !leads || !takes_part || total != routes.total)
      return std::nullopt;
    return number_in(annotation_of(*canary, key("canary-weight")));
  }

  /// As long as the canary's Ingress stands, something is left.
  int64_t former_weight_of(const std::string& name, const FindObject& find) const {
    const Json* canary = find(canary_ref(name));
    if (canary == nullptr || !is_owned(*canary, owner_)) return 0;
    const auto weight = number_in(annotation_of(*canary, key("canary-weight")));
    return std::max<int64_t>(weight.value_or(kDefaultTotal), 1);
  }

  /// Of an Ingress that the Rollout has no use for any more, once the canary may go to nothing.
  std::optional<ObjectChange> removal_of(const std::string& name, const Routes& routes,
                                         const FindObject& find) const {
    const Json* canary = find(canary_ref(name));
    const bool held =
        std::ranges::any_of(routes.former, [](const auto& pair) { return pair.most > 0; });
    if (canary == nullptr || !is_owned(*canary, owner_) || held) return std::nullopt;
    return remove_object(canary_ref(name), *canary);
  }

  Annotations annotations(const Routes& routes) const {
    Annotations all;
    for (const auto& [name, value] : config_.annotations) all[name] = value;
    all[key("canary")] = "true";
    all[key("canary-weight")] = std::to_string(routes.canary().weight);
    all[key("canary-weight-total")] =
        routes.total == kDefaultTotal ? std::nullopt : std::optional(std::to_string(routes.total));
    return all;
  }

  /// Also where the stable Ingress is missing: its canary's weight is in force all the same.
  std::optional<ObjectChange> change_of(const std::string& name, const Routes& routes,
                                        const FindObject& find) const {
    const Json* stable = find(stable_ref(name));
    const Json* canary = find(canary_ref(name));
    if (canary != nullptr && !is_owned(*canary, owner_)) return std::nullopt;
    const Json rules = stable == nullptr ? Json::array()
                                         : rules_instead(*stable, routes.stable().service,
                                                         routes.canary().service);
    Annotations wanted = annotations(routes);
    if (stable != nullptr) wanted[kClassAnnotation] = annotation_of(*stable, kClassAnnotation);
    if (canary == nullptr) {
      if (rules.empty()) return std::nullopt;
      return creation(name, *stable, rules, wanted);
    }
    Json patch = Json::array();
    if (find_path(*canary, "metadata.annotations") == nullptr) {
      patch.push_back(
          {{"op", "add"}, {"path", "/metadata/annotations"}, {"value", Json::object()}});
    }
    for (const auto& [annotation, value] : wanted)
      set_annotation(*canary, annotation, value, patch);
    if (!rules.empty()) {
      set_field(*canary, "/spec/rules", rules, patch);
      set_field(*canary, "/spec/ingressClassName", class_of(*stable), patch);
    }
    if (patch.empty()) return std::nullopt;
    return patch_object(canary_ref(name), patch);
  }

  static Json class_of(const Json& stable) {
    const Json* name = find_path(stable, "spec.ingressClassName");
    return name == nullptr ? Json() : *name;
  }

  ObjectChange creation(const std::string& name, const Json& stable, const Json& rules,
                        const Annotations& wanted) const {
    StringMap annotations;
    for (const auto& [annotation, value] : wanted)
      if (value) annotations[annotation] = *value;
    Json spec = {{"rules", rules}};
    if (Json ingress_class = class_of(stable); !ingress_class.is_null())
      spec["ingressClassName"] = std::move(ingress_class);
    return create_owned(canary_ref(name), owner_, spec, std::move(annotations));
  }

  NginxConfig config_;
  RouterOwner owner_;
};

Result<std::unique_ptr<Router>> make(const Json& config, const RouterOwner& owner,
                                     const std::string& path) {
  auto read = read_nginx_config(config, path);
  if (!read) return fail(read.error());
  return std::make_unique<NginxRouter>(*std::move(read), owner);
}

}  // namespace

std::string canary_ingress_name(const std::string& rollout, const std::string& stable_ingress) {
  const std::string whole = fmt::format("{}-{}", rollout, stable_ingress);
  return whole.substr(0, kNameMax - kNameEnd.size()) + std::string(kNameEnd);
}

RouterType nginx_router() {
  return {.reads = {{kIngress, "ingresses"}}, .abilities = {}, .make = make};
}

}  // namespace sluice::traffic
