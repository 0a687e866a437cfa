#include "bench/cluster.h"

#include "base/ensure.h"
#include "crds/manifests.h"
#include "local/certificates.h"
#include "local/kubeconfig_writer.h"
#include "local/store/database.h"
#include "local/store/gateway_crds.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sluice::bench {
namespace {

constexpr const char* kNamespace = "default";
constexpr size_t kDueMax = 1'000'000;

local::ResourceTypePtr type_of(const local::Registry& registry, const std::string& kind) {
  for (const char* group : {"argoproj.io", "apps", "", "gateway.networking.k8s.io"})
    if (auto type = registry.find_kind(group, kind)) return type;
  SLUICE_ENSURE(false, kind + " is a kind of this cluster");
  return nullptr;
}

/// What of a path an ApiWrite tells.
ApiWrite write_of(const net::ServerRequest& request) {
  constexpr std::string_view kNamespaces = "/namespaces/";
  std::string_view path = request.path;
  if (const size_t at = path.find(kNamespaces); at != std::string_view::npos) {
    path.remove_prefix(at + kNamespaces.size());
    path.remove_prefix(path.find('/') + 1);
  }
  const std::string kind(path.substr(0, path.find('/')));
  path.remove_prefix(std::min(path.size(), kind.size() + 1));
  const std::string name(path.substr(0, path.find('/')));
  path.remove_prefix(std::min(path.size(), name.size()));
  const bool trial = net::query_parameter(request.query, "dryRun").has_value();
  return {fmt::format("{} {}{}{}", request.method, kind, path, trial ? " (trial)" : ""), name};
}

}  // namespace

class Cluster::CountedApi final : public net::HttpHandler {
 public:
  CountedApi(Cluster& cluster, local::ApiServer& api) : cluster_(cluster), api_(api) {}

  net::Awaitable<void> handle(net::ServerRequest request, net::Responder& responder) override {
    if (request.method == "GET") {
      co_await api_.handle(std::move(request), responder);
      co_return;
    }
    const ApiWrite write = write_of(request);
    co_await api_.handle(std::move(request), responder);
    ++cluster_.writes[write.what];
    cluster_.written(write);
  }

 private:
  Cluster& cluster_;
  local::ApiServer& api_;
};

Cluster::Cluster(net::EventLoop& loop, std::filesystem::path folder)
    : folder_(std::move(folder)), due_(loop.executor(), kDueMax), tasks_(loop.executor()) {}

Cluster::~Cluster() = default;

Result<std::unique_ptr<Cluster>> Cluster::open(net::EventLoop& loop, std::filesystem::path folder) {
  std::unique_ptr<Cluster> cluster(new Cluster(loop, std::move(folder)));
  auto database = local::Database::open(":memory:");
  if (!database) return fail(database.error());
  auto registry = local::Registry::open(std::move(*database), loop.clock());
  if (!registry) return fail(registry.error());
  cluster->registry_ = std::move(*registry);
  const auto crd =
      cluster->registry_->find_kind("apiextensions.k8s.io", "CustomResourceDefinition");
  for (const std::string& definition : local::gateway_crds())
    static_cast<void>(cluster->registry_->create(*crd, "", definition));
  for (const crds::Manifest& manifest : crds::manifests())
    static_cast<void>(
        cluster->registry_->create(*crd, "", dump_json(crds::parse_manifest(manifest))));
  if (auto served = cluster->serve(loop); !served) return fail(served.error());
  cluster->observation_ =
      cluster->registry_->observe([due = &cluster->due_](const local::Change& change) {
        const std::string& kind = change.resource->kind;
        const bool played = kind == "ReplicaSet" || kind == "HTTPRoute";
        if (played && change.type != kube::WatchEventType::Deleted)
          due->push({kind, change.after->meta.key()});
      });
  cluster->tasks_.spawn("nodes and gateway", cluster->play());
  return cluster;
}

Result<void> Cluster::serve(net::EventLoop& loop) {
  const auto made = local::ensure_credentials(folder_, "127.0.0.1", loop.clock().system_now());
  if (!made) return fail(made.error());
  api_ = std::make_unique<local::ApiServer>(*registry_, loop.clock(), nullptr,
                                            local::ApiServerOptions{made->token});
  counted_ = std::make_unique<CountedApi>(*this, *api_);
  net::ServerOptions options;
  options.certificate = made->server.certificate;
  options.key = made->server.key;
  options.client_ca = made->ca;
  http_ = net::make_http_server(loop.executor(), options, *counted_);
  if (auto started = http_->start(); !started) return started;
  const std::string url = fmt::format("https://127.0.0.1:{}", http_->port());
  return local::write_kubeconfig(kubeconfig(), url, *made);
}

void Cluster::create(const std::string& kind, const std::string& object) {
  const auto made = registry_->create(*type_of(*registry_, kind), kNamespace, object);
  SLUICE_ENSURE(made.has_value(), made ? "" : made.error().message);
}

void Cluster::patch(const std::string& kind, const std::string& name,
                    local::Subresource subresource, const std::string& merge_patch) {
  const auto done = registry_->patch(*type_of(*registry_, kind), {kNamespace, name}, subresource,
                                     local::PatchType::Merge, merge_patch);
  SLUICE_ENSURE(done.has_value(), done ? "" : done.error().message);
}

net::asio::awaitable<void> Cluster::play() {
  while (true) {
    const auto due = co_await due_.pop();
    if (!due) co_return;
    if (due->first == "ReplicaSet")
      play_node(due->second);
    else
      play_gateway(due->second);
  }
}

void Cluster::play_node(const ObjectKey& key) {
  const auto object = registry_->get(*type_of(*registry_, "ReplicaSet"), key);
  if (!object) return;
  const Json set = (*object)->parse().value_or(Json());
  const int64_t wanted = int_at(set, "spec.replicas");
  const int64_t generation = int_at(set, "metadata.generation");
  if (int_at(set, "status.availableReplicas", -1) == wanted &&
      int_at(set, "status.observedGeneration") == generation) {
    return;
  }
  const Json status = {{"replicas", wanted},
                       {"readyReplicas", wanted},
                       {"availableReplicas", wanted},
                       {"observedGeneration", generation}};
  patch("ReplicaSet", key.name, local::Subresource::Status, dump_json({{"status", status}}));
}

void Cluster::play_gateway(const ObjectKey& key) {
  const auto object = registry_->get(*type_of(*registry_, "HTTPRoute"), key);
  if (!object) return;
  const Json route = (*object)->parse().value_or(Json());
  const int64_t generation = int_at(route, "metadata.generation");
  const Json* parents = find_path(route, "status.parents");
  if (parents != nullptr && !parents->empty() &&
      int_at(parents->front()["conditions"].front(), "observedGeneration") == generation) {
    return;
  }
  Json conditions = Json::array();
  for (const char* type : {"Accepted", "ResolvedRefs"}) {
    conditions.push_back({{"type", type},
                          {"status", "True"},
                          {"reason", type},
                          {"message", ""},
                          {"observedGeneration", generation},
                          {"lastTransitionTime", "2026-01-01T00:00:00Z"}});
  }
  const Json parent = {{"controllerName", "gateway.example/controller"},
                       {"parentRef", {{"name", "public"}}},
                       {"conditions", std::move(conditions)}};
  patch("HTTPRoute", key.name, local::Subresource::Status,
        dump_json({{"status", {{"parents", Json::array({parent})}}}}));
}

net::asio::awaitable<void> Cluster::close() {
  co_await http_->stop();
  co_await tasks_.stop();
}

}  // namespace sluice::bench
