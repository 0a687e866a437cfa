#include "local/processes/keeper_spawn.h"

#include "local/processes/keeper_descendants.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sluice::local {

namespace {

/// What the child needs, made before the fork: between fork and exec nothing is allocated.
struct Prepared {
  std::vector<std::string> variables;
  std::vector<char*> argv;
  std::vector<char*> envp;
};

char* mutable_text(const std::string& text) {
  return const_cast<char*>(text.c_str());
}

Prepared prepare(const ProcessSpec& spec, const std::string& mark) {
  Prepared prepared;
  for (const std::string& argument : spec.argv) prepared.argv.push_back(mutable_text(argument));
  prepared.argv.push_back(nullptr);
  for (const auto& [name, value] : spec.env)
    prepared.variables.push_back(fmt::format("{}={}", name, value));
  prepared.variables.push_back(fmt::format("{}={}", kProcessMark, mark));
  for (const std::string& variable : prepared.variables)
    prepared.envp.push_back(mutable_text(variable));
  prepared.envp.push_back(nullptr);
  return prepared;
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Returns only when something failed, with errno.
void become_program(const ProcessSpec& spec, const Prepared& prepared, int output,
                    const rlimit& files) {
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // Should the keeper itself be killed.
  // As the first process of a container: what its descendants leave behind becomes its child, so
  // that nobody gets out from under it while it lives.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  reset_signals();
  setrlimit(RLIMIT_NOFILE, &files);
  const int empty = open("/dev/null", O_RDWR);
  dup2(empty, STDIN_FILENO);
  dup2(output < 0 ? empty : output, STDOUT_FILENO);
  dup2(output < 0 ? empty : output, STDERR_FILENO);
  if (empty > STDERR_FILENO) close(empty);
  if (chdir(spec.cwd.c_str()) != 0) return;
  environ = const_cast<char**>(prepared.envp.data());
  execvp(prepared.argv.front(), prepared.argv.data());
}

/// The errno that the child sends before it gives up; 0 once exec has closed the pipe.
int read_error(int pipe) {
  int error = 0;
  ssize_t size = 0;
  do {
    size = read(pipe, &error, sizeof error);
  } while (size < 0 && errno == EINTR);
  return size == sizeof error ? error : 0;
}

}  // namespace

Spawned spawn_program(const ProcessSpec& spec, const std::string& mark, const rlimit& files) {
  Spawned spawned;
  if (spec.argv.empty() || spec.argv.front().empty()) {
    spawned.error = ENOENT;
    return spawned;
  }
  const Prepared prepared = prepare(spec, mark);
  int output[2] = {-1, -1};
  int report[2] = {-1, -1};
  if ((!spec.log.path.empty() && pipe2(output, O_CLOEXEC) != 0) || pipe2(report, O_CLOEXEC) != 0) {
    spawned.error = errno;
    close(output[0]);
    close(output[1]);
    return spawned;
  }
  spawned.pid = fork();
  if (spawned.pid == 0) {
    become_program(spec, prepared, output[1], files);
    const int error = errno;
    [[maybe_unused]] const ssize_t size = write(report[1], &error, sizeof error);
    _exit(127);
  }
  spawned.error = spawned.pid < 0 ? errno : 0;
  close(report[1]);
  close(output[1]);
  if (spawned.pid > 0) spawned.error = read_error(report[0]);
  close(report[0]);
  if (spawned.error != 0) {
    close(output[0]);
    if (spawned.pid > 0) waitpid(spawned.pid, nullptr, 0);
  } else {
    spawned.output = output[0];
  }
  return spawned;
}

}  // namespace sluice::local
