#include "local/cluster_ports.h"

#include "local/processes/private_file.h"
#include "tests/local_pods/test_programs.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch.hpp>
#include <fmt/core.h>

namespace sluice::local {
namespace {

constexpr const char* kLoopback = "127.0.0.1";

TEST_CASE("Recorded ports are read again; without a file there are none") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "ports.json";
  CHECK(read_ports(file) == ClusterPorts{});
  const ClusterPorts ports{6443, 8080, 9090};
  REQUIRE(write_ports(file, ports));
  CHECK(read_ports(file) == ports);
}

TEST_CASE("What is no record of ports is told, with its file") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "ports.json";
  for (const char* garbage : {"", "{", "[]", "7", R"({"api": "6443"})", R"({"gateway": 65536})",
                              R"({"prometheus": -1})", R"({"api": 64.5})"}) {
    CAPTURE(garbage);
    REQUIRE(write_private_file(file, garbage));
    const auto read = read_ports(file);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::Invalid);
    CHECK_THAT(read.error().message, Catch::StartsWith(file.string()));
  }
  REQUIRE(write_private_file(file, R"({"api": 6443})"));
  CHECK(read_ports(file) == ClusterPorts{6443, 0, 0});
}

TEST_CASE("A recorded port is kept as long as nobody else listens on it") {
  namespace ip = boost::asio::ip;
  const auto found = choose_port(kLoopback, 0, 0);
  REQUIRE(found);
  CHECK(*found != 0);
  CHECK(choose_port(kLoopback, 0, *found) == *found);
  boost::asio::io_context io;
  const ip::tcp::acceptor somebody(io, {ip::make_address(kLoopback), 0});
  const uint16_t taken = somebody.local_endpoint().port();
  const auto instead = choose_port(kLoopback, 0, taken);
  REQUIRE(instead);
  CHECK(*instead != taken);
  CHECK(*instead != 0);
}

TEST_CASE("A port that was asked for is taken at its word") {
  CHECK(choose_port("localhost", 6443, 7443) == uint16_t{6443});
  namespace ip = boost::asio::ip;
  boost::asio::io_context io;
  const ip::tcp::acceptor somebody(io, {ip::make_address(kLoopback), 0});
  const uint16_t taken = somebody.local_endpoint().port();
  CHECK(choose_port(kLoopback, taken, 0).error().message ==
        fmt::format("cannot bind to 127.0.0.1:{}: Address already in use", taken));
  CHECK(choose_port("localhost", 0, 0).error().code == ErrorCode::Invalid);
}

}  // namespace
}  // namespace sluice::local
