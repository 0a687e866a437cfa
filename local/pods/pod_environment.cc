#include "local/pods/pod_environment.h"

#include "base/base64.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace sluice::local {

namespace {

/// A longer string no program can be given (MAX_ARG_STRLEN): exec refuses it in words. So it need
/// not become longer, which variables made of variables made of variables otherwise do, fast.
constexpr size_t kStringBytesMax = size_t{128} * 1024;

void set_variable(Environment& environment, const std::string& name, std::string value) {
  const auto found = std::find_if(environment.begin(), environment.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  if (found == environment.end())
    environment.emplace_back(name, std::move(value));
  else
    found->second = std::move(value);
}

const std::string* find_variable(const Environment& environment, std::string_view name) {
  const auto found = std::find_if(environment.begin(), environment.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  return found == environment.end() ? nullptr : &found->second;
}

std::string kind_name(EnvSource::Kind kind) {
  return kind == EnvSource::Kind::Secret ? "secret" : "configmap";
}

/// metadata.labels['key'] and metadata.annotations['key']; nothing for other paths.
std::optional<std::string> map_entry(const Json& pod, std::string_view path) {
  for (const std::string_view map : {"metadata.labels", "metadata.annotations"}) {
    if (path.starts_with(map) && path.substr(map.size()).starts_with("['") &&
        path.ends_with("']")) {
      const std::string key(path.substr(map.size() + 2, path.size() - map.size() - 4));
      const Json* entries = find_path(pod, map);
      const bool found = entries != nullptr && entries->is_object() && entries->contains(key);
      return found ? entries->at(key).get<std::string>() : "";
    }
  }
  return std::nullopt;
}

Result<std::string> field_value(const EnvironmentInput& input, const std::string& path) {
  if (path == "status.podIP" || path == "status.podIPs") return input.pod_ip;
  if (path == "status.hostIP") return std::string(kNodeAddress);
  if (const std::optional<std::string> entry = map_entry(input.pod, path)) return *entry;
  constexpr std::string_view kFields[] = {"metadata.name", "metadata.namespace", "metadata.uid",
                                          "spec.nodeName", "spec.serviceAccountName"};
  if (std::find(std::begin(kFields), std::end(kFields), path) == std::end(kFields))
    return fail(invalid(fmt::format("unsupported fieldPath: {}", path)));
  return string_at(input.pod, path);
}

/// Nothing where an optional source is missing.
Result<std::optional<std::string>> source_value(const EnvironmentInput& input,
                                                const EnvSource& source) {
  if (source.kind == EnvSource::Kind::Field) {
    Result<std::string> value = field_value(input, source.key);
    return value ? Result<std::optional<std::string>>(std::move(*value)) : fail(value.error());
  }
  if (source.kind == EnvSource::Kind::Resource)
    return std::optional<std::string>("0");  // Nothing is limited here.
  const auto found = input.config.find({source.kind, source.name});
  if (found == input.config.end()) {
    return source.optional ? Result<std::optional<std::string>>(std::nullopt)
                           : fail(not_found(fmt::format("{} \"{}\" not found",
                                                        kind_name(source.kind), source.name)));
  }
  const auto value = found->second.find(source.key);
  if (value != found->second.end()) return std::optional<std::string>(value->second);
  return source.optional
             ? Result<std::optional<std::string>>(std::nullopt)
             : fail(not_found(fmt::format(
                   "couldn't find key {} in {} {}/{}", source.key, kind_name(source.kind),
                   string_at(input.pod, "metadata.namespace"), source.name)));
}

bool is_variable_name(std::string_view name) {
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), allowed);
}

Environment base_environment(const EnvironmentInput& input) {
  const std::string folder = input.image.folder.string();
  Environment environment{{"PATH", fmt::format("{}:{}/bin:{}", folder, folder, input.search_path)},
                          {"HOME", folder},
                          {"HOSTNAME", string_at(input.pod, "metadata.name")},
                          {"POD_IP", input.pod_ip}};
  for (const auto& [name, value] : input.image.env)
    set_variable(environment, name, expand_variables(value, environment));
  return environment;
}

Result<void> add_env_from(const EnvironmentInput& input, Environment& environment) {
  for (const EnvFrom& from : input.container.env_from) {
    const auto found = input.config.find({from.kind, from.name});
    if (found == input.config.end()) {
      if (from.optional) continue;
      return fail(not_found(fmt::format("{} \"{}\" not found", kind_name(from.kind), from.name)));
    }
    for (const auto& [key, value] : found->second)
      if (is_variable_name(from.prefix + key)) set_variable(environment, from.prefix + key, value);
  }
  return {};
}

}  // namespace

std::set<ConfigReference> config_references(const Container& container) {
  std::set<ConfigReference> references;
  for (const EnvFrom& from : container.env_from) references.insert({from.kind, from.name});
  for (const EnvVariable& variable : container.env) {
    if (variable.source && (variable.source->kind == EnvSource::Kind::ConfigMap ||
                            variable.source->kind == EnvSource::Kind::Secret)) {
      references.insert({variable.source->kind, variable.source->name});
    }
  }
  return references;
}

StringMap decode_config(EnvSource::Kind kind, const Json& object) {
  StringMap values;
  const Json* data = find_path(object, "data");
  if (data == nullptr || !data->is_object()) return values;
  for (const auto& [key, value] : data->items()) {
    if (!value.is_string()) continue;
    const auto text = value.get<std::string>();
    if (kind != EnvSource::Kind::Secret)
      values[key] = text;
    else if (std::optional<std::string> decoded = decode_base64(text))
      values[key] = std::move(*decoded);
  }
  return values;
}

Result<Environment> make_environment(const EnvironmentInput& input) {
  Environment environment = base_environment(input);
  if (const Result<void> added = add_env_from(input, environment); !added)
    return fail(added.error());
  for (const EnvVariable& variable : input.container.env) {
    if (!variable.source) {
      set_variable(environment, variable.name, expand_variables(variable.value, environment));
      continue;
    }
    const Result<std::optional<std::string>> value = source_value(input, *variable.source);
    if (!value) return fail(value.error());
    if (*value) set_variable(environment, variable.name, **value);
  }
  set_variable(environment, "POD_IP", input.pod_ip);
  return environment;
}

std::string expand_variables(std::string_view text, const Environment& environment) {
  std::string out;
  for (size_t at = 0; at < text.size() && out.size() < kStringBytesMax; ++at) {
    if (text[at] != '$' || at + 1 == text.size()) {
      out += text[at];
      continue;
    }
    const size_t close = text[at + 1] == '(' ? text.find(')', at) : std::string_view::npos;
    if (text[at + 1] == '$') {
      out += '$';
      ++at;
    } else if (close == std::string_view::npos) {
      out += '$';
    } else {
      const std::string* value = find_variable(environment, text.substr(at + 2, close - at - 2));
      out += value != nullptr ? *value : std::string(text.substr(at, close - at + 1));
      at = close;
    }
  }
  return out;
}

std::vector<std::string> expand_variables(const std::vector<std::string>& texts,
                                          const Environment& environment) {
  std::vector<std::string> expanded;
  expanded.reserve(texts.size());
  for (const std::string& text : texts) expanded.push_back(expand_variables(text, environment));
  return expanded;
}

}  // namespace sluice::local
