#include "cli/input.h"

#include "base/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

namespace sluice::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBlock = size_t{64} * 1024;

bool is_manifest(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml" || path.extension() == ".json";
}

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

Result<std::string> read_stream(std::istream& stream, const std::string& path) {
  std::string text;
  while (stream && text.size() <= kJsonBytesMax) {
    const size_t before = text.size();
    text.resize(before + kBlock);
    stream.read(text.data() + before, static_cast<std::streamsize>(kBlock));
    text.resize(before + static_cast<size_t>(stream.gcount()));
  }
  if (stream.bad()) return fail(invalid(fmt::format("{}: cannot be read", path)));
  text.resize(std::min(text.size(), kJsonBytesMax + 1));
  return text;
}

}  // namespace

Result<std::string> read_input(const std::string& path) {
  if (path == "-") return read_stream(std::cin, path);
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return fail(invalid(path + ": is a folder"));
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(invalid(fmt::format("{}: {}", path, std::strerror(errno))));
  return read_stream(file, path);
}

Result<std::vector<std::string>> find_manifests(const std::string& path) {
  std::error_code error;
  if (path == "-" || !fs::is_directory(path, error)) return std::vector{path};
  std::vector<std::string> files;
  fs::recursive_directory_iterator entries(path, error);
  while (!error && entries != fs::recursive_directory_iterator()) {
    std::error_code gone;
    if (is_hidden(entries->path()))
      entries.disable_recursion_pending();
    else if (is_manifest(entries->path()) && entries->is_regular_file(gone))
      files.push_back(entries->path().string());
    entries.increment(error);
  }
  if (error) return fail(invalid(fmt::format("{}: {}", path, error.message())));
  if (files.empty())
    return fail(invalid(fmt::format("{}: holds no *.yaml, *.yml or *.json", path)));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace sluice::cli
