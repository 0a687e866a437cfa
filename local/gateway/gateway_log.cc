#include "local/gateway/gateway_log.h"

#include "base/json.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <vector>

namespace sluice::local {
namespace {

/// Nothing where HAProxy had no value.
std::string text_at(const Json& line, const char* key) {
  std::string text = string_at(line, key);
  return text == "-" ? "" : text;
}

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (c == '/')
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

/// Reads `routed_us` and the spans that follow it; a span of -1 never came to an end.
bool read_times(const Json& line, GatewayAccess& access) {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  const std::string text = text_at(line, "routed_us");
  int64_t routed_us = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), routed_us);
  if (error != std::errc() || text.empty()) return false;
  access.routed = SystemTime(microseconds(routed_us));
  const int64_t receive = int_at(line, "receive_ms", -1);
  const int64_t queue = int_at(line, "queue_ms", -1);
  const int64_t connect = int_at(line, "connect_ms", -1);
  const int64_t response = int_at(line, "response_ms", -1);
  if (queue >= 0 && connect >= 0) {
    access.forwarded = access.routed + milliseconds(queue + connect);
    if (response >= 0) access.answered = *access.forwarded + milliseconds(response);
  }
  // The active time counts from the request's first byte, which came `receive` before the routing.
  const int64_t active = int_at(line, "active_ms", 0) - std::max<int64_t>(receive, 0);
  access.ended = access.routed + milliseconds(std::max<int64_t>(active, 0));
  return true;
}

/// The rule is "namespace/route/digest", the pool "namespace/service/port/replicaset".
void read_names(const Json& line, GatewayAccess& access) {
  const std::vector<std::string> rule = parts_of(text_at(line, "rule"));
  if (rule.size() == 3) access.route = rule[0] + "/" + rule[1];
  const std::vector<std::string> pool = parts_of(text_at(line, "pool"));
  if (pool.size() == 4) {
    access.service = pool[0] + "/" + pool[1];
    access.replica_set = pool[3];
  }
  access.pod = text_at(line, "pod");
  access.server = text_at(line, "server");
  if (access.pod.starts_with('<')) {
    access.pod.clear();
    access.server.clear();
  }
}

}  // namespace

std::optional<GatewayAccess> parse_gateway_access(std::string_view line) {
  if (!line.starts_with('{')) return std::nullopt;
  const Result<Json> json = parse_json(line);
  GatewayAccess access;
  if (!json || !read_times(*json, access)) return std::nullopt;
  read_names(*json, access);
  access.status = static_cast<int>(int_at(*json, "status", -1));
  access.termination = string_at(*json, "term");
  access.method = text_at(*json, "method");
  access.host = text_at(*json, "host");
  access.path = text_at(*json, "path");
  access.bytes_in = int_at(*json, "bytes_in");
  access.bytes_out = int_at(*json, "bytes_out");
  access.retries = static_cast<int>(int_at(*json, "retries"));
  return access;
}

}  // namespace sluice::local
