#include "local/api/login.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cctype>

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
      header.size() > kScheme.size() &&
      std::ranges::equal(header.substr(0, kScheme.size()), kScheme, [](char one, char other) {
        return std::tolower(static_cast<unsigned char>(one)) == other;
      });
  return bearer ? std::optional(header.substr(kScheme.size())) : std::nullopt;
}

std::string resource_scope(const ApiPath& path) {
  return path.namespace_.empty() ? "at the cluster scope"
                                 : fmt::format("in the namespace \"{}\"", path.namespace_);
}

ApiError forbidden_resource(const User& user, std::string_view verb, const ApiPath& path) {
  const GroupResource resource{path.group, path.plural};
  const std::string object = path.name.empty()
                                 ? resource.to_string()
                                 : fmt::format("{} \"{}\"", resource.to_string(), path.name);
  const std::string asked =
      path.subresource.empty() ? path.plural : path.plural + "/" + path.subresource;
  ApiDetails details;
  details.name = path.name;
  details.group = path.group;
  details.kind = path.plural;
  return {
      403, "Forbidden",
      fmt::format("{} is forbidden: User \"{}\" cannot {} resource \"{}\" in API group \"{}\" {}",
                  object, user.name, verb, asked, path.group, resource_scope(path)),
      details};
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
  if (path.kind == ApiPath::Kind::Resource)
    return forbidden_resource(user, api_verb(request.method, path, request.query), path);
  std::string verb = request.method;
  std::ranges::transform(verb, verb.begin(), [](unsigned char c) { return std::tolower(c); });
  return ApiError{
      403, "Forbidden",
      fmt::format("forbidden: User \"{}\" cannot {} path \"{}\"", user.name, verb, request.path),
      ApiDetails{}};
}

}  // namespace sluice::local
