#pragma once

// The controller as a program runs it: the loops, the recorder of events, and the edge for people
// and CI. `sluice controller` runs it against a cluster, `sluice local up` beside its own.

#include "analysis/providers/http_source.h"
#include "analysis/providers/metric_provider.h"
#include "controller/controller.h"
#include "kube/elector.h"
#include "kube/event_recorder.h"
#include "kube/gated_store.h"
#include "kube/object_store.h"
#include "net/http_server.h"
#include "net/task_group.h"
#include "server/edge.h"
#include "server/path_filter.h"
#include "traffic/router_registry.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

struct ControllerOptions {
  controller::Scope scope;
  std::optional<kube::ElectorOptions> election;  ///< Absent: it leads without being elected.
  std::string prometheus;                        ///< For metrics that name no address.
  /// Where metric sources may be asked (net::AddressPattern), besides `prometheus`; empty: the
  /// default.
  std::vector<std::string> metric_addresses;
  std::string listen = "127.0.0.1:0";
  /// Further ports on every address, for metrics and for probes alone; 0: none.
  uint16_t metrics_port = 0;
  uint16_t healthz_port = 0;
  server::SecretFileOptions secrets;
  bool observe_only = false;    ///< Stand beside another engine and write nothing.
  bool observe_events = false;  ///< But events, about differences.
};

class ControllerProcess {
 public:
  /// `store`, `leases`, `source` and `clock` must outlive it. `leases` is where the election goes
  /// on: as `store`, with requests that end soon.
  ControllerProcess(kube::ObjectStore& store, kube::ObjectStore& leases,
                    analysis::HttpSource& source, Clock& clock,
                    const boost::asio::any_io_executor& executor, ControllerOptions options);
  ~ControllerProcess();

  /// An error says what could not be started. stop() must be awaited after it, also after an error.
  boost::asio::awaitable<Result<void>> start();
  boost::asio::awaitable<void> stop();

  /// "http://HOST:PORT" of the edge, after start(); empty before.
  const std::string& url() const { return url_; }

 private:
  class Recorder;
  class Silence;

  std::unique_ptr<controller::EventSink> make_recorder();

  /// Gives the port.
  Result<uint16_t> serve(const std::string& host, uint16_t port, net::HttpHandler& handler);
  /// Nothing where the port is 0.
  Result<void> serve_everywhere(uint16_t port, net::HttpHandler& handler);

  ControllerOptions options_;
  /// What all but the recorder of events have of an observer's store.
  kube::GatedStore looks_;
  kube::ObjectStore& store_;
  kube::Leadership leadership_;
  kube::GatedStore led_;  ///< What controllers write goes through it; what people write does not.
  std::optional<kube::Elector> elector_;
  analysis::ProviderRegistry providers_;
  traffic::RouterRegistry routers_;
  kube::EventRecorder events_;
  std::unique_ptr<controller::EventSink> recorder_;
  controller::Controller controller_;
  server::KnownSecrets secrets_;
  server::SecretFiles secret_files_;
  server::Edge edge_;
  server::PathFilter metrics_only_;
  server::PathFilter probes_only_;
  boost::asio::any_io_executor executor_;
  std::vector<std::unique_ptr<net::HttpServer>> servers_;
  std::string url_;
  net::TaskGroup tasks_;
};

}  // namespace sluice::cli
