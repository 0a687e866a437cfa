#include "analysis/providers/redirect.h"

#include <catch2/catch.hpp>

#include <string>

namespace sluice::analysis {
namespace {

using Catch::Matchers::Contains;

net::HttpRequest request(const char* method, const char* url) {
  net::HttpRequest made{.method = method, .url = url};
  if (made.method != "GET") {
    made.body = "form";
    made.headers.add("Content-Type", "application/x-www-form-urlencoded");
  }
  return made;
}

net::HttpResponse answer(int status, const char* location) {
  return {.status = status, .headers = {{"location", location}}, .body = {}};
}

TEST_CASE("a redirect is asked with the method that goes with it", "[redirect]") {
  struct Row {
    int status;
    const char* method;
    const char* next;
  };

  const Row rows[] = {
      {301, "GET", "GET"},   {302, "GET", "GET"},   {303, "GET", "GET"},  {307, "GET", "GET"},
      {308, "GET", "GET"},   {301, "POST", "GET"},  {302, "POST", "GET"}, {303, "POST", "GET"},
      {307, "POST", "POST"}, {308, "POST", "POST"}, {301, "PUT", "PUT"},  {302, "PUT", "PUT"},
      {303, "PUT", "GET"},   {307, "PUT", "PUT"},   {308, "PUT", "PUT"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status, row.method);
    REQUIRE(is_redirect(row.status));
    const auto next = follow(request(row.method, "http://a/x"), answer(row.status, "/y"));
    REQUIRE(next);
    CHECK(next->request.method == row.next);
    CHECK(next->request.url == "http://a/y");
    const bool with_body = next->request.method != "GET";
    CHECK(next->request.body == (with_body ? "form" : ""));
    CHECK((next->request.headers.find("Content-Type") != nullptr) == with_body);
    CHECK(next->same_server);
  }
  for (const int status : {200, 300, 304, 305, 306, 400}) CHECK_FALSE(is_redirect(status));
}

TEST_CASE("a server is another one by scheme, host and port", "[redirect]") {
  struct Row {
    const char* from;
    const char* location;
    bool same;
  };

  const Row rows[] = {
      {"http://a/x", "y?z", true},
      {"http://a/x", "http://A:80/y", true},
      {"https://a/x", "https://a:443/", true},
      {"http://a/x", "http://b/x", false},
      {"http://a/x", "http://a:8080/x", false},
      {"http://a/x", "https://a/x", false},
      {"http://a/x", "//a.b/x", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.from, row.location);
    const auto next = follow(request("GET", row.from), answer(302, row.location));
    REQUIRE(next);
    CHECK(next->same_server == row.same);
  }
}

TEST_CASE("a redirect that is not followed says where it led", "[redirect]") {
  struct Row {
    const char* method;
    const char* from;
    int status;
    const char* location;
    const char* message;
  };

  const Row rows[] = {
      {"GET", "http://a/", 302, "", "HTTP 302 without a Location"},
      {"GET", "https://a/", 302, "http://a/?key=1", "redirected from https to http://a/"},
      {"GET", "http://a/", 302, "ftp://a/", "must begin with http:// or https://"},
      {"GET", "http://a/", 302, "http://u:hunter2@a/", "must not hold a user name or password"},
      {"GET", "http://a/", 302, "/a b", "redirected: URL '/a b'"},
      {"POST", "http://a/", 307, "http://b/?key=1",
       "redirected, with a body, to another server: http://b/"},
      {"PUT", "http://a/", 302, "http://b/",
       "redirected, with a body, to another server: http://b/"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.location);
    const auto next = follow(request(row.method, row.from), answer(row.status, row.location));
    REQUIRE_FALSE(next);
    CHECK(next.error().code == ErrorCode::Internal);
    CHECK_THAT(next.error().message,
               Contains(row.message) && !Contains("key=1") && !Contains("hunter2"));
  }
  CHECK_FALSE(follow(request("GET", "http://a/"), {.status = 302, .headers = {}, .body = {}}));
}

}  // namespace
}  // namespace sluice::analysis
