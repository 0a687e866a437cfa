#pragma once

// The controller as a program runs it: the loops, the recorder of events, and the edge for people
// and CI. `sluice controller` runs it against a cluster, `sluice local up` beside its own.

#include "analysis/providers/http_source.h"
#include "analysis/providers/metric_provider.h"
#include "controller/controller.h"
#include "kube/event_recorder.h"
#include "kube/object_store.h"
#include "net/http_server.h"
#include "net/task_group.h"
#include "server/edge.h"
#include "traffic/router_registry.h"

#include <memory>
#include <string>
#include <vector>

namespace sluice::cli {

struct ControllerOptions {
  std::string namespace_;  ///< Empty: all.
  std::string prometheus;  ///< For metrics that name no address.
  /// Where metric sources may be asked (net::AddressPattern), besides `prometheus`; empty: the
  /// default.
  std::vector<std::string> metric_addresses;
  std::string listen = "127.0.0.1:0";
  server::SecretFileOptions secrets;
};

class ControllerProcess {
 public:
  /// `store`, `source` and `clock` must outlive it.
  ControllerProcess(kube::ObjectStore& store, analysis::HttpSource& source, Clock& clock,
                    const boost::asio::any_io_executor& executor, ControllerOptions options);
  ~ControllerProcess();

  /// An error says what could not be started. stop() must be awaited after it, also after an error.
  boost::asio::awaitable<Result<void>> start();
  boost::asio::awaitable<void> stop();

  /// "http://HOST:PORT" of the edge, after start(); empty before.
  const std::string& url() const { return url_; }

 private:
  class Recorder;

  ControllerOptions options_;
  analysis::ProviderRegistry providers_;
  traffic::RouterRegistry routers_;
  kube::EventRecorder events_;
  std::unique_ptr<Recorder> recorder_;
  controller::Controller controller_;
  server::KnownSecrets secrets_;
  server::SecretFiles secret_files_;
  server::Edge edge_;
  boost::asio::any_io_executor executor_;
  std::unique_ptr<net::HttpServer> server_;
  std::string url_;
  net::TaskGroup tasks_;
};

}  // namespace sluice::cli
