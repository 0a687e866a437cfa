#include "analysis/providers/sigv4.h"

#include <catch2/catch.hpp>

#include <string>

namespace sluice::analysis {
namespace {

const AwsCredentials kCredentials{.access_key_id = "AKIDEXAMPLE",
                                  .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                  .session_token = {}};
const SigningScope kScope{.region = "us-east-1", .service = "service"};
const SystemTime kMoment = *parse_time("2015-08-30T12:36:00Z");
const std::string kHost = "https://example.amazonaws.com";

/// One request of AWS' own test suite for Signature Version 4.
struct Vector {
  const char* name;
  net::HttpRequest request;
  const char* signed_headers;
  const char* signature;
};

net::HttpRequest get(const std::string& target, net::Headers headers = {}) {
  return {.method = "GET", .url = kHost + target, .headers = std::move(headers)};
}

net::HttpRequest post(const std::string& body, net::Headers headers) {
  return {.method = "POST", .url = kHost + "/", .headers = std::move(headers), .body = body};
}

const std::string kUnreserved =
    "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const Vector kVectors[] = {
    {"get-vanilla", get("/"), "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-vanilla, without a path", get(""), "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-vanilla-empty-query-key", get("/?Param1=value1"), "host;x-amz-date",
     "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
    {"get-vanilla-query-order-key", get("/?Param2=value2&Param1=value1"), "host;x-amz-date",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-vanilla-query-order-value", get("/?Param1=value2&Param1=value1"), "host;x-amz-date",
     "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
    {"get-vanilla-query-unreserved", get("/?" + kUnreserved + "=" + kUnreserved), "host;x-amz-date",
     "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
    {"get-vanilla-utf8-query", get("/?%E1%88%B4=bar"), "host;x-amz-date",
     "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
    {"get-relative", get("/example/.."), "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-slash-dot-slash", get("/./"), "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-slashes", get("//example//"), "host;x-amz-date",
     "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
    {"get-header-key-duplicate",
     get("/", {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}),
     "host;my-header1;x-amz-date",
     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
    {"get-header-value-trim",
     get("/", {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}),
     "host;my-header1;my-header2;x-amz-date",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {"post-vanilla", post("", {}), "host;x-amz-date",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {"post-header-key-sort", post("", {{"My-Header1", "value1"}}), "host;my-header1;x-amz-date",
     "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
    {"post-x-www-form-urlencoded",
     post("Param1=value1", {{"Content-Type", "application/x-www-form-urlencoded"}}),
     "content-type;host;x-amz-date",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
};

TEST_CASE("requests of AWS' test suite are signed as it signs them", "[sigv4]") {
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.name);
    const auto headers = sign_v4(vector.request, kCredentials, kScope, kMoment);
    REQUIRE(headers);
    CHECK(headers->get("X-Amz-Date") == "20150830T123600Z");
    CHECK(headers->find("X-Amz-Security-Token") == nullptr);
    CHECK(headers->get("Authorization") ==
          std::string("AWS4-HMAC-SHA256 "
                      "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                      "SignedHeaders=") +
              vector.signed_headers + ", Signature=" + vector.signature);
  }
}

TEST_CASE("a session token is sent and signed", "[sigv4]") {
  AwsCredentials credentials = kCredentials;
  // post-sts-header-before
  credentials.session_token =
      "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSP"
      "fIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT"
      "7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlz"
      "m8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
  const auto headers = sign_v4(post("", {}), credentials, kScope, kMoment);
  REQUIRE(headers);
  CHECK(headers->get("X-Amz-Security-Token") == credentials.session_token);
  CHECK_THAT(headers->get("Authorization"),
             Catch::Contains("SignedHeaders=host;x-amz-date;x-amz-security-token, ") &&
                 Catch::EndsWith(
                     "Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"));
}

TEST_CASE("what is encoded in a path is encoded once more", "[sigv4]") {
  // Calculated with Python's hmac from the canonical path /a%2520b.
  const auto headers = sign_v4(get("/a%20b"), kCredentials, kScope, kMoment);
  REQUIRE(headers);
  CHECK_THAT(headers->get("Authorization"),
             Catch::EndsWith("08c33fd523b5dc18699a2c38863929f12203a282c033d442d45b59a096458aa6"));
}

TEST_CASE("what is no URL is not signed", "[sigv4]") {
  CHECK(sign_v4({.url = "nowhere"}, kCredentials, kScope, kMoment).error().code ==
        ErrorCode::Invalid);
}

}  // namespace
}  // namespace sluice::analysis
