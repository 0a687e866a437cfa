#include "analysis/arguments.h"

#include "base/base64.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <functional>

namespace sluice::analysis {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kArgumentPrefix = "args.";
constexpr std::string_view kRedacted = "*****";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Copies `text` and calls `replace` with the inside of each {{…}}. What has no end is plain text.
Result<std::string> replace_tags(
    std::string_view text,
    const std::function<Result<std::string>(std::string_view tag)>& replace) {
  std::string replaced;
  while (true) {
    const size_t open = text.find(kOpen);
    const size_t close = open == text.npos ? open : text.find(kClose, open + kOpen.size());
    if (close == text.npos) return replaced.append(text);
    const size_t start = open + kOpen.size();
    const auto value = replace(trimmed(text.substr(start, close - start)));
    if (!value) return value;
    replaced.append(text.substr(0, open)).append(*value);
    text.remove_prefix(close + kClose.size());
  }
}

Result<std::string> value_of_tag(std::string_view tag, const StringMap& values) {
  if (!tag.starts_with(kArgumentPrefix))
    return fail(invalid(fmt::format("{{{{{}}}}} is not of the form {{{{args.NAME}}}}", tag)));
  const auto found = values.find(tag.substr(kArgumentPrefix.size()));
  if (found == values.end()) return fail(invalid(fmt::format("{} was not resolved", tag)));
  return found->second;
}

/// As it stands between the quotes of a JSON string.
std::string json_escaped(const std::string& value) {
  const std::string quoted = dump_json(Json(value));
  return quoted.substr(1, quoted.size() - 2);
}

void replace_all(std::string& text, std::string_view part, std::string_view by) {
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + by.size()))
    text.replace(at, part.size(), by);
}

/// The number of characters that stand for one byte of a secret at the beginning of `text`: itself,
/// percent-encoded, or a plus for a blank, as forms have it. 0: something else.
size_t stands_for(std::string_view text, char byte) {
  if (text.empty()) return 0;
  if (text.front() == byte || (byte == ' ' && text.front() == '+')) return 1;
  unsigned code = 0;
  constexpr size_t kLength = 3;
  if (text.front() != '%' || text.size() < kLength) return 0;
  const char* end = text.data() + kLength;
  const auto [read, error] = std::from_chars(text.data() + 1, end, code, 16);
  const bool same = error == std::errc{} && read == end && static_cast<char>(code) == byte;
  return same ? kLength : 0;
}

/// The length of the secret at the beginning of `text`, however much of it is encoded; 0: another
/// text.
size_t secret_at(std::string_view text, std::string_view secret) {
  size_t length = 0;
  for (const char byte : secret) {
    const size_t more = stands_for(text.substr(length), byte);
    if (more == 0) return 0;
    length += more;
  }
  return length;
}

void strike_encoded(std::string& text, std::string_view secret) {
  for (size_t at = 0; at < text.size(); ++at) {
    const size_t length = secret_at(std::string_view(text).substr(at), secret);
    if (length == 0) continue;
    text.replace(at, length, kRedacted);
    at += kRedacted.size() - 1;
  }
}

/// Within base64 ("user:secret") a secret has one of three forms, by where it begins. Characters
/// that its neighbours have a part in are left out.
void strike_base64(std::string& text, std::string_view secret) {
  constexpr size_t kTelling = 6;  // Fewer characters are in many texts by chance.
  for (size_t before = 0; before < 3; ++before) {
    const std::string encoded = encode_base64(std::string(before, '\0') + std::string(secret));
    const size_t first = (before * 8 + 5) / 6;
    const size_t last = (before + secret.size()) * 8 / 6;
    if (last < first + kTelling) continue;
    std::string part = encoded.substr(first, last - first);
    replace_all(text, part, kRedacted);
    std::ranges::replace(part, '+', '-');
    std::ranges::replace(part, '/', '_');
    replace_all(text, part, kRedacted);
  }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> referenced_secrets(
    const std::vector<crds::Argument>& args) {
  std::vector<std::pair<std::string, std::string>> secrets;
  for (const crds::Argument& arg : args) {
    if (arg.value || !arg.value_from || arg.value_from->secret_name.empty()) continue;
    secrets.emplace_back(arg.value_from->secret_name, arg.value_from->secret_key);
  }
  return secrets;
}

Result<ArgumentValues> argument_values(const std::vector<crds::Argument>& args,
                                       const SecretLookup& secrets) {
  ArgumentValues values;
  for (const crds::Argument& arg : args) {
    if (arg.value) {
      values.values[arg.name] = *arg.value;
    } else if (arg.value_from && !arg.value_from->secret_name.empty()) {
      const crds::ArgumentSource& from = *arg.value_from;
      auto secret = secrets(from.secret_name, from.secret_key);
      if (!secret) {
        return fail(invalid(fmt::format("args.{}: there is no secret \"{}\" with a key \"{}\"",
                                        arg.name, from.secret_name, from.secret_key)));
      }
      if (!secret->empty()) values.secrets.push_back(*secret);
      values.values[arg.name] = std::move(*secret);
    } else {
      return fail(invalid(fmt::format("args.{} was not resolved", arg.name)));
    }
  }
  return values;
}

std::string redact(std::string text, const ArgumentValues& values) {
  // The longer first: one secret may be the beginning of another.
  std::vector<std::string> secrets = values.secrets;
  std::ranges::sort(secrets, std::ranges::greater{}, &std::string::size);
  for (const std::string& secret : secrets) {
    if (secret.empty()) continue;
    strike_encoded(text, secret);
    replace_all(text, json_escaped(secret), kRedacted);
    strike_base64(text, secret);
  }
  return text;
}

Result<std::string> substitute(std::string_view text, const StringMap& values) {
  return replace_tags(text, [&](std::string_view tag) { return value_of_tag(tag, values); });
}

Result<std::string> substitute_json(std::string_view text, const StringMap& values) {
  return replace_tags(text, [&](std::string_view tag) -> Result<std::string> {
    const auto value = value_of_tag(tag, values);
    if (!value) return value;
    return json_escaped(*value);
  });
}

Result<crds::Metric> substitute_metric(const crds::Metric& metric, const StringMap& values) {
  crds::Metric resolved = metric;
  for (std::string* field :
       {&resolved.name, &resolved.interval, &resolved.initial_delay, &resolved.count,
        &resolved.success_condition, &resolved.failure_condition, &resolved.failure_limit,
        &resolved.inconclusive_limit, &resolved.consecutive_error_limit,
        &resolved.consecutive_success_limit}) {
    auto text = substitute(*field, values);
    if (!text) return fail(text.error());
    *field = std::move(*text);
  }
  if (metric.provider.config) {
    auto config = substitute_json(*metric.provider.config, values);
    if (!config) return fail(config.error());
    resolved.provider.config = make_json_text(std::move(*config));
  }
  return resolved;
}

std::vector<std::string> referenced_arguments(std::string_view text) {
  std::vector<std::string> names;
  const auto collect = [&names](std::string_view tag) -> Result<std::string> {
    if (tag.starts_with(kArgumentPrefix)) names.emplace_back(tag.substr(kArgumentPrefix.size()));
    return std::string{};
  };
  // Collecting never fails.
  static_cast<void>(replace_tags(text, collect));
  return names;
}

}  // namespace sluice::analysis
