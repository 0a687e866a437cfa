#include "local/gateway/haproxy_config.h"

#include "local/gateway/gateway_routes.h"

#include <fmt/format.h>

namespace sluice::local {
namespace {

// The log goes to standard output, whose reader may not stop HAProxy: lines that do not fit in the
// pipe are lost rather than waited for. Backends log nothing, so that each line is a request.
// What a list of routes answered is not remembered: HAProxy remembers also what it found not, and
// takes it for true after the first version of a list has come into force.
// The port is nobody else's: otherwise a second gateway on it would start, and get half of the
// requests.
constexpr std::string_view kGlobal = R"(global
  nbthread 1
  maxconn 4000
  no strict-limits
  noreuseport
  tune.bufsize {buffer}
  tune.maxrewrite {half_buffer}
  tune.pattern.cache-size 0
  stats socket unix@{socket} mode 600 level admin
  stats maxconn 16
  log stdout len 8192 format raw local0

defaults
  mode http
  option http-server-close
  option forwardfor
  option dontlognull
  option redispatch 1
  retries 1
  balance roundrobin
  timeout connect {connect}s
  timeout http-request 30s
  timeout http-keep-alive 10m
  timeout client 1h
  timeout server 1h
  timeout tunnel 24h

)";

// What a broken request lacks is written as "-", hence the quotes around the first number.
// `routed_us` is when the rule was found; the request is forwarded Tw + Tc milliseconds later.
constexpr std::string_view kLogFormat =
    R"({{"routed_us":"%[var(txn.routed)]","receive_ms":%TR,"queue_ms":%Tw,)"
    R"("connect_ms":%Tc,"response_ms":%Tr,"active_ms":%Ta,"status":%ST,"term":"%ts",)"
    R"("rule":"%[var(txn.rule)]","pool":"%[var(txn.pool)]","pod":"%s","server":"%si:%sp",)"
    R"("retries":%rc,"method":"%HM","host":"%[var(txn.host),bytes(0,256),json(utf8s)]",)"
    R"("path":"%[var(txn.path),bytes(0,1024),json(utf8s)]","bytes_in":%U,"bytes_out":%B}})";

constexpr std::string_view kFrontend = R"(frontend gateway
  bind {listen}
  log global
  log-format '{log_format}'
  http-request set-var(txn.routed) date(0,us)
  http-request set-var(txn.path) path
  http-request set-var(txn.host) req.hdr(host),host_only,lower
  http-request set-var-fmt(txn.text) "%[method] %[var(txn.host)] %[path]\n%[req.hdrs]"
  http-request set-var(txn.rule) var(txn.text),map_reg({routes})
  http-request return status 503 content-type text/plain string "no routes yet\n" unless {{ var(txn.rule) -m found }}
  http-request return status 404 content-type text/plain string "no route\n" if {{ var(txn.rule) -m str {no_rule} }}
  http-request set-var(txn.arms) var(txn.rule),map_str({splits})
  http-request set-var(txn.dice) rand({range})
)";

// An arm of a split is "until:backend:pool:"; the first whose edge lies above the draw is taken.
constexpr std::string_view kArm =
    R"(  http-request set-var(txn.until) var(txn.arms),field({until},:) unless {{ var(txn.backend) -m found }}
  http-request set-var(txn.pool) var(txn.arms),field({pool},:) unless {{ var(txn.backend) -m found }}
  http-request set-var(txn.backend) var(txn.arms),field({backend},:) if !{{ var(txn.backend) -m found }} {{ var(txn.dice),sub(txn.until) lt 0 }}
)";

constexpr std::string_view kBackends = R"(  use_backend %[var(txn.backend)]
  default_backend unavailable

backend unavailable
  http-request return status 503 content-type text/plain string "no endpoints\n"

backend broken
  http-request return status 500 content-type text/plain string "no valid backend\n"

)";

}  // namespace

std::string render_haproxy_config(const net::HostPort& listen, const std::string& socket) {
  std::string text =
      fmt::format(kGlobal, fmt::arg("buffer", kHaproxyBufferBytes),
                  fmt::arg("half_buffer", kHaproxyBufferBytes / 2), fmt::arg("socket", socket),
                  fmt::arg("connect", kHaproxyConnectSeconds));
  text += fmt::format(kFrontend, fmt::arg("listen", to_string(listen)),
                      fmt::arg("log_format", fmt::format(kLogFormat)),
                      fmt::arg("routes", kHaproxyRoutesFile), fmt::arg("no_rule", kHaproxyNoRule),
                      fmt::arg("splits", kHaproxySplitsFile), fmt::arg("range", kSplitRange));
  for (size_t arm = 0; arm < kArmsMax; ++arm) {
    text += fmt::format(kArm, fmt::arg("until", 3 * arm + 1), fmt::arg("backend", 3 * arm + 2),
                        fmt::arg("pool", 3 * arm + 3));
  }
  text += kBackends;
  for (int i = 0; i < kHaproxyBackends; ++i) text += fmt::format("backend b{}\n", i);
  return text;
}

}  // namespace sluice::local
