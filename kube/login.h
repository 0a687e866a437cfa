#pragma once

// Login: how to reach an API server and who one is there. Made from a kubeconfig or from the files
// that Kubernetes mounts into every pod.

#include "base/result.h"
#include "base/time.h"
#include "net/http.h"

#include <functional>
#include <optional>
#include <string>

namespace sluice::kube {

struct Login {
  std::string server;  ///< "https://host:port", with a path where a proxy wants one.
  net::TlsOptions tls;
  std::string token;       ///< Bearer token.
  std::string token_file;  ///< Where set, read again and again: it beats `token`.
  std::string username;    ///< Basic authentication, where there is no token.
  std::string password;
  std::string namespace_ = "default";
  std::string user;         ///< What the kubeconfig calls whoever this is: a name, no proof.
  std::string impersonate;  ///< Whom to act as; the server decides whether one may.
  std::optional<Duration> request_timeout;  ///< Shortens the deadline of each request.
};

/// What a user says on the command line; empty means unsaid.
struct LoginOptions {
  std::string kubeconfig;
  std::string context;
  std::string namespace_;
  std::string server;
  std::string token;
  std::string impersonate;
  std::string ca_file;
  bool insecure = false;
  std::optional<Duration> request_timeout;
};

/// What the process sees of its surroundings; tests make their own.
struct Surroundings {
  std::function<std::optional<std::string>(const std::string& name)> variable;
  std::string service_account_folder = "/var/run/secrets/kubernetes.io/serviceaccount";
};

/// The process's own environment.
Surroundings process_surroundings();

/// Finds the cluster as kubectl does: the given kubeconfig, else the files of $KUBECONFIG merged,
/// else ~/.kube/config, else the service account of the pod that this runs in. Errors are Invalid
/// and name file and field.
Result<Login> find_login(const LoginOptions& options, const Surroundings& surroundings);

/// The service account's login; NotFound outside of a pod.
Result<Login> in_cluster_login(const Surroundings& surroundings);

}  // namespace sluice::kube
