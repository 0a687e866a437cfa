#include "local/processes/private_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::local {

namespace {

Error file_error(std::string_view verb, const std::filesystem::path& path) {
  return internal(fmt::format("cannot {} {}: {}", verb, path.string(), std::strerror(errno)));
}

Result<void> write_all(int file, std::string_view text, const std::filesystem::path& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(file_error("write", path));
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(file) != 0) return fail(file_error("write", path));
  return {};
}

}  // namespace

Result<void> make_private_folder(const std::filesystem::path& folder) {
  std::error_code unreadable;
  if (folder.empty() || std::filesystem::is_directory(folder, unreadable)) return {};
  if (auto made = make_private_folder(folder.parent_path()); !made) return made;
  if (::mkdir(folder.c_str(), 0700) != 0) {
    const Error failure = file_error("make the folder", folder);
    // Somebody else may have made it just now.
    if (!std::filesystem::is_directory(folder, unreadable)) return fail(failure);
  }
  return {};
}

Result<void> claim_private_folder(const std::filesystem::path& folder) {
  if (auto made = make_private_folder(folder); !made) return made;
  if (::chmod(folder.c_str(), 0700) != 0) return fail(file_error("keep to ourselves", folder));
  return {};
}

Result<void> write_private_file(const std::filesystem::path& path, std::string_view text) {
  if (auto made = make_private_folder(path.parent_path()); !made) return made;
  std::filesystem::path temporary = path;
  temporary += fmt::format(".{}.tmp", ::getpid());
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return fail(file_error("write", temporary));
  auto written = write_all(file, text, temporary);
  ::close(file);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = fail(file_error("replace", path));
  if (!written) ::unlink(temporary.c_str());
  return written;
}

Result<std::string> read_private_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(not_found(fmt::format("cannot read {}: {}", path.string(), std::strerror(errno))));
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace sluice::local
