#pragma once

// The kubeconfig with which kubectl, client libraries and Sluice's own commands find the cluster.
// It embeds every credential, so that the one file can be copied.

#include "local/certificates.h"

#include <filesystem>
#include <string>

namespace sluice::local {

/// The file's text: cluster and context "sluice", user "sluice-admin" with the client certificate,
/// user "sluice-token" with the bearer token. `server` is the URL, such as https://127.0.0.1:6443.
std::string render_kubeconfig(const std::string& server, const Credentials& credentials);

/// Writes it to `path` at once and with mode 0600.
Result<void> write_kubeconfig(const std::filesystem::path& path, const std::string& server,
                              const Credentials& credentials);

}  // namespace sluice::local
