#include "local/store/gateway_crds.h"

#include "base/ensure.h"
#include "base/yaml.h"
#include "net/turn.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::local {
namespace {

// The fields, defaults and bounds of HTTPRoute v1. Filters and what the standard channel leaves to
// implementations are kept as they come.
constexpr std::string_view kHttpRoute = R"yaml(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: httproutes.gateway.networking.k8s.io
  annotations: {api-approved.kubernetes.io: "unapproved, the schema of a local cluster"}
spec:
  group: gateway.networking.k8s.io
  scope: Namespaced
  names:
    kind: HTTPRoute
    listKind: HTTPRouteList
    plural: httproutes
    singular: httproute
    categories: [gateway-api]
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: Hostnames, type: string, jsonPath: .spec.hostnames}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        type: object
        description: HTTPRoute says which requests go to which Services, and in which shares.
        required: [spec]
        properties:
          apiVersion: {type: string}
          kind: {type: string}
          metadata: {type: object}
          spec:
            type: object
            properties:
              parentRefs:
                type: array
                maxItems: 32
                description: The Gateways that serve the route.
                items:
                  type: object
                  required: [name]
                  properties: &reference
                    group: {type: string, maxLength: 253, default: gateway.networking.k8s.io}
                    kind: {type: string, minLength: 1, maxLength: 63, default: Gateway}
                    namespace: {type: string, minLength: 1, maxLength: 63}
                    name: {type: string, minLength: 1, maxLength: 253}
                    sectionName: {type: string, minLength: 1, maxLength: 253}
                    port: {type: integer, format: int32, minimum: 1, maximum: 65535}
              hostnames:
                type: array
                maxItems: 16
                description: Names to match against the Host header, with "*." for any labels.
                items:
                  type: string
                  minLength: 1
                  maxLength: 253
                  pattern: '^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'
              rules:
                type: array
                minItems: 1
                maxItems: 16
                default: [{matches: [{path: {type: PathPrefix, value: /}}]}]
                items:
                  type: object
                  properties:
                    name: {type: string, minLength: 1, maxLength: 253}
                    matches:
                      type: array
                      maxItems: 64
                      default: [{path: {type: PathPrefix, value: /}}]
                      description: A request that any of these matches goes by this rule.
                      items:
                        type: object
                        properties:
                          path:
                            type: object
                            default: {type: PathPrefix, value: /}
                            properties:
                              type:
                                type: string
                                default: PathPrefix
                                enum: [Exact, PathPrefix, RegularExpression]
                              value: {type: string, maxLength: 1024, default: /}
                          headers: &values
                            type: array
                            maxItems: 16
                            x-kubernetes-list-type: map
                            x-kubernetes-list-map-keys: [name]
                            items:
                              type: object
                              required: [name, value]
                              properties:
                                type: {type: string, default: Exact, enum: [Exact, RegularExpression]}
                                name: {type: string, minLength: 1, maxLength: 256}
                                value: {type: string, minLength: 1, maxLength: 4096}
                          queryParams: *values
                          method:
                            type: string
                            enum: [GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH]
                    filters: &filters
                      type: array
                      maxItems: 16
                      items:
                        type: object
                        required: [type]
                        x-kubernetes-preserve-unknown-fields: true
                        properties:
                          type: {type: string}
                    backendRefs:
                      type: array
                      maxItems: 16
                      description: Who answers; shares are weights over the sum of all weights.
                      items:
                        type: object
                        required: [name]
                        properties:
                          group: {type: string, maxLength: 253, default: ""}
                          kind: {type: string, minLength: 1, maxLength: 63, default: Service}
                          namespace: {type: string, minLength: 1, maxLength: 63}
                          name: {type: string, minLength: 1, maxLength: 253}
                          port: {type: integer, format: int32, minimum: 1, maximum: 65535}
                          weight: {type: integer, format: int32, default: 1, minimum: 0, maximum: 1000000}
                          filters: *filters
                    timeouts:
                      type: object
                      properties:
                        request: {type: string}
                        backendRequest: {type: string}
                    retry: {type: object, x-kubernetes-preserve-unknown-fields: true}
                    sessionPersistence: {type: object, x-kubernetes-preserve-unknown-fields: true}
          status:
            type: object
            required: [parents]
            properties:
              parents:
                type: array
                maxItems: 32
                items:
                  type: object
                  required: [controllerName, parentRef]
                  properties:
                    controllerName: {type: string, minLength: 1, maxLength: 253}
                    parentRef:
                      type: object
                      required: [name]
                      properties: *reference
                    conditions:
                      type: array
                      maxItems: 8
                      x-kubernetes-list-type: map
                      x-kubernetes-list-map-keys: [type]
                      items:
                        type: object
                        required: [lastTransitionTime, message, reason, status, type]
                        properties:
                          type: {type: string, maxLength: 316}
                          status: {type: string, enum: ["True", "False", Unknown]}
                          observedGeneration: {type: integer, format: int64, minimum: 0}
                          lastTransitionTime: {type: string, format: date-time}
                          reason: {type: string, minLength: 1, maxLength: 1024}
                          message: {type: string, maxLength: 32768}
)yaml";

// Kinds that are only kept: what they say is up to whoever wrote them.
constexpr std::string_view kKept = R"yaml(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  annotations: {api-approved.kubernetes.io: "unapproved, the schema of a local cluster"}
spec:
  group: gateway.networking.k8s.io
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          apiVersion: {type: string}
          kind: {type: string}
          metadata: {type: object}
          spec: {type: object, x-kubernetes-preserve-unknown-fields: true}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
)yaml";

Json parsed(std::string_view yaml) {
  auto documents = read_yaml(yaml);
  SLUICE_ENSURE(documents.has_value() && documents->size() == 1, "a CRD is one YAML document");
  return std::move(documents->front().value);
}

/// The older version that many manifests still name; its schema is the same.
std::string with_v1beta1(Json definition) {
  Json older = definition["spec"]["versions"][0];
  older["name"] = "v1beta1";
  older["storage"] = false;
  definition["spec"]["versions"].push_back(std::move(older));
  return dump_json(definition);
}

std::string kept_kind(const std::string& kind, const std::string& singular,
                      const std::string& plural, const std::string& scope) {
  Json definition = parsed(kKept);
  definition["metadata"]["name"] = plural + ".gateway.networking.k8s.io";
  definition["spec"]["scope"] = scope;
  definition["spec"]["names"] = {{"kind", kind},
                                 {"listKind", kind + "List"},
                                 {"plural", plural},
                                 {"singular", singular},
                                 {"categories", {"gateway-api"}}};
  return with_v1beta1(std::move(definition));
}

}  // namespace

std::vector<std::string> gateway_crds() {
  return {with_v1beta1(parsed(kHttpRoute)),
          kept_kind("Gateway", "gateway", "gateways", "Namespaced"),
          kept_kind("GatewayClass", "gatewayclass", "gatewayclasses", "Cluster")};
}

kube::Awaitable<Result<void>> install_gateway_crds(kube::ObjectStore& store) {
  const kube::Resource* resource =
      kube::find_resource("apiextensions.k8s.io", "CustomResourceDefinition");
  SLUICE_ENSURE(resource != nullptr, "CustomResourceDefinitions are known");
  for (const std::string& definition : gateway_crds()) {
    co_await net::take_turn();
    net::this_turn_does("installs a CRD");
    Result<kube::Object> created = co_await store.create(*resource, "", definition);
    if (created || created.error().code == ErrorCode::AlreadyExists) continue;
    co_return fail(created.error().within("the Gateway API"));
  }
  co_return Result<void>();
}

}  // namespace sluice::local
