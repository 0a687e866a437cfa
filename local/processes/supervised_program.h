#pragma once

// A program that the local cluster itself needs (HAProxy, Prometheus): started, waited for until it
// answers, started anew with back-off when it ends by itself, ended and started anew when it does
// not answer any more, ended when the cluster stops.

#include "base/backoff.h"
#include "base/clock.h"
#include "local/processes/keeper.h"
#include "net/notifier.h"
#include "net/task_group.h"

#include <optional>
#include <string>

namespace sluice::local {

/// What is particular about a program. Runs are counted from 1.
class ProgramOwner {
 public:
  virtual ~ProgramOwner() = default;
  /// Makes ready what the program reads and says how to start it.
  virtual Result<ProcessSpec> prepare(int run) = 0;
  /// One attempt to find out whether it answers; within kProgramAnswerMax.
  virtual asio::awaitable<Result<void>> probe(int run) = 0;

  /// It answers; it has ended.
  virtual void ready(int /*run*/) {}

  virtual void ended(int /*run*/) {}
};

/// How long a program may take to answer, and to end after SIGTERM before it is killed.
inline constexpr Duration kProgramReadyMax = std::chrono::seconds(15);
inline constexpr Duration kProgramEndMax = std::chrono::seconds(5);

/// How often a running program is asked, how long it has for the answer, and how often in a row it
/// may owe one before it counts as hung. A machine that is merely busy gives an answer in that
/// time.
inline constexpr Duration kProgramAskInterval = std::chrono::seconds(1);
inline constexpr Duration kProgramAnswerMax = std::chrono::seconds(2);
inline constexpr int kProgramSilencesMax = 3;

class SupervisedProgram {
 public:
  /// `runner`, `clock` and `owner` must outlive this. `name` is for messages.
  SupervisedProgram(asio::any_io_executor executor, Clock& clock, ProcessRunner& runner,
                    ProgramOwner& owner, std::string name);

  /// Starts it and waits until it answers. An error leaves nothing running.
  asio::awaitable<Result<void>> start();
  /// Ends it. Must be awaited before destruction if start() was called.
  asio::awaitable<void> stop();

 private:
  asio::awaitable<Result<void>> launch();
  asio::awaitable<Result<void>> wait_ready();
  asio::awaitable<void> keep_running();
  asio::awaitable<void> keep_answering();
  asio::awaitable<void> end();
  asio::awaitable<bool> ended_within(Duration span);
  void on_exit(int run, ProcessExit exit);

  Clock& clock_;
  ProcessRunner& runner_;
  ProgramOwner& owner_;
  std::string name_;
  Backoff backoff_;
  net::Notifier exited_;
  net::TaskGroup tasks_;
  int run_ = 0;
  std::optional<Process> process_;  ///< While one runs.
  bool answering_ = false;          ///< The present run has answered once.
};

}  // namespace sluice::local
