#include "local/pods/probe_spec.h"

#include "base/json_list.h"
#include "base/whole_number.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {

namespace {

constexpr int64_t kSecondsMax = int64_t{100} * 365 * 24 * 3600;

PortReference port_at(const Json& value) {
  const Json* port = find_path(value, "port");
  return port == nullptr ? PortReference{0} : decode_port_reference(*port);
}

HttpGetAction decode_http_get(const Json& value) {
  HttpGetAction action;
  action.port = port_at(value);
  action.path = string_at(value, "path", "/");
  action.scheme = string_at(value, "scheme", "HTTP");
  action.host = string_at(value, "host");
  for (const Json& header : list_at(value, "httpHeaders"))
    action.headers.emplace_back(string_at(header, "name"), string_at(header, "value"));
  return action;
}

}  // namespace

Duration seconds_at(const Json& value, std::string_view path, int64_t fallback) {
  return std::chrono::seconds(std::clamp<int64_t>(int_at(value, path, fallback), 0, kSecondsMax));
}

PortReference decode_port_reference(const Json& value) {
  if (value.is_number_integer()) return value.get<int>();
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  const auto number = whole_number<uint16_t>(text);
  return number ? PortReference{*number} : PortReference{text};
}

Result<ProbeAction> decode_probe_action(const Json& handler, const std::string& field) {
  if (const Json* http = find_path(handler, "httpGet")) return decode_http_get(*http);
  if (const Json* tcp = find_path(handler, "tcpSocket"))
    return TcpAction{port_at(*tcp), string_at(*tcp, "host")};
  if (const Json* exec = find_path(handler, "exec"))
    return ExecAction{strings_at(*exec, "command")};
  if (const Json* sleep = find_path(handler, "sleep"))
    return SleepAction{seconds_at(*sleep, "seconds")};
  return fail(invalid(field + ": one of httpGet, tcpSocket and exec is needed; "
                              "the local cluster runs no other kind"));
}

Result<ProbeSpec> decode_probe(const Json& probe, const std::string& field) {
  Result<ProbeAction> action = decode_probe_action(probe, field);
  if (!action) return fail(action.error());
  ProbeSpec spec;
  spec.action = std::move(*action);
  spec.initial_delay = seconds_at(probe, "initialDelaySeconds");
  spec.period = std::max<Duration>(seconds_at(probe, "periodSeconds", 10), std::chrono::seconds(1));
  spec.timeout =
      std::max<Duration>(seconds_at(probe, "timeoutSeconds", 1), std::chrono::seconds(1));
  spec.success_threshold = std::max(1, static_cast<int>(int_at(probe, "successThreshold", 1)));
  spec.failure_threshold = std::max(1, static_cast<int>(int_at(probe, "failureThreshold", 3)));
  return spec;
}

}  // namespace sluice::local
