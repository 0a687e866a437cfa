#include "local/gateway/ingress_routes.h"

#include "local/gateway/haproxy_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace sluice::local {
namespace {

constexpr int kByHeader = 2;
constexpr int kByCookie = 1;

/// What a canary must have in common with the path that it is a canary of.
using Slot = std::tuple<std::string, bool, std::string, PathMatchType, std::string>;

Slot slot_of(const Ingress& ingress, const IngressPath& path) {
  return {ingress.key.namespace_, path.fallback, path.host.name, path.match.path_type,
          path.match.path};
}

/// A path and whose it is.
struct Owned {
  const Ingress* ingress = nullptr;
  const IngressPath* path = nullptr;
};

using Slots = std::map<Slot, Owned>;

bool is_served(const Ingress& ingress) {
  return ingress.class_name.empty() || ingress.class_name == kIngressClass;
}

/// The paths of all canaries, or of all others; of several in one slot the oldest Ingress's.
Slots collect(const std::map<ObjectKey, Ingress>& ingresses, bool canaries) {
  std::vector<const Ingress*> chosen;
  for (const auto& [key, ingress] : ingresses)
    if (is_served(ingress) && ingress.canary.has_value() == canaries) chosen.push_back(&ingress);
  std::stable_sort(chosen.begin(), chosen.end(),
                   [](const Ingress* a, const Ingress* b) { return a->created < b->created; });
  Slots slots;
  for (const Ingress* ingress : chosen)
    for (const IngressPath& path : ingress->paths)
      slots.try_emplace(slot_of(*ingress, path), Owned{ingress, &path});
  return slots;
}

GatewayRule plain_rule(const IngressPath& path) {
  return {.hosts = {path.host},
          .matches = {path.match},
          .backends = {path.backend},
          .missing = ArmTarget::Unavailable,
          .fallback = path.fallback};
}

/// The path's rule for requests with that header.
GatewayRule rule_with_header(const IngressPath& path, const HeaderMatch& header, int priority) {
  GatewayRule rule = plain_rule(path);
  rule.matches[0].headers.push_back(header);
  rule.matches[0].priority = priority;
  return rule;
}

/// A cookie of that name and value anywhere in the header.
HeaderMatch cookie_match(const std::string& name, std::string_view value) {
  return {.name = "cookie",
          .value = fmt::format("(?:.*;\\s*)?{}={}(?:;.*)?", literal_pattern(name), value),
          .regular_expression = true};
}

/// The header by which requests ask for the canary.
HeaderMatch wanted_header(const IngressCanary& canary) {
  if (!canary.header_value.empty()) return {.name = canary.header, .value = canary.header_value};
  if (canary.header_pattern.empty()) return {.name = canary.header, .value = "always"};
  return {.name = canary.header,
          .value = fmt::format(".*(?:{}).*", canary.header_pattern),
          .regular_expression = true};
}

/// "never" has a meaning only where no other value means "always".
bool can_refuse(const IngressCanary& canary) {
  return !canary.header.empty() && canary.header_value.empty() && canary.header_pattern.empty();
}

/// What the canary adds to the main path's own route: its share, and who does not want it.
void share(const IngressPath& main, const Owned& canary, GatewayRoute& route, GatewayRule& rule) {
  const IngressCanary& terms = *canary.ingress->canary;
  rule.backends[0].weight = terms.total - terms.weight;
  GatewayBackend backend = canary.path->backend;
  backend.weight = terms.weight;
  backend.lent = true;
  rule.backends.push_back(std::move(backend));
  rule.stand_in = main.backend;
  if (can_refuse(terms)) {
    const HeaderMatch never{.name = terms.header, .value = "never"};
    route.rules.push_back(rule_with_header(main, never, kByHeader));
  }
  if (!terms.cookie.empty())
    route.rules.push_back(rule_with_header(main, cookie_match(terms.cookie, "never"), kByCookie));
}

/// The requests that ask for the canary.
void attract(const IngressCanary& terms, const IngressPath& path, const Owned& main,
             GatewayRoute& route) {
  const auto add = [&](const HeaderMatch& header, int priority) {
    GatewayRule rule = rule_with_header(path, header, priority);
    rule.stand_in = main.path->backend;
    for (const std::string& field : main.ingress->unsupported)
      rule.unsupported.push_back(fmt::format("{} of {}", field, main.ingress->key.to_string()));
    route.rules.push_back(std::move(rule));
  };
  if (!terms.header.empty()) add(wanted_header(terms), kByHeader);
  if (!terms.cookie.empty()) add(cookie_match(terms.cookie, "always"), kByCookie);
}

std::string place_of(const IngressPath& path) {
  if (path.fallback) return "a default backend";
  return fmt::format("host \"{}\" with path {}", path.host.name.empty() ? "*" : path.host.name,
                     path.match.path);
}

void refuse(GatewayRoute& route, std::string reason, std::string message) {
  if (route.accepted.status) route.accepted = {false, std::move(reason), std::move(message)};
}

void add_main(const Ingress& ingress, const Slots& mains, const Slots& canaries,
              GatewayRoute& route) {
  for (const IngressPath& path : ingress.paths) {
    GatewayRule rule = plain_rule(path);
    const Slot slot = slot_of(ingress, path);
    const Owned& first = mains.at(slot);
    const auto canary = canaries.find(slot);
    if (first.path != &path) {
      refuse(route, "PathTaken",
             fmt::format("{} has {} already", first.ingress->key.to_string(), place_of(path)));
    } else if (canary != canaries.end()) {
      share(path, canary->second, route, rule);
    }
    route.rules.push_back(std::move(rule));
  }
  for (GatewayRule& rule : route.rules) {
    rule.unsupported = ingress.unsupported;
    rule.ignored = ingress.ignored;
  }
}

void add_canary(const Ingress& ingress, const Slots& mains, const Slots& canaries,
                GatewayRoute& route) {
  if (!ingress.problem.empty()) refuse(route, "InvalidAnnotation", ingress.problem);
  for (const IngressPath& path : ingress.paths) {
    const Slot slot = slot_of(ingress, path);
    const auto main = mains.find(slot);
    const Owned& first = canaries.at(slot);
    if (main == mains.end()) {
      refuse(route, "CanaryWithoutMain",
             fmt::format("no Ingress of this namespace that is no canary has {}", place_of(path)));
    } else if (first.path != &path) {
      refuse(route, "SecondCanary",
             fmt::format("{} is a canary for {} already", first.ingress->key.to_string(),
                         place_of(path)));
    } else {
      attract(*ingress.canary, path, main->second, route);
      route.lends.push_back(path.backend);
    }
  }
}

}  // namespace

std::vector<GatewayRoute> ingress_routes(const std::map<ObjectKey, Ingress>& ingresses) {
  const Slots mains = collect(ingresses, false);
  const Slots canaries = collect(ingresses, true);
  std::vector<GatewayRoute> routes;
  routes.reserve(ingresses.size());
  for (const auto& [key, ingress] : ingresses) {
    GatewayRoute route{.id = {RouteKind::Ingress, key},
                       .uid = ingress.uid,
                       .generation = ingress.generation,
                       .created = ingress.created,
                       .served = is_served(ingress)};
    if (!route.served) {
      refuse(route, "OtherClass",
             fmt::format("the local gateway serves the class {} and Ingresses without a class, "
                         "not \"{}\"",
                         kIngressClass, ingress.class_name));
    } else if (ingress.canary) {
      add_canary(ingress, mains, canaries, route);
    } else {
      add_main(ingress, mains, canaries, route);
    }
    routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace sluice::local
