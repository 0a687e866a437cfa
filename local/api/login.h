#pragma once

// Who asks, and whether they may. The cluster has one kind of user, its administrator, known by the
// client certificate or the bearer token; everybody else may see that it lives and its version.

#include "local/api/api_request.h"
#include "local/store/api_error.h"
#include "net/http_server.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

inline constexpr std::string_view kAdministrators = "system:masters";

struct User {
  std::string name;
  std::vector<std::string> groups;

  bool is_administrator() const;
};

/// The user by a verified client certificate or else the bearer token; without either
/// "system:anonymous". 401 for a wrong token. Tokens are compared in constant time.
ApiResult<User> identify(const net::ServerRequest& request, std::string_view token);

/// 403 where the user may not make the request: nothing for administrators, and for anybody's
/// /healthz, /livez, /readyz and /version.
std::optional<ApiError> refuse(const User& user, const net::ServerRequest& request,
                               const ApiPath& path);

}  // namespace sluice::local
