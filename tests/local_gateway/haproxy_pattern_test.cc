#include "local/gateway/haproxy_pattern.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <regex>

namespace sluice::local {
namespace {

/// A request as HAProxy writes it for matching.
std::string request(const std::string& line, const std::string& headers = "") {
  return line + "\naccept: */*\r\n" + headers + "\r\n";
}

/// The patterns keep to what PCRE and ECMAScript have in common.
bool holds(const std::string& host, const GatewayMatch& match, const std::string& text) {
  const Result<std::string> pattern = haproxy_pattern({host}, match);
  REQUIRE(pattern);
  INFO(*pattern);
  CHECK(pattern->find_first_of(" \t\r\n") == std::string::npos);
  return std::regex_search(text, std::regex(*pattern));
}

TEST_CASE("a prefix covers whole elements of the path", "[haproxy]") {
  const GatewayMatch match{.path = "/shop/"};
  CHECK(holds("", match, request("GET h /shop")));
  CHECK(holds("", match, request("GET h /shop/")));
  CHECK(holds("", match, request("GET h /shop/cart")));
  CHECK_FALSE(holds("", match, request("GET h /shopping")));
  CHECK_FALSE(holds("", match, request("GET h /a/shop")));
  CHECK(holds("", {}, request("GET h /anything")));
  CHECK(holds("", {}, request("GET  /without-host")));
}

TEST_CASE("an exact path is itself, special characters and all", "[haproxy]") {
  const GatewayMatch match{.path_type = PathMatchType::Exact, .path = "/a.b+c(d"};
  CHECK(holds("", match, request("GET h /a.b+c(d")));
  CHECK_FALSE(holds("", match, request("GET h /aXb+c(d")));
  CHECK_FALSE(holds("", match, request("GET h /a.b+c(d/")));
}

TEST_CASE("hosts match by name or by any labels before a suffix", "[haproxy]") {
  CHECK(holds("shop.example.com", {}, request("GET shop.example.com /")));
  CHECK_FALSE(holds("shop.example.com", {}, request("GET shopxexample.com /")));
  CHECK(holds("*.example.com", {}, request("GET a.b.example.com /")));
  CHECK_FALSE(holds("*.example.com", {}, request("GET example.com /")));
}

TEST_CASE("the wildcard of an Ingress stands for one label", "[haproxy]") {
  const GatewayHost host{.name = "*.example.com", .one_label = true};
  const std::regex pattern(*haproxy_pattern(host, {}));
  CHECK(std::regex_search(request("GET a.example.com /"), pattern));
  CHECK_FALSE(std::regex_search(request("GET a.b.example.com /"), pattern));
  CHECK_FALSE(std::regex_search(request("GET example.com /"), pattern));
}

TEST_CASE("headers match as a whole, in any order, anywhere", "[haproxy]") {
  const GatewayMatch exact{.headers = {{"x-b", "2", false}, {"x-a", "1", false}}};
  CHECK(holds("", exact, request("GET h /", "x-a: 1\r\nx-b: 2\r\n")));
  CHECK_FALSE(holds("", exact, request("GET h /", "x-a: 1\r\n")));
  CHECK_FALSE(holds("", exact, request("GET h /", "x-a: 1\r\nx-b: 22\r\n")));
  CHECK_FALSE(holds("", exact, request("GET h /", "other: x-a: 1\r\nx-b: 2\r\n")));
  const GatewayMatch expression{.headers = {{"agent", "canary.*|v2 \\(test\\)", true}}};
  CHECK(holds("", expression, request("GET h /", "agent: canary-7\r\n")));
  CHECK(holds("", expression, request("GET h /", "agent: v2 (test)\r\n")));
  CHECK_FALSE(holds("", expression, request("GET h /", "agent: not canary\r\n")));
}

TEST_CASE("a method is compared whole", "[haproxy]") {
  const GatewayMatch match{.method = "GET"};
  CHECK(holds("", match, request("GET h /")));
  CHECK_FALSE(holds("", match, request("POST h /")));
}

TEST_CASE("an expression cannot reach beyond its own brackets", "[haproxy]") {
  for (const char* broken : {"a)|(b", "(a", "a)", "[a", "a\\", "\\Qa", "[^]a"}) {
    INFO(broken);
    CHECK_FALSE(haproxy_pattern({""}, {.headers = {{"v", broken, true}}}));
  }
  for (const char* sound : {"a|b", "(a|b)+", "[)]", "\\)", "[]a]", "[^]a]b", "a\\\\", "(?i)a"}) {
    INFO(sound);
    CHECK(haproxy_pattern({""}, {.headers = {{"v", sound, true}}}));
  }
  CHECK_FALSE(haproxy_pattern(
      {""}, {.path_type = PathMatchType::Exact, .path = std::string(kPatternBytesMax, 'a')}));
}

}  // namespace
}  // namespace sluice::local
