#pragma once

// A probe of a container, and the actions that probes and lifecycle hooks share.

#include "base/json.h"
#include "base/time.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sluice::local {

/// A port by number, or by the name that a container gave it.
using PortReference = std::variant<int, std::string>;

struct HttpGetAction {
  PortReference port = 0;
  std::string path = "/";
  std::string scheme = "HTTP";
  std::string host;  ///< Empty: the pod's address.
  std::vector<std::pair<std::string, std::string>> headers;
};

struct TcpAction {
  PortReference port = 0;
  std::string host;  ///< Empty: the pod's address.
};

struct ExecAction {
  std::vector<std::string> command;
};

/// Only in lifecycle hooks.
struct SleepAction {
  Duration duration{};
};

using ProbeAction = std::variant<HttpGetAction, TcpAction, ExecAction, SleepAction>;

struct ProbeSpec {
  ProbeAction action;
  Duration initial_delay{};
  Duration period = std::chrono::seconds(10);
  Duration timeout = std::chrono::seconds(1);
  int success_threshold = 1;
  int failure_threshold = 3;
};

/// Reads a probe (or a lifecycle handler with `decode_probe_action`). gRPC is not supported: it is
/// an error that says so. `field` is the path for messages.
Result<ProbeSpec> decode_probe(const Json& probe, const std::string& field);
Result<ProbeAction> decode_probe_action(const Json& handler, const std::string& field);

/// A number of seconds, at least 0 and at most a hundred years: a Duration counts nanoseconds and
/// holds 292 years, of which a point in time takes its share.
Duration seconds_at(const Json& value, std::string_view path, int64_t fallback = 0);

/// Reads an IntOrString; digits in a string count as a number.
PortReference decode_port_reference(const Json& value);

}  // namespace sluice::local
