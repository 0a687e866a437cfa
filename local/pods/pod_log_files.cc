#include "local/pods/pod_log_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sluice::local {

namespace {

namespace fs = std::filesystem;

constexpr int kRunsKept = 2;
constexpr std::string_view kSuffix = ".log";

/// "3.log" → 3; nothing for other names.
std::optional<int> run_of(const std::string& name) {
  int run = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, run);
  if (error != std::errc() || std::string_view(stop, end) != kSuffix) return std::nullopt;
  return run;
}

}  // namespace

fs::path PodLogFiles::pod_folder(const ObjectKey& pod, const std::string& uid) const {
  return folder_ / fmt::format("{}_{}_{}", pod.namespace_, pod.name, uid);
}

fs::path PodLogFiles::path(const LogKey& key) const {
  return pod_folder(key.pod, key.uid) / key.container / fmt::format("{}{}", key.run, kSuffix);
}

Result<fs::path> PodLogFiles::prepare(const LogKey& key) const {
  fs::path file = path(key);
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) {
    return fail(
        internal(fmt::format("cannot make {}: {}", file.parent_path().string(), error.message())));
  }
  for (const int run : runs(key)) {
    if (run <= key.run - kRunsKept) {
      const fs::path old = path({key.pod, key.uid, key.container, run});
      fs::remove(old, error);
      fs::remove(fs::path(old) += ".1", error);
    }
  }
  return file;
}

std::vector<int> PodLogFiles::runs(const LogKey& key) const {
  std::vector<int> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path(key).parent_path(), error))
    if (const std::optional<int> run = run_of(entry.path().filename().string()))
      found.push_back(*run);
  std::sort(found.begin(), found.end());
  return found;
}

void PodLogFiles::remove_pod(const ObjectKey& pod, const std::string& uid) const {
  std::error_code ignored;
  fs::remove_all(pod_folder(pod, uid), ignored);
}

void PodLogFiles::keep_only(const std::set<std::string>& uids) const {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!uids.contains(name.substr(name.rfind('_') + 1))) fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace sluice::local
