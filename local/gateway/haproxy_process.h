#pragma once

// The HAProxy of the gateway: its folder, its program, and the control of its present run. A run
// starts knowing nothing; whoever follows the cluster's objects tells it everything again.

#include "local/gateway/haproxy_config.h"
#include "local/gateway/haproxy_control.h"
#include "local/processes/supervised_program.h"

#include <functional>
#include <memory>
#include <string>

namespace sluice::local {

/// Access to whichever HAProxy runs now. Tests script it.
class HaproxyRuns {
 public:
  virtual ~HaproxyRuns() = default;
  /// Null while none runs. Whoever holds it across an await holds on to that run.
  virtual std::shared_ptr<HaproxyControl> control() const = 0;
  /// `action` is called on the loop thread whenever a new run has begun.
  virtual void on_started(std::function<void()> action) = 0;
};

class HaproxyProcess final : public HaproxyRuns, private ProgramOwner {
 public:
  struct Options {
    std::string folder;  ///< Its own; made if missing. Configuration, maps and socket live there.
    net::HostPort listen;
    /// One JSON line a request (gateway_log.h) and HAProxy's own messages.
    std::string log_path;
  };

  /// `clock` and `runner` must outlive this.
  HaproxyProcess(asio::any_io_executor executor, Clock& clock, ProcessRunner& runner,
                 Options options);

  /// Returns once HAProxy answers on its socket: its address is bound by then.
  asio::awaitable<Result<void>> start();
  /// Ends it at once, requests and all.
  asio::awaitable<void> stop();

  std::shared_ptr<HaproxyControl> control() const override { return control_; }

  void on_started(std::function<void()> action) override { on_started_ = std::move(action); }

 private:
  Result<ProcessSpec> prepare(int run) override;
  asio::awaitable<Result<void>> probe(int run) override;
  void ready(int run) override;
  void ended(int run) override;
  std::unique_ptr<HaproxySocket> make_socket(int run) const;

  asio::any_io_executor executor_;
  Clock& clock_;
  Options options_;
  SupervisedProgram program_;
  std::shared_ptr<HaproxyControl> control_;
  std::function<void()> on_started_;
};

}  // namespace sluice::local
