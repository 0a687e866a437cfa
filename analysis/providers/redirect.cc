#include "analysis/providers/redirect.h"

#include "net/url.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace sluice::analysis {
namespace {

constexpr int kMovedPermanently = 301;
constexpr int kFound = 302;
constexpr int kSeeOther = 303;
constexpr int kTemporaryRedirect = 307;
constexpr int kPermanentRedirect = 308;

bool is_same_server(const net::Url& left, const net::Url& right) {
  return left.tls == right.tls && left.port == right.port &&
         net::same_header_name(left.host, right.host);
}

bool becomes_get(const std::string& method, int status) {
  if (status == kSeeOther) return method != "HEAD";
  return method == "POST" && (status == kMovedPermanently || status == kFound);
}

}  // namespace

bool is_redirect(int status) {
  return status == kMovedPermanently || status == kFound || status == kSeeOther ||
         status == kTemporaryRedirect || status == kPermanentRedirect;
}

std::string bare_url(const std::string& url) {
  return url.substr(0, url.find_first_of("?#"));
}

Result<Redirect> follow(net::HttpRequest request, const net::HttpResponse& answer) {
  const std::string* location = answer.headers.find("Location");
  if (location == nullptr || location->empty())
    return fail(internal(fmt::format("HTTP {} without a Location", answer.status)));
  auto url = net::resolve_url(request.url, *location);
  if (!url) return fail(internal("redirected: " + url.error().message));
  const auto from = net::parse_url(request.url);
  const auto to = net::parse_url(*url);
  if (!from) return fail(from.error());
  if (!to) return fail(internal("redirected: " + to.error().message));
  if (from->tls && !to->tls) return fail(internal("redirected from https to " + bare_url(*url)));
  const bool same_server = is_same_server(*from, *to);
  request.url = *std::move(url);
  if (becomes_get(request.method, answer.status)) {
    request.method = "GET";
    request.body.clear();
    request.headers = {};
  }
  if (!same_server && !request.body.empty())
    return fail(internal("redirected, with a body, to another server: " + bare_url(request.url)));
  return Redirect{std::move(request), same_server};
}

}  // namespace sluice::analysis
