#include "local/api/login.h"

#include "base/letter_case.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace sluice::local {

namespace {

constexpr std::string_view kPublicPaths[] = {"/healthz", "/livez", "/readyz", "/version"};

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest digest_of(std::string_view text) {
  Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

/// Takes the same time wherever the two differ, and in whatever length.
bool same_secret(std::string_view one, std::string_view other) {
  const Digest first = digest_of(one);
  const Digest second = digest_of(other);
  return CRYPTO_memcmp(first.data(), second.data(), first.size()) == 0;
}

/// The token of "Authorization: Bearer TOKEN"; nothing for other schemes.
std::optional<std::string_view> bearer_token(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  const bool bearer =
      header.size() > kScheme.size() && same_in_any_case(header.substr(0, kScheme.size()), kScheme);
  return bearer ? std::optional(header.substr(kScheme.size())) : std::nullopt;
}

}  // namespace

bool User::is_administrator() const {
  return std::ranges::find(groups, kAdministrators) != groups.end();
}

ApiResult<User> identify(const net::ServerRequest& request, std::string_view token) {
  if (!request.client_common_name.empty())
    return User{request.client_common_name, request.client_organizations};
  const std::string header = request.headers.get("Authorization");
  const auto given = bearer_token(header);
  if (!given) return User{"system:anonymous", {"system:unauthenticated"}};
  if (token.empty() || !same_secret(*given, token))
    return fail(ApiError{401, "Unauthorized", "Unauthorized", std::nullopt});
  return User{"sluice-admin", {std::string(kAdministrators)}};
}

std::optional<ApiError> refuse(const User& user, const net::ServerRequest& request,
                               const ApiPath& path) {
  if (user.is_administrator() ||
      std::ranges::find(kPublicPaths, std::string_view(request.path)) != std::end(kPublicPaths)) {
    return std::nullopt;
  }
  return ApiError{403, "Forbidden",
                  fmt::format("User \"{}\" may not {} {}", user.name, request.method, request.path),
                  ApiDetails{.name = path.name, .group = path.group, .kind = path.plural}};
}

}  // namespace sluice::local
