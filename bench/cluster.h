#pragma once

// Cluster: the local API server over HTTPS, beside which a controller runs in a process of its own.
// Nodes and gateway are played: a ReplicaSet has its pods as soon as its size is written, a route
// is taken up as soon as it is written.

#include "local/api/api_server.h"
#include "local/store/registry.h"
#include "net/channel.h"
#include "net/event_loop.h"
#include "net/http_server.h"
#include "net/task_group.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace sluice::bench {

/// A mutating request that was answered.
struct ApiWrite {
  std::string what;  ///< "PATCH rollouts/status"
  std::string name;  ///< Of the object; "" of one that was created.
};

class Cluster {
 public:
  /// Serves the kinds of Argo Rollouts and of the Gateway API; credentials and kubeconfig are
  /// written to `folder`.
  static Result<std::unique_ptr<Cluster>> open(net::EventLoop& loop, std::filesystem::path folder);

  /// close() must have been awaited.
  ~Cluster();

  std::filesystem::path kubeconfig() const { return folder_ / "kubeconfig"; }

  local::Registry& registry() { return *registry_; }

  /// Writes to the registry as a client would; a refusal ends the program with its sentence.
  void create(const std::string& kind, const std::string& object);
  void patch(const std::string& kind, const std::string& name, local::Subresource subresource,
             const std::string& merge_patch);

  /// By ApiWrite::what, since the last time it was cleared.
  std::map<std::string, int> writes;
  /// Is told of each, once it has been answered.
  std::function<void(const ApiWrite&)> written = [](const ApiWrite&) {};

  net::asio::awaitable<void> close();

 private:
  class CountedApi;

  Cluster(net::EventLoop& loop, std::filesystem::path folder);
  Result<void> serve(net::EventLoop& loop);
  net::asio::awaitable<void> play();
  void play_node(const ObjectKey& replica_set);
  void play_gateway(const ObjectKey& route);

  std::filesystem::path folder_;
  std::unique_ptr<local::Registry> registry_;
  std::unique_ptr<local::ApiServer> api_;
  std::unique_ptr<CountedApi> counted_;
  std::unique_ptr<net::HttpServer> http_;
  net::Channel<std::pair<std::string, ObjectKey>> due_;  ///< Kind and key of what was written.
  std::shared_ptr<void> observation_;
  net::TaskGroup tasks_;
};

}  // namespace sluice::bench
