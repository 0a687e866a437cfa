#pragma once

// URLs as the HTTP client needs them, and percent-encoding.

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::net {

struct Url {
  bool tls = false;
  std::string host;  ///< Decoded; IPv6 addresses without brackets.
  uint16_t port = 0;
  std::string authority;  ///< For the Host header: the port only where it is not the default.
  std::string target;     ///< Path and query as given, at least "/".
};

/// Reads an absolute http:// or https:// URL. User names in URLs are refused.
Result<Url> parse_url(std::string_view text);

/// The absolute URL that `reference` (RFC 3986, 4.1) means where `base` was asked, without a
/// fragment. Invalid where it is no reference.
Result<std::string> resolve_url(std::string_view base, std::string_view reference);

/// Encodes all but unreserved characters (RFC 3986, 2.3): fit for one path segment or query value.
std::string percent_encode(std::string_view text);

enum class Plus { IsPlus, IsSpace };

/// Decodes "%41"; with Plus::IsSpace also '+', as query strings of forms do.
Result<std::string> percent_decode(std::string_view text, Plus plus);

}  // namespace sluice::net
