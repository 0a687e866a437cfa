#include "local/pod_listeners.h"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <fmt/format.h>

#include <arpa/inet.h>
#include <cstring>
#include <fstream>
#include <sstream>

namespace sluice::local {

namespace {

constexpr std::string_view kListenState = "0A";

/// The kernel prints addresses as 32-bit words in the machine's byte order.
uint32_t word(const std::string& hex, size_t index) {
  return static_cast<uint32_t>(std::stoul(hex.substr(index * 8, 8), nullptr, 16));
}

std::string decode_address(const std::string& hex) {
  if (hex.size() == 8) {
    return boost::asio::ip::address_v4(ntohl(word(hex, 0))).to_string();
  }
  boost::asio::ip::address_v6::bytes_type bytes{};
  for (size_t i = 0; i < 4; ++i) {
    const uint32_t part = word(hex, i);
    std::memcpy(bytes.data() + 4 * i, &part, sizeof part);
  }
  const boost::asio::ip::address_v6 address(bytes);
  if (address.is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address).to_string();
  }
  return address.to_string();
}

std::string read_table(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

std::vector<Listener> parse_listeners(std::string_view table) {
  std::vector<Listener> listeners;
  std::istringstream lines{std::string(table)};
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string slot;
    std::string local;
    std::string remote;
    std::string state;
    fields >> slot >> local >> remote >> state;
    const size_t colon = local.find(':');
    if (state == kListenState && (colon == 8 || colon == 32)) {
      listeners.push_back({decode_address(local.substr(0, colon)),
                           static_cast<int>(std::stoul(local.substr(colon + 1), nullptr, 16))});
    }
  }
  return listeners;
}

std::vector<Listener> find_listeners() {
  std::vector<Listener> listeners = parse_listeners(read_table("/proc/net/tcp"));
  const std::vector<Listener> six = parse_listeners(read_table("/proc/net/tcp6"));
  listeners.insert(listeners.end(), six.begin(), six.end());
  return listeners;
}

std::string describe_missing_listener(const std::vector<Listener>& listeners,
                                      const std::string& address, int port) {
  std::string elsewhere;
  for (const Listener& listener : listeners) {
    if (listener.port != port) {
      continue;
    }
    if (listener.address == address) {
      return "";
    }
    if (!listener.address.starts_with("127.") || listener.address == "127.0.0.1") {
      elsewhere = listener.address;
    }
  }
  std::string text = fmt::format(
      "nothing listens on {}:{}; a program must bind to the address in POD_IP", address, port);
  if (!elsewhere.empty()) {
    text += fmt::format(" (something listens on {}:{})", elsewhere, port);
  }
  return text;
}

}  // namespace sluice::local
