#pragma once

// Which side of the Rollout's traffic a destination of a VirtualService leads to. A host is the
// name of a Service, alone ("shop"), with its namespace ("shop.default") or as a domain
// ("shop.default.svc.cluster.local"); alone it is one of the namespace of the object that names it.
// Pure, on JSON values.

#include "base/json.h"

#include <optional>
#include <string>

namespace sluice::traffic {

/// The Service that a host is; of other hosts the name as it is, and no namespace.
struct ServiceHost {
  std::string name;
  std::string namespace_;

  bool operator==(const ServiceHost&) const = default;
};

ServiceHost service_host(const std::string& host, const std::string& namespace_);

class IstioDestinations {
 public:
  struct Rule {
    std::string name;
    ServiceHost host;
  };

  /// `namespace_`: that of the VirtualService. Of a rule that is not there the host is not known;
  /// then the names of its subsets alone must do.
  IstioDestinations(std::string rollout_namespace, std::string namespace_, std::optional<Rule> rule)
      : rollout_namespace_(std::move(rollout_namespace)),
        namespace_(std::move(namespace_)),
        rule_(std::move(rule)) {}

  /// `destination`: with `host` and `subset`. `side`: a name of crds/routes.h.
  bool is_at(const Json& destination, const std::string& side) const;

  /// The destination of that side among those of a route, with its weight; null without one.
  const Json* find(const Json& route, const std::string& side) const;
  Json* find(Json& route, const std::string& side) const;

 private:
  std::string rollout_namespace_;
  std::string namespace_;
  std::optional<Rule> rule_;
};

}  // namespace sluice::traffic
