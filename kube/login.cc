#include "kube/login.h"

#include "kube/kubeconfig.h"
#include "kube/small_file.h"

#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::kube {
namespace {

std::string variable_or_empty(const Surroundings& surroundings, const std::string& name) {
  return surroundings.variable(name).value_or("");
}

/// The parts of a list as $PATH writes it; empty parts are left out.
std::vector<std::string> split_paths(std::string_view list) {
  std::vector<std::string> paths;
  while (!list.empty()) {
    const std::string_view part = list.substr(0, list.find(':'));
    list.remove_prefix(std::min(list.size(), part.size() + 1));
    if (!part.empty()) paths.emplace_back(part);
  }
  return paths;
}

/// The kubeconfig files that apply, of which those that are not there are left out; one that was
/// named by the user must be there.
Result<std::vector<std::string>> find_files(const LoginOptions& options,
                                            const Surroundings& surroundings) {
  if (!options.kubeconfig.empty()) return std::vector{options.kubeconfig};
  std::vector<std::string> candidates = split_paths(variable_or_empty(surroundings, "KUBECONFIG"));
  if (candidates.empty()) {
    const std::string home = variable_or_empty(surroundings, "HOME");
    if (!home.empty()) candidates.push_back(home + "/.kube/config");
  }
  std::erase_if(candidates, [](const std::string& path) {
    std::error_code ignored;
    return !std::filesystem::exists(path, ignored);
  });
  return candidates;
}

std::string trim(std::string text) {
  const size_t last = text.find_last_not_of(" \t\r\n");
  text.erase(last == std::string::npos ? 0 : last + 1);
  return text;
}

}  // namespace

Surroundings process_surroundings() {
  return {.variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  }};
}

Result<Login> in_cluster_login(const Surroundings& surroundings) {
  const std::string host = variable_or_empty(surroundings, "KUBERNETES_SERVICE_HOST");
  const std::string port = variable_or_empty(surroundings, "KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty())
    return fail(not_found("not in a pod: KUBERNETES_SERVICE_HOST and _PORT are not set"));
  const std::string& folder = surroundings.service_account_folder;
  Login login;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  login.server =
      fmt::format(fmt::runtime(is_ipv6 ? "https://[{}]:{}" : "https://{}:{}"), host, port);
  login.token_file = folder + "/token";
  if (auto token = read_small_file(login.token_file); !token) return fail(token.error());
  auto ca = read_small_file(folder + "/ca.crt");
  if (!ca) return fail(ca.error());
  login.tls.ca = std::move(*ca);
  if (auto name = read_small_file(folder + "/namespace")) login.namespace_ = trim(*name);
  return login;
}

namespace {

Result<Login> find_configured(const LoginOptions& options, const Surroundings& surroundings) {
  const auto files = find_files(options, surroundings);
  if (!files) return fail(files.error());
  if (!files->empty()) {
    auto config = load_kubeconfig(*files);
    if (!config) return fail(config.error());
    return make_login(*config, options);
  }
  auto login = in_cluster_login(surroundings);
  if (!login && !options.server.empty()) login = Login{};
  if (!login && login.error().code == ErrorCode::NotFound) {
    const std::string named = variable_or_empty(surroundings, "KUBECONFIG");
    return fail(invalid(named.empty()
                            ? "no cluster: give --kubeconfig, set KUBECONFIG, or make "
                              "~/.kube/config"
                            : "no cluster: KUBECONFIG names no file that is there: " + named));
  }
  if (login && !options.namespace_.empty()) login->namespace_ = options.namespace_;
  return login;
}

/// What is said on the command line beats what is configured.
Result<void> override_login(const LoginOptions& options, Login& login) {
  if (!options.server.empty()) login.server = options.server;
  if (!options.token.empty()) {
    login.token = options.token;
    login.token_file.clear();
    login.username.clear();
    login.password.clear();
  }
  if (!options.ca_file.empty()) {
    auto ca = read_small_file(options.ca_file);
    if (!ca) return fail(ca.error());
    login.tls.ca = *std::move(ca);
  }
  if (options.insecure) login.tls.insecure = true;
  login.impersonate = options.impersonate;
  login.request_timeout = options.request_timeout;
  return {};
}

}  // namespace

Result<Login> find_login(const LoginOptions& options, const Surroundings& surroundings) {
  auto login = find_configured(options, surroundings);
  if (!login) return login;
  if (auto overridden = override_login(options, *login); !overridden)
    return fail(overridden.error());
  return login;
}

}  // namespace sluice::kube
