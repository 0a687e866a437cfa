#include "kube/small_file.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace sluice::kube {

Result<std::string> read_small_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(invalid(fmt::format("{}: {}", path, std::strerror(errno))));
  std::string text(kSmallFileMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail(invalid(fmt::format("{}: cannot be read", path)));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kSmallFileMax)
    return fail(invalid(fmt::format("{}: longer than {} bytes", path, kSmallFileMax)));
  return text;
}

}  // namespace sluice::kube
