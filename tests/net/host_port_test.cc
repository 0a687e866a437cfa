#include "net/host_port.h"

#include <catch2/catch.hpp>

namespace sluice::net {

TEST_CASE("HOST:PORT is read and written, IPv6 addresses in brackets") {
  const auto [text, host, port] = GENERATE(table<std::string, std::string, uint16_t>({
      {"127.0.0.1:8080", "127.0.0.1", 8080},
      {"0.0.0.0:0", "0.0.0.0", 0},
      {"localhost:65535", "localhost", 65535},
      {"[::1]:8080", "::1", 8080},
      {"[fe80::1%eth0]:1", "fe80::1%eth0", 1},
  }));
  const auto read = parse_host_port(text);
  REQUIRE(read);
  CHECK(*read == HostPort{host, port});
  CHECK(to_string(*read) == text);
}

TEST_CASE("what is no HOST:PORT is quoted, with an example") {
  const auto* text = GENERATE("", "127.0.0.1", ":8080", "127.0.0.1:", "127.0.0.1:http",
                              "host:65536", "host:-1", "::1:8080", "[::1]", "[::1:8080",
                              "::1]:8080", "[]:80", "[127.0.0.1]:80", "host:80 ");
  const auto read = parse_host_port(text);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::Invalid);
  CHECK(read.error().message ==
        "\"" + std::string(text) + "\": expected HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080");
}

}  // namespace sluice::net
