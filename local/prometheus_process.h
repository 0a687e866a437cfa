#pragma once

// The Prometheus of the local cluster: it scrapes the pods that ask for it by annotation every
// second, finds them by asking the cluster's API server, and answers queries on a loopback port.
// Its data folder survives a restart.

#include "local/processes/supervised_program.h"
#include "net/http.h"

#include <cstdint>
#include <string>

namespace sluice::local {

struct PrometheusConfig {
  /// Answers with prometheus_targets().
  std::string targets_url;
  std::string token;    ///< Bearer token for it; empty: none is sent.
  std::string ca_file;  ///< PEM file that its certificate is verified by; empty for http.
};

/// prometheus.yml. Pods annotated `prometheus.io/scrape: "true"` are scraped at
/// `prometheus.io/port` (else at each port they declare), `prometheus.io/path` (else /metrics) and
/// `prometheus.io/scheme`. Series carry the pod's labels, their names with "_" for what Prometheus
/// does not allow, and `namespace` and `pod`.
std::string render_prometheus_config(const PrometheusConfig& config);

class PrometheusProcess final : private ProgramOwner {
 public:
  struct Options {
    std::string folder;  ///< Its own; made if missing. Configuration and data live there.
    std::string log_path;
    PrometheusConfig config;
    uint16_t port = 0;  ///< On 127.0.0.1; 0: a free one is chosen.
  };

  /// `clock`, `runner` and `client` must outlive this.
  PrometheusProcess(asio::any_io_executor executor, Clock& clock, ProcessRunner& runner,
                    net::HttpClient& client, Options options);

  /// Returns once it says that it is ready.
  asio::awaitable<Result<void>> start();
  asio::awaitable<void> stop();

  /// "http://127.0.0.1:PORT", after start(); the same for all runs.
  std::string url() const;

 private:
  Result<ProcessSpec> prepare(int run) override;
  asio::awaitable<Result<void>> probe(int run) override;

  net::HttpClient& client_;
  Options options_;
  SupervisedProgram program_;
};

}  // namespace sluice::local
