#include "local/cluster.h"

#include "base/log.h"
#include "local/api/api_server.h"
#include "local/certificates.h"
#include "local/cluster_ports.h"
#include "local/gateway/gateway_controller.h"
#include "local/gateway/haproxy_process.h"
#include "local/kubeconfig_writer.h"
#include "local/pods/pod_runtime.h"
#include "local/processes/keeper.h"
#include "local/processes/private_file.h"
#include "local/prometheus_process.h"
#include "local/prometheus_targets.h"
#include "local/store/database.h"
#include "local/store/garbage_collector.h"
#include "local/store/gateway_crds.h"
#include "local/store/registry.h"
#include "local/store/store.h"
#include "net/host_port.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/turn.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <tuple>

namespace sluice::local {
namespace {

constexpr const char* kTargetsPath = "/sluice/prometheus/targets";

/// Tells Prometheus which pods there are.
class TargetsHandler : public net::HttpHandler {
 public:
  explicit TargetsHandler(PodRuntime& pods) : pods_(pods) {}

  net::Awaitable<void> handle(net::ServerRequest, net::Responder& responder) override {
    std::vector<JsonText> pods;
    for (const kube::ObjectPtr& pod : pods_.pods().all()) pods.push_back(pod->json);
    for (const JsonText& pod : pods) {
      co_await net::take_turn();
      rendered_.prepare(pod);
    }
    net::HttpResponse response;
    response.status = 200;
    response.headers.add("Content-Type", "application/json");
    response.body = rendered_.render(pods);
    co_await responder.send(std::move(response));
  }

 private:
  PodRuntime& pods_;
  PrometheusTargets rendered_;
};

/// A number that stays the same for a folder and differs between folders.
uint32_t seed_of(const std::filesystem::path& folder) {
  return static_cast<uint32_t>(std::hash<std::string>{}(folder.string()));
}

ApiResult<WriteResult> install(Registry& registry, const ResourceType& type, const Json& crd) {
  const ObjectKey key{"", string_at(crd, "metadata.name")};
  if (!registry.get(type, key)) return registry.create(type, "", dump_json(crd));
  return registry.patch(type, key, Subresource::None, PatchType::Merge, dump_json(crd));
}

/// The start takes its turns among others, and says what each was for.
net::Awaitable<void> next_turn(std::string_view does) {
  co_await net::take_turn();
  net::this_turn_does(does);
}

net::Awaitable<Result<void>> install_crds(Registry& registry, const std::vector<Json>& crds) {
  const ResourceTypePtr type =
      registry.find_kind("apiextensions.k8s.io", "CustomResourceDefinition");
  for (const Json& crd : crds) {
    co_await next_turn("installs a CRD");
    const auto installed = install(registry, *type, crd);
    if (!installed) {
      co_return fail(internal(fmt::format("cannot install {}: {}", string_at(crd, "metadata.name"),
                                          installed.error().message)));
    }
  }
  co_return Result<void>{};
}

}  // namespace

struct Cluster::Parts {
  Parts(Clock& the_clock, boost::asio::any_io_executor the_executor, ClusterOptions the_options)
      : clock(the_clock), executor(std::move(the_executor)), options(std::move(the_options)) {}

  Result<void> open_store();
  boost::asio::awaitable<Result<void>> load_store();
  Result<void> serve_api();
  boost::asio::awaitable<Result<void>> take_over();
  Result<void> choose_ports();
  boost::asio::awaitable<Result<void>> run_pods();
  boost::asio::awaitable<Result<void>> run_gateway();
  boost::asio::awaitable<Result<void>> run_prometheus();

  std::filesystem::path in_folder(const char* name) const { return options.folder / name; }

  Clock& clock;
  boost::asio::any_io_executor executor;
  ClusterOptions options;
  ClusterPorts ports;
  ClusterAddresses addresses;
  Credentials credentials;
  // In the order of their start; destroyed the other way round.
  std::unique_ptr<Registry> registry;
  std::unique_ptr<GarbageCollector> collector;
  std::unique_ptr<Store> store;
  std::unique_ptr<net::HttpClient> client;
  std::unique_ptr<Keeper> keeper;
  std::unique_ptr<RealPodActions> actions;
  std::unique_ptr<PodRuntime> pods;
  std::unique_ptr<TargetsHandler> targets;
  std::unique_ptr<ApiServer> api;
  std::unique_ptr<net::HttpServer> server;
  std::unique_ptr<HaproxyProcess> haproxy;
  std::unique_ptr<GatewayController> gateway;
  std::unique_ptr<PrometheusProcess> prometheus;
};

Result<void> Cluster::Parts::open_store() {
  // Private, since the objects are: there are Secrets among them. A folder that was there may be
  // meant for others too, but not what the cluster keeps in it.
  if (auto made = make_private_folder(options.folder); !made) return made;
  for (const char* name : {"pki", "logs", "logs/pods", "gateway", "prometheus"})
    if (auto claimed = claim_private_folder(in_folder(name)); !claimed) return claimed;
  auto database = Database::open(in_folder("objects.db").string(), {.durable = options.durable});
  if (!database) return fail(database.error());
  registry = std::make_unique<Registry>(*std::move(database), clock);
  return {};
}

boost::asio::awaitable<Result<void>> Cluster::Parts::load_store() {
  for (bool more = true; more;) {
    co_await next_turn("loads the store");
    const auto loaded = registry->load_some();
    if (!loaded) co_return fail(loaded.error());
    more = *loaded;
  }
  collector = std::make_unique<GarbageCollector>(*registry, clock);
  collector->start();
  store = std::make_unique<Store>(*registry);
  co_return Result<void>{};
}

/// Waits for the end of what an earlier life, if it was killed, has left: it has our ports still.
boost::asio::awaitable<Result<void>> Cluster::Parts::take_over() {
  keeper = std::make_unique<Keeper>(executor);
  co_return co_await keeper->take_over(clock, in_folder("keeper.lock"));
}

Result<void> Cluster::Parts::choose_ports() {
  const auto recorded = read_ports(in_folder("ports.json"));
  const bool garbled = !recorded && recorded.error().code == ErrorCode::Invalid;
  if (!recorded && !garbled) return fail(recorded.error());
  // Addresses are all that is lost with it: no cluster stays down for that.
  if (garbled)
    log_warn("the record of ports cannot be read; it is written anew",
             {{"why", recorded.error().message}});
  ports = recorded.value_or(ClusterPorts{});
  const std::tuple<const char*, uint16_t*, uint16_t, std::string> needed[] = {
      {"the API server", &ports.api, options.port, options.listen},
      {"the gateway", &ports.gateway, options.gateway_port, options.gateway_listen},
      {"Prometheus", &ports.prometheus, 0, "127.0.0.1"}};
  for (const auto& [whose, port, wanted, address] : needed) {
    const auto chosen = choose_port(address, wanted, *port);
    if (!chosen) return fail(chosen.error().within(whose));
    if (wanted == 0 && *port != 0 && *port != *chosen) {
      log_warn("somebody else has a port of the last time; another one is used",
               {{"port", std::to_string(*port)}, {"instead", std::to_string(*chosen)}});
    }
    *port = *chosen;
  }
  return write_ports(in_folder("ports.json"), ports);
}

Result<void> Cluster::Parts::serve_api() {
  auto made = ensure_credentials(in_folder("pki"), options.listen, clock.system_now());
  if (!made) return fail(made.error());
  credentials = *std::move(made);
  api = std::make_unique<ApiServer>(*registry, clock, &pods->logs(),
                                    ApiServerOptions{credentials.token});
  api->mount(kTargetsPath, *targets);
  net::ServerOptions server_options;
  server_options.host = options.listen;
  server_options.port = ports.api;
  server_options.certificate = credentials.server.certificate;
  server_options.key = credentials.server.key;
  server_options.client_ca = credentials.ca;
  server_options.body_max = kRequestBytesMax;
  server = net::make_http_server(executor, server_options, *api);
  if (auto started = server->start(); !started)
    return fail(started.error().within(fmt::format("the API server on port {}", ports.api)));
  addresses.api = "https://" + to_string(net::HostPort{options.listen, ports.api});
  addresses.kubeconfig = in_folder("kubeconfig");
  return write_kubeconfig(addresses.kubeconfig, addresses.api, credentials);
}

boost::asio::awaitable<Result<void>> Cluster::Parts::run_pods() {
  // Only programs of this machine are asked. To read whom the system trusts takes long.
  auto made = net::make_http_client(executor, {.insecure = true});
  if (!made) co_return fail(made.error());
  client = *std::move(made);
  actions = std::make_unique<RealPodActions>(clock, *client, *keeper);
  PodRuntimeOptions runtime;
  runtime.images = options.images;
  runtime.logs = in_folder("logs") / "pods";
  runtime.address_seed = seed_of(options.folder);
  pods = std::make_unique<PodRuntime>(*store, clock, executor, *keeper, *actions, runtime);
  targets = std::make_unique<TargetsHandler>(*pods);
  co_return co_await pods->start();
}

boost::asio::awaitable<Result<void>> Cluster::Parts::run_gateway() {
  HaproxyProcess::Options haproxy_options;
  haproxy_options.folder = in_folder("gateway").string();
  haproxy_options.listen = {options.gateway_listen, ports.gateway};
  haproxy_options.log_path = (in_folder("logs") / "gateway.log").string();
  haproxy = std::make_unique<HaproxyProcess>(executor, clock, *keeper, haproxy_options);
  if (auto started = co_await haproxy->start(); !started)
    co_return fail(started.error().within(fmt::format("the gateway on port {}", ports.gateway)));
  gateway = std::make_unique<GatewayController>(executor, clock, *store, *haproxy,
                                                haproxy_options.listen);
  gateway->start();
  addresses.gateway = "http://" + to_string(net::HostPort{options.gateway_listen, ports.gateway});
  co_return Result<void>{};
}

boost::asio::awaitable<Result<void>> Cluster::Parts::run_prometheus() {
  PrometheusProcess::Options prometheus_options;
  prometheus_options.folder = in_folder("prometheus").string();
  prometheus_options.log_path = (in_folder("logs") / "prometheus.log").string();
  prometheus_options.port = ports.prometheus;
  prometheus_options.config = {addresses.api + kTargetsPath, credentials.token,
                               (in_folder("pki") / "ca.crt").string()};
  prometheus =
      std::make_unique<PrometheusProcess>(executor, clock, *keeper, *client, prometheus_options);
  if (auto started = co_await prometheus->start(); !started)
    co_return fail(started.error().within("Prometheus"));
  addresses.prometheus = prometheus->url();
  co_return Result<void>{};
}

Cluster::Cluster(Clock& clock, boost::asio::any_io_executor executor, ClusterOptions options)
    : parts_(std::make_unique<Parts>(clock, std::move(executor), std::move(options))) {
  parts_->options.folder = std::filesystem::absolute(parts_->options.folder);
  parts_->options.images = std::filesystem::absolute(parts_->options.images);
}

Cluster::~Cluster() = default;

Result<void> Cluster::open() {
  return parts_->open_store();
}

boost::asio::awaitable<Result<void>> Cluster::start() {
  Parts& parts = *parts_;
  if (auto loaded = co_await parts.load_store(); !loaded) co_return loaded;
  if (auto made = co_await install_crds(*parts.registry, parts.options.crds); !made) co_return made;
  if (auto made = co_await install_gateway_crds(*parts.store); !made) co_return made;
  co_await next_turn("takes the folder over");
  if (auto taken = co_await parts.take_over(); !taken) co_return taken;
  if (auto chosen = parts.choose_ports(); !chosen) co_return chosen;
  co_await next_turn("starts pods");
  if (auto ran = co_await parts.run_pods(); !ran) co_return ran;
  co_await next_turn("starts the API");
  if (auto served = parts.serve_api(); !served) co_return served;
  co_await next_turn("starts the gateway");
  if (auto ran = co_await parts.run_gateway(); !ran) co_return ran;
  co_await next_turn("starts Prometheus");
  co_return co_await parts.run_prometheus();
}

boost::asio::awaitable<void> Cluster::stop() {
  Parts& parts = *parts_;
  if (parts.prometheus) co_await parts.prometheus->stop();
  if (parts.gateway) co_await parts.gateway->stop();
  if (parts.haproxy) co_await parts.haproxy->stop();
  if (parts.server) co_await parts.server->stop();
  if (parts.pods) co_await parts.pods->stop();
  if (parts.keeper) co_await parts.keeper->stop();
}

const ClusterAddresses& Cluster::addresses() const {
  return parts_->addresses;
}

kube::ObjectStore& Cluster::store() {
  return *parts_->store;
}

}  // namespace sluice::local
