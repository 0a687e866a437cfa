#include "traffic/gateway_api_matches.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace sluice::traffic {
namespace {

/// The text as a regular expression that matches nothing else.
std::string literal_pattern(std::string_view text) {
  constexpr std::string_view kMeaningful = R"(\.+*?()|[]{}^$)";
  std::string pattern;
  for (const char c : text) {
    if (kMeaningful.find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

Json header_match(const crds::HeaderMatch& match) {
  const crds::StringMatch& value = match.value;
  if (!value.exact.empty())
    return {{"name", match.name}, {"type", "Exact"}, {"value", value.exact}};
  // Gateways compare a value with the whole expression.
  const std::string regex =
      value.prefix.empty() ? value.regex : literal_pattern(value.prefix) + ".*";
  return {{"name", match.name}, {"type", "RegularExpression"}, {"value", regex}};
}

}  // namespace

Json matches_of(const Json& rule) {
  const auto found = rule.find("matches");
  if (found != rule.end() && !found->empty()) return *found;
  return Json::array({{{"path", {{"type", "PathPrefix"}, {"value", "/"}}}}});
}

void add_headers(Json& match, const std::vector<crds::HeaderMatch>& headers) {
  for (const crds::HeaderMatch& header : headers) match["headers"].push_back(header_match(header));
}

}  // namespace sluice::traffic
