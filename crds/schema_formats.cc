#include "crds/schema_formats.h"

#include "base/ensure.h"
#include "base/pattern.h"
#include "base/time.h"
#include "base/whole_number.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace sluice::crds {
namespace {

constexpr std::array<std::string_view, 24> kFormats = {
    "bsonobjectid", "uri",    "email",    "hostname",   "ipv4",     "ipv6",
    "cidr",         "mac",    "uuid",     "uuid3",      "uuid4",    "uuid5",
    "isbn",         "isbn10", "isbn13",   "creditcard", "ssn",      "hexcolor",
    "rgbcolor",     "byte",   "password", "date",       "duration", "datetime"};

std::string without_dashes(std::string_view format) {
  std::string plain(format);
  std::erase(plain, '-');
  return plain;
}

bool is_address(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(family, std::string(text).c_str(), address.data()) == 1;
}

bool is_cidr(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view address = text.substr(0, slash);
  const auto bits = whole_number<uint32_t>(text.substr(slash + 1));
  if (!bits) return false;
  if (is_address(AF_INET, address)) return *bits <= 32;
  return is_address(AF_INET6, address) && *bits <= 128;
}

bool is_date(std::string_view text) {
  return text.size() == 10 && parse_time(std::string(text) + "T00:00:00Z").has_value();
}

/// Formats that a regular expression describes.
const std::map<std::string_view, Pattern>& format_patterns() {
  static const auto compiled = [] {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kExpressions = {{
        {"uri", "^(/|[A-Za-z][A-Za-z0-9+.-]*:)[^\\s]*$"},
        {"email", "^[^@\\s]+@[^@\\s]+$"},
        {"hostname",
         "^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*[A-Za-z0-9](-?[A-Za-z0-9]){0,62}$"},
        {"mac", "^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}(([:-][0-9A-Fa-f]{2}){2})?$"},
        {"uuid", "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$"},
        {"uuid3", "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$"},
        {"uuid4", "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$"},
        {"uuid5", "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$"},
        {"hexcolor", "^#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$"},
        {"byte", "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"},
    }};
    std::map<std::string_view, Pattern> patterns;
    for (const auto& [format, expression] : kExpressions) {
      auto pattern = Pattern::compile(expression);
      SLUICE_ENSURE(pattern.has_value(), "a format's pattern compiles");
      patterns.emplace(format, std::move(*pattern));
    }
    return patterns;
  }();
  return compiled;
}

}  // namespace

bool is_known_format(std::string_view format) {
  const std::string plain = without_dashes(format);
  return std::find(kFormats.begin(), kFormats.end(), plain) != kFormats.end();
}

bool has_format(std::string_view format, std::string_view text) {
  const std::string plain = without_dashes(format);
  if (plain == "datetime") return parse_time(text).has_value();
  if (plain == "date") return is_date(text);
  if (plain == "duration") return parse_duration(text).has_value();
  if (plain == "ipv4") return is_address(AF_INET, text);
  if (plain == "ipv6") return is_address(AF_INET6, text);
  if (plain == "cidr") return is_cidr(text);
  const auto pattern = format_patterns().find(plain);
  return pattern == format_patterns().end() || pattern->second.found_in(text);
}

}  // namespace sluice::crds
