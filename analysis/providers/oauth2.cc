#include "analysis/providers/oauth2.h"

#include "analysis/providers/http_source.h"
#include "base/base64.h"
#include "base/json.h"
#include "net/url.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace sluice::analysis {
namespace {

/// How long before its end a token is no longer shown; of a short life at most the half.
constexpr Duration kExpiryMargin = std::chrono::seconds(30);
constexpr int64_t kLifeMax = int64_t{365} * 24 * 3600;  // seconds

/// "3600" or 3600: some servers write text.
std::optional<Duration> life_of(const Json& answer) {
  const Json* value = find_path(answer, "expires_in");
  if (value == nullptr || value->is_null()) return std::nullopt;
  const std::string text = value->is_string() ? value->get<std::string>() : dump_json(*value);
  int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(std::clamp<int64_t>(seconds, 0, kLifeMax));
}

Error refused(const net::HttpResponse& answer) {
  const auto json = parse_json(answer.body);
  const std::string kind = json ? string_at(*json, "error") : "";
  const std::string said =
      kind.empty() ? excerpt(answer.body) : kind + ": " + string_at(*json, "error_description");
  return {code_of_status(answer.status),
          fmt::format("HTTP {}{}", answer.status, said.empty() ? "" : ": " + excerpt(said))};
}

}  // namespace

net::HttpRequest token_request(const OAuth2& settings, ClientProof proof) {
  // RFC 6749, 2.3.1: both are encoded as in a form before they are made one.
  const std::string id = net::percent_encode(settings.client_id);
  const std::string secret = net::percent_encode(settings.client_secret);
  net::HttpRequest request{.method = "POST", .url = settings.token_url};
  request.headers.add("Accept", "application/json");
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.body = "grant_type=client_credentials";
  if (!settings.scopes.empty()) {
    const std::string scopes = fmt::format("{}", fmt::join(settings.scopes, " "));
    request.body += "&scope=" + net::percent_encode(scopes);
  }
  if (proof == ClientProof::Header)
    request.headers.add("Authorization", "Basic " + encode_base64(id + ":" + secret));
  else
    request.body += "&client_id=" + id + "&client_secret=" + secret;
  return request;
}

Result<AccessToken> read_token(const net::HttpResponse& answer, SteadyTime now) {
  constexpr int kOk = 200;
  if (answer.status != kOk) return fail(refused(answer));
  const auto json = parse_json(answer.body);
  // What is in an answer that is not understood may be a token.
  if (!json || !json->is_object()) return fail(internal("the answer is no JSON object"));
  AccessToken token{.text = string_at(*json, "access_token")};
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7F; };
  if (token.text.empty() || !std::ranges::all_of(token.text, is_plain))
    return fail(internal("the answer holds no access_token"));
  const std::string type = string_at(*json, "token_type");
  if (!type.empty() && !net::same_header_name(type, "bearer"))
    return fail(internal("the token's type is not Bearer"));
  if (const auto life = life_of(*json)) {
    const Duration margin = std::min<Duration>(kExpiryMargin, *life / 2);
    token.good_until = now + *life - margin;
  }
  return token;
}

std::optional<std::string> TokenCache::find(const OAuth2& settings, SteadyTime now) const {
  const auto found = tokens_.find(settings);
  if (found == tokens_.end() || found->second.good_until <= now) return std::nullopt;
  return found->second.text;
}

void TokenCache::keep(const OAuth2& settings, AccessToken token) {
  if (!tokens_.contains(settings) && tokens_.size() >= kTokensMax) {
    const auto first_to_end = std::ranges::min_element(
        tokens_, {}, [](const auto& entry) { return entry.second.good_until; });
    tokens_.erase(first_to_end);
  }
  tokens_.insert_or_assign(settings, std::move(token));
}

void TokenCache::forget(const OAuth2& settings, const std::string& refused) {
  const auto found = tokens_.find(settings);
  if (found != tokens_.end() && found->second.text == refused) tokens_.erase(found);
}

}  // namespace sluice::analysis
