#include "bench/controller_child.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sluice::bench {

std::optional<std::string> Flags::value(std::string_view name) const {
  for (size_t i = 0; i + 1 < words_.size(); ++i)
    if (words_[i] == fmt::format("--{}", name)) return words_[i + 1];
  return std::nullopt;
}

int Flags::number(std::string_view name, int otherwise) const {
  const auto text = value(name);
  return text ? std::atoi(text->c_str()) : otherwise;
}

std::filesystem::path Flags::controller() const {
  const auto built = std::filesystem::canonical("/proc/self/exe").parent_path() / "../sluice";
  return value("controller").value_or(built.string());
}

Folder::Folder(std::string_view program)
    : path_(std::filesystem::temp_directory_path() /
            fmt::format("sluice-{}-{}", program, getpid())) {
  std::filesystem::create_directories(path_);
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Result<ControllerChild> ControllerChild::start(const std::filesystem::path& program,
                                               const std::filesystem::path& kubeconfig) {
  const std::filesystem::path log = kubeconfig.parent_path() / "controller.log";
  std::vector<std::string> words{program.string(),       "controller",  "--kubeconfig",
                                 kubeconfig.string(),    "--listen",    "127.0.0.1:0",
                                 "--leader-elect=false", "--log-level", "warn"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = 0;
  const int failed = posix_spawn(&pid, program.c_str(), &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0)
    return fail(internal(fmt::format("{} cannot be started: error {}", program.string(), failed)));
  return ControllerChild(pid);
}

ControllerChild::ControllerChild(ControllerChild&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)) {}

ControllerChild::~ControllerChild() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

ProcessFigures ControllerChild::figures() const {
  ProcessFigures figures;
  std::ifstream status(fmt::format("/proc/{}/status", pid_));
  constexpr double kKilobytesPerMegabyte = 1024;
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string name;
    double kilobytes = 0;
    words >> name >> kilobytes;
    if (name == "VmRSS:") figures.rss_mb = kilobytes / kKilobytesPerMegabyte;
    if (name == "RssAnon:") figures.heap_mb = kilobytes / kKilobytesPerMegabyte;
    if (name == "VmHWM:") figures.peak_mb = kilobytes / kKilobytesPerMegabyte;
  }
  // proc(5): the fields after the name, which is in parentheses and may hold anything.
  std::ifstream stat(fmt::format("/proc/{}/stat", pid_));
  std::string text;
  std::getline(stat, text);
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  constexpr int kFieldsBeforeTimes = 11;
  std::string skipped;
  for (int i = 0; i < kFieldsBeforeTimes; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  figures.cpu_s = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return figures;
}

}  // namespace sluice::bench
