#include "core/names.h"

#include <fmt/core.h>

#include <algorithm>

namespace sluice::core {
namespace {

constexpr size_t kSubdomainBytesMax = 253;
constexpr size_t kLabelBytesMax = 63;
constexpr size_t kPortNameBytesMax = 15;

bool is_lower(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_alphanumeric(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

/// [a-z0-9]([-a-z0-9]*[a-z0-9])?
bool is_dns_label(std::string_view text) {
  return !text.empty() && is_lower(text.front()) && is_lower(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_lower(c) || c == '-'; });
}

bool is_dns_subdomain(std::string_view text) {
  while (true) {
    const size_t dot = text.find('.');
    if (!is_dns_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

/// ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]
bool is_name_part(std::string_view text) {
  return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::ranges::all_of(
             text, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

std::string longer_than(size_t bytes_max) {
  return fmt::format("must be no more than {} bytes", bytes_max);
}

constexpr std::string_view kSubdomainWords =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kLabelWords =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kDns1035Words =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kNamePartWords =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kLabelValueWords =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
    "or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr std::string_view kConfigKeyWords =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
    "'[-._a-zA-Z0-9]+')";

NameComplaints check(std::string_view text, size_t bytes_max, bool well_formed,
                     std::string_view words) {
  NameComplaints complaints;
  if (text.size() > bytes_max) complaints.push_back(longer_than(bytes_max));
  if (!well_formed) complaints.emplace_back(words);
  return complaints;
}

}  // namespace

NameComplaints check_subdomain(std::string_view name) {
  return check(name, kSubdomainBytesMax, is_dns_subdomain(name), kSubdomainWords);
}

NameComplaints check_label(std::string_view name) {
  return check(name, kLabelBytesMax, is_dns_label(name), kLabelWords);
}

NameComplaints check_dns1035_label(std::string_view name) {
  const bool well_formed = is_dns_label(name) && (name.front() < '0' || name.front() > '9');
  return check(name, kLabelBytesMax, well_formed, kDns1035Words);
}

NameComplaints check_qualified_name(std::string_view key) {
  NameComplaints complaints;
  std::string_view name = key;
  if (const size_t slash = key.find('/'); slash != std::string_view::npos) {
    const std::string_view prefix = key.substr(0, slash);
    name = key.substr(slash + 1);
    if (name.contains('/')) {
      complaints.push_back(fmt::format(
          "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must "
          "start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or "
          "'123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') "
          "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"));
      return complaints;
    }
    if (prefix.empty())
      complaints.emplace_back("prefix part must be non-empty");
    else
      for (const std::string& complaint : check_subdomain(prefix))
        complaints.push_back("prefix part " + complaint);
  }
  if (name.empty()) complaints.emplace_back("name part must be non-empty");
  if (name.size() > kLabelBytesMax)
    complaints.push_back("name part " + longer_than(kLabelBytesMax));
  if (!is_name_part(name)) complaints.emplace_back(kNamePartWords);
  return complaints;
}

NameComplaints check_label_value(std::string_view value) {
  return check(value, kLabelBytesMax, value.empty() || is_name_part(value), kLabelValueWords);
}

NameComplaints check_config_key(std::string_view key) {
  const bool well_formed = !key.empty() && std::ranges::all_of(key, [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
  });
  NameComplaints complaints = check(key, kSubdomainBytesMax, well_formed, kConfigKeyWords);
  if (key == "." || key == "..") complaints.push_back(fmt::format("must not be '{}'", key));
  return complaints;
}

NameComplaints check_port_name(std::string_view name) {
  NameComplaints complaints;
  if (name.size() > kPortNameBytesMax)
    complaints.push_back(fmt::format("must be no more than {} characters", kPortNameBytesMax));
  const bool plain = std::ranges::all_of(name, [](char c) { return is_lower(c) || c == '-'; });
  if (!plain || name.empty())
    complaints.emplace_back(
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (std::ranges::none_of(name, [](char c) { return c >= 'a' && c <= 'z'; }))
    complaints.emplace_back("must contain at least one letter (a-z)");
  if (name.contains("--")) complaints.emplace_back("must not contain consecutive hyphens");
  if (name.starts_with('-') || name.ends_with('-'))
    complaints.emplace_back("must not begin or end with a hyphen");
  return complaints;
}

NameComplaints check_variable_name(std::string_view name) {
  const bool well_formed =
      std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~' && c != '='; });
  if (well_formed) return {};
  return {
      "a valid environment variable name must consist only of printable ASCII characters other "
      "than '='"};
}

}  // namespace sluice::core
