#include "server/signature.h"

#include "base/digest.h"

#include <catch2/catch.hpp>

namespace sluice::server {
namespace {

bool is_signed(const Credentials& credentials, const std::string& signature,
               std::string_view message) {
  net::Headers headers;
  headers.add("x-hub-signature-256", signature);
  return authenticated(credentials, headers, message);
}

bool bears(const Credentials& credentials, const std::string& authorization) {
  net::Headers headers;
  headers.add("Authorization", authorization);
  return authenticated(credentials, headers, "");
}

TEST_CASE("a signature by any of the secrets is good", "[signature]") {
  const Credentials credentials{.hmac_secrets = {"old", "new"}};
  const std::string message = R"({"id":"1"})";
  for (const char* secret : {"old", "new"})
    CHECK(is_signed(credentials, "sha256=" + to_hex(hmac_sha256(secret, message)), message));
  CHECK_FALSE(is_signed(credentials, "sha256=" + to_hex(hmac_sha256("other", message)), message));
  CHECK_FALSE(
      is_signed(credentials, "sha256=" + to_hex(hmac_sha256("new", message)), message + " "));
}

TEST_CASE("a signature of another form is none", "[signature]") {
  const Credentials credentials{.hmac_secrets = {"key"}};
  const std::string hmac = to_hex(hmac_sha256("key", "message"));
  for (const std::string& signature :
       {hmac, "sha1=" + hmac, "SHA256=" + hmac, "sha256=" + hmac.substr(0, 32),
        std::string("sha256="), std::string()}) {
    INFO(signature);
    CHECK_FALSE(is_signed(credentials, signature, "message"));
  }
  CHECK_FALSE(is_signed({}, "sha256=" + to_hex(hmac_sha256("", "message")), "message"));
}

TEST_CASE("a bearer token is compared as a whole", "[signature]") {
  const Credentials credentials{.bearer_tokens = {"first", "second"}};
  CHECK(bears(credentials, "Bearer first"));
  CHECK(bears(credentials, "Bearer second"));
  // The name of a scheme knows no case (RFC 9110, 11.1).
  CHECK(bears(credentials, "bearer second"));
  for (const char* wrong : {"Bearer firs", "Bearer first2", "Bearer ", "Basic first", "first"}) {
    INFO(wrong);
    CHECK_FALSE(bears(credentials, wrong));
  }
  // A secret for signatures is no token.
  CHECK_FALSE(bears({.hmac_secrets = {"first"}}, "Bearer first"));
}

}  // namespace
}  // namespace sluice::server
