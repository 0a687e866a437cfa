#include "local/api/api_objects.h"

#include "base/yaml.h"
#include "local/api/api_answer.h"
#include "local/api/api_negotiation.h"
#include "local/api/api_protobuf.h"
#include "local/api/table.h"
#include "local/store/eviction.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {

namespace {

constexpr std::string_view kBodyTypes = "application/json, application/yaml";
/// The longest body in YAML: reading so much takes 40 ms at worst, thirty times as long as JSON.
constexpr size_t kYamlBytesMax = size_t{32} * 1024;

/// One request with everything that its answer depends on.
struct ObjectRequest {
  Registry& registry;
  const ResourceType& type;
  const ApiPath& path;
  const net::ServerRequest& http;
  Subresource subresource;
  Shape shape;
  SystemTime now;
};

TableRequest table_request(const ObjectRequest& request) {
  const auto include = net::query_parameter(request.http.query, "includeObject");
  return {parse_row_object(include.value_or("")), true, request.now};
}

std::string object_body(const ObjectRequest& request, const ObjectPtr& object) {
  const bool whole = request.shape == Shape::Whole || request.subresource == Subresource::Scale;
  const auto parsed = whole ? Result<Json>(Json()) : object->parse();
  if (whole || !parsed) return *object->json;
  if (request.shape == Shape::Metadata) return dump_json(make_partial_metadata(*parsed));
  return dump_json(make_table(request.type, {object},
                              {{"resourceVersion", object->meta.resource_version}},
                              table_request(request)));
}

net::HttpResponse write_answer(const ObjectRequest& request, int status,
                               const ApiResult<WriteResult>& result) {
  if (!result) return error_answer(result.error());
  return json_answer(status, object_body(request, result->object), result->warnings);
}

/// The body of a POST or PUT as JSON text.
ApiResult<std::string> body_of(const net::ServerRequest& request) {
  switch (body_format(request.headers.get("Content-Type"))) {
    case BodyFormat::Json:
      return request.body;
    case BodyFormat::Protobuf:
      return decode_protobuf(request.body);
    case BodyFormat::Unsupported:
      return fail(unsupported_media_type(std::string(kBodyTypes)));
    case BodyFormat::Yaml:
      break;
  }
  if (request.body.size() > kYamlBytesMax) {
    return fail(too_large(fmt::format("a body in YAML has at most {} bytes, this one {}: send JSON",
                                      kYamlBytesMax, request.body.size())));
  }
  const auto documents = read_yaml(request.body, {.alias_expansion = kYamlBytesMax});
  if (!documents) return fail(bad_request("error decoding YAML: " + documents.error().message));
  if (documents->size() != 1) {
    return fail(bad_request(
        fmt::format("the body must be one YAML document, and has {}", documents->size())));
  }
  return dump_json(documents->front().value);
}

net::HttpResponse get(const ObjectRequest& request) {
  const auto object = request.registry.get(request.type, request.path.key(), request.subresource);
  return object ? json_answer(200, object_body(request, *object)) : error_answer(object.error());
}

net::HttpResponse create(const ObjectRequest& request) {
  const auto options = write_options(request.http.query, "CreateOptions");
  const auto body = body_of(request.http);
  if (!options || !body) return error_answer(options ? body.error() : options.error());
  return write_answer(
      request, 201,
      request.registry.create(request.type, request.path.namespace_, *body, *options));
}

net::HttpResponse update(const ObjectRequest& request) {
  const auto options = write_options(request.http.query, "UpdateOptions");
  const auto body = body_of(request.http);
  if (!options || !body) return error_answer(options ? body.error() : options.error());
  return write_answer(request, 200,
                      request.registry.update(request.type, request.path.key(), request.subresource,
                                              *body, *options));
}

net::HttpResponse patch(const ObjectRequest& request) {
  const std::string content_type = request.http.headers.get("Content-Type");
  const auto kind = patch_type(content_type);
  if (!kind && is_apply_patch(content_type)) {
    return error_answer(unsupported_media_type(
        request.type.custom ? "application/json-patch+json, application/merge-patch+json"
                            : "application/json-patch+json, application/merge-patch+json, "
                              "application/strategic-merge-patch+json"));
  }
  if (!kind)
    return error_answer({415, "UnsupportedMediaType", "415: Unsupported Media Type", ApiDetails{}});
  const auto options = write_options(request.http.query, "PatchOptions");
  if (!options) return error_answer(options.error());
  return write_answer(request, 200,
                      request.registry.patch(request.type, request.path.key(), request.subresource,
                                             *kind, request.http.body, *options));
}

net::HttpResponse remove(const ObjectRequest& request) {
  const auto options = delete_options(request.http.query, request.http.body);
  if (!options) return error_answer(options.error());
  auto removed = request.registry.remove(request.type, request.path.key(), *options);
  return removed ? json_answer(200, std::move(removed->answer)) : error_answer(removed.error());
}

constexpr std::string_view kEviction = "eviction";

/// An Eviction carries the options of the deletion that it stands for.
net::HttpResponse evict_pod(const ObjectRequest& request) {
  const auto body = body_of(request.http);
  if (!body) return error_answer(body.error());
  const auto eviction = parse_json(*body);
  if (!eviction || string_at(*eviction, "kind") != "Eviction")
    return error_answer(bad_request("the body must be an Eviction"));
  const Json* how = find_path(*eviction, "deleteOptions");
  const auto options = delete_options("", how == nullptr ? "" : dump_json(*how));
  if (!options) return error_answer(options.error());
  const auto evicted = evict(request.registry, request.path.key(), *options);
  if (!evicted) return error_answer(evicted.error());
  return json_answer(201, dump_json({{"kind", "Status"},
                                     {"apiVersion", "v1"},
                                     {"metadata", Json::object()},
                                     {"status", "Success"},
                                     {"code", 201}}));
}

/// Which of the subresources that the Registry knows; 404 for others.
ApiResult<Subresource> parse_subresource(const ResourceType& type, const ApiPath& path) {
  if (path.subresource.empty()) return Subresource::None;
  if (path.subresource == "status") return Subresource::Status;
  if (path.subresource == "scale") return Subresource::Scale;
  return fail(type.custom ? object_not_found(type.resource(), path.name) : path_not_found());
}

/// What discovery calls the verb's right to be: subresources have none of their own in the list.
bool allows(const ResourceType& type, const ApiPath& path, std::string_view verb) {
  if (!path.subresource.empty()) {
    const bool read_only = std::ranges::find(type.other_subresources, path.subresource) !=
                           type.other_subresources.end();
    if (path.subresource == kEviction) return verb == "create" && type.kind == "Pod";
    return verb == "get" || (!read_only && (verb == "update" || verb == "patch"));
  }
  const bool form_fits = verb == "create"                      ? path.name.empty()
                         : verb == "update" || verb == "patch" ? !path.name.empty()
                                                               : true;
  const bool has_namespace = !type.namespaced || verb != "create" || !path.namespace_.empty();
  return form_fits && has_namespace && std::ranges::find(type.verbs, verb) != type.verbs.end();
}

}  // namespace

ApiResult<ResourceTypePtr> resolve_type(const Registry& registry, const ApiPath& path,
                                        std::string_view verb) {
  ResourceTypePtr type = registry.find_type(path.group, path.version, path.plural);
  if (type == nullptr) return fail(path_not_found());
  const bool place_fits =
      type->namespaced ? path.name.empty() || !path.namespace_.empty() : path.namespace_.empty();
  if (!place_fits) return fail(path_not_found());
  if (!allows(*type, path, verb)) return fail(method_not_allowed());
  return type;
}

net::HttpResponse answer_objects(Registry& registry, const ResourceType& type, const ApiPath& path,
                                 const net::ServerRequest& request, SystemTime now) {
  const std::string_view verb = api_verb(request.method, path, request.query);
  const auto shape = negotiate(request.headers.get("Accept"), Target::Object);
  if (!shape) return error_answer(not_acceptable());
  if (path.subresource == kEviction)
    return evict_pod({registry, type, path, request, Subresource::None, *shape, now});
  const auto subresource = parse_subresource(type, path);
  if (!subresource) return error_answer(subresource.error());
  const ObjectRequest asked{registry, type, path, request, *subresource, *shape, now};
  if (verb == "get") return get(asked);
  if (verb == "create") return create(asked);
  if (verb == "update") return update(asked);
  if (verb == "patch") return patch(asked);
  return remove(asked);
}

}  // namespace sluice::local
