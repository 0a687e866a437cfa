#include "analysis/providers/prometheus_config.h"

#include "analysis/expression.h"
#include "base/base64.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace sluice::analysis {
namespace {

bool has_tag(std::string_view text) {
  return text.contains("{{");
}

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

/// Reads the block; a problem leaves the field at its default.
class ConfigReader {
 public:
  ConfigReader(std::string_view path, crds::FieldProblems& problems)
      : path_(path), problems_(problems) {}

  PrometheusConfig read(const Json& block) {
    PrometheusConfig config;
    config.address = address(text_at(block, "address"));
    config.query = text_at(block, "query");
    if (config.query.empty()) add("query", "Required value: a PromQL query");
    config.timeout = timeout(block);
    config.insecure = bool_at(block, "insecure");
    read_headers(block, config.headers);
    read_authentication(block, config.headers);
    config.range = range(block);
    return config;
  }

  void add(std::string_view field, std::string message) {
    problems_.push_back({fmt::format("{}.{}", path_, field), std::move(message)});
  }

 private:
  void add_invalid(std::string_view field, std::string_view value, std::string_view why) {
    add(field, fmt::format("Invalid value: \"{}\": {}", value, why));
  }

  /// The string at a dotted path; a value of another type is a problem.
  std::string text_at(const Json& block, std::string_view field) {
    const Json* value = find_path(block, field);
    if (value == nullptr || value->is_null()) return {};
    if (value->is_string()) return value->get<std::string>();
    add_invalid(field, dump_json(*value), "must be a string");
    return {};
  }

  std::string address(std::string text) {
    while (text.ends_with('/')) text.pop_back();
    if (text.empty() || has_tag(text)) return text;
    const bool has_scheme = text.starts_with("http://") || text.starts_with("https://");
    if (text.contains('@'))
      add("address", "must not hold a user name or password: use authentication.basicAuth");
    else if (!has_scheme)
      add_invalid("address", text, "must start with http:// or https://");
    else if (text.find_first_of("?#") != text.npos)
      add_invalid("address", text, "must not hold a query or a fragment");
    else if (std::ranges::any_of(text, is_blank_or_control))
      add("address", "must not hold blanks or control characters");
    return text;
  }

  /// Seconds, as a number or (from an argument) as text.
  std::optional<Duration> timeout(const Json& block) {
    const Json* value = find_path(block, "timeout");
    if (value == nullptr || value->is_null()) return std::nullopt;
    const std::string text = value->is_string() ? value->get<std::string>() : dump_json(*value);
    if (has_tag(text)) return std::nullopt;
    int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    constexpr int64_t kLongest = 24 * 3600;
    if (error != std::errc{} || end != text.data() + text.size() || seconds < 0 ||
        seconds > kLongest) {
      add_invalid("timeout", text, "must be a whole number of seconds");
      return std::nullopt;
    }
    // Zero is Argo's way to say the default.
    return seconds == 0 ? std::nullopt : std::optional<Duration>(std::chrono::seconds(seconds));
  }

  void read_headers(const Json& block, net::Headers& headers) {
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
      else
        headers.add(name, value);
    }
  }

  void read_authentication(const Json& block, net::Headers& headers) {
    for (const std::string_view scheme : {"sigv4", "oauth2"}) {
      const std::string field = fmt::format("authentication.{}", scheme);
      const Json* settings = find_path(block, field);
      // Argo's manifests carry the other schemes as empty objects.
      if (settings != nullptr && settings->is_object() && !settings->empty())
        add(field, "this authentication is not supported (supported: basicAuth, headers)");
    }
    const std::string user = text_at(block, "authentication.basicAuth.username");
    const std::string password = text_at(block, "authentication.basicAuth.password");
    if (user.empty() && password.empty()) return;
    headers.add("Authorization", "Basic " + encode_base64(user + ":" + password));
  }

  std::optional<PrometheusRange> range(const Json& block) {
    const Json* settings = find_path(block, "rangeQuery");
    if (settings == nullptr || !settings->is_object()) return std::nullopt;
    PrometheusRange range{.start = moment(block, "rangeQuery.start"),
                          .end = moment(block, "rangeQuery.end")};
    const std::string step = text_at(block, "rangeQuery.step");
    if (has_tag(step)) return range;
    const auto span = parse_duration(step);
    if (!span || *span <= Duration::zero())
      add_invalid("rangeQuery.step", step, "must be a duration such as 1m");
    else
      range.step = *span;
    return range;
  }

  std::string moment(const Json& block, std::string_view field) {
    std::string text = text_at(block, field);
    if (text.empty()) {
      add(field, "Required value: an expression that gives a time, such as now()");
    } else if (!has_tag(text)) {
      const auto compiled = Expression::compile(text);
      if (!compiled) add_invalid(field, text, compiled.error().to_string());
    }
    return text;
  }

  std::string_view path_;
  crds::FieldProblems& problems_;
};

}  // namespace

PrometheusConfig read_prometheus_config(const JsonText& text, std::string_view path,
                                        crds::FieldProblems& problems) {
  const auto block = parse_json(text ? *text : std::string("{}"));
  if (!block || !block->is_object()) {
    problems.push_back({std::string(path), "must be an object"});
    return {};
  }
  return ConfigReader(path, problems).read(*block);
}

}  // namespace sluice::analysis
