#include "local/processes/keeper_process.h"

#include "local/processes/keeper_descendants.h"
#include "local/processes/keeper_log.h"
#include "local/processes/keeper_spawn.h"
#include "local/processes/keeper_wire.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <memory>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sluice::local {

namespace {

constexpr int kEndingPollMs = 20;
/// A process that survives SIGKILL for so long hangs in the kernel: nothing more can be done.
constexpr Duration kGiveUp = std::chrono::seconds(10);

SteadyTime steady_now() {
  return std::chrono::steady_clock::now();
}

void send_signal(const std::vector<int>& pids, int number) {
  for (const int pid : pids) kill(pid, number);
}

class KeeperLoop {
 public:
  explicit KeeperLoop(int socket) : socket_(socket) {}

  int run();

 private:
  void set_up();
  void poll_once();
  void read_socket();
  void write_socket();
  void serve(const StartRequest& request);
  void serve(const SignalRequest& request);

  void report(const KeeperReport& report) { out_ += encode_report(report); }

  /// Our children that are no programs. Each program takes in what its descendants leave behind, so
  /// these are of one that has ended. To search all of /proc at the end of every command of a probe
  /// would cost more than the probes.
  std::vector<int> strays() const;
  /// As in a container: when its first process has ended, the others end too.
  void kill_strays();
  void reap();
  void ended(uint64_t id, int status);
  void drain(uint64_t id);
  void begin_end();
  void end_descendants();

  int socket_;
  int child_signals_ = -1;
  rlimit files_{};  ///< The limit of open files that the keeper was started with.
  FrameBuffer in_;
  std::string out_;
  std::map<uint64_t, int> programs_;  ///< The pid of each.
  std::map<int, uint64_t> by_pid_;
  std::map<uint64_t, std::unique_ptr<LogPump>> pumps_;
  bool ending_ = false;
  bool terminated_ = false;  ///< SIGTERM was sent to everything.
  bool childless_ = false;
  SteadyTime ending_since_{};
};

int KeeperLoop::run() {
  set_up();
  while (!ending_ || !childless_) {
    poll_once();
    reap();
    if (ending_)
      end_descendants();
    else
      write_socket();
    if (ending_ && steady_now() - ending_since_ >= kGiveUp) return 1;
  }
  return 0;  // The socket closes only now: that is how our client sees that all is done.
}

void KeeperLoop::set_up() {
  setsid();
  prctl(PR_SET_NAME, keeper_name());
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(number, SIG_IGN);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_SETMASK, &child, nullptr);
  getrlimit(RLIMIT_NOFILE, &files_);
  const rlimit all{files_.rlim_max, files_.rlim_max};
  setrlimit(RLIMIT_NOFILE, &all);  // Each program takes two: its pipe and its log.
  child_signals_ = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
  for (const int ours : {socket_, kKeeperLock}) fcntl(ours, F_SETFD, FD_CLOEXEC);
  fcntl(socket_, F_SETFL, fcntl(socket_, F_GETFL) | O_NONBLOCK);
}

void KeeperLoop::poll_once() {
  std::vector<pollfd> watched;
  const auto socket_events = static_cast<short>(out_.empty() ? POLLIN : POLLIN | POLLOUT);
  watched.push_back({ending_ ? -1 : socket_, socket_events, 0});  // poll() skips -1.
  watched.push_back({child_signals_, POLLIN, 0});
  std::vector<uint64_t> ids;
  for (const auto& [id, pump] : pumps_) {
    watched.push_back({pump->pipe(), POLLIN, 0});
    ids.push_back(id);
  }
  if (poll(watched.data(), watched.size(), ending_ ? kEndingPollMs : -1) <= 0) return;
  for (size_t i = 0; i < ids.size(); ++i)
    if (watched[i + 2].revents != 0 && !pumps_[ids[i]]->pump()) pumps_.erase(ids[i]);
  signalfd_siginfo ignored{};
  while (read(child_signals_, &ignored, sizeof ignored) > 0) {
  }
  if ((watched[0].revents & ~POLLOUT) != 0) read_socket();
}

void KeeperLoop::read_socket() {
  char buffer[64 * 1024];
  const ssize_t size = recv(socket_, buffer, sizeof buffer, 0);
  if (size <= 0) {
    if (size == 0 || (errno != EAGAIN && errno != EINTR)) begin_end();
    return;
  }
  in_.append({buffer, static_cast<size_t>(size)});
  while (const std::optional<std::string> body = in_.next()) {
    const std::optional<KeeperRequest> request = decode_request(*body);
    if (!request) return begin_end();
    std::visit([this](const auto& known) { serve(known); }, *request);
  }
  if (in_.broken()) begin_end();
}

void KeeperLoop::write_socket() {
  while (!out_.empty()) {
    const ssize_t size = send(socket_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (size <= 0) {
      if (errno != EAGAIN && errno != EINTR) begin_end();
      return;
    }
    out_.erase(0, static_cast<size_t>(size));
  }
}

void KeeperLoop::serve(const StartRequest& request) {
  const std::string mark = std::to_string(getpid()) + "-" + std::to_string(request.id);
  const Spawned spawned = spawn_program(request.spec, mark, files_);
  report(StartedReport{request.id, spawned.pid, spawned.error});
  if (spawned.error != 0) return;
  if (spawned.output >= 0)
    pumps_[request.id] = std::make_unique<LogPump>(spawned.output, request.spec.log);
  by_pid_[spawned.pid] = request.id;
  programs_[request.id] = spawned.pid;
}

void KeeperLoop::serve(const SignalRequest& request) {
  const auto found = programs_.find(request.id);
  if (found == programs_.end()) return;
  // Those below are killed first: they become strays once it has gone.
  if (request.number == SIGKILL) send_signal(descendants_of(found->second), SIGKILL);
  kill(found->second, request.number);
}

void KeeperLoop::reap() {
  int status = 0;
  int pid = 0;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (const auto found = by_pid_.find(pid); found != by_pid_.end()) {
      const uint64_t id = found->second;
      by_pid_.erase(found);
      ended(id, status);
    } else {
      kill_strays();  // One that was killed may have left others.
    }
  }
  childless_ = pid < 0 && errno == ECHILD;
}

std::vector<int> KeeperLoop::strays() const {
  std::vector<int> pids = children_of(getpid());
  std::erase_if(pids, [this](int pid) { return by_pid_.contains(pid); });
  return pids;
}

void KeeperLoop::kill_strays() {
  for (const int stray : strays()) {
    send_signal(descendants_of(stray), SIGKILL);
    kill(stray, SIGKILL);
  }
}

void KeeperLoop::ended(uint64_t id, int status) {
  kill_strays();
  programs_.erase(id);
  drain(id);
  const int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  report(ExitedReport{id, {number != 0 ? 128 + number : WEXITSTATUS(status), number}});
}

/// What a program wrote is in its log before its end is reported.
void KeeperLoop::drain(uint64_t id) {
  const auto pump = pumps_.find(id);
  if (pump != pumps_.end() && !pump->second->pump()) pumps_.erase(pump);
}

void KeeperLoop::begin_end() {
  ending_ = true;
  ending_since_ = steady_now();
}

void KeeperLoop::end_descendants() {
  if (!terminated_) {
    terminated_ = true;
    const std::vector<int> everything = descendants_of(getpid());
    send_signal(everything, SIGTERM);
    send_signal(everything, SIGCONT);  // A stopped process acts on nothing else.
  } else if (steady_now() - ending_since_ >= kKeeperGrace) {
    send_signal(descendants_of(getpid()), SIGKILL);
  }
}

/// Runs before main() of every executable that links the library, and before its C++ static
/// initialisers: what it calls uses no global objects.
__attribute__((constructor)) void become_keeper(int argc, char** argv) {
  if (argc == 1 && std::strcmp(argv[0], keeper_name()) == 0) _exit(run_keeper(kKeeperSocket));
}

}  // namespace

const char* keeper_name() {
  return "sluice-keeper";
}

int run_keeper(int socket) {
  return KeeperLoop(socket).run();
}

}  // namespace sluice::local
