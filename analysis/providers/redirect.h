#pragma once

// Where an answer of 3xx sends whoever asked (RFC 9110, 15.4), and what may be sent there.

#include "net/http.h"

#include <string>

namespace sluice::analysis {

/// Redirects that are followed for one question.
inline constexpr int kRedirectsMax = 5;

/// 301, 302, 303, 307 and 308.
bool is_redirect(int status);

struct Redirect {
  net::HttpRequest request;
  bool same_server = false;  ///< Scheme, host and port are those of before.
};

/// What to ask after `request` was answered by a redirect. A POST becomes a GET after 301 and 302,
/// anything after 303; its body and the headers about it are left behind. Errors are Internal: the
/// peer names no place, leaves https, or wants the body sent on to another server.
Result<Redirect> follow(net::HttpRequest request, const net::HttpResponse& answer);

/// A URL without its query, which may hold what is nobody's business.
std::string bare_url(const std::string& url);

}  // namespace sluice::analysis
