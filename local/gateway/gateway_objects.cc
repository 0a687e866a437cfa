#include "local/gateway/gateway_objects.h"

#include "base/json_list.h"
#include "local/gateway/gateway_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>

namespace sluice::local {
namespace {

constexpr int64_t kPortMax = 65535;

/// What HAProxy takes for a server's name, as every pod's name is.
bool is_server_name(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.';
  });
}

/// Anybody may write slices: an address that HAProxy cannot take must not hold up the others.
bool is_ipv4(const std::string& text) {
  in_addr ignored{};
  return inet_pton(AF_INET, text.c_str(), &ignored) == 1;
}

}  // namespace

Result<GatewayService> decode_gateway_service(const Json& object) {
  Result<ObjectMeta> meta = decode_meta(object);
  if (!meta) return fail(meta.error());
  GatewayService service{.key = meta->key()};
  const Json* spec = find_path(object, "spec");
  if (spec == nullptr) return service;
  for (const Json& port : list_at(*spec, "ports")) {
    service.ports.push_back(
        {.name = string_at(port, "name"), .port = static_cast<int>(int_at(port, "port"))});
  }
  return service;
}

Result<GatewaySlice> decode_gateway_slice(const Json& object) {
  Result<ObjectMeta> meta = decode_meta(object);
  if (!meta) return fail(meta.error());
  GatewaySlice slice{.key = meta->key(), .service = meta->label("kubernetes.io/service-name")};
  // The local cluster gives pods IPv4 addresses; names and IPv6 come only from foreign slices.
  if (string_at(object, "addressType", "IPv4") != "IPv4") return slice;
  for (const Json& port : list_at(object, "ports")) {
    const int64_t number = int_at(port, "port");
    if (number < 1 || number > kPortMax) continue;
    slice.ports[string_at(port, "name")] = static_cast<int>(number);
  }
  for (const Json& endpoint : list_at(object, "endpoints")) {
    const Json& addresses = list_at(endpoint, "addresses");
    if (addresses.empty() || !addresses.front().is_string()) continue;
    const auto address = addresses.front().get<std::string>();
    if (!is_ipv4(address)) continue;
    // An absent condition is an unknown one, which the API asks to take as ready.
    if (!bool_at(endpoint, "conditions.ready", true)) continue;
    const std::string target = string_at(endpoint, "targetRef.name");
    const bool is_pod = string_at(endpoint, "targetRef.kind") == "Pod" && is_server_name(target);
    slice.ready.push_back({.address = address, .pod = is_pod ? target : ""});
  }
  return slice;
}

}  // namespace sluice::local
