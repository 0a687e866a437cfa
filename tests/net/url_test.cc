#include "net/url.h"

#include <catch2/catch.hpp>

namespace sluice::net {
namespace {

TEST_CASE("URLs come apart", "[url]") {
  struct Row {
    const char* text;
    bool tls;
    const char* host;
    int port;
    const char* authority;
    const char* target;
  };

  const Row rows[] = {
      {"http://shop", false, "shop", 80, "shop", "/"},
      {"https://shop/a?b=c%20d", true, "shop", 443, "shop", "/a?b=c%20d"},
      {"http://shop:8080/a/", false, "shop", 8080, "shop:8080", "/a/"},
      {"https://shop:443/", true, "shop", 443, "shop", "/"},
      {"http://[::1]:81/x", false, "::1", 81, "[::1]:81", "/x"},
      {"HTTP://127.0.0.1?x", false, "127.0.0.1", 80, "127.0.0.1", "/?x"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto url = parse_url(row.text);
    REQUIRE(url);
    CHECK(url->tls == row.tls);
    CHECK(url->host == row.host);
    CHECK(url->port == row.port);
    CHECK(url->authority == row.authority);
    CHECK(url->target == row.target);
  }
}

TEST_CASE("what is wrong with a URL is said without what may be secret", "[url]") {
  struct Row {
    const char* text;
    const char* message;
  };

  const Row rows[] = {
      {"http://shop:99999/a?key=secret",
       "URL 'http://shop:99999/a': the port must be between 1 and 65535"},
      {"ftp://u:secret@shop/a?key=secret", "URL '...@shop/a': must begin with http:// or https://"},
      {"http://u:se/cret@h\\/#secret", "URL '...@h\\/': "},
      {"http://u:se?cret@h\\/", "URL: "},
      {"http://u:secret@shop/", "URL: must not hold a user name or password"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto url = parse_url(row.text);
    REQUIRE_FALSE(url);
    CHECK_THAT(url.error().message, Catch::Matchers::StartsWith(row.message));
  }
}

TEST_CASE("percent-encoding goes there and back", "[url]") {
  CHECK(percent_encode("a b/c~d%\xc3\xa9") == "a%20b%2Fc~d%25%C3%A9");
  CHECK(percent_decode("a%20b%2fc~d%25%C3%A9", Plus::IsPlus).value() == "a b/c~d%\xc3\xa9");
  CHECK(percent_decode("a+b", Plus::IsPlus).value() == "a+b");
  CHECK(percent_decode("a+b", Plus::IsSpace).value() == "a b");
  for (const char* text : {"%", "%4", "%zz", "%-1", "a%2"}) {
    INFO(text);
    CHECK_FALSE(percent_decode(text, Plus::IsPlus));
  }
}

}  // namespace

TEST_CASE("a reference means a URL by where it stands") {
  struct Row {
    const char* reference;
    const char* url;
  };

  const Row rows[] = {
      {"", "http://h:8080/a/b?q=1"},
      {"c", "http://h:8080/a/c"},
      {"../c?x=%2F", "http://h:8080/c?x=%2F"},
      {"/c#part", "http://h:8080/c"},
      {"?q=2", "http://h:8080/a/b?q=2"},
      {"//other/c", "http://other/c"},
      {"https://other:1/c", "https://other:1/c"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.reference);
    const auto url = resolve_url("http://h:8080/a/b?q=1", row.reference);
    REQUIRE(url);
    CHECK(*url == row.url);
  }
  for (const char* wrong : {"/a b", "http://[", "/\n", "http://[?key=1"}) {
    CAPTURE(wrong);
    const auto url = resolve_url("http://h/", wrong);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == ErrorCode::Invalid);
    CHECK(url.error().message.find("key") == std::string::npos);
  }
  CHECK_FALSE(resolve_url("h", "/a"));
}

}  // namespace sluice::net
