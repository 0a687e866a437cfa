#include "analysis/providers/oauth2.h"

#include "tests/analysis/metric_builders.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <optional>
#include <string>

namespace sluice::analysis {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

const OAuth2 kSettings{.token_url = "http://idp/token",
                       .client_id = "shop:eu",
                       .client_secret = "p@ss w0rd",
                       .scopes = {"metrics.read", "a&b"}};

Result<AccessToken> read(int status, const char* body) {
  return read_token({.status = status, .headers = {}, .body = body}, SteadyTime{});
}

TEST_CASE("a token is asked for as RFC 6749 says", "[oauth2]") {
  const net::HttpRequest header = token_request(kSettings, ClientProof::Header);
  CHECK(header.method == "POST");
  CHECK(header.url == "http://idp/token");
  CHECK(header.headers.get("Content-Type") == "application/x-www-form-urlencoded");
  // shop%3Aeu:p%40ss%20w0rd
  CHECK(header.headers.get("Authorization") == "Basic c2hvcCUzQWV1OnAlNDBzcyUyMHcwcmQ=");
  CHECK(header.body == "grant_type=client_credentials&scope=metrics.read%20a%26b");

  const net::HttpRequest form = token_request(kSettings, ClientProof::Form);
  CHECK(form.headers.find("Authorization") == nullptr);
  CHECK(form.body == header.body + "&client_id=shop%3Aeu&client_secret=p%40ss%20w0rd");

  OAuth2 without = kSettings;
  without.scopes.clear();
  CHECK(token_request(without, ClientProof::Header).body == "grant_type=client_credentials");
}

TEST_CASE("a token is good until shortly before it expires", "[oauth2]") {
  struct Row {
    const char* expires_in;
    std::optional<Duration> good_for;
  };

  const Row rows[] = {{"3600", 3570s}, {"\"3600\"", 3570s}, {"60", 30s},   {"10", 5s},
                      {"0", 0s},       {"-5", 0s},          {"\"x\"", 0s}, {"null", std::nullopt}};
  for (const Row& row : rows) {
    CAPTURE(row.expires_in);
    const std::string body = fmt::format(
        R"({{"access_token":"abc","token_type":"bearer","expires_in":{}}})", row.expires_in);
    const auto token = read(200, body.c_str());
    REQUIRE(token);
    CHECK(token->text == "abc");
    CHECK(token->good_until == (row.good_for ? SteadyTime{} + *row.good_for : SteadyTime::max()));
  }
  CHECK(read(200, R"({"access_token":"abc"})")->good_until == SteadyTime::max());
}

TEST_CASE("an answer without a token says what it is", "[oauth2]") {
  struct Row {
    int status;
    const char* body;
    ErrorCode code;
    const char* message;
  };

  const Row rows[] = {
      {401, R"({"error":"invalid_client","error_description":"who?"})", ErrorCode::Forbidden,
       "HTTP 401: invalid_client: who?"},
      {400, R"({"error":"invalid_scope"})", ErrorCode::Invalid, "HTTP 400: invalid_scope: "},
      {503, "later\nmore", ErrorCode::Unavailable, "HTTP 503: later"},
      {302, "", ErrorCode::Internal, "HTTP 302"},
      {200, "tok3n", ErrorCode::Internal, "the answer is no JSON object"},
      {200, R"(["tok3n"])", ErrorCode::Internal, "the answer is no JSON object"},
      {200, R"({"token":"tok3n"})", ErrorCode::Internal, "the answer holds no access_token"},
      {200, R"({"access_token":"tok3n\r\nHost: b"})", ErrorCode::Internal,
       "the answer holds no access_token"},
      {200, R"({"access_token":"tok3n","token_type":"mac"})", ErrorCode::Internal,
       "the token's type is not Bearer"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    const auto token = read(row.status, row.body);
    REQUIRE_FALSE(token);
    CHECK(token.error() == Error{row.code, row.message});
  }
}

TEST_CASE("tokens are kept by their settings, as long as they are good", "[oauth2]") {
  TokenCache cache;
  const SteadyTime now{};
  CHECK_FALSE(cache.find(kSettings, now));
  cache.keep(kSettings, {"first", now + 10s});
  CHECK(cache.find(kSettings, now + 9s) == "first");
  CHECK_FALSE(cache.find(kSettings, now + 10s));
  OAuth2 other = kSettings;
  other.client_secret = "another";
  CHECK_FALSE(cache.find(other, now));

  cache.keep(kSettings, {"second", now + 10s});
  cache.forget(kSettings, "first");
  CHECK(cache.find(kSettings, now) == "second");
  cache.forget(kSettings, "second");
  CHECK_FALSE(cache.find(kSettings, now));
}

TEST_CASE("of too many tokens the one that ends first makes room", "[oauth2]") {
  TokenCache cache;
  const SteadyTime now{};
  const auto settings = [](size_t number) {
    OAuth2 one = kSettings;
    one.client_id = std::to_string(number);
    return one;
  };
  for (size_t i = 0; i <= TokenCache::kTokensMax; ++i)
    cache.keep(settings(i), {"t", now + 1h - std::chrono::seconds(i == 7 ? 60 : 0)});
  CHECK(cache.find(settings(0), now));
  CHECK(cache.find(settings(TokenCache::kTokensMax), now));
  CHECK_FALSE(cache.find(settings(7), now));
}

}  // namespace
}  // namespace sluice::analysis
