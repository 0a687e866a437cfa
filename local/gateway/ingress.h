#pragma once

// Ingresses (networking.k8s.io/v1) with the canary annotations of ingress-nginx, cut down to what
// decides where a request goes. An Ingress that is a canary has no routes of its own: it says which
// requests of other Ingresses with the same hosts and paths go to its backends instead
// (ingress_routes.h).

#include "base/json.h"
#include "local/gateway/gateway_rules.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

/// The class that the gateway serves besides Ingresses without any.
inline constexpr std::string_view kIngressClass = "nginx";
inline constexpr std::string_view kNginxPrefix = "nginx.ingress.kubernetes.io/";
/// Of canary-weight-total where none is given.
inline constexpr int64_t kCanaryWeightTotal = 100;
/// Greatest weight and total: a share of one part is drawn still (kSplitRange).
inline constexpr int64_t kCanaryWeightMax = 1'000'000'000;

/// Asked in this order: header, cookie, weight.
struct IngressCanary {
  std::string header;          ///< Lower case; empty: none. "always" and "never" decide …
  std::string header_value;    ///< … unless there is a value that means always …
  std::string header_pattern;  ///< … or an expression to be found in the header.
  std::string cookie;          ///< Empty: none. "always" and "never" decide.
  int64_t weight = 0;          ///< Of `total`, at most that.
  int64_t total = kCanaryWeightTotal;

  bool operator==(const IngressCanary&) const = default;
};

struct IngressPath {
  GatewayHost host;
  GatewayMatch match;
  GatewayBackend backend;
  bool fallback = false;  ///< The default backend.

  bool operator==(const IngressPath&) const = default;
};

struct Ingress {
  ObjectKey key;
  std::string uid;
  int64_t generation = 0;  ///< Counts changes of the spec; annotations are none.
  SystemTime created{};
  std::string class_name;  ///< Empty: none.
  std::optional<IngressCanary> canary;
  std::vector<IngressPath> paths;
  /// Annotations that the gateway lacks: those that would change the answer, and others.
  std::vector<std::string> unsupported;
  std::vector<std::string> ignored;
  std::string problem;  ///< What of the canary's annotations could not be read; empty: nothing.

  bool operator==(const Ingress&) const = default;
};

/// Errors are Invalid: wrong types in the metadata.
Result<Ingress> decode_ingress(const Json& object);

}  // namespace sluice::local
