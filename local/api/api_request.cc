#include "local/api/api_request.h"

#include "base/letter_case.h"
#include "base/whole_number.h"
#include "core/conform.h"
#include "local/store/registry_causes.h"
#include "local/store/registry_decode.h"
#include "net/http_server.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sluice::local {

namespace {

constexpr std::string_view kOptionsGroup = "meta.k8s.io";
constexpr const char* kDeleteOptions = "DeleteOptions";

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (!part.empty()) parts.emplace_back(part);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return parts;
}

/// Fills in what follows the version in the path. False where it is too long to mean anything.
bool parse_resource(const std::vector<std::string>& parts, size_t first, ApiPath& path) {
  size_t next = first;
  const size_t count = parts.size() - first;
  const bool of_namespace_itself =
      count < 3 || (count == 3 && (parts[first + 2] == "status" || parts[first + 2] == "finalize"));
  if (parts[first] == "namespaces" && !of_namespace_itself) {
    path.namespace_ = parts[first + 1];
    next += 2;
  }
  std::string* const fields[] = {&path.plural, &path.name, &path.subresource};
  for (std::string* field : fields)
    if (next < parts.size()) *field = parts[next++];
  return next == parts.size();
}

ApiError unsupported_option(const std::string& options_kind, const std::string& field,
                            const std::string& value, const std::vector<std::string>& supported) {
  return object_invalid(std::string(kOptionsGroup), options_kind, "",
                        {unsupported_value(field, go_quote(value), supported)});
}

ApiResult<Propagation> parse_propagation(const std::string& text) {
  if (text == "Background") return Propagation::Background;
  if (text == "Foreground") return Propagation::Foreground;
  if (text == "Orphan") return Propagation::Orphan;
  return fail(unsupported_option(kDeleteOptions, "propagationPolicy", text,
                                 {"Background", "Foreground", "Orphan"}));
}

ApiResult<bool> parse_dry_run(const std::string& options_kind, const std::string& text) {
  if (text == "All") return true;
  return fail(unsupported_option(options_kind, "dryRun", text, {"All"}));
}

/// DeleteOptions as they are in queries, as a body would have them.
ApiResult<Json> delete_options_in(std::string_view query) {
  Json body = Json::object();
  const auto grace = integer_parameter(query, "gracePeriodSeconds");
  if (!grace) return fail(grace.error());
  if (*grace) body["gracePeriodSeconds"] = **grace;
  if (const auto text = net::query_parameter(query, "propagationPolicy"))
    body["propagationPolicy"] = *text;
  if (net::query_parameter(query, "orphanDependents"))
    body["orphanDependents"] = flag_parameter(query, "orphanDependents");
  if (const auto text = net::query_parameter(query, "dryRun"); text && !text->empty())
    body["dryRun"] = Json::array({*text});
  return body;
}

ApiResult<DeleteOptions> delete_options_of_body(const Json& body) {
  DeleteOptions options;
  options.uid = string_at(body, "preconditions.uid");
  options.resource_version = string_at(body, "preconditions.resourceVersion");
  if (const Json* grace = find_path(body, "gracePeriodSeconds");
      grace != nullptr && grace->is_number_integer()) {
    options.grace_period_seconds = grace->get<int64_t>();
  }
  if (const std::string text = string_at(body, "propagationPolicy"); !text.empty()) {
    const auto propagation = parse_propagation(text);
    if (!propagation) return fail(propagation.error());
    options.propagation = *propagation;
  } else if (const Json* orphan = find_path(body, "orphanDependents");
             orphan != nullptr && orphan->is_boolean()) {
    options.propagation = orphan->get<bool>() ? Propagation::Orphan : Propagation::Background;
  }
  const Json* dry_run = find_path(body, "dryRun");
  for (const Json& item : dry_run != nullptr && dry_run->is_array() ? *dry_run : Json::array()) {
    const auto parsed =
        parse_dry_run(kDeleteOptions, item.is_string() ? item.get<std::string>() : dump_json(item));
    if (!parsed) return fail(parsed.error());
    options.dry_run = *parsed;
  }
  return options;
}

constexpr std::string_view kExact = "Exact";
constexpr std::string_view kNotOlderThan = "NotOlderThan";
constexpr const char* kMatchField = "resourceVersionMatch";
constexpr const char* kInitialField = "sendInitialEvents";

/// What lists and watches ask of resourceVersionMatch, and what it goes together with.
struct VersionTerms {
  std::string version;
  std::string match;
  bool goes_on = false;         ///< With a continue token.
  bool initial_events = false;  ///< sendInitialEvents is there, true or false.
};

ApiCauses check_terms(const VersionTerms& terms, bool watch) {
  ApiCauses causes;
  const auto forbid_where = [&causes](bool wrong, const char* field, std::string_view why) {
    if (wrong) causes.push_back(forbidden_value(field, why));
  };
  const bool exact = !watch && terms.match == kExact;
  const bool not_older = terms.match == kNotOlderThan;
  forbid_where(watch && terms.initial_events && !not_older, kMatchField,
               "must be NotOlderThan with sendInitialEvents");
  forbid_where(terms.initial_events, kInitialField, "is not supported");
  if (terms.match.empty()) return causes;
  forbid_where(watch && !terms.initial_events, kMatchField, "is for sendInitialEvents only");
  forbid_where(!watch && terms.version.empty(), kMatchField, "is for a resourceVersion only");
  forbid_where(terms.goes_on, kMatchField, "does not go with continue");
  forbid_where(exact && terms.version == "0", kMatchField, "no state is exactly of version 0");
  if (!exact && !not_older) {
    causes.push_back(unsupported_value(kMatchField, go_quote(terms.match),
                                       {std::string(kExact), std::string(kNotOlderThan)}));
  }
  return causes;
}

std::string field_selector(const ApiPath& path, std::string_view query) {
  std::string selector = net::query_parameter(query, "fieldSelector").value_or("");
  if (!path.name.empty()) {
    selector =
        fmt::format("metadata.name={}{}{}", path.name, selector.empty() ? "" : ",", selector);
  }
  return selector;
}

}  // namespace

ApiPath parse_api_path(std::string_view path) {
  using Kind = ApiPath::Kind;
  const std::vector<std::string> parts = split_path(path);
  ApiPath parsed;
  if (parts.empty() || (parts[0] != "api" && parts[0] != "apis")) return parsed;
  const bool core = parts[0] == "api";
  if (parts.size() == 1) {
    parsed.kind = core ? Kind::Versions : Kind::Groups;
    return parsed;
  }
  const size_t version_at = core ? 1 : 2;
  parsed.group = core ? "" : parts[1];
  if (parts.size() <= version_at) {
    parsed.kind = Kind::Group;
    return parsed;
  }
  parsed.version = parts[version_at];
  if (parts.size() == version_at + 1) {
    parsed.kind = Kind::GroupVersion;
    return parsed;
  }
  parsed.kind = parse_resource(parts, version_at + 1, parsed) ? Kind::Resource : Kind::None;
  return parsed;
}

std::string_view api_verb(std::string_view method, const ApiPath& path, std::string_view query) {
  const bool one = !path.name.empty();
  if (method == "GET" || method == "HEAD")
    return flag_parameter(query, "watch") ? "watch" : one ? "get" : "list";
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return one ? "delete" : "deletecollection";
  return "";
}

bool flag_parameter(std::string_view query, std::string_view name) {
  const auto value = net::query_parameter(query, name);
  return value && *value != "0" && lower_case(*value) != "false";
}

ApiResult<std::optional<int64_t>> integer_parameter(std::string_view query, std::string_view name) {
  const auto text = net::query_parameter(query, name);
  if (!text || text->empty()) return std::nullopt;
  const auto value = whole_number(*text);
  if (!value)
    return fail(bad_request(fmt::format("{}: parsing \"{}\": invalid syntax", name, *text)));
  return value;
}

ApiResult<void> check_list_options(std::string_view query, bool watch) {
  const auto text = [query](std::string_view name) {
    return net::query_parameter(query, name).value_or("");
  };
  const VersionTerms terms{.version = text("resourceVersion"),
                           .match = text(kMatchField),
                           .goes_on = !text("continue").empty(),
                           .initial_events = !text(kInitialField).empty()};
  ApiCauses causes = check_terms(terms, watch);
  if (causes.empty()) return {};
  return fail(object_invalid(std::string(kOptionsGroup), "ListOptions", "", std::move(causes)));
}

ApiResult<ListQuery> list_query(const ApiPath& path, std::string_view query) {
  if (auto checked = check_list_options(query, false); !checked) return fail(checked.error());
  ListQuery list;
  list.namespace_ = path.namespace_;
  list.label_selector = net::query_parameter(query, "labelSelector").value_or("");
  list.field_selector = field_selector(path, query);
  list.continue_token = net::query_parameter(query, "continue").value_or("");
  list.resource_version = net::query_parameter(query, "resourceVersion").value_or("");
  list.exact = net::query_parameter(query, kMatchField) == kExact;
  const auto limit = integer_parameter(query, "limit");
  if (!limit) return fail(limit.error());
  list.limit = limit->value_or(0);
  return list;
}

WatchQuery watch_query(const ApiPath& path, std::string_view query) {
  WatchQuery watch;
  watch.namespace_ = path.namespace_;
  watch.label_selector = net::query_parameter(query, "labelSelector").value_or("");
  watch.field_selector = field_selector(path, query);
  watch.resource_version = net::query_parameter(query, "resourceVersion").value_or("");
  return watch;
}

ApiResult<WriteOptions> write_options(std::string_view query, const std::string& options_kind) {
  WriteOptions options;
  const std::string validation = net::query_parameter(query, "fieldValidation").value_or("");
  if (validation == "Strict") {
    options.field_validation = FieldValidation::Strict;
  } else if (validation == "Ignore") {
    options.field_validation = FieldValidation::Ignore;
  } else if (!validation.empty() && validation != "Warn") {
    return fail(unsupported_option(options_kind, "fieldValidation", validation,
                                   {"Ignore", "Strict", "Warn"}));
  }
  if (const auto text = net::query_parameter(query, "dryRun"); text && !text->empty()) {
    const auto dry_run = parse_dry_run(options_kind, *text);
    if (!dry_run) return fail(dry_run.error());
    options.dry_run = *dry_run;
  }
  return options;
}

ApiResult<DeleteOptions> delete_options(std::string_view query, std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos || body == "null") {
    const auto asked = delete_options_in(query);
    return asked ? delete_options_of_body(*asked) : fail(asked.error());
  }
  if (auto fits = check_extent(body); !fits) return fail(fits.error());
  auto parsed = parse_json(body);
  if (!parsed) return fail(bad_request(parsed.error().message));
  const std::string kind = string_at(*parsed, "kind", kDeleteOptions);
  if (!parsed->is_object() || kind != kDeleteOptions)
    return fail(bad_request("the body must be DeleteOptions"));
  // A precondition that cannot be read must not be taken for none.
  std::vector<std::string> unknown;
  if (const auto error = core::conform(*parsed, core::find_shape(kDeleteOptions), "", unknown)) {
    return fail(bad_request(fmt::format(
        "DeleteOptions in version \"v1\" cannot be handled as a DeleteOptions: {}", *error)));
  }
  return delete_options_of_body(*parsed);
}

}  // namespace sluice::local
