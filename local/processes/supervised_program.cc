#include "local/processes/supervised_program.h"

#include "base/log.h"
#include "net/sleep.h"

#include <fmt/format.h>

#include <csignal>

namespace sluice::local {
namespace {

constexpr Duration kPollInterval = std::chrono::milliseconds(20);
/// A program that ran at least this long did not fail for what it was started with.
constexpr Duration kSteadyRun = std::chrono::seconds(30);

}  // namespace

SupervisedProgram::SupervisedProgram(asio::any_io_executor executor, Clock& clock,
                                     ProcessRunner& runner, ProgramOwner& owner, std::string name)
    : clock_(clock),
      runner_(runner),
      owner_(owner),
      name_(std::move(name)),
      backoff_({.first = std::chrono::milliseconds(20), .longest = std::chrono::seconds(10)}),
      exited_(executor),
      tasks_(executor) {}

asio::awaitable<Result<void>> SupervisedProgram::start() {
  Result<void> launched = co_await launch();
  if (!launched) {
    co_await end();
    co_return launched;
  }
  tasks_.spawn("keep " + name_ + " running", keep_running());
  tasks_.spawn("keep " + name_ + " answering", keep_answering());
  co_return launched;
}

asio::awaitable<void> SupervisedProgram::stop() {
  co_await tasks_.stop();
  co_await end();
}

asio::awaitable<Result<void>> SupervisedProgram::launch() {
  const int run = ++run_;
  Result<ProcessSpec> spec = owner_.prepare(run);
  if (!spec) co_return fail(spec.error().within(name_));
  const std::string log_path = spec->log.path;
  const ProcessRunner::ExitCallback ended = [this, run](ProcessExit exit) { on_exit(run, exit); };
  Result<Process> process = co_await runner_.start(*std::move(spec), ended);
  if (!process) co_return fail(process.error().within(name_));
  process_ = *process;
  Result<void> answered = co_await wait_ready();
  if (!answered)
    co_return fail(answered.error().within(fmt::format("{} (its log is {})", name_, log_path)));
  answering_ = true;
  owner_.ready(run);
  co_return answered;
}

asio::awaitable<Result<void>> SupervisedProgram::wait_ready() {
  const SteadyTime deadline = clock_.steady_now() + kProgramReadyMax;
  while (process_) {
    Result<void> answer = co_await owner_.probe(run_);
    if (answer && process_) co_return answer;
    if (clock_.steady_now() > deadline) co_return fail(timeout("does not answer"));
    co_await net::sleep_for(clock_, kPollInterval);
  }
  co_return fail(unavailable("ended before it answered"));
}

asio::awaitable<void> SupervisedProgram::keep_running() {
  while (true) {
    const SteadyTime started = clock_.steady_now();
    while (process_) co_await exited_.wait();
    if (clock_.steady_now() - started > kSteadyRun) backoff_.reset();
    co_await net::sleep_for(clock_, backoff_.next(0.5));
    Result<void> launched = co_await launch();
    if (launched) continue;
    log_error("a program of the local cluster does not start",
              {{"program", name_}, {"error", launched.error().message}});
    co_await end();
  }
}

asio::awaitable<void> SupervisedProgram::keep_answering() {
  int silences = 0;
  while (true) {
    co_await net::sleep_for(clock_, kProgramAskInterval);
    const int run = run_;
    Result<void> answer;
    if (answering_) answer = co_await owner_.probe(run);
    // Nothing is held against a run that has ended meanwhile, or has yet to start.
    silences = answer || !answering_ || run != run_ ? 0 : silences + 1;
    if (silences < kProgramSilencesMax) continue;
    log_error("a program of the local cluster hangs and is started anew",
              {{"program", name_}, {"error", answer.error().message}});
    // What hangs does not end by being asked to.
    runner_.signal(process_->id, SIGKILL);
    silences = 0;
  }
}

asio::awaitable<void> SupervisedProgram::end() {
  if (!process_) co_return;
  runner_.signal(process_->id, SIGTERM);
  const bool ended = co_await ended_within(kProgramEndMax);
  if (ended) co_return;
  runner_.signal(process_->id, SIGKILL);
  co_await ended_within(kProgramEndMax);
}

asio::awaitable<bool> SupervisedProgram::ended_within(Duration span) {
  const SteadyTime deadline = clock_.steady_now() + span;
  while (process_ && clock_.steady_now() < deadline) co_await net::sleep_for(clock_, kPollInterval);
  co_return !process_;
}

void SupervisedProgram::on_exit(int run, ProcessExit exit) {
  log_warn("a program of the local cluster ended",
           {{"program", name_}, {"code", std::to_string(exit.code)}});
  process_.reset();
  answering_ = false;
  owner_.ended(run);
  exited_.notify();
}

}  // namespace sluice::local
