#include "local/store/registry_decode.h"

#include "base/json_extent.h"
#include "local/store/registry_causes.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <tuple>

namespace sluice::local {
namespace {

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

}  // namespace

ApiResult<void> check_extent(std::string_view json) {
  if (json.size() <= kValuesMax) return {};
  const size_t values = extent_of_json(json).values;
  if (values <= kValuesMax) return {};
  return fail(
      too_large(fmt::format("the request is too large: JSON of {} values, and at most {} are taken",
                            values, kValuesMax)));
}

ApiResult<Json> parse_body(std::string_view text, const std::string& kind,
                           std::vector<std::string>& duplicates) {
  if (auto fits = check_extent(text); !fits) return fail(fits.error());
  auto parsed = parse_json(text);
  if (!parsed || !parsed->is_object()) {
    return fail(bad_request(fmt::format("the body is no {}: {}", kind,
                                        parsed ? "it is no object" : parsed.error().message)));
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
  const bool same_version = api_version == type.api_version();
  if (type.custom && same_version && !kind.empty() && kind != type.kind) {
    return fail(object_invalid(type.group, type.kind, string_at(document, "metadata.name"),
                               {invalid_value("kind", go_quote(kind), "must be " + type.kind)}));
  }
  if (!same_version || kind != type.kind) {
    return fail(bad_request(fmt::format("the body is a \"{}\" of \"{}\", not a {} of {}", kind,
                                        api_version, type.kind, type.api_version())));
  }
  document["apiVersion"] = type.api_version();
  document["kind"] = type.kind;
  return {};
}

ApiError cannot_be_handled(const ResourceType& type, const std::string& why) {
  return bad_request(fmt::format("{0} in version \"{1}\" cannot be handled as a {0}: {2}",
                                 type.kind, type.version, why));
}

}  // namespace sluice::local
