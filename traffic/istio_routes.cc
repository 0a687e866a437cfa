#include "traffic/istio_routes.h"

#include "base/json_list.h"
#include "traffic/istio_managed_routes.h"

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::traffic {
namespace {

void set_weight(Json& destination, int64_t weight) {
  if (int_at(destination, "weight") != weight) destination["weight"] = weight;
}

class IstioRouteEditor {
 public:
  explicit IstioRouteEditor(const IstioReader& reader)
      : reader_(reader), to_(reader.to()), routes_(reader.routes()) {}

  EditedIstioRoutes edit() && {
    edited_.spec = reader_.spec();
    for (const char* protocol : kIstioProtocols) {
      if (!edited_.spec.contains(protocol) || !edited_.spec[protocol].is_array()) continue;
      if (std::string_view(protocol) == "http")
        edit_http(edited_.spec[protocol]);
      else
        for (Json& route : edited_.spec[protocol]) set_weights(protocol, route);
    }
    if (!routes_.destinations.empty()) find_faults();
    return std::move(edited_);
  }

 private:
  void edit_http(Json& http) {
    const Json before = http;
    Json plain = Json::array();
    for (const Json& route : before) {
      if (reader_.managed_route_of(route) || reader_.former_owner_of(route)) continue;
      set_weights("http", plain.emplace_back(route));
    }
    ManagedIstioRoutes managed = managed_istio_routes(plain, reader_);
    std::ranges::move(managed.faults, std::back_inserter(edited_.faults));
    if (are_in_place(before, managed.routes)) {
      auto next = plain.begin();
      for (Json& route : http)
        if (reader_.managed_route_of(route) == nullptr) route = std::move(*next++);
      return;
    }
    http = std::move(managed.routes);
    for (Json& route : plain) http.push_back(std::move(route));
  }

  /// The managed routes stand among the others, in their order and before every route that splits.
  /// What others have put between or before them matters to nobody.
  bool are_in_place(const Json& http, const Json& wanted) const {
    Json own = Json::array();
    bool after_split = false;
    for (const Json& route : http) {
      if (reader_.former_owner_of(route) != nullptr) return false;
      const bool managed = reader_.managed_route_of(route) != nullptr;
      if (managed && after_split) return false;
      if (managed) own.push_back(route);
      after_split = after_split || reader_.splits("http", route);
    }
    return own == wanted;
  }

  void set_weights(const char* protocol, Json& route) {
    take_back(protocol, route);
    if (!reader_.splits(protocol, route)) return;
    any_split_ = true;
    const int64_t canary = routes_.canary().weight;
    Json& to_canary = *to_.find(route, routes_.canary().service);
    if (reader_.is_taken(route))
      return set_weight(to_canary, std::min(canary, int_at(to_canary, "weight")));
    set_weight(to_canary, canary);
    set_weight(*to_.find(route, routes_.stable().service), reader_.stable_weight(route, canary));
  }

  /// What is above the most that each former canary may keep.
  void take_back(const char* protocol, Json& route) const {
    for (const crds::FormerPair& pair : routes_.former) {
      const Json* has = reader_.former_destination(protocol, route, pair);
      if (has == nullptr || int_at(*has, "weight") <= pair.most) continue;
      set_weight(*to_.find(route, pair.canary), pair.most);
      if (!reader_.splits(protocol, route))
        set_weight(*to_.find(route, pair.stable), pair.total - pair.most);
    }
  }

  void find_faults() {
    const VirtualServiceRef& ref = reader_.ref();
    // Argo's own manifests name the HTTP route of a VirtualService that has TLS routes only.
    const bool any_http = !list_at(reader_.spec(), "http").empty();
    for (const std::string& name : any_http ? ref.http : std::vector<std::string>{})
      check("http", fmt::format("named \"{}\"", name),
            [&name](const Json& route) { return string_at(route, "name") == name; });
    for (const auto& [protocol, all] : {std::pair("tls", &ref.tls), std::pair("tcp", &ref.tcp)}) {
      for (const ConnectionRoutes& one : *all) {
        const VirtualServiceRef only{.key = {}, .http = {}, .tls = {one}, .tcp = {one}};
        const IstioReader meaning(reader_.spec(), only, to_, routes_);
        check(protocol, asked_text(one),
              [&](const Json& route) { return meaning.is_meant(protocol, route); });
      }
    }
    for (const char* protocol : kIstioProtocols) find_taken(protocol);
    if (edited_.faults.empty() && !any_split_)
      fault("spec",
            fmt::format("no route leads to both the stable {} \"{}\" and the canary {} "
                        "\"{}\"",
                        crds::side_kind(stable()), stable(), crds::side_kind(canary()), canary()));
  }

  void find_taken(const char* protocol) {
    const Json& routes = list_at(reader_.spec(), protocol);
    for (size_t i = 0; i < routes.size(); ++i) {
      if (!reader_.splits(protocol, routes[i]) || !reader_.is_taken(routes[i])) continue;
      fault(fmt::format("spec.{}[{}].route", protocol, i),
            fmt::format("destinations of others have {} of {}: nothing is left for \"{}\" and "
                        "\"{}\", which need a route of their own or a share of this one",
                        reader_.weight_of_others(routes[i]), routes_.total, stable(), canary()));
    }
  }

  /// Those that the settings ask for are there, and lead to both sides.
  template <typename IsAsked>
  void check(const char* protocol, const std::string& asked, const IsAsked& is_asked) {
    const Json& routes = list_at(reader_.spec(), protocol);
    bool found = false;
    for (size_t i = 0; i < routes.size(); ++i) {
      const bool managed =
          reader_.managed_route_of(routes[i]) || reader_.former_owner_of(routes[i]);
      if (managed || !is_asked(routes[i])) continue;
      found = true;
      for (const std::string* side : {&stable(), &canary()})
        if (to_.find(routes[i], *side) == nullptr)
          fault(fmt::format("spec.{}[{}].route", protocol, i), lack_of(routes[i], *side));
    }
    if (!found) fault(fmt::format("spec.{}", protocol), fmt::format("has no route {}", asked));
  }

  /// A host of a single word is a Service of the VirtualService's own namespace.
  std::string lack_of(const Json& route, const std::string& side) const {
    std::string text = fmt::format("no destination is the {} \"{}\"", crds::side_kind(side), side);
    const bool short_name = std::ranges::any_of(list_at(route, "route"), [&](const Json& one) {
      return string_at(one, "destination.host") == side;
    });
    if (!short_name) return text;
    return text + fmt::format(
                      ": \"{}\" alone is one of namespace {}; its own has to be written "
                      "behind it",
                      side, reader_.ref().key.namespace_);
  }

  static std::string asked_text(const ConnectionRoutes& one) {
    std::string text = "that matches";
    if (one.port) text += fmt::format(" port {}", *one.port);
    if (!one.sni_hosts.empty())
      text += fmt::format("{} sniHosts {}", one.port ? " and" : "", fmt::join(one.sni_hosts, ", "));
    return text;
  }

  void fault(const std::string& field, const std::string& message) {
    edited_.faults.push_back(invalid(fmt::format("{}: {}", field, message)));
  }

  const std::string& stable() const { return routes_.stable().service; }

  const std::string& canary() const { return routes_.canary().service; }

  const IstioReader& reader_;
  const IstioDestinations& to_;
  const crds::Routes& routes_;
  EditedIstioRoutes edited_;
  bool any_split_ = false;
};

Json without_weights(Json route) {
  if (route.contains("route") && route["route"].is_array())
    for (Json& destination : route["route"]) destination.erase("weight");
  return route;
}

/// The same routes, whose destinations may have other weights.
bool differ_in_weights(const Json& from, const Json& to) {
  return std::ranges::equal(from, to, [](const Json& one, const Json& other) {
    return one == other || without_weights(one) == without_weights(other);
  });
}

void patch_weights(const std::string& place, const Json& from, const Json& to, Json& patch) {
  if (from == to) return;
  patch.push_back({{"op", "test"}, {"path", place}, {"value", from}});
  const Json& destinations = list_at(to, "route");
  for (size_t i = 0; i < destinations.size(); ++i) {
    if (from["route"][i] == destinations[i]) continue;
    patch.push_back({{"op", "add"},
                     {"path", fmt::format("{}/route/{}/weight", place, i)},
                     {"value", destinations[i]["weight"]}});
  }
}

}  // namespace

EditedIstioRoutes edit_istio_routes(const IstioReader& reader) {
  return IstioRouteEditor(reader).edit();
}

Json istio_routes_patch(const Json& from, const Json& to) {
  Json patch = Json::array();
  for (const char* protocol : kIstioProtocols) {
    const Json& before = list_at(from, protocol);
    const Json& after = list_at(to, protocol);
    if (before == after) continue;
    const std::string path = fmt::format("/spec/{}", protocol);
    if (differ_in_weights(before, after)) {
      for (size_t i = 0; i < after.size(); ++i)
        patch_weights(fmt::format("{}/{}", path, i), before[i], after[i], patch);
      continue;
    }
    patch.push_back({{"op", "test"}, {"path", path}, {"value", before}});
    patch.push_back({{"op", "replace"}, {"path", path}, {"value", after}});
  }
  return patch;
}

}  // namespace sluice::traffic
