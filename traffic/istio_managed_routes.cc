#include "traffic/istio_managed_routes.h"

#include "traffic/istio_matches.h"
#include "traffic/managed_rules.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace sluice::traffic {
namespace {

/// Istio takes one mirror as `mirror`, which all its versions know, or several as `mirrors`.
void add_istio_mirror(Json& route, const Json& destination, int32_t percentage) {
  const Json share = {{"value", percentage}};
  if (!route.contains("mirror") && !route.contains("mirrors")) {
    route["mirror"] = destination;
    route["mirrorPercentage"] = share;
    return;
  }
  if (route.contains("mirror")) {
    Json moved = {{"destination", route["mirror"]}};
    if (route.contains("mirrorPercentage")) moved["percentage"] = route["mirrorPercentage"];
    for (const char* field : {"mirror", "mirrorPercentage", "mirror_percent", "mirrorPercent"})
      route.erase(field);
    route["mirrors"].push_back(std::move(moved));
  }
  route["mirrors"].push_back({{"destination", destination}, {"percentage", share}});
}

class ManagedIstioRouteMaker {
 public:
  ManagedIstioRouteMaker(const Json& http, const IstioReader& reader)
      : http_(http), reader_(reader) {
    for (const Json& route : http) taken_.insert(string_at(route, "name"));
  }

  ManagedIstioRoutes make() && {
    const crds::Routes& routes = reader_.routes();
    for (const std::string& name : routes.managed) {
      const auto header = std::ranges::find(routes.header_routes, name, &crds::HeaderRoute::name);
      if (header != routes.header_routes.end()) add_header(*header);
      const auto mirror = std::ranges::find(routes.mirror_routes, name, &crds::MirrorRoute::name);
      if (mirror != routes.mirror_routes.end()) add_mirror(*mirror);
    }
    return std::move(made_);
  }

 private:
  const Json& canary_of(const Json& split) const {
    return *reader_.to().find(split, reader_.routes().canary().service);
  }

  template <typename Narrow, typename Finish>
  void add(const std::string& name, const Narrow& narrow, const Finish& finish) {
    const size_t before = made_.routes.size();
    for (const Json& split : http_) {
      if (!reader_.splits("http", split)) continue;
      auto matches = narrow(split);
      if (!matches) return note(name, matches.error().message);
      if (matches->empty()) continue;
      Json& route = made_.routes.emplace_back(split);
      route["name"] = free_rule_name(name, taken_);
      route["match"] = *std::move(matches);
      finish(route, canary_of(split));
    }
    if (made_.routes.size() == before) note(name, "no HTTP route that splits has such requests");
  }

  void add_header(const crds::HeaderRoute& wanted) {
    add(
        wanted.name, [&wanted](const Json& split) { return header_matches(split, wanted); },
        [](Json& route, const Json& canary) {
          Json only = canary;
          only.erase("weight");
          route["route"] = Json::array({std::move(only)});
        });
  }

  void add_mirror(const crds::MirrorRoute& wanted) {
    add(
        wanted.name, [&wanted](const Json& split) { return mirrored_matches(split, wanted); },
        [&wanted](Json& route, const Json& canary) {
          add_istio_mirror(route, canary["destination"], wanted.percentage);
        });
  }

  void note(const std::string& name, const std::string& message) {
    made_.faults.push_back(invalid(fmt::format("spec.http: managed route {}: {}", name, message)));
  }

  const Json& http_;
  const IstioReader& reader_;
  std::set<std::string> taken_;
  ManagedIstioRoutes made_;
};

}  // namespace

ManagedIstioRoutes managed_istio_routes(const Json& http, const IstioReader& reader) {
  return ManagedIstioRouteMaker(http, reader).make();
}

}  // namespace sluice::traffic
