#include "local/cluster_ports.h"

#include "base/json.h"
#include "local/processes/private_file.h"
#include "net/host_port.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <limits>
#include <utility>

namespace sluice::local {
namespace {

/// Binds to a port, or to a free one where it is 0, and says to which.
Result<uint16_t> bind_once(const std::string& address, uint16_t port) {
  namespace ip = boost::asio::ip;
  boost::system::error_code error;
  const ip::address parsed = ip::make_address(address, error);
  if (error) return fail(invalid(fmt::format("\"{}\" is no IP address", address)));
  boost::asio::io_context io;
  ip::tcp::acceptor acceptor(io);
  acceptor.open(parsed.is_v6() ? ip::tcp::v6() : ip::tcp::v4(), error);
  // As servers do: connections of an earlier one that are still closing do not count.
  if (!error && port != 0) acceptor.set_option(ip::tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind({parsed, port}, error);
  if (error) {
    const std::string where = to_string(net::HostPort{address, port});
    return fail(unavailable(fmt::format("cannot bind to {}: {}", where, error.message())));
  }
  return acceptor.local_endpoint().port();
}

/// 0 where none is recorded.
Result<uint16_t> read_port(const Json& document, const char* name) {
  const auto found = document.find(name);
  if (found == document.end()) return uint16_t{0};
  constexpr auto kPortMax = std::numeric_limits<uint16_t>::max();
  if (!found->is_number_unsigned() || found->get<uint64_t>() > kPortMax)
    return fail(invalid(fmt::format("{}: {} is no port", name, dump_json(*found))));
  return found->get<uint16_t>();
}

Result<ClusterPorts> decode_ports(const Json& document) {
  if (!document.is_object()) return fail(invalid("expected an object with the ports by name"));
  ClusterPorts ports;
  for (const auto& [name, port] :
       {std::pair("api", &ports.api), std::pair("gateway", &ports.gateway),
        std::pair("prometheus", &ports.prometheus)}) {
    const auto read = read_port(document, name);
    if (!read) return fail(read.error());
    *port = *read;
  }
  return ports;
}

}  // namespace

Result<ClusterPorts> read_ports(const std::filesystem::path& file) {
  const auto text = read_private_file(file);
  if (!text && text.error().code == ErrorCode::NotFound) return ClusterPorts{};
  if (!text) return fail(text.error());
  const auto document = parse_json(*text);
  if (!document) return fail(document.error().within(file.string()));
  const auto ports = decode_ports(*document);
  if (!ports) return fail(ports.error().within(file.string()));
  return *ports;
}

Result<void> write_ports(const std::filesystem::path& file, const ClusterPorts& ports) {
  const Json document = {
      {"api", ports.api}, {"gateway", ports.gateway}, {"prometheus", ports.prometheus}};
  return write_private_file(file, dump_json(document) + "\n");
}

Result<uint16_t> choose_port(const std::string& address, uint16_t wanted, uint16_t recorded) {
  if (wanted != 0) {
    const auto bound = bind_once(address, wanted);
    const bool taken = !bound && bound.error().code == ErrorCode::Unavailable;
    return taken ? bound : Result<uint16_t>(wanted);
  }
  const auto kept = recorded == 0 ? Result<uint16_t>(uint16_t{0}) : bind_once(address, recorded);
  return kept && *kept != 0 ? kept : bind_once(address, 0);
}

}  // namespace sluice::local
