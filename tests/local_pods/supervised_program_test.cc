// Stories of a program that the local cluster needs: a runner and an owner that do what the test
// says, and a clock that moves only then.

#include "local/processes/supervised_program.h"

#include "net/sleep.h"
#include "tests/local_pods/pod_stage.h"

#include <boost/asio/co_spawn.hpp>

#include <csignal>

namespace sluice::local {
namespace {

using namespace std::chrono_literals;

/// Answers at once, or not within the time that it has.
class ScriptedOwner : public ProgramOwner {
 public:
  explicit ScriptedOwner(Clock& clock) : clock_(clock) {}

  Result<ProcessSpec> prepare(int) override { return ProcessSpec{.argv = {"proxy"}}; }

  asio::awaitable<Result<void>> probe(int) override {
    ++asked;
    if (!hangs) co_return Result<void>();
    co_await net::sleep_for(clock_, kProgramAnswerMax);
    co_return fail(timeout("no answer in time"));
  }

  void ready(int run) override { ready_runs.push_back(run); }

  void ended(int) override { hangs = false; }

  bool hangs = false;
  int asked = 0;
  std::vector<int> ready_runs;

 private:
  Clock& clock_;
};

class ProgramStage {
 public:
  ProgramStage() {
    clock.drive(context);
    run(start());
  }

  ~ProgramStage() { run(program.stop()); }

  ProgramStage(const ProgramStage&) = delete;
  ProgramStage& operator=(const ProgramStage&) = delete;

  /// The signals that a run's process got.
  const std::vector<int>& signals(uint64_t id) { return runner.programs.at(id).signals; }

  FakeClock clock;
  asio::io_context context;
  ScriptedRunner runner;
  ScriptedOwner owner{clock};
  SupervisedProgram program{context.get_executor(), clock, runner, owner, "proxy"};

 private:
  asio::awaitable<void> start() {
    const Result<void> started = co_await program.start();
    REQUIRE(started);
  }

  void run(asio::awaitable<void> task) {
    bool done = false;
    asio::co_spawn(context, std::move(task), [&done](std::exception_ptr error) { done = !error; });
    clock.advance(1s);
    REQUIRE(done);
  }
};

TEST_CASE("a program that answers is left alone", "[program]") {
  ProgramStage stage;
  stage.clock.advance(10min);
  CHECK(stage.owner.asked > 100);
  CHECK(stage.owner.ready_runs == std::vector<int>{1});
  CHECK(stage.signals(1).empty());
}

TEST_CASE("a program that hangs is killed and started anew", "[program]") {
  ProgramStage stage;
  stage.owner.hangs = true;
  stage.clock.advance(kProgramSilencesMax * (kProgramAskInterval + kProgramAnswerMax) + 2s);
  CHECK(stage.signals(1) == std::vector<int>{SIGKILL});
  CHECK(stage.owner.ready_runs == std::vector<int>{1, 2});
  stage.clock.advance(10min);
  CHECK(stage.signals(2).empty());
}

TEST_CASE("a silence now and then is no hang", "[program]") {
  ProgramStage stage;
  for (int i = 0; i < 20; ++i) {
    stage.owner.hangs = true;
    stage.clock.advance((kProgramSilencesMax - 1) * (kProgramAskInterval + kProgramAnswerMax));
    stage.owner.hangs = false;
    stage.clock.advance(2 * kProgramAskInterval);
  }
  CHECK(stage.signals(1).empty());
}

TEST_CASE("what ends by itself is started anew and asked again", "[program]") {
  ProgramStage stage;
  stage.runner.exit(1, 1);
  stage.clock.advance(2s);
  CHECK(stage.owner.ready_runs == std::vector<int>{1, 2});
  stage.owner.hangs = true;
  stage.clock.advance(kProgramSilencesMax * (kProgramAskInterval + kProgramAnswerMax) + 2s);
  CHECK(stage.signals(2) == std::vector<int>{SIGKILL});
}

}  // namespace
}  // namespace sluice::local
