#pragma once

// Session: what every command that talks to a cluster needs, made from the global options. Commands
// are coroutines that get a Session and return an exit code; run_in_session owns loop and client.

#include "base/clock.h"
#include "base/object_meta.h"
#include "cli/output.h"
#include "kube/login.h"
#include "kube/object_store.h"
#include "net/task_group.h"

#include <functional>
#include <string>

namespace sluice::cli {

struct GlobalOptions {
  kube::LoginOptions login;
  bool no_color = false;
};

struct Session {
  kube::ObjectStore& store;
  Clock& clock;
  std::string namespace_;
  bool color = false;
  std::string user;  ///< What the kubeconfig calls whoever asks.
  /// What runs beside the command, however that ends. Tasks own what they touch.
  net::TaskGroup& beside;

  ObjectKey key(const std::string& name) const { return {namespace_, name}; }
};

/// A plain function or a lambda that calls a coroutine function: never a lambda coroutine.
using SessionCommand = std::function<kube::Awaitable<int>(Session&)>;

/// Logs in as kubectl would and runs the command; SIGINT ends it with kExitInterrupted.
int run_in_session(const GlobalOptions& options, const SessionCommand& command);

/// What the API server of the options says it is ("v1.32.0"); "" where none answers soon.
std::string server_version(GlobalOptions options);

/// Whether standard output wants colour: a terminal, and NO_COLOR unset.
bool wants_color(const GlobalOptions& options);

}  // namespace sluice::cli
