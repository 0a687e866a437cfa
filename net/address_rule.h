#pragma once

// AddressRule: where a client may connect to. It is asked about the addresses that a name was found
// to have, right before one of them is connected to, so that neither a name that leads elsewhere
// today nor another spelling of an address gets around it.

#include "net/host_port.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::net {

/// Hosts in one word: an address ("10.1.2.3", "::1"), a network ("10.0.0.0/8"), a name wherever it
/// leads ("prometheus.monitoring"), or all names that end so ("*.monitoring.svc"). Each is of all
/// ports, or with ":PORT" of one; IPv6 goes in brackets then ("[fd00::/8]:9090").
class AddressPattern {
 public:
  /// Invalid quotes the text and says what was expected.
  static Result<AddressPattern> parse(std::string_view text);

  /// `host` is as it stands in a URL, `endpoint` what it was found to be. An IPv4 address within
  /// IPv6 (::ffff:10.1.2.3) is the former.
  bool matches(std::string_view host, const boost::asio::ip::tcp::endpoint& endpoint) const;

 private:
  using Hosts = std::variant<std::string, boost::asio::ip::network_v4, boost::asio::ip::network_v6>;

  static Result<Hosts> parse_hosts(std::string_view text);

  Hosts hosts_;
  std::optional<uint16_t> port_;
};

class AddressRule {
 public:
  using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

  /// Allows everything.
  AddressRule() = default;

  static AddressRule only(std::vector<AddressPattern> allowed);
  static AddressRule all_but(std::vector<AddressPattern> refused);

  /// Allows these too, whatever is refused.
  void allow(AddressPattern more);

  /// Those of the endpoints of `host` that may be connected to. Forbidden where none may.
  Result<Endpoints> allowed(std::string_view host, const Endpoints& endpoints) const;

 private:
  bool allows(std::string_view host, const boost::asio::ip::tcp::endpoint& endpoint) const;

  std::vector<AddressPattern> allowed_;
  std::vector<AddressPattern> refused_;
  bool others_ = true;  ///< What becomes of hosts that nothing is said about.
};

}  // namespace sluice::net
