#include "cli/run/cluster_notes.h"

#include "net/url.h"

#include <fmt/core.h>

#include <fstream>
#include <system_error>

namespace sluice::cli {
namespace {

constexpr const char* kAddresses = "addresses";
constexpr const char* kGitIgnore = ".gitignore";

}  // namespace

void prepare_cluster_folder(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  const std::filesystem::path file = folder / kGitIgnore;
  if (!std::filesystem::exists(file, ignored)) std::ofstream(file) << "*\n";
}

Result<void> write_addresses(const std::filesystem::path& folder, const std::string& lines) {
  const std::filesystem::path path = folder / kAddresses;
  std::ofstream file(path);
  file << lines << std::flush;
  if (!file) return fail(unavailable(fmt::format("{}: cannot be written", path.string())));
  return {};
}

uint16_t kept_port(const std::filesystem::path& folder, const std::string& name) {
  std::ifstream file(folder / kAddresses);
  const std::string start = name + ":";
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(start)) continue;
    const auto url = net::parse_url(line.substr(line.find_first_not_of(' ', start.size())));
    return url ? url->port : uint16_t{0};
  }
  return 0;
}

}  // namespace sluice::cli
