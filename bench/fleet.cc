#include "bench/fleet.h"

#include "engine/identity/pod_hash.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <initializer_list>
#include <utility>

namespace sluice::bench {
namespace {

constexpr int kNamespaces = 20;
constexpr int kReplicas = 3;

/// Kinds of objects, so that no two have the same uid.
enum class Kind { Rollout = 1, ReplicaSet, Service, Route };

std::string uid(Kind kind, int number) {
  return fmt::format("{:08x}-5ca1-4e00-8000-{:012x}", static_cast<int>(kind), number);
}

/// The text with each "@X" replaced by what stands for X.
std::string fill(std::string_view text,
                 std::initializer_list<std::pair<char, std::string_view>> values) {
  std::string out;
  for (size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@')) {
    out += text.substr(0, at);
    for (const auto& [name, value] : values)
      if (text[at + 1] == name) out += value;
    text.remove_prefix(at + 2);
  }
  return out += text;
}

constexpr std::string_view kMetadata =
    R"("name":"@N","namespace":"@S","uid":"@U","resourceVersion":"@V","generation":1,)"
    R"("creationTimestamp":"2026-01-01T00:00:00Z","managedFields":[@F])";

/// Two writers, each with the names of all fields that it has set, as a server records them.
constexpr std::string_view kManagers =
    R"({"manager":"@M","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z",)"
    R"("fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:one":{},"f:two":{}},)"
    R"("f:labels":{".":{},"f:app":{},"f:team":{}}},"f:spec":{"f:replicas":{},"f:selector":{},)"
    R"("f:template":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{)"
    R"("k:{\"name\":\"app\"}":{".":{},"f:env":{".":{},"k:{\"name\":\"SETTING_000\"}":{".":{},"f:name":{},"f:value":{}}},)"
    R"("f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:ports":{".":{},"f:containerPort":{}},"f:resources":{)"
    R"(".":{},"f:requests":{".":{},"f:cpu":{},"f:memory":{}}}}},"f:dnsPolicy":{},"f:restartPolicy":{}}}}}},)"
    R"({"manager":"@K","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:05Z",)"
    R"("fieldsType":"FieldsV1","fieldsV1":{"f:status":{"f:availableReplicas":{},"f:observedGeneration":{},)"
    R"("f:readyReplicas":{},"f:replicas":{}}},"subresource":"status"})";

std::string metadata(Kind kind, int number, const std::string& name, int rollout,
                     std::string_view maker, std::string_view keeper) {
  return fill(kMetadata, {{'N', name},
                          {'S', Fleet::namespace_of(rollout)},
                          {'U', uid(kind, number)},
                          {'V', std::to_string(1000 + number)},
                          {'F', fill(kManagers, {{'M', maker}, {'K', keeper}})}});
}

constexpr std::string_view kTemplate =
    R"({"metadata":{@X"labels":{"app":"@N"@L}},"spec":{"containers":[{"name":"app",)"
    R"("image":"registry.example/@N:v@R","ports":[{"name":"http","containerPort":8080@P}],)"
    R"("resources":{"requests":{"cpu":"100m","memory":"128Mi"}},"env":[@E]@C}]@D}})";

constexpr std::string_view kContainerDefaults =
    R"(,"imagePullPolicy":"IfNotPresent","terminationMessagePath":"/dev/termination-log",)"
    R"("terminationMessagePolicy":"File")";

constexpr std::string_view kPodDefaults =
    R"(,"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst",)"
    R"("securityContext":{},"schedulerName":"default-scheduler")";

constexpr std::string_view kRolloutSpec =
    R"({"replicas":3,"selector":{"matchLabels":{"app":"@N"}},"template":@T,"strategy":{"canary":{)"
    R"("stableService":"@N-stable","canaryService":"@N-canary",)"
    R"("trafficRouting":{"plugins":{"argoproj-labs/gatewayAPI":{"httpRoute":"@N"}}},)"
    R"("steps":[{"setWeight":10},{"pause":{"duration":60}},{"setWeight":30},{"pause":{"duration":60}},)"
    R"({"setWeight":50},{"pause":{"duration":60}},{"setWeight":80},{"pause":{"duration":60}}]}}})";

constexpr std::string_view kReplicaSet =
    R"({"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{@M,"labels":{"app":"@N",)"
    R"("rollouts-pod-template-hash":"@H"},"annotations":{"rollout.argoproj.io/desired-replicas":"3",)"
    R"("rollout.argoproj.io/revision":"@R","sluice.dev/promoted-at":"2026-01-01T00:00:00Z"},)"
    R"("ownerReferences":[{"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout","name":"@N",)"
    R"("uid":"@O","controller":true,"blockOwnerDeletion":true}]},"spec":{"replicas":@P,)"
    R"("selector":{"matchLabels":{"app":"@N","rollouts-pod-template-hash":"@H"}},"template":@T},)"
    R"("status":{"replicas":@P,@Y"observedGeneration":1}})";

constexpr std::string_view kService =
    R"({"apiVersion":"v1","kind":"Service","metadata":{@M,"labels":{"app":"@N"},"annotations":{)"
    R"("argo-rollouts.argoproj.io/managed-by-rollouts":"@N"}},"spec":{"type":"ClusterIP",)"
    R"("clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"],"ipFamilies":["IPv4"],)"
    R"("ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster","sessionAffinity":"None",)"
    R"("selector":{"app":"@N","rollouts-pod-template-hash":"@H"},)"
    R"("ports":[{"port":80,"targetPort":8080,"protocol":"TCP"}]},"status":{"loadBalancer":{}}})";

constexpr std::string_view kRoute =
    R"({"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{@M},"spec":{)"
    R"("parentRefs":[{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"public"}],)"
    R"("hostnames":["@N.shops.example"],"rules":[{"matches":[{"path":{"type":"PathPrefix","value":"/"}}],)"
    R"("backendRefs":[{"group":"","kind":"Service","name":"@N-stable","port":80,"weight":100},)"
    R"({"group":"","kind":"Service","name":"@N-canary","port":80,"weight":0}]}]},"status":{"parents":[{)"
    R"("controllerName":"gateway.example/controller","parentRef":{"name":"public"},"conditions":[)"
    R"({"type":"Accepted","status":"True","reason":"Accepted","message":"","observedGeneration":1,)"
    R"("lastTransitionTime":"2026-01-01T00:00:00Z"},{"type":"ResolvedRefs","status":"True",)"
    R"("reason":"ResolvedRefs","message":"","observedGeneration":1,)"
    R"("lastTransitionTime":"2026-01-01T00:00:00Z"}]}]}})";

}  // namespace

Fleet::Fleet(FleetSize size) : size_(size) {
  for (int rollout = 0; rollout < size.rollouts; ++rollout) {
    const JsonText text = make_json_text(pod_template(rollout, size.revisions, false));
    hashes_.push_back(engine::pod_template_hash(text, std::nullopt).value_or(""));
  }
}

int Fleet::count(std::string_view plural) const {
  if (plural == "rollouts" || plural == "httproutes") return size_.rollouts;
  if (plural == "replicasets") return size_.rollouts * size_.revisions;
  if (plural == "services") return size_.rollouts * 2;
  return 0;
}

std::string Fleet::object(std::string_view plural, int number) const {
  if (plural == "rollouts") return rollout(number);
  if (plural == "replicasets") return replica_set(number);
  if (plural == "services") return service(number);
  return route(number);
}

std::string Fleet::rollout_name(int rollout) {
  return fmt::format("checkout-{:05}", rollout);
}

std::string Fleet::namespace_of(int rollout) {
  return fmt::format("team-{:02}", rollout % kNamespaces);
}

std::string Fleet::pod_template(int rollout, int revision, bool server) const {
  constexpr size_t kBesideVariables = 300;
  const std::string name = rollout_name(rollout);
  std::string variables;
  for (unsigned i = 0; variables.size() + kBesideVariables < unsigned(size_.template_bytes); ++i) {
    // Knuth's, so that no two values are alike, not even those of two Rollouts.
    constexpr unsigned kSpread = 2654435761;
    constexpr unsigned kOfOne = 1000;
    variables += fmt::format(
        R"({}{{"name":"SETTING_{:03}","value":"https://settings.example/{}/{:08x}/{}"}})",
        i == 0 ? "" : ",", i, name, (i + 1 + unsigned(rollout) * kOfOne) * kSpread, revision);
  }
  const std::string label =
      fmt::format(R"(,"rollouts-pod-template-hash":"{}")", server ? hash(rollout, revision) : "");
  return fill(kTemplate, {{'N', name},
                          {'R', std::to_string(revision)},
                          {'E', variables},
                          {'X', server ? R"("creationTimestamp":null,)" : ""},
                          {'L', server ? label : ""},
                          {'P', server ? R"(,"protocol":"TCP")" : ""},
                          {'C', server ? kContainerDefaults : ""},
                          {'D', server ? kPodDefaults : ""}});
}

std::string Fleet::hash(int rollout, int revision) const {
  if (revision == size_.revisions) return hashes_[static_cast<size_t>(rollout)];
  return engine::safe_encode(1'000'000'000U + static_cast<uint32_t>(rollout * 100 + revision));
}

std::string Fleet::rollout(int number) const {
  const std::string name = rollout_name(number);
  const std::string pod_template = this->pod_template(number, size_.revisions, false);
  const std::string spec = fill(kRolloutSpec, {{'N', name}, {'T', pod_template}});
  // As kubectl apply leaves it.
  const std::string annotations = Json{
      {"rollout.argoproj.io/revision", std::to_string(size_.revisions)},
      {"kubectl.kubernetes.io/last-applied-configuration",
       spec}}.dump();
  return fill(
      R"({"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout","metadata":{@M,"annotations":@A},"spec":@S})",
      {{'M', metadata(Kind::Rollout, number, name, number, "kubectl-client-side-apply", "sluice")},
       {'A', annotations},
       {'S', spec}});
}

std::string Fleet::replica_set(int number) const {
  const int rollout = number / size_.revisions;
  const int revision = number % size_.revisions + 1;
  const std::string name = rollout_name(rollout);
  const std::string label = hash(rollout, revision);
  const bool current = revision == size_.revisions;
  const std::string pods = std::to_string(current ? kReplicas : 0);
  const std::string ready = fmt::format(
      R"("readyReplicas":{0},"availableReplicas":{0},"fullyLabeledReplicas":{0},)", kReplicas);
  return fill(kReplicaSet, {{'M', metadata(Kind::ReplicaSet, number, name + "-" + label, rollout,
                                           "sluice", "kube-controller-manager")},
                            {'N', name},
                            {'H', label},
                            {'R', std::to_string(revision)},
                            {'O', uid(Kind::Rollout, rollout)},
                            {'P', pods},
                            {'T', pod_template(rollout, revision, true)},
                            {'Y', current ? ready : ""}});
}

std::string Fleet::service(int number) const {
  const int rollout = number / 2;
  const std::string name = rollout_name(rollout);
  const std::string own = name + (number % 2 == 0 ? "-stable" : "-canary");
  return fill(
      kService,
      {{'M', metadata(Kind::Service, number, own, rollout, "kubectl-client-side-apply", "")},
       {'N', name},
       {'H', hash(rollout, size_.revisions)}});
}

std::string Fleet::route(int number) const {
  const std::string name = rollout_name(number);
  return fill(
      kRoute,
      {{'M', metadata(Kind::Route, number, name, number, "kubectl-client-side-apply", "gateway")},
       {'N', name}});
}

}  // namespace sluice::bench
