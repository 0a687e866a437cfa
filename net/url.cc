#include "net/url.h"

#include "base/whole_number.h"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/core.h>

#include <optional>
#include <utility>

namespace sluice::net {
namespace {

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string strip_brackets(std::string host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return host.substr(1, host.size() - 2);
  return host;
}

/// The URL for a message, without what may be a secret: a password and the query. Empty where it is
/// not clear which part is which.
std::string quotable(std::string_view text) {
  const size_t at = text.rfind('@');
  const size_t query = text.find_first_of("?#");
  if (at == std::string_view::npos) return fmt::format(" '{}'", text.substr(0, query));
  if (query < at) return {};
  return fmt::format(" '...{}'", text.substr(0, query).substr(at));
}

/// Boost.URL accepts any digits.
std::optional<uint16_t> parse_port(std::string_view digits, uint16_t default_port) {
  if (digits.empty()) return default_port;
  const auto port = whole_number<uint16_t>(digits);
  return port == 0 ? std::nullopt : port;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    return fail(invalid(fmt::format("URL{}: {}", quotable(text), why)));
  };
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) return refuse(parsed.error().message());
  const boost::urls::url_view& view = *parsed;

  Url url;
  url.tls = view.scheme_id() == boost::urls::scheme::https;
  if (!url.tls && view.scheme_id() != boost::urls::scheme::http)
    return refuse("must begin with http:// or https://");
  // The message must not repeat a password: it names the rule only.
  if (view.has_userinfo()) return fail(invalid("URL: must not hold a user name or password"));
  url.host = strip_brackets(view.host());
  if (url.host.empty()) return refuse("has no host");
  const uint16_t default_port = url.tls ? kHttpsPort : kHttpPort;
  const auto port = parse_port(view.port(), default_port);
  if (!port) return refuse("the port must be between 1 and 65535");
  url.port = *port;
  url.authority = std::string(view.encoded_host());
  if (url.port != default_port) url.authority += fmt::format(":{}", url.port);
  url.target = std::string(view.encoded_path());
  if (url.target.empty()) url.target = "/";
  if (view.has_query()) url.target += "?" + std::string(view.encoded_query());
  return url;
}

Result<std::string> resolve_url(std::string_view base, std::string_view reference) {
  const auto from = boost::urls::parse_uri({base.data(), base.size()});
  const auto to = boost::urls::parse_uri_reference({reference.data(), reference.size()});
  if (!from || !to) {
    const std::string_view wrong = from ? reference : base;
    const auto& error = from ? to.error() : from.error();
    return fail(invalid(fmt::format("URL{}: {}", quotable(wrong), error.message())));
  }
  boost::urls::url url;
  if (const auto resolved = boost::urls::resolve(*from, *to, url); !resolved)
    return fail(invalid(fmt::format("URL{}: {}", quotable(reference), resolved.error().message())));
  url.remove_fragment();
  return std::string(url.buffer());
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xf];
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::IsSpace) {
      out += ' ';
      continue;
    }
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    const auto byte = whole_number<uint8_t>(digits, 16);
    if (digits.size() != 2 || !byte)
      return fail(invalid(fmt::format("'{}' is not percent-encoded text", text)));
    out += static_cast<char>(*byte);
    i += 2;
  }
  return out;
}

}  // namespace sluice::net
