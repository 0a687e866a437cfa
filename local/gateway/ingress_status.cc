#include "local/gateway/ingress_status.h"

#include <boost/asio/ip/address.hpp>
#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

bool is_address(const std::string& text) {
  boost::system::error_code bad;
  boost::asio::ip::make_address(text, bad);
  return !bad;
}

/// What listens everywhere is reached on the loopback address.
std::string reachable(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

}  // namespace

std::optional<std::string> ingress_status_patch(const Json& ingress, const RouteVerdict& verdict,
                                                const net::HostPort& gateway) {
  const std::string host = reachable(gateway.host);
  const Json ours = {{{is_address(host) ? "ip" : "hostname", host},
                      {"ports", {{{"port", gateway.port}, {"protocol", "TCP"}}}}}};
  const Json* said = find_path(ingress, "status.loadBalancer.ingress");
  const bool says_ours = said != nullptr && *said == ours;
  if (says_ours == verdict.served) return std::nullopt;
  return dump_json(
      Json{{"status", {{"loadBalancer", {{"ingress", verdict.served ? ours : Json(nullptr)}}}}}});
}

}  // namespace sluice::local
