#include "local/processes/keeper_descendants.h"

#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <string>
#include <unistd.h>

namespace sluice::local {

namespace {

/// A file of /proc, whole; empty where the process is gone.
std::string read_proc(int pid, const char* file) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + file;
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  std::string text;
  char buffer[16 * 1024];
  for (ssize_t size = 0; (size = read(descriptor, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<size_t>(size));
  close(descriptor);
  return text;
}

/// 0 where the process is gone or a zombie. Reads "PID (name, which may hold anything) STATE
/// PARENT".
int parent_of(int pid) {
  const std::string stat = read_proc(pid, "stat");
  const size_t name_end = stat.rfind(')');
  char state = 'Z';
  int parent = 0;
  if (name_end == std::string::npos) return 0;
  const int fields = std::sscanf(stat.c_str() + name_end + 1, " %c %d", &state, &parent);
  return fields == 2 && state != 'Z' ? parent : 0;
}

/// All processes that can be seen.
std::vector<int> all_processes() {
  std::vector<int> pids;
  DIR* const proc = opendir("/proc");
  if (proc == nullptr) return pids;
  while (const dirent* entry = readdir(proc))
    if (const int pid = std::atoi(entry->d_name); pid > 0) pids.push_back(pid);
  closedir(proc);
  return pids;
}

/// Children by parent.
std::multimap<int, int> process_tree() {
  std::multimap<int, int> children;
  for (const int pid : all_processes()) children.emplace(parent_of(pid), pid);
  return children;
}

/// A process that was started with `text` at the beginning of a variable.
bool has_variable(int pid, const std::string& text) {
  const std::string environment = '\0' + read_proc(pid, "environ");
  return environment.find('\0' + text) != std::string::npos;
}

}  // namespace

std::vector<int> children_of(int pid) {
  const std::string thread = std::to_string(pid);
  const std::string file = "task/" + thread + "/children";
  std::vector<int> children;
  if (access(("/proc/" + thread + "/" + file).c_str(), R_OK) != 0) {
    for (const auto& [parent, child] : process_tree())
      if (parent == pid) children.push_back(child);
    return children;
  }
  const std::string list = read_proc(pid, file.c_str());
  char* end = nullptr;
  for (const char* at = list.c_str(); const long child = std::strtol(at, &end, 10); at = end)
    children.push_back(static_cast<int>(child));
  return children;
}

std::vector<int> descendants_of(int ancestor) {
  const std::multimap<int, int> children = process_tree();
  std::vector<int> found;
  std::vector<int> open_ends{ancestor};
  while (!open_ends.empty()) {
    const auto [first, last] = children.equal_range(open_ends.back());
    open_ends.pop_back();
    for (auto child = first; child != last; ++child) {
      found.push_back(child->second);
      open_ends.push_back(child->second);
    }
  }
  return found;
}

std::vector<int> left_by_keeper(int keeper) {
  const std::string wanted = std::string(kProcessMark) + "=" + std::to_string(keeper) + "-";
  std::vector<int> found;
  for (const int pid : all_processes())
    if (has_variable(pid, wanted)) found.push_back(pid);
  return found;
}

}  // namespace sluice::local
