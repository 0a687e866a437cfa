#pragma once

// Performs what probes and lifecycle hooks ask for: an HTTP request, a TCP connection, a command
// beside the container, a sleep.

#include "base/clock.h"
#include "local/pods/pod_environment.h"
#include "local/pods/probe_spec.h"
#include "local/processes/keeper.h"
#include "net/http.h"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace sluice::local {

/// The container on which an action is performed.
struct ActionTarget {
  std::string pod_ip;
  Container container;
  Environment environment;
  std::string cwd;
  std::string image_folder;
};

struct ActionResult {
  bool ok = false;
  std::string message;  ///< Why not, as the kubelet words it.
};

/// The seam that stories script.
class PodActions {
 public:
  virtual ~PodActions() = default;
  /// Performs one action; an answer that takes longer than `timeout` is a failure.
  virtual asio::awaitable<ActionResult> perform(ProbeAction action, ActionTarget target,
                                                Duration timeout) = 0;
};

/// The real thing. Everything given must outlive it.
class RealPodActions final : public PodActions {
 public:
  /// `http` must not verify certificates: pods have none that anybody signed.
  RealPodActions(Clock& clock, net::HttpClient& http, ProcessRunner& runner)
      : clock_(clock), http_(http), runner_(runner) {}

  asio::awaitable<ActionResult> perform(ProbeAction action, ActionTarget target,
                                        Duration timeout) override;

 private:
  asio::awaitable<ActionResult> http_get(HttpGetAction action, ActionTarget target,
                                         Duration timeout);
  asio::awaitable<ActionResult> tcp_connect(TcpAction action, ActionTarget target,
                                            Duration timeout);
  asio::awaitable<ActionResult> execute(ExecAction action, ActionTarget target, Duration timeout);

  Clock& clock_;
  net::HttpClient& http_;
  ProcessRunner& runner_;
};

}  // namespace sluice::local
