#include "analysis/arguments.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <functional>

namespace sluice::analysis {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kArgumentPrefix = "args.";

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
