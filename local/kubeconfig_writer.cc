#include "local/kubeconfig_writer.h"

#include "base/base64.h"
#include "local/processes/private_file.h"

#include <fmt/format.h>

namespace sluice::local {

namespace {

constexpr std::string_view kTemplate = R"(apiVersion: v1
kind: Config
current-context: sluice
clusters:
- name: sluice
  cluster:
    server: "{server}"
    certificate-authority-data: {ca}
contexts:
- name: sluice
  context:
    cluster: sluice
    namespace: default
    user: sluice-admin
users:
- name: sluice-admin
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
- name: sluice-token
  user:
    token: "{token}"
)";

}  // namespace

std::string render_kubeconfig(const std::string& server, const Credentials& credentials) {
  return fmt::format(fmt::runtime(kTemplate), fmt::arg("server", server),
                     fmt::arg("ca", encode_base64(credentials.ca)),
                     fmt::arg("certificate", encode_base64(credentials.client.certificate)),
                     fmt::arg("key", encode_base64(credentials.client.key)),
                     fmt::arg("token", credentials.token));
}

Result<void> write_kubeconfig(const std::filesystem::path& path, const std::string& server,
                              const Credentials& credentials) {
  return write_private_file(path, render_kubeconfig(server, credentials));
}

}  // namespace sluice::local
