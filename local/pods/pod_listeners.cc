#include "local/pods/pod_listeners.h"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::local {

namespace {

namespace ip = boost::asio::ip;

constexpr size_t kAnswerBytesMax = size_t{64} * 1024;

struct Question {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

/// Asks for the listening TCP sockets of an address family.
bool ask(int netlink, uint8_t family) {
  Question question{};
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  question.body.sdiag_family = family;
  question.body.sdiag_protocol = IPPROTO_TCP;
  question.body.idiag_states = 1U << TCP_LISTEN;
  return send(netlink, &question, sizeof question, 0) == ssize_t{sizeof question};
}

Listener decode(const inet_diag_msg& answer) {
  const int port = ntohs(answer.id.idiag_sport);
  if (answer.idiag_family == AF_INET)
    return {ip::address_v4(ntohl(answer.id.idiag_src[0])).to_string(), port};
  ip::address_v6::bytes_type bytes{};
  std::memcpy(bytes.data(), answer.id.idiag_src, bytes.size());
  const ip::address_v6 address(bytes);
  if (address.is_v4_mapped()) return {make_address_v4(ip::v4_mapped, address).to_string(), port};
  return {address.to_string(), port};
}

enum class Listening { More, Done, Failed };

/// Reads one datagram of answers.
Listening listen_to(int netlink, std::vector<Listener>& listeners) {
  alignas(nlmsghdr) std::array<char, kAnswerBytesMax> buffer;
  const ssize_t received = recv(netlink, buffer.data(), buffer.size(), 0);
  if (received <= 0) return Listening::Failed;
  auto left = static_cast<unsigned int>(received);
  for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(message, left);
       message = NLMSG_NEXT(message, left)) {
    if (message->nlmsg_type == NLMSG_DONE) return Listening::Done;
    if (message->nlmsg_type == NLMSG_ERROR) return Listening::Failed;
    if (message->nlmsg_len < NLMSG_LENGTH(sizeof(inet_diag_msg))) return Listening::Failed;
    inet_diag_msg answer;
    std::memcpy(&answer, NLMSG_DATA(message), sizeof answer);
    listeners.push_back(decode(answer));
  }
  return Listening::More;
}

/// The kernel answers at once: there is nothing to wait for.
bool collect(int netlink, std::vector<Listener>& listeners) {
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    if (!ask(netlink, family)) return false;
    Listening state = Listening::More;
    while (state == Listening::More) state = listen_to(netlink, listeners);
    if (state == Listening::Failed) return false;
  }
  return true;
}

}  // namespace

std::optional<std::vector<Listener>> find_listeners() {
  const int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (netlink < 0) return std::nullopt;
  std::vector<Listener> listeners;
  const bool known = collect(netlink, listeners);
  close(netlink);
  return known ? std::optional(std::move(listeners)) : std::nullopt;
}

std::string describe_missing_listener(const std::vector<Listener>& listeners,
                                      const std::string& address, int port) {
  std::string elsewhere;
  for (const Listener& listener : listeners) {
    if (listener.port != port) continue;
    if (listener.address == address) return "";
    if (!listener.address.starts_with("127.") || listener.address == "127.0.0.1")
      elsewhere = listener.address;
  }
  std::string text = fmt::format(
      "nothing listens on {}:{}; a program must bind to the address in POD_IP", address, port);
  if (!elsewhere.empty()) text += fmt::format(" (something listens on {}:{})", elsewhere, port);
  return text;
}

std::string describe_address_in_use(std::string_view log, const std::string& address) {
  const auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a + 32 == b); };
  // The words of strerror(3), which Go, Java, .NET, Node and Python pass on in either case.
  if (std::ranges::search(log, std::string_view("address already in use"), same).empty()) return "";
  return fmt::format(
      "the program has ended, and its log says that the address is already in use: it must bind to "
      "the address in POD_IP ({}), not to all addresses, for the pods share the machine's ports",
      address);
}

}  // namespace sluice::local
