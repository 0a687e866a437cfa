#include "analysis/providers/source_settings.h"

#include "base/base64.h"
#include "base/whole_number.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace sluice::analysis {
namespace {

constexpr std::array<std::string_view, 5> kFraming{"Connection", "Content-Length", "Keep-Alive",
                                                   "Transfer-Encoding", "Upgrade"};

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < ' ' && c != '\t') || byte == 0x7F;
}

bool is_blank_or_control(char c) {
  return c == ' ' || c == '\t' || is_control(c);
}

/// RFC 9110, 5.6.2.
bool is_token(char c) {
  constexpr std::string_view kSigns = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kSigns.contains(c);
}

bool is_framing(std::string_view name) {
  return std::ranges::any_of(
      kFraming, [name](std::string_view one) { return net::same_header_name(name, one); });
}

/// "user@host:80" of "http://user@host:80/path".
std::string_view authority_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != url.npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

}  // namespace

bool has_tag(std::string_view text) {
  return text.contains("{{");
}

void SettingsReader::add(std::string_view field, std::string message) {
  problems_.push_back({fmt::format("{}.{}", path_, field), std::move(message)});
}

void SettingsReader::add_invalid(std::string_view field, std::string_view value,
                                 std::string_view why) {
  add(field, fmt::format("Invalid value: \"{}\": {}", value, why));
}

std::string SettingsReader::text(const Json& block, std::string_view field) {
  const Json* value = find_path(block, field);
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return value->get<std::string>();
  add_invalid(field, dump_json(*value), "must be a string");
  return {};
}

std::string SettingsReader::url(const Json& block, std::string_view field) {
  std::string url = text(block, field);
  if (url.empty() || has_tag(url)) return url;
  const std::string_view authority = authority_of(url);
  const bool has_scheme = url.starts_with("http://") || url.starts_with("https://");
  // The message must not repeat a password.
  if (authority.contains('@'))
    add(field, "must not hold a user name or password: use authentication.basicAuth");
  else if (!has_scheme)
    add_invalid(field, url, "must start with http:// or https://");
  else if (authority.empty())
    add_invalid(field, url, "must name a host");
  else if (std::ranges::any_of(url, is_control) ||
           std::ranges::any_of(authority, is_blank_or_control))
    add(field, "must not hold blanks or control characters");
  return url;
}

std::optional<Duration> SettingsReader::seconds(const Json& block, std::string_view field) {
  const Json* value = find_path(block, field);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const std::string text = value->is_string() ? value->get<std::string>() : dump_json(*value);
  if (has_tag(text)) return std::nullopt;
  constexpr int64_t kLongest = 24 * 3600;
  const auto seconds = whole_number(text);
  if (!seconds || *seconds < 0 || *seconds > kLongest) {
    add_invalid(field, text, "must be a whole number of seconds");
    return std::nullopt;
  }
  return *seconds == 0 ? std::nullopt : std::optional<Duration>(std::chrono::seconds(*seconds));
}

SourceAccess SettingsReader::access(const Json& block) {
  SourceAccess access{.insecure = bool_at(block, "insecure"), .headers = {}};
  read_headers(block, access.headers);
  read_authentication(block, access);
  return access;
}

void SettingsReader::read_headers(const Json& block, net::Headers& headers) {
  const Json* list = find_path(block, "headers");
  if (list == nullptr || !list->is_array()) return;
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string name = string_at((*list)[i], "key");
    const std::string value = string_at((*list)[i], "value");
    const std::string field = fmt::format("headers[{}]", i);
    if (name.empty())
      add(field + ".key", "Required value: a header's name");
    else if (!has_tag(name) && !std::ranges::all_of(name, is_token))
      add(field + ".key", "a header's name holds letters, digits and !#$%&'*+-.^_`|~ only");
    else if (std::ranges::any_of(value, is_control))
      add(field + ".value", "a header must not hold line breaks or other control characters");
    else if (!is_framing(name))
      headers.add(name, value);
  }
}

void SettingsReader::read_authentication(const Json& block, SourceAccess& access) {
  access.oauth2 = read_oauth2(block);
  access.sigv4 = read_sigv4(block);
  const std::string user = text(block, "authentication.basicAuth.username");
  const std::string password = text(block, "authentication.basicAuth.password");
  const bool is_basic = !user.empty() || !password.empty();
  if (is_basic)
    access.headers.add("Authorization", "Basic " + encode_base64(user + ":" + password));
  if (is_basic && access.oauth2)
    add("authentication.oauth2", "basicAuth and oauth2 exclude each other");
  // Of all that is sent a signature is the only thing that may be in this header.
  if (access.sigv4 && (access.oauth2 || access.headers.find("Authorization") != nullptr))
    add("authentication.sigv4", "excludes basicAuth, oauth2 and a header Authorization");
}

std::optional<SigV4> SettingsReader::read_sigv4(const Json& block) {
  // Argo's manifests carry the schemes that are not used as empty objects.
  const Json* settings = find_path(block, "authentication.sigv4");
  if (settings == nullptr || !settings->is_object() || settings->empty()) return std::nullopt;
  SigV4 sigv4{.region = text(block, "authentication.sigv4.region"),
              .profile = text(block, "authentication.sigv4.profile")};
  if (!has_tag(sigv4.region) && !std::ranges::all_of(sigv4.region, is_token))
    add_invalid("authentication.sigv4.region", sigv4.region, "must be a region's name");
  if (!text(block, "authentication.sigv4.roleArn").empty()) {
    add("authentication.sigv4.roleArn",
        "taking on a role is not supported (supported: profile, credentials of the controller)");
  }
  return sigv4;
}

std::optional<OAuth2> SettingsReader::read_oauth2(const Json& block) {
  const Json* settings = find_path(block, "authentication.oauth2");
  if (settings == nullptr || !settings->is_object() || settings->empty()) return std::nullopt;
  OAuth2 oauth2{.token_url = url(block, "authentication.oauth2.tokenUrl"),
                .client_id = text(block, "authentication.oauth2.clientId"),
                .client_secret = text(block, "authentication.oauth2.clientSecret"),
                .scopes = {}};
  if (oauth2.token_url.empty())
    add("authentication.oauth2.tokenUrl", "Required value: where tokens are given out");
  if (oauth2.client_id.empty())
    add("authentication.oauth2.clientId", "Required value: the name of the client");
  if (oauth2.client_secret.empty())
    add("authentication.oauth2.clientSecret", "Required value: an argument that is of a Secret");
  const Json* scopes = find_path(*settings, "scopes");
  if (scopes == nullptr || scopes->is_null()) return oauth2;
  const auto is_text = [](const Json& scope) { return scope.is_string(); };
  if (scopes->is_array() && std::ranges::all_of(*scopes, is_text))
    oauth2.scopes = scopes->get<std::vector<std::string>>();
  else
    add("authentication.oauth2.scopes", "must be a list of strings");
  return oauth2;
}

Json read_block(const JsonText& text, std::string_view path, crds::FieldProblems& problems) {
  auto block = parse_json(text ? *text : std::string("{}"));
  if (block && block->is_object()) return *std::move(block);
  problems.push_back({std::string(path), "must be an object"});
  return {};
}

}  // namespace sluice::analysis
