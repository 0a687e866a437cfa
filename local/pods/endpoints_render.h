#pragma once

// The EndpointSlices of a Service. Pure.

#include "base/json.h"
#include "base/object_meta.h"
#include "local/pods/pod_facts.h"
#include "local/pods/probe_spec.h"

#include <compare>
#include <string>
#include <vector>

namespace sluice::local {

struct ServicePort {
  std::string name;
  std::string protocol = "TCP";
  std::string app_protocol;
  int port = 0;
  PortReference target;
};

struct ServiceFacts {
  StringMap selector;  ///< Empty: somebody else keeps the endpoints.
  std::vector<ServicePort> ports;
  bool publish_not_ready = false;

  bool selects(const ObjectMeta& pod) const;
};

ServiceFacts decode_service_facts(const Json& service);

/// A pod that the Service selects.
struct EndpointPod {
  ObjectMeta meta;
  PodFacts facts;
};

struct SlicePort {
  std::string name;
  std::string protocol;
  std::string app_protocol;
  int port = 0;

  auto operator<=>(const SlicePort&) const = default;
};

struct SliceEndpoint {
  std::string address;
  bool ready = false;
  bool serving = false;
  bool terminating = false;
  std::string node;
  ObjectKey pod;
  std::string pod_uid;

  bool operator==(const SliceEndpoint&) const = default;
};

/// One slice as it should be.
struct EndpointSliceSpec {
  std::string name;  ///< SERVICE-HASH, where the hash is of the ports.
  std::vector<SlicePort> ports;
  std::vector<SliceEndpoint> endpoints;  ///< Ordered by address.
};

/// Pods with the same port numbers share a slice; without any pod there is one empty slice, as
/// Kubernetes keeps it. Pods that have finished or have no address are left out. A pod whose
/// deletion has begun is terminating and not ready at once; `serving` tells whether it still is.
std::vector<EndpointSliceSpec> render_endpoint_slices(const ObjectMeta& service,
                                                      const ServiceFacts& facts,
                                                      const std::vector<EndpointPod>& pods);

/// The whole object for a slice of the Service.
Json make_endpoint_slice(const ObjectMeta& service, const EndpointSliceSpec& spec);

inline constexpr const char* kServiceNameLabel = "kubernetes.io/service-name";
inline constexpr const char* kManagedByLabel = "endpointslice.kubernetes.io/managed-by";
inline constexpr const char* kManagedByUs = "endpointslice-controller.k8s.io";

}  // namespace sluice::local
