#include "traffic/istio_matches.h"

#include "base/json_list.h"
#include "base/letter_case.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace sluice::traffic {
namespace {

/// Without matches a route is about all requests.
Json istio_matches(const Json& route) {
  const Json& matches = list_at(route, "match");
  return matches.empty() ? Json::array({Json::object()}) : matches;
}

Json istio_text(const crds::StringMatch& match) {
  if (!match.exact.empty()) return {{"exact", match.exact}};
  if (!match.prefix.empty()) return {{"prefix", match.prefix}};
  return {{"regex", match.regex}};
}

/// What both texts match: `a` or `b`, or null where they have nothing in common. Absent where that
/// cannot be told.
std::optional<Json> common_text(const Json& a, const Json& b) {
  if (a == b) return a;
  const std::string exact_a = string_at(a, "exact");
  const std::string exact_b = string_at(b, "exact");
  const std::string prefix_a = string_at(a, "prefix");
  const std::string prefix_b = string_at(b, "prefix");
  const std::string& text_a = exact_a.empty() ? prefix_a : exact_a;
  const std::string& text_b = exact_b.empty() ? prefix_b : exact_b;
  if (text_a.empty() || text_b.empty()) return std::nullopt;
  if (exact_b.empty() && text_a.starts_with(text_b)) return a;
  if (exact_a.empty() && text_b.starts_with(text_a)) return b;
  return Json();
}

/// Asks for the text in one field of the match too; false where no request has both.
Result<bool> narrow_text(Json& match, const std::string& field, const Json& wanted) {
  const auto has = match.find(field);
  if (has == match.end()) {
    match[field] = wanted;
    return true;
  }
  std::optional<Json> both = common_text(*has, wanted);
  if (!both)
    return fail(invalid(fmt::format("the {} {} of a route and {} cannot be put together", field,
                                    dump_json(*has), dump_json(wanted))));
  if (both->is_null()) return false;
  *has = *std::move(both);
  return true;
}

/// Istio knows names of headers in lower case only.
Result<void> narrow_header(Json& match, const crds::HeaderMatch& header) {
  const std::string name = lower_case(header.name);
  const Json wanted = istio_text(header.value);
  Json& headers = match["headers"];
  if (headers.contains(name) && headers[name] != wanted)
    return fail(
        invalid(fmt::format("a route asks for another value of the header {} already", name)));
  headers[name] = wanted;
  return {};
}

/// False where no request meets both.
Result<bool> narrow_request(Json& match, const crds::RequestMatch& wanted) {
  if (!wanted.path.empty()) {
    const auto met = narrow_text(match, "uri", istio_text(wanted.path));
    if (!met || !*met) return met;
  }
  if (!wanted.method.empty()) {
    const auto met = narrow_text(match, "method", istio_text(wanted.method));
    if (!met || !*met) return met;
  }
  for (const crds::HeaderMatch& header : wanted.headers)
    if (const auto added = narrow_header(match, header); !added) return fail(added.error());
  return true;
}

}  // namespace

Result<Json> header_matches(const Json& route, const crds::HeaderRoute& wanted) {
  Json matches = Json::array();
  for (const Json& match : istio_matches(route)) {
    for (const crds::HeaderMatch& header : wanted.match) {
      Json& narrowed = matches.emplace_back(match);
      if (const auto added = narrow_header(narrowed, header); !added) return fail(added.error());
    }
  }
  return matches;
}

Result<Json> mirrored_matches(const Json& route, const crds::MirrorRoute& wanted) {
  Json matches = Json::array();
  for (const Json& match : istio_matches(route)) {
    for (const crds::RequestMatch& request : wanted.match) {
      Json narrowed = match;
      const auto met = narrow_request(narrowed, request);
      if (!met) return fail(met.error());
      if (*met) matches.push_back(std::move(narrowed));
    }
  }
  return matches;
}

}  // namespace sluice::traffic
