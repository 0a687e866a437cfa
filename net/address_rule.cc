#include "net/address_rule.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace sluice::net {
namespace {

namespace ip = boost::asio::ip;

constexpr unsigned kBitsV4 = 32;
constexpr unsigned kBitsV6 = 128;

char lowered(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// A name as it is compared: "Prometheus." is "prometheus".
std::string plain_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string plain(name);
  std::ranges::transform(plain, plain.begin(), lowered);
  return plain;
}

bool is_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  // "10.0.0" and "300.1.1.1" are mistaken addresses, no names.
  const bool numeric = name.find_first_not_of("0123456789.") == name.npos;
  return !name.empty() && !numeric && std::ranges::all_of(name, fits);
}

ip::address unmapped(const ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

bool contains(const ip::network_v4& network, const ip::address& address) {
  return address.is_v4() &&
         ip::network_v4(address.to_v4(), network.prefix_length()).network() == network.network();
}

bool contains(const ip::network_v6& network, const ip::address& address) {
  return address.is_v6() &&
         ip::network_v6(address.to_v6(), network.prefix_length()).network() == network.network();
}

bool is_named(const std::string& pattern, std::string_view host) {
  const std::string name = plain_name(host);
  return pattern.starts_with('*') ? name.ends_with(std::string_view(pattern).substr(1))
                                  : name == pattern;
}

struct HostsAndPort {
  std::string_view hosts;
  std::optional<std::string_view> port;
};

/// "HOSTS" or "HOSTS:PORT" in its parts, without brackets.
HostsAndPort split_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return {text, std::nullopt};
  const std::string_view hosts = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (hosts.starts_with('[') && hosts.ends_with(']'))
    return {hosts.substr(1, hosts.size() - 2), port};
  return hosts.contains(':') ? HostsAndPort{text, std::nullopt} : HostsAndPort{hosts, port};
}

Error refused(std::string_view text) {
  return invalid(
      fmt::format("\"{}\": expected an address, a network such as 10.0.0.0/8, or a name "
                  "such as prometheus.monitoring or *.svc, each with or without :PORT",
                  text));
}

}  // namespace

Result<AddressPattern> AddressPattern::parse(std::string_view text) {
  const auto [hosts, port] = split_port(text);
  AddressPattern pattern;
  if (port) {
    uint16_t number = 0;
    const char* first = port->data();
    const char* last = first + port->size();
    const auto [end, error] = std::from_chars(first, last, number);
    if (error != std::errc{} || end != last || number == 0) return fail(refused(text));
    pattern.port_ = number;
  }
  auto parsed = parse_hosts(hosts);
  if (!parsed) return fail(refused(text));
  pattern.hosts_ = *std::move(parsed);
  return pattern;
}

Result<AddressPattern::Hosts> AddressPattern::parse_hosts(std::string_view text) {
  boost::system::error_code error;
  const auto address = ip::make_address(text, error);
  if (!error) {
    const ip::address plain = unmapped(address);
    if (plain.is_v4()) return ip::network_v4(plain.to_v4(), kBitsV4);
    return ip::network_v6(plain.to_v6(), kBitsV6);
  }
  if (text.contains('/')) {
    auto v4 = ip::make_network_v4(text, error);
    if (!error) return v4;
    auto v6 = ip::make_network_v6(text, error);
    if (!error) return v6;
    return fail(refused(text));
  }
  std::string name = plain_name(text);
  if (!is_name(name)) return fail(refused(text));
  return name;
}

bool AddressPattern::matches(std::string_view host, const ip::tcp::endpoint& endpoint) const {
  if (port_ && *port_ != endpoint.port()) return false;
  if (const auto* name = std::get_if<std::string>(&hosts_)) return is_named(*name, host);
  const ip::address address = unmapped(endpoint.address());
  if (const auto* v4 = std::get_if<ip::network_v4>(&hosts_)) return contains(*v4, address);
  return contains(std::get<ip::network_v6>(hosts_), address);
}

AddressRule AddressRule::only(std::vector<AddressPattern> allowed) {
  AddressRule rule;
  rule.allowed_ = std::move(allowed);
  rule.others_ = false;
  return rule;
}

AddressRule AddressRule::all_but(std::vector<AddressPattern> refused) {
  AddressRule rule;
  rule.refused_ = std::move(refused);
  return rule;
}

void AddressRule::allow(AddressPattern more) {
  allowed_.push_back(std::move(more));
}

bool AddressRule::allows(std::string_view host, const ip::tcp::endpoint& endpoint) const {
  const auto matches = [&](const AddressPattern& pattern) {
    return pattern.matches(host, endpoint);
  };
  if (std::ranges::any_of(allowed_, matches)) return true;
  return others_ && std::ranges::none_of(refused_, matches);
}

Result<AddressRule::Endpoints> AddressRule::allowed(std::string_view host,
                                                    const Endpoints& endpoints) const {
  Endpoints fit;
  std::ranges::copy_if(endpoints, std::back_inserter(fit),
                       [&](const auto& endpoint) { return allows(host, endpoint); });
  if (!fit.empty() || endpoints.empty()) return fit;
  const ip::tcp::endpoint& one = endpoints.front();
  return fail(forbidden(fmt::format("the address {} is not allowed",
                                    to_string(HostPort{one.address().to_string(), one.port()}))));
}

}  // namespace sluice::net
