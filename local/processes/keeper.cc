#include "local/processes/keeper.h"

#include "local/processes/keeper_descendants.h"
#include "local/processes/keeper_lock.h"
#include "local/processes/keeper_process.h"
#include "local/processes/keeper_wire.h"
#include "net/notifier.h"
#include "net/task_group.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <optional>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sluice::local {

namespace {

constexpr auto kAwaitTuple = asio::as_tuple(asio::use_awaitable);
constexpr ProcessExit kKilled{128 + SIGKILL, SIGKILL};

Error describe_failure(const ProcessSpec& spec, int error) {
  const std::string program = spec.argv.empty() ? "" : spec.argv.front();
  const std::string message =
      fmt::format("cannot run '{}' in {}: {}", program, spec.cwd, std::strerror(error));
  if (error == ENOENT || error == ENOTDIR) return not_found(message);
  return error == EACCES || error == ENOEXEC ? forbidden(message) : internal(message);
}

/// Runs our own executable as the keeper, with `socket` as its descriptor kKeeperSocket and `lock`,
/// unless it is -1, as kKeeperLock. Nothing else is inherited: a connection or a listening socket
/// of ours, which Asio does not mark as close-on-exec, would live on with every program.
Result<pid_t> launch_keeper(int socket, int lock) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket, kKeeperSocket);
  if (lock >= 0) posix_spawn_file_actions_adddup2(&actions, lock, kKeeperLock);
  posix_spawn_file_actions_addclosefrom_np(&actions, lock >= 0 ? kKeeperLock + 1 : kKeeperLock);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::array<char*, 2> argv{const_cast<char*>(keeper_name()), nullptr};
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return fail(internal(fmt::format("cannot start the keeper: {}", std::strerror(error))));
  return pid;
}

}  // namespace

/// Our end of one keeper process; a new one is made when it died.
struct KeeperConnection {
  KeeperConnection(const asio::any_io_executor& executor, int descriptor, pid_t keeper)
      : socket(executor, asio::local::stream_protocol(), descriptor),
        pid(keeper),
        writable(executor) {}

  asio::local::stream_protocol::socket socket;
  pid_t pid;
  std::string out;
  net::Notifier writable;  ///< `out` or `closed` changed.
  bool closed = false;
};

class Keeper::Link {
 public:
  explicit Link(asio::any_io_executor executor)
      : executor_(executor), tasks_(executor), changed_(executor) {}

  ~Link() {
    if (lock_ >= 0) close(lock_);
  }

  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  asio::awaitable<Result<void>> take_over(Clock& clock, std::filesystem::path lock);
  asio::awaitable<Result<Process>> start(ProcessSpec spec, ExitCallback on_exit);
  void signal(uint64_t id, int number);
  asio::awaitable<void> stop();

 private:
  using ConnectionPtr = std::shared_ptr<KeeperConnection>;

  /// A start whose caller waits; forgets it, and ends the program, if the caller is cancelled.
  struct Waiting {
    Link* link;
    uint64_t id;

    ~Waiting() { link->abandon(id); }
  };

  struct Pending {
    std::optional<StartedReport> started;
    std::optional<ProcessExit> exit;  ///< It ended before its starter was back.
  };

  Result<void> connect();
  void send(std::string_view frame);
  asio::awaitable<void> read_loop(ConnectionPtr connection);
  asio::awaitable<void> write_loop(ConnectionPtr connection);
  void receive(const KeeperReport& report);
  void started(const StartedReport& report);
  void exited(const ExitedReport& report);
  void keeper_gone(ConnectionPtr connection);
  asio::awaitable<void> deliver(ExitCallback on_exit, ProcessExit exit);
  void abandon(uint64_t id);

  asio::any_io_executor executor_;
  net::TaskGroup tasks_;
  net::Notifier changed_;  ///< A start was answered, or the keeper is gone.
  ConnectionPtr connection_;
  int lock_ = -1;  ///< Shared with the keeper: see keeper_lock.h.
  uint64_t last_id_ = 0;
  std::map<uint64_t, Pending> pending_;
  std::map<uint64_t, ExitCallback> running_;
  bool stopping_ = false;
};

asio::awaitable<Result<void>> Keeper::Link::take_over(Clock& clock, std::filesystem::path lock) {
  const Result<int> taken = co_await lock_for_keeper(clock, std::move(lock));
  if (!taken) co_return fail(taken.error());
  lock_ = *taken;
  co_return Result<void>{};
}

asio::awaitable<Result<Process>> Keeper::Link::start(ProcessSpec spec, ExitCallback on_exit) {
  if (stopping_) co_return fail(cancelled("the keeper is stopping"));
  if (const Result<void> connected = connect(); !connected) co_return fail(connected.error());
  const uint64_t id = ++last_id_;
  const std::string request = encode_request(StartRequest{id, spec});
  if (request.size() > kKeeperFrameMax)
    co_return fail(describe_failure(spec, E2BIG));  // The keeper would take it for nonsense.
  pending_[id] = {};
  send(request);
  const Waiting waiting{this, id};
  while (!pending_.at(id).started) co_await changed_.wait();
  const Pending answer = pending_.at(id);
  if (answer.started->error != 0) co_return fail(describe_failure(spec, answer.started->error));
  pending_.erase(id);
  if (answer.exit)
    tasks_.spawn("keeper exit", deliver(std::move(on_exit), *answer.exit));
  else
    running_[id] = std::move(on_exit);
  co_return Process{id, answer.started->pid};
}

void Keeper::Link::abandon(uint64_t id) {
  if (pending_.erase(id) > 0) signal(id, SIGKILL);
}

asio::awaitable<void> Keeper::Link::deliver(ExitCallback on_exit, ProcessExit exit) {
  co_await asio::post(asio::use_awaitable);
  if (!stopping_) on_exit(exit);
}

void Keeper::Link::signal(uint64_t id, int number) {
  if (connection_ != nullptr && !stopping_) send(encode_request(SignalRequest{id, number}));
}

asio::awaitable<void> Keeper::Link::stop() {
  stopping_ = true;
  if (connection_ != nullptr) {
    boost::system::error_code ignored;
    connection_->socket.shutdown(asio::socket_base::shutdown_send, ignored);
  }
  while (connection_ != nullptr) co_await changed_.wait();
  co_await tasks_.stop();
}

Result<void> Keeper::Link::connect() {
  if (connection_ != nullptr) return {};
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail(internal(fmt::format("cannot start the keeper: {}", std::strerror(errno))));
  const Result<pid_t> pid = launch_keeper(ends[1], lock_);
  close(ends[1]);
  if (!pid) {
    close(ends[0]);
    return fail(pid.error());
  }
  connection_ = std::make_shared<KeeperConnection>(executor_, ends[0], *pid);
  tasks_.spawn("keeper reports", read_loop(connection_));
  tasks_.spawn("keeper requests", write_loop(connection_));
  return {};
}

void Keeper::Link::send(std::string_view frame) {
  connection_->out += frame;
  connection_->writable.notify();
}

asio::awaitable<void> Keeper::Link::write_loop(ConnectionPtr connection) {
  while (!connection->closed) {
    if (connection->out.empty()) {
      co_await connection->writable.wait();
      continue;
    }
    const std::string bytes = std::exchange(connection->out, {});
    const auto [error, size] =
        co_await asio::async_write(connection->socket, asio::buffer(bytes), kAwaitTuple);
    if (error) co_return;  // The reading side sees the keeper's end too, and acts on it.
  }
}

asio::awaitable<void> Keeper::Link::read_loop(ConnectionPtr connection) {
  FrameBuffer frames;
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const auto [error, size] =
        co_await connection->socket.async_read_some(asio::buffer(buffer), kAwaitTuple);
    if (error) break;
    frames.append({buffer.data(), size});
    while (const std::optional<std::string> body = frames.next())
      if (const std::optional<KeeperReport> report = decode_report(*body)) receive(*report);
  }
  keeper_gone(connection);
}

void Keeper::Link::receive(const KeeperReport& report) {
  if (const auto* start = std::get_if<StartedReport>(&report))
    started(*start);
  else
    exited(std::get<ExitedReport>(report));
}

void Keeper::Link::started(const StartedReport& report) {
  if (const auto found = pending_.find(report.id); found != pending_.end()) {
    found->second.started = report;
    changed_.notify();
  }
}

void Keeper::Link::exited(const ExitedReport& report) {
  if (const auto found = pending_.find(report.id); found != pending_.end())
    found->second.exit = report.exit;
  if (auto running = running_.extract(report.id); !running.empty() && !stopping_)
    running.mapped()(report.exit);
}

void Keeper::Link::keeper_gone(ConnectionPtr connection) {
  connection->closed = true;
  connection->writable.notify();
  kill(connection->pid, SIGKILL);  // It has ended, or its socket is beyond use.
  waitpid(connection->pid, nullptr, 0);
  for (const int pid : left_by_keeper(connection->pid))
    kill(pid, SIGKILL);  // Only if it was killed: the first processes died with it, not theirs.
  connection_.reset();
  for (auto& [id, pending] : pending_)
    if (!pending.started)
      pending.started = StartedReport{id, 0, EPIPE};
    else if (!pending.exit)
      pending.exit = kKilled;
  changed_.notify();
  for (auto& [id, on_exit] : std::exchange(running_, {}))
    if (!stopping_) on_exit(kKilled);
}

Keeper::Keeper(asio::any_io_executor executor)
    : link_(std::make_unique<Link>(std::move(executor))) {}

Keeper::~Keeper() = default;

asio::awaitable<Result<void>> Keeper::take_over(Clock& clock, std::filesystem::path lock) {
  return link_->take_over(clock, std::move(lock));
}

asio::awaitable<Result<Process>> Keeper::start(ProcessSpec spec, ExitCallback on_exit) {
  return link_->start(std::move(spec), std::move(on_exit));
}

void Keeper::signal(uint64_t id, int number) {
  link_->signal(id, number);
}

asio::awaitable<void> Keeper::stop() {
  return link_->stop();
}

}  // namespace sluice::local
