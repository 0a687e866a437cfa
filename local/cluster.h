#pragma once

// Cluster: a whole cluster in one process. It puts the rooms of local/ together: the object store
// and its Kubernetes API over HTTPS, pods as processes, the HAProxy gateway, Prometheus. All state
// is in its folder; what runs is ended with the process, however that ends.

#include "base/clock.h"
#include "base/json.h"
#include "kube/object_store.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace sluice::local {

struct ClusterOptions {
  std::filesystem::path folder;
  std::filesystem::path images;
  std::string listen = "127.0.0.1";
  uint16_t port = 0;  ///< 0: the one of the last time, or a free one.
  std::string gateway_listen = "127.0.0.1";
  uint16_t gateway_port = 0;
  bool durable = false;  ///< Survive power cuts too, at the price of slower writes.
  /// CustomResourceDefinitions to install, or to bring up to date.
  std::vector<Json> crds;
};

/// Where to find what runs.
struct ClusterAddresses {
  std::string api;         ///< https://127.0.0.1:6443
  std::string gateway;     ///< http://127.0.0.1:8080
  std::string prometheus;  ///< http://127.0.0.1:9090
  std::filesystem::path kubeconfig;
};

class Cluster {
 public:
  /// `clock` must outlive it.
  Cluster(Clock& clock, boost::asio::any_io_executor executor, ClusterOptions options);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// Opens what the folder holds, or makes it. The disk is waited for, maybe for seconds: to be
  /// called once, before the loop runs.
  Result<void> open();
  /// After open(). Starts everything; an error says what could not be started. stop() must be
  /// awaited after it, also after an error.
  boost::asio::awaitable<Result<void>> start();
  boost::asio::awaitable<void> stop();

  /// After start().
  const ClusterAddresses& addresses() const;
  kube::ObjectStore& store();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sluice::local
