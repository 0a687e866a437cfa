#include "local/processes/keeper.h"

#include "tests/local_pods/test_programs.h"

#include <csignal>
#include <optional>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sluice::local {

namespace {

ProcessSpec shell(const std::string& script, const std::string& log = "") {
  ProcessSpec spec;
  spec.argv = {"sh", "-c", script};
  spec.env = {{"PATH", "/usr/bin:/bin"}, {"GREETING", "hello"}};
  spec.log.path = log;
  return spec;
}

using ExitSlot = std::shared_ptr<std::optional<ProcessExit>>;

/// A callback that remembers.
ProcessRunner::ExitCallback remember_in(ExitSlot slot) {
  return [slot](ProcessExit how) { *slot = how; };
}

void ignore_exit(ProcessExit) {}

asio::awaitable<void> end_of_program(Clock& clock, ExitSlot slot) {
  const std::function<bool()> ended = [slot] { return slot->has_value(); };
  co_await eventually(clock, "the program has ended", ended);
}

asio::awaitable<void> end_of_process(Clock& clock, int pid) {
  const std::function<bool()> ended = [pid] { return !is_running(pid); };
  co_await eventually(clock, "the process that was left behind has ended", ended);
}

/// Runs one program to its end.
asio::awaitable<Result<ProcessExit>> run_program(Keeper& keeper, Clock& clock, ProcessSpec spec) {
  auto exit = std::make_shared<std::optional<ProcessExit>>();
  const Result<Process> process = co_await keeper.start(std::move(spec), remember_in(exit));
  if (!process) co_return fail(process.error());
  co_await end_of_program(clock, exit);
  co_return exit->value_or(ProcessExit{-1, 0});
}

asio::awaitable<int> ends_are_reported(net::EventLoop& loop) {
  const TemporaryFolder folder;
  Keeper keeper(loop.executor());
  const auto exited = co_await run_program(keeper, loop.clock(), shell("exit 7"));
  CHECK(exited->code == 7);
  CHECK(exited->signal == 0);
  const auto killed = co_await run_program(keeper, loop.clock(), shell("kill -9 $$"));
  CHECK(killed->code == 137);
  CHECK(killed->signal == SIGKILL);

  ProcessSpec missing = shell("");
  missing.argv = {"no-such-program"};
  const auto not_found = co_await run_program(keeper, loop.clock(), missing);
  CHECK(not_found.error().code == ErrorCode::NotFound);
  ProcessSpec plain_file = shell("");
  plain_file.argv = {folder.write("plain", "text").string()};
  const auto forbidden = co_await run_program(keeper, loop.clock(), plain_file);
  CHECK(forbidden.error().code == ErrorCode::Forbidden);
  ProcessSpec no_folder = shell("exit 0");
  no_folder.cwd = "/no/such/folder";
  const auto nowhere = co_await run_program(keeper, loop.clock(), no_folder);
  CHECK(nowhere.error().code == ErrorCode::NotFound);
  co_await keeper.stop();
  co_return 0;
}

asio::awaitable<int> output_is_captured(net::EventLoop& loop) {
  const TemporaryFolder folder;
  Keeper keeper(loop.executor());
  ProcessSpec spec = shell("pwd; echo $GREETING; echo problem >&2; printf open", folder / "log");
  spec.cwd = folder.path();
  co_await run_program(keeper, loop.clock(), spec);
  CHECK(read_file(folder / "log") == folder.path().string() + "\nhello\nproblem\nopen");

  ProcessSpec stamped = shell("echo one; echo two", folder / "stamped");
  stamped.log.timestamps = true;
  co_await run_program(keeper, loop.clock(), stamped);
  std::istringstream lines(read_file(folder / "stamped"));
  std::string time;
  std::string word;
  lines >> time >> word;
  CHECK(parse_time(time).has_value());
  CHECK(word == "one");
  lines >> time >> word;
  CHECK(word == "two");
  co_await keeper.stop();
  co_return 0;
}

asio::awaitable<int> a_full_log_is_turned_over(net::EventLoop& loop) {
  const TemporaryFolder folder;
  Keeper keeper(loop.executor());
  ProcessSpec spec = shell("seq 100000 199999", folder / "log");
  spec.log.bytes_max = 200'000;
  co_await run_program(keeper, loop.clock(), spec);
  CHECK(std::filesystem::file_size(folder / "log") <= 200'000);
  CHECK(std::filesystem::file_size(folder / "log.1") <= 200'000);
  const std::string kept = read_file(folder / "log.1") + read_file(folder / "log");
  CHECK(kept.ends_with("\n199999\n"));
  co_await keeper.stop();
  co_return 0;
}

/// A program that leaves a process behind in a session of its own: its id is in `pid_file`.
ProcessSpec daemonizing(const TemporaryFolder& folder, const std::string& then) {
  return shell("setsid sh -c 'trap \"\" TERM; echo $$ > " + (folder / "daemon").string() +
               "; while :; do sleep 0.1; done' & " + then);
}

int daemon_pid(const TemporaryFolder& folder) {
  return std::atoi(read_file(folder / "daemon").c_str());
}

asio::awaitable<int> leftovers_end_with_the_program(net::EventLoop& loop) {
  const TemporaryFolder folder;
  Keeper keeper(loop.executor());
  const std::string wait_for_it = "until [ -s " + (folder / "daemon").string() + " ]; do :; done";
  co_await run_program(keeper, loop.clock(), daemonizing(folder, wait_for_it));
  const int daemon = daemon_pid(folder);
  CHECK(daemon > 0);
  co_await end_of_process(loop.clock(), daemon);
  co_await keeper.stop();
  co_return 0;
}

asio::awaitable<int> a_cleared_environment_hides_nothing(net::EventLoop& loop) {
  const TemporaryFolder folder;
  Keeper keeper(loop.executor());
  const std::string child = (folder / "child").string();
  const std::string script = "env -i sh -c 'echo $$ > " + child +
                             "; exec sleep 1000' & until [ -s " + child + " ]; do :; done";
  co_await run_program(keeper, loop.clock(), shell(script));
  const int pid = std::atoi(read_file(child).c_str());
  CHECK(pid > 0);
  co_await end_of_process(loop.clock(), pid);
  co_await keeper.stop();
  co_return 0;
}

/// Neither the environment nor the session tells any more whose it is, and its parents have gone.
asio::awaitable<int> nobody_gets_away(net::EventLoop& loop) {
  const TemporaryFolder folder;
  Keeper keeper(loop.executor());
  const std::string child = (folder / "child").string();
  const std::string script = "( env -i setsid sh -c 'echo $$ > " + child +
                             "; exec sleep 1000' & ) ; until [ -s " + child + " ]; do :; done";
  auto exit = std::make_shared<std::optional<ProcessExit>>();
  const auto other = co_await keeper.start(shell("sleep 1000; true"), remember_in(exit));
  co_await run_program(keeper, loop.clock(), shell(script));
  const int pid = std::atoi(read_file(child).c_str());
  CHECK(pid > 0);
  co_await end_of_process(loop.clock(), pid);
  CHECK_FALSE(exit->has_value());
  // Nor from a signal that nobody survives.
  const std::string second = (folder / "second").string();
  const auto killed =
      co_await keeper.start(shell("( env -i setsid sh -c 'echo $$ > " + second +
                                  "; exec sleep 1000' & ); sleep 1000; true"),
                            remember_in(std::make_shared<std::optional<ProcessExit>>()));
  const std::function<bool()> written = [second] { return !read_file(second).empty(); };
  co_await eventually(loop.clock(), "the second one has begun", written);
  keeper.signal(killed->id, SIGKILL);
  co_await end_of_process(loop.clock(), std::atoi(read_file(second).c_str()));
  CHECK_FALSE(exit->has_value());
  keeper.signal(other->id, SIGKILL);
  co_await keeper.stop();
  co_return 0;
}

asio::awaitable<int> no_descriptor_is_inherited(net::EventLoop& loop) {
  constexpr int kOurs = 200;
  const TemporaryFolder folder;
  CHECK(dup2(STDERR_FILENO, kOurs) == kOurs);
  Keeper keeper(loop.executor());
  const std::string script = "[ -e /proc/self/fd/200 ] && echo inherited; echo looked";
  co_await run_program(keeper, loop.clock(), shell(script, folder / "log"));
  CHECK(read_file(folder / "log") == "looked\n");
  close(kOurs);
  co_await keeper.stop();
  co_return 0;
}

asio::awaitable<int> too_much_for_one_program_harms_no_other(net::EventLoop& loop) {
  const TemporaryFolder folder;
  Keeper keeper(loop.executor());
  auto exit = std::make_shared<std::optional<ProcessExit>>();
  const auto process = co_await keeper.start(shell("sleep 1000; true"), remember_in(exit));
  for (const size_t bytes : {size_t{1} << 20, size_t{9} << 20}) {
    ProcessSpec greedy = shell("true");
    greedy.env.emplace_back("BIG", std::string(bytes, 'x'));
    const auto refused = co_await run_program(keeper, loop.clock(), greedy);
    CHECK_FALSE(refused);
    CHECK(refused.error().message.ends_with("Argument list too long"));
  }
  CHECK_FALSE(exit->has_value());
  CHECK(is_running(process->pid));
  co_await keeper.stop();
  co_return 0;
}

asio::awaitable<int> many_programs_run(net::EventLoop& loop) {
  constexpr int kFiles = 64;
  const TemporaryFolder folder;
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{kFiles, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  Keeper keeper(loop.executor());
  for (int i = 0; i < kFiles; ++i) {
    const ProcessSpec idle = shell("exec sleep 1000", folder / ("log" + std::to_string(i)));
    const Result<Process> process = co_await keeper.start(idle, ignore_exit);
    CHECK(process);
  }
  co_await run_program(keeper, loop.clock(), shell("ulimit -n", folder / "limit"));
  CHECK(read_file(folder / "limit") == std::to_string(kFiles) + "\n");
  setrlimit(RLIMIT_NOFILE, &before);
  co_await keeper.stop();
  co_return 0;
}

asio::awaitable<int> signals_arrive(net::EventLoop& loop) {
  const TemporaryFolder folder;
  Keeper keeper(loop.executor());
  auto exit = std::make_shared<std::optional<ProcessExit>>();
  const std::string script = "trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done";
  const auto process = co_await keeper.start(shell(script, folder / "log"), remember_in(exit));
  CHECK(is_running(process->pid));
  const std::function<bool()> ready = [&] { return read_file(folder / "log") == "ready\n"; };
  co_await eventually(loop.clock(), "the program is ready", ready);
  keeper.signal(process->id, SIGTERM);
  co_await end_of_program(loop.clock(), exit);
  CHECK(exit->value().code == 3);
  keeper.signal(process->id, SIGTERM);
  co_await keeper.stop();
  co_return 0;
}

asio::awaitable<int> a_killed_keeper_is_replaced(net::EventLoop& loop) {
  const TemporaryFolder folder;
  Keeper keeper(loop.executor());
  auto exit = std::make_shared<std::optional<ProcessExit>>();
  const auto process =
      co_await keeper.start(daemonizing(folder, "sleep 1000; true"), remember_in(exit));
  const std::function<bool()> daemonized = [&] { return daemon_pid(folder) > 0; };
  co_await eventually(loop.clock(), "the program has left a process behind", daemonized);
  const std::string stat = read_file("/proc/" + std::to_string(process->pid) + "/stat");
  const int keeper_pid = std::atoi(stat.c_str() + stat.rfind(')') + 4);
  CHECK(kill(keeper_pid, SIGKILL) == 0);
  co_await end_of_program(loop.clock(), exit);
  CHECK(exit->value().signal == SIGKILL);
  const int daemon = daemon_pid(folder);
  co_await end_of_process(loop.clock(), daemon);
  const auto next = co_await run_program(keeper, loop.clock(), shell("exit 4"));
  CHECK(next->code == 4);
  co_await keeper.stop();
  co_return 0;
}

asio::awaitable<int> stopping_ends_everything(net::EventLoop& loop) {
  const TemporaryFolder folder;
  Keeper keeper(loop.executor());
  const auto process = co_await keeper.start(daemonizing(folder, "sleep 1000; true"), ignore_exit);
  const std::function<bool()> daemonized = [&] { return daemon_pid(folder) > 0; };
  co_await eventually(loop.clock(), "the program has left a process behind", daemonized);
  const int daemon = daemon_pid(folder);
  co_await keeper.stop();
  CHECK_FALSE(is_running(process->pid));
  CHECK_FALSE(is_running(daemon));
  const auto too_late = co_await keeper.start(shell("true"), ignore_exit);
  CHECK(too_late.error().code == ErrorCode::Cancelled);
  co_return 0;
}

asio::awaitable<int> run_for_ever(net::EventLoop& loop, const TemporaryFolder& folder) {
  Keeper keeper(loop.executor());
  co_await keeper.take_over(loop.clock(), folder / "lock");
  const auto process = co_await keeper.start(daemonizing(folder, "sleep 1000; true"), ignore_exit);
  folder.write("program", std::to_string(process->pid));
  co_await loop.termination_signal();
  co_return 1;
}

/// The next process on the same folder: when it has taken over, nothing of the first one runs.
asio::awaitable<int> nobody_is_left(net::EventLoop& loop, const TemporaryFolder& folder,
                                    std::vector<int> pids) {
  Keeper keeper(loop.executor());
  const Result<void> taken = co_await keeper.take_over(loop.clock(), folder / "lock");
  CHECK(taken);
  for (const int pid : pids) CHECK_FALSE(is_running(pid));
  const auto next = co_await run_program(keeper, loop.clock(), shell("exit 5"));
  CHECK(next->code == 5);
  co_await keeper.stop();
  co_return 0;
}

}  // namespace

TEST_CASE("The keeper reports how programs ended and why they could not start") {
  run_on_loop(ends_are_reported);
}

TEST_CASE("The keeper captures output in order, with time stamps where wanted") {
  run_on_loop(output_is_captured);
}

TEST_CASE("The keeper turns a full log over") {
  run_on_loop(a_full_log_is_turned_over);
}

TEST_CASE("What a program leaves behind ends with it") {
  run_on_loop(leftovers_end_with_the_program);
}

TEST_CASE("What a program leaves behind ends with it, also without its environment") {
  run_on_loop(a_cleared_environment_hides_nothing);
}

TEST_CASE("What leaves the environment, the session and its parents ends with its program alone") {
  run_on_loop(nobody_gets_away);
}

TEST_CASE("Programs inherit no descriptor, however it was opened") {
  run_on_loop(no_descriptor_is_inherited);
}

TEST_CASE("Arguments and variables beyond all bounds harm no other program") {
  run_on_loop(too_much_for_one_program_harms_no_other);
}

TEST_CASE(
    "The keeper runs more programs than the limit of open files, which they keep, allows for") {
  run_on_loop(many_programs_run);
}

TEST_CASE("The keeper passes signals on") {
  run_on_loop(signals_arrive);
}

TEST_CASE("A killed keeper is replaced and its programs are reported as killed") {
  run_on_loop(a_killed_keeper_is_replaced);
}

TEST_CASE("Stopping the keeper ends what ignores SIGTERM and what double-forked") {
  run_on_loop(stopping_ends_everything);
}

TEST_CASE("kill -9 of the main process leaves no descendant, and the next one waits for that") {
  const TemporaryFolder folder;
  const int main_process = fork();
  if (main_process == 0) {
    net::EventLoop loop;
    _exit(loop.run(run_for_ever(loop, folder)));
  }
  const auto program = [&] { return std::atoi(read_file(folder / "program").c_str()); };
  eventually("both programs run", [&] { return program() > 0 && daemon_pid(folder) > 0; });
  REQUIRE(is_running(daemon_pid(folder)));
  kill(main_process, SIGKILL);
  waitpid(main_process, nullptr, 0);
  net::EventLoop loop;
  CHECK(loop.run(nobody_is_left(loop, folder, {program(), daemon_pid(folder)})) == 0);
}

}  // namespace sluice::local
