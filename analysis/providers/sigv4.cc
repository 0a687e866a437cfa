#include "analysis/providers/sigv4.h"

#include "base/digest.h"
#include "base/letter_case.h"
#include "net/url.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::analysis {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";

/// Without empty and dotted segments, and percent-encoded: what is encoded already, once more.
std::string canonical_path(std::string_view path) {
  const std::string normal = std::filesystem::path(path).lexically_normal().string();
  std::string out;
  for (const char c : normal) out += c == '/' ? std::string(1, c) : net::percent_encode({&c, 1});
  return out;
}

std::string encoded_once(std::string_view text) {
  const auto plain = net::percent_decode(text, net::Plus::IsPlus);
  return net::percent_encode(plain ? *plain : text);
}

/// name=value, each encoded, in the order of what is encoded.
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(one.size() + 1, query.size()));
    const size_t equals = std::min(one.find('='), one.size());
    const std::string_view value = one.substr(std::min(equals + 1, one.size()));
    parameters.emplace_back(encoded_once(one.substr(0, equals)), encoded_once(value));
  }
  std::ranges::sort(parameters);
  std::string out;
  for (const auto& [name, value] : parameters)
    out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, value);
  return out;
}

/// Without blanks around it, and with one where there are several.
std::string canonical_value(std::string_view value) {
  std::string out;
  for (const char c : value)
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

/// By lower-case name; several of one name are one list.
std::map<std::string, std::string> canonical_headers(const net::Headers& headers) {
  std::map<std::string, std::string> values;
  for (const net::Header& header : headers) {
    const std::string value = canonical_value(header.value);
    const auto [entry, is_new] = values.try_emplace(lower_case(header.name), value);
    if (!is_new) entry->second += "," + value;
  }
  return values;
}

struct CanonicalRequest {
  std::string text;
  std::string signed_headers;
};

CanonicalRequest canonical_request(const net::HttpRequest& request, const net::Url& url,
                                   const net::Headers& headers) {
  std::string lines;
  std::vector<std::string> names;
  for (const auto& [name, value] : canonical_headers(headers)) {
    lines += fmt::format("{}:{}\n", name, value);
    names.push_back(name);
  }
  const std::string_view target = url.target;
  const size_t question = std::min(target.find('?'), target.size());
  const std::string_view query = target.substr(std::min(question + 1, target.size()));
  std::string signed_headers = fmt::format("{}", fmt::join(names, ";"));
  std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method,
                                 canonical_path(target.substr(0, question)), canonical_query(query),
                                 lines, signed_headers, to_hex(sha256(request.body)));
  return {std::move(text), std::move(signed_headers)};
}

/// "20150830T123600Z".
std::string basic_time(SystemTime now) {
  std::string text = format_time(now);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::string signing_key(const std::string& secret, const std::string& day,
                        const SigningScope& scope) {
  const std::string of_day = hmac_sha256("AWS4" + secret, day);
  const std::string of_region = hmac_sha256(of_day, scope.region);
  const std::string of_service = hmac_sha256(of_region, scope.service);
  return hmac_sha256(of_service, kTerminator);
}

}  // namespace

Result<net::Headers> sign_v4(const net::HttpRequest& request, const AwsCredentials& credentials,
                             const SigningScope& scope, SystemTime now) {
  const auto url = net::parse_url(request.url);
  if (!url) return fail(url.error());
  const std::string time = basic_time(now);
  net::Headers added{{"X-Amz-Date", time}};
  if (!credentials.session_token.empty())
    added.add("X-Amz-Security-Token", credentials.session_token);
  net::Headers all = request.headers;
  if (all.find("Host") == nullptr) all.add("Host", url->authority);
  for (const net::Header& header : added) all.add(header.name, header.value);
  const CanonicalRequest canonical = canonical_request(request, *url, all);

  const std::string day = time.substr(0, time.find('T'));
  const std::string place =
      fmt::format("{}/{}/{}/{}", day, scope.region, scope.service, kTerminator);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, place, to_hex(sha256(canonical.text)));
  const std::string key = signing_key(credentials.secret_access_key, day, scope);
  added.add("Authorization",
            fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                        credentials.access_key_id, place, canonical.signed_headers,
                        to_hex(hmac_sha256(key, to_sign))));
  return added;
}

}  // namespace sluice::analysis
