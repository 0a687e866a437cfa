#include "local/store/registry_decode.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <tuple>

namespace sluice::local {
namespace {

/// How much of a broken body its error message shows.
constexpr size_t kSnippetBytes = 30;

/// Follows the tokens of a document and notes keys that come twice in one object.
class DuplicateFinder : public nlohmann::json_sax<Json> {
 public:
  std::vector<std::string> duplicates;

  bool null() override { return value(); }

  bool boolean(bool) override { return value(); }

  bool number_integer(number_integer_t) override { return value(); }

  bool number_unsigned(number_unsigned_t) override { return value(); }

  bool number_float(number_float_t, const string_t&) override { return value(); }

  bool string(string_t&) override { return value(); }

  bool binary(binary_t&) override { return value(); }

  bool start_object(size_t) override {
    levels_.push_back({.object = true});
    return levels_.size() <= static_cast<size_t>(kJsonDepthMax);
  }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    const bool fresh = level.seen.insert(name).second;
    level.key = name;
    if (!fresh) duplicates.push_back(path());
    return true;
  }

  bool end_object() override { return leave(); }

  bool start_array(size_t) override {
    levels_.push_back({});
    return levels_.size() <= static_cast<size_t>(kJsonDepthMax);
  }

  bool end_array() override { return leave(); }

  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  struct Level {
    bool object = false;
    std::string key;
    size_t index = 0;
    std::set<std::string> seen;
  };

  bool value() {
    if (!levels_.empty()) ++levels_.back().index;
    return true;
  }

  bool leave() {
    levels_.pop_back();
    return value();
  }

  std::string path() const {
    std::string out;
    for (const Level& level : levels_)
      if (level.object)
        out += (out.empty() ? "" : ".") + level.key;
      else
        out += fmt::format("[{}]", level.index);
    return out;
  }

  std::vector<Level> levels_;
};

/// What Go's decoder says about a text that is no JSON.
std::string go_syntax_error(std::string_view text) {
  try {
    const Json parsed = Json::parse(text);
  } catch (const Json::parse_error& error) {
    const size_t at = error.byte;  // Counts from 1; past the end where the text stops too early.
    if (at == 0 || at > text.size()) return "unexpected end of JSON input";
    return fmt::format("invalid character '{}' looking for beginning of value", text[at - 1]);
  }
  return "unexpected end of JSON input";
}

std::string snippet(std::string_view text) {
  if (text.size() <= kSnippetBytes) return std::string(text);
  return std::string(text.substr(0, kSnippetBytes)) + " ...";
}

/// Go's package of an API group's internal types: "core", "apps", "coordination".
std::string internal_package(const std::string& group) {
  return group.empty() ? "core" : group.substr(0, group.find('.'));
}

bool is_builtin_kind(const GroupVersionKind& gvk) {
  return std::ranges::any_of(builtin_types(),
                             [&gvk](const ResourceTypePtr& type) { return type->gvk() == gvk; });
}

ApiResult<void> check_builtin_kind(const GroupVersionKind& given, const std::string& api_version,
                                   const ResourceType& type) {
  if (given == type.gvk()) return {};
  const std::string why = is_builtin_kind(given)
                              ? fmt::format("converting (v1.{}) to ({}.{}): unknown conversion",
                                            given.kind, internal_package(type.group), type.kind)
                              : fmt::format(
                                    "no kind \"{}\" is registered for version \"{}\" in scheme "
                                    "\"pkg/runtime/scheme.go:100\"",
                                    given.kind, api_version);
  return fail(bad_request(fmt::format("{} in version \"{}\" cannot be handled as a {}: {}",
                                      given.kind, given.version, type.kind, why)));
}

ApiResult<void> check_custom_kind(const Json& document, const GroupVersionKind& given,
                                  const std::string& api_version, const ResourceType& type) {
  if (given.kind.empty())
    return fail(bad_request(fmt::format("Object 'Kind' is missing in '{}'", dump_json(document))));
  if (api_version != type.api_version()) {
    return fail(bad_request(
        fmt::format("the API version in the data ({}) does not match the expected API version ({})",
                    api_version, type.api_version())));
  }
  if (given.kind != type.kind) {
    return fail(object_invalid(
        type.group, type.kind, string_at(document, "metadata.name"),
        {{"FieldValueInvalid",
          fmt::format("Invalid value: \"{}\": must be {}", given.kind, type.kind), "kind"}}));
  }
  return {};
}

}  // namespace

ApiResult<Json> parse_body(std::string_view text, const std::string& kind,
                           std::vector<std::string>& duplicates) {
  auto parsed = parse_json(text);
  if (!parsed) {
    const bool bounded = text.size() <= kJsonBytesMax && !Json::accept(text);
    const std::string why = bounded ? go_syntax_error(text) : parsed.error().message;
    return fail(bad_request(
        fmt::format("the object provided is unrecognized (must be of type {}): couldn't get "
                    "version/kind; json parse error: {} ({})",
                    kind, why, snippet(text))));
  }
  if (!parsed->is_object()) {
    return fail(bad_request(
        fmt::format("the object provided is unrecognized (must be of type {}): couldn't get "
                    "version/kind; json parse error: json: cannot unmarshal {} into Go value of "
                    "type struct {{ APIVersion string; Kind string }} ({})",
                    kind, parsed->type_name(), snippet(text))));
  }
  duplicates = find_duplicate_keys(text);
  return std::move(*parsed);
}

std::vector<std::string> find_duplicate_keys(std::string_view text) {
  DuplicateFinder finder;
  std::ignore = Json::sax_parse(text, &finder);
  return std::move(finder.duplicates);
}

ApiResult<void> check_kind(Json& document, const ResourceType& type) {
  std::string api_version = string_at(document, "apiVersion");
  std::string kind = string_at(document, "kind");
  if (!type.custom) {
    if (api_version.empty()) api_version = type.api_version();
    if (kind.empty()) kind = type.kind;
  }
  const GroupVersionKind given = make_gvk(api_version, kind);
  auto checked = type.custom ? check_custom_kind(document, given, api_version, type)
                             : check_builtin_kind(given, api_version, type);
  if (!checked) return checked;
  document["apiVersion"] = type.api_version();
  document["kind"] = type.kind;
  return {};
}

ApiError cannot_be_handled(const ResourceType& type, const std::string& why) {
  return bad_request(fmt::format("{0} in version \"{1}\" cannot be handled as a {0}: {2}",
                                 type.kind, type.version, why));
}

}  // namespace sluice::local
