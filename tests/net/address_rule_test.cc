#include "net/address_rule.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace sluice::net {
namespace {

using Catch::Matchers::Contains;
using Endpoint = boost::asio::ip::tcp::endpoint;

Endpoint endpoint(const char* address, uint16_t port) {
  return {boost::asio::ip::make_address(address), port};
}

AddressPattern pattern(std::string_view text) {
  const auto parsed = AddressPattern::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

TEST_CASE("a pattern matches by what a host was found to be, or by its name", "[address_rule]") {
  struct Row {
    const char* pattern;
    const char* host;
    const char* address;
    bool matches;
  };

  const Row rows[] = {
      {"10.0.0.0/8", "shop", "10.255.255.255", true},
      {"10.0.0.0/8", "10.1.2.3", "11.0.0.0", false},
      {"10.1.2.3/8", "shop", "10.9.9.9", true},
      {"0.0.0.0/0", "shop", "1.2.3.4", true},
      {"0.0.0.0/0", "shop", "fd00::1", false},
      {"10.1.2.3", "shop", "10.1.2.3", true},
      {"10.1.2.3", "10.1.2.3", "10.1.2.4", false},
      {"169.254.0.0/16", "shop", "::ffff:169.254.169.254", true},
      {"::ffff:169.254.169.254", "shop", "169.254.169.254", true},
      {"fe80::/10", "shop", "fe80::1", true},
      {"fe80::/10", "shop", "fec0::1", false},
      {"::/0", "shop", "fec0::1", true},
      {"::/0", "shop", "1.2.3.4", false},
      {"::1", "shop", "::1", true},
      {"10.1.2.3:9090", "shop", "10.1.2.3", true},
      {"10.1.2.3:9091", "shop", "10.1.2.3", false},
      {"[fd00::/8]:9090", "shop", "fd12::1", true},
      {"[fd00::/8]:80", "shop", "fd12::1", false},
      {"prometheus.monitoring", "prometheus.monitoring", "10.1.2.3", true},
      {"prometheus.monitoring", "PROMETHEUS.monitoring.", "10.1.2.3", true},
      {"Prometheus.Monitoring.:9090", "prometheus.monitoring", "10.1.2.3", true},
      {"prometheus.monitoring", "prometheus.monitoring.evil.com", "10.1.2.3", false},
      {"*.svc", "prometheus.monitoring.svc", "10.1.2.3", true},
      {"*.svc", "svc", "10.1.2.3", false},
      {"*.svc", "evilsvc", "10.1.2.3", false},
      {"*.svc:80", "prometheus.monitoring.svc", "10.1.2.3", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern, row.host, row.address);
    CHECK(pattern(row.pattern).matches(row.host, endpoint(row.address, 9090)) == row.matches);
  }
}

TEST_CASE("what is no pattern is quoted, with what was expected", "[address_rule]") {
  const char* text =
      GENERATE("", ":", "*", "*.", "a b", "10.0.0.0/33", "10.0.0/8", "10.0.0", "300.1.1.1",
               "::/129", "10.1.2.3:", "10.1.2.3:0", "10.1.2.3:65536", "shop:http", "[::1", "[::1]",
               "[::1]:", "http://shop", "a/8", "a*.b", "10.1.2.3,10.1.2.4");
  CAPTURE(text);
  const auto parsed = AddressPattern::parse(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == ErrorCode::Invalid);
  CHECK_THAT(parsed.error().message, Contains("\"" + std::string(text) + "\": expected"));
}

TEST_CASE("of the addresses of a host those that are allowed are left", "[address_rule]") {
  const AddressRule::Endpoints both{endpoint("10.1.2.3", 80), endpoint("fd00::1", 80)};
  CHECK(*AddressRule().allowed("shop", both) == both);

  AddressRule only = AddressRule::only({pattern("fd00::/8")});
  CHECK(*only.allowed("shop", both) == AddressRule::Endpoints{both[1]});
  const auto none = only.allowed("shop", {both[0]});
  REQUIRE_FALSE(none);
  CHECK(none.error() == forbidden("the address 10.1.2.3:80 is not allowed"));
  only.allow(pattern("shop:80"));
  CHECK(*only.allowed("shop", both) == both);

  AddressRule all_but = AddressRule::all_but({pattern("10.0.0.0/8")});
  CHECK(*all_but.allowed("shop", both) == AddressRule::Endpoints{both[1]});
  CHECK_FALSE(all_but.allowed("shop", {both[0]}));
  all_but.allow(pattern("10.1.2.3:80"));
  CHECK(*all_but.allowed("shop", both) == both);
}

}  // namespace
}  // namespace sluice::net
