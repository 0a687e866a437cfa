#pragma once

// Kubeconfig files as kubectl reads them: several are merged, the first to say something wins, and
// relative paths mean the folder of the file that says them. What Sluice cannot do (exec plugins,
// proxies) is an error where it would be used, not silence.

#include "kube/login.h"

#include <map>
#include <string>
#include <vector>

namespace sluice::kube {

/// A file's content given inline (base64 in the file, decoded here) or by its path.
struct DataOrFile {
  std::string data;
  std::string path;  ///< Absolute, or relative to the working directory.
};

struct KubeconfigCluster {
  std::string where;  ///< "FILE: clusters[NAME]", for messages.
  std::string server;
  std::string server_name;
  DataOrFile ca;
  bool insecure = false;
  bool has_proxy = false;
};

struct KubeconfigUser {
  std::string where;
  DataOrFile certificate;
  DataOrFile key;
  std::string token;
  std::string token_file;
  std::string username;
  std::string password;
  std::string unsupported;  ///< The name of a field that Sluice cannot honour, or empty.
};

struct KubeconfigContext {
  std::string where;
  std::string cluster;
  std::string user;
  std::string namespace_;
};

struct Kubeconfig {
  std::vector<std::string> files;
  std::string current_context;
  std::map<std::string, KubeconfigCluster> clusters;
  std::map<std::string, KubeconfigUser> users;
  std::map<std::string, KubeconfigContext> contexts;
};

/// Reads and merges the files in that order. Errors are Invalid and name file and field.
Result<Kubeconfig> load_kubeconfig(const std::vector<std::string>& paths);

/// The login of the chosen or current context; reads the files that it points at.
Result<Login> make_login(const Kubeconfig& config, const LoginOptions& options);

}  // namespace sluice::kube
