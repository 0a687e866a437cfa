#pragma once

// The kubelet of the only node: every pod of the store is run here as processes. It gives pods the
// node and an address, starts a coroutine for each (pod_worker.h), and tells it what becomes of the
// object. After a restart of the program every pod of the store is started anew.

#include "kube/reconcile_loop.h"
#include "local/pods/pod_addresses.h"
#include "local/pods/pod_record.h"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>

namespace sluice::local {

class Kubelet {
 public:
  /// `host` must outlive it. `address_seed`: see PodAddresses.
  Kubelet(PodHost& host, uint32_t address_seed);

  /// Runs until cancelled. Spawn it in the host's TaskGroup.
  asio::awaitable<void> run();

  /// For those who follow a log.
  bool is_running(const std::string& pod_uid, const std::string& container, int run) const;

 private:
  asio::awaitable<void> take_over();
  asio::awaitable<Result<kube::Looked>> look(ObjectKey key);
  asio::awaitable<Result<kube::Looked>> schedule(kube::ObjectPtr pod);
  asio::awaitable<Result<kube::Looked>> postpone(kube::ObjectPtr pod);
  void admit_next();
  asio::awaitable<Result<kube::Looked>> refuse(kube::ObjectPtr pod, Error error);
  asio::awaitable<Result<kube::Looked>> write_status(kube::ObjectPtr pod, Json status);
  kube::Looked start(kube::ObjectPtr pod, PodSpec spec, const Json& document);
  asio::awaitable<void> run_one(std::shared_ptr<PodRecord> record);
  asio::awaitable<Result<kube::Looked>> remove_unstarted(kube::ObjectPtr pod);

  PodHost& host_;
  PodAddresses addresses_;
  kube::ReconcileLoop loop_;
  std::map<std::string, std::shared_ptr<PodRecord>> by_uid_;  ///< Until they are closed.
  std::map<ObjectKey, std::string> uids_;                     ///< Of the pods that are run.
  std::set<ObjectKey> waiting_;                               ///< Pods for which there is no room.
};

/// Makes the Node object "local", or brings its status up to date. `pods_max` is its capacity.
asio::awaitable<Result<void>> register_node(kube::ObjectStore& store, Clock& clock,
                                            size_t pods_max);

}  // namespace sluice::local
