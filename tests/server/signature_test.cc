#include "server/signature.h"

#include <catch2/catch.hpp>

namespace sluice::server {
namespace {

struct Vector {
  std::string key;
  std::string data;
  std::string hmac;
};

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

TEST_CASE("HMAC-SHA256 is that of RFC 4231", "[signature]") {
  const Vector vector = GENERATE(values<Vector>({
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  }));
  CHECK(hmac_sha256_hex(vector.key, vector.data) == vector.hmac);
}

TEST_CASE("a signature by any of the secrets is good", "[signature]") {
  const Credentials credentials{.hmac_secrets = {"old", "new"}};
  const std::string message = R"({"id":"1"})";
  for (const char* secret : {"old", "new"})
    CHECK(is_signed(credentials, "sha256=" + hmac_sha256_hex(secret, message), message));
  CHECK_FALSE(is_signed(credentials, "sha256=" + hmac_sha256_hex("other", message), message));
  CHECK_FALSE(is_signed(credentials, "sha256=" + hmac_sha256_hex("new", message), message + " "));
}

TEST_CASE("a signature of another form is none", "[signature]") {
  const Credentials credentials{.hmac_secrets = {"key"}};
  const std::string hmac = hmac_sha256_hex("key", "message");
  for (const std::string& signature :
       {hmac, "sha1=" + hmac, "SHA256=" + hmac, "sha256=" + hmac.substr(0, 32),
        std::string("sha256="), std::string()}) {
    INFO(signature);
    CHECK_FALSE(is_signed(credentials, signature, "message"));
  }
  CHECK_FALSE(is_signed({}, "sha256=" + hmac_sha256_hex("", "message"), "message"));
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
