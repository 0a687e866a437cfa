#include "kube/api_client.h"

#include "base/log.h"
#include "kube/api_error.h"
#include "kube/api_json.h"
#include "kube/api_path.h"
#include "kube/api_watch.h"
#include "net/http_client.h"
#include "net/turn.h"
#include "net/url.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sluice::kube {
namespace {

constexpr std::string_view kJsonType = "application/json";
/// Of the answer to a watch that is refused.
constexpr size_t kRefusalBytesMax = size_t{64} * 1024;
/// Log lines are longer than this on average; decides how many of them are asked for.
constexpr size_t kLogLineBytes = 16;
constexpr size_t kLogLinesMin = 100;

constexpr int kUnauthorized = 401;

bool is_success(int status) {
  return status >= 200 && status < 300;
}

std::string_view content_type(PatchType type) {
  switch (type) {
    case PatchType::Merge:
      return "application/merge-patch+json";
    case PatchType::Json:
      return "application/json-patch+json";
    case PatchType::Strategic:
      return "application/strategic-merge-patch+json";
  }
  return kJsonType;
}

std::string_view to_string(Propagation propagation) {
  switch (propagation) {
    case Propagation::Background:
      return "Background";
    case Propagation::Foreground:
      return "Foreground";
    case Propagation::Orphan:
      return "Orphan";
  }
  return "Background";
}

/// The patch with its preconditions: the API server compares what a patch says of the version and
/// the UID with what it finds, and answers Conflict.
Result<std::string> add_preconditions(PatchType type, std::string body,
                                      const PatchOptions& options) {
  if (options.resource_version.empty() && options.uid.empty()) return body;
  auto patch = parse_json(body);
  if (!patch) return fail(patch.error().within("patch"));
  const auto put = [type, &patch](const char* field, const std::string& value) {
    if (value.empty()) return;
    if (type == PatchType::Json) {
      patch->insert(
          patch->begin(),
          Json{{"op", "add"}, {"path", std::string("/metadata/") + field}, {"value", value}});
    } else {
      (*patch)["metadata"][field] = value;
    }
  };
  const bool usable = type == PatchType::Json ? patch->is_array() : patch->is_object();
  if (!usable) return fail(invalid("patch: is not of the form that its type demands"));
  put("resourceVersion", options.resource_version);
  put("uid", options.uid);
  return dump_json(*patch);
}

Json encode_delete_options(const RemoveOptions& options) {
  Json body = {{"kind", "DeleteOptions"},
               {"apiVersion", "v1"},
               {"propagationPolicy", to_string(options.propagation)}};
  if (options.grace_period_seconds) body["gracePeriodSeconds"] = *options.grace_period_seconds;
  if (!options.uid.empty()) body["preconditions"]["uid"] = options.uid;
  if (!options.resource_version.empty())
    body["preconditions"]["resourceVersion"] = options.resource_version;
  return body;
}

Json encode_eviction(const ObjectKey& pod, const RemoveOptions& options) {
  return {{"apiVersion", "policy/v1"},
          {"kind", "Eviction"},
          {"metadata", {{"name", pod.name}, {"namespace", pod.namespace_}}},
          {"deleteOptions", encode_delete_options(options)}};
}

/// The items of lists of built-in kinds do not say what they are.
void name_kind(Json& item, const GroupVersionKind& gvk) {
  if (!item.is_object()) return;
  if (!item.contains("apiVersion")) item["apiVersion"] = gvk.api_version();
  if (!item.contains("kind")) item["kind"] = gvk.kind;
}

/// An answer that is no list must not pass for an empty one: everything would seem to be deleted.
/// One object that cannot be read does not hide the others.
Awaitable<Result<ObjectList>> decode_list(Resource resource, std::string text) {
  auto document = parse_api_json(text, {.lean = resource.trim != nullptr});
  if (!document) co_return fail(unavailable("list: " + document.error().message));
  ObjectList list;
  list.resource_version = string_at(*document, "metadata.resourceVersion");
  list.continue_token = string_at(*document, "metadata.continue");
  if (list.resource_version.empty() || !string_at(*document, "kind").ends_with("List"))
    co_return fail(unavailable("list: the answer is no list"));
  const auto items = document->find("items");
  if (items == document->end() || items->is_null()) co_return list;
  if (!items->is_array()) co_return fail(unavailable("list: items: must be a list"));
  list.items.reserve(items->size());
  for (Json& item : *items) {
    co_await net::take_turn_of_loop();
    name_kind(item, resource.gvk);
    const std::string name = string_at(item, "metadata.name");
    if (auto object = make_object(std::move(item), resource.trim)) {
      list.items.push_back(std::move(*object));
    } else {
      log_warn("object cannot be read",
               {{"resource", resource.plural}, {"name", name}, {"error", object.error().message}});
    }
    item = nullptr;
  }
  co_return list;
}

Result<Object> decode_object(const std::string& kind, const std::string& text, Trim trim) {
  auto document = parse_api_json(text, {.lean = trim != nullptr});
  if (!document) return fail(unavailable("answer: " + document.error().message));
  const std::string found = string_at(*document, "kind");
  if (found != kind) {
    return fail(unavailable(fmt::format("answer: a {} was asked for, not \"{}\": {}", kind, found,
                                        string_at(*document, "message"))));
  }
  auto object = make_object(*std::move(document), trim);
  if (!object) return fail(unavailable("answer: " + object.error().message));
  return object;
}

Result<void> check_key(const Resource& resource, const ObjectKey& key) {
  if (key.name.empty()) return fail(invalid(resource.plural + ": a name is needed"));
  if (resource.namespaced && key.namespace_.empty())
    return fail(invalid(resource.plural + ": a namespace is needed"));
  return {};
}

/// Reads a refusal's body, as far as it is of use.
Awaitable<std::string> read_refusal(net::HttpStream& stream) {
  std::string body;
  while (body.size() < kRefusalBytesMax) {
    auto piece = co_await stream.read(ApiClient::kReadDeadline);
    if (!piece || !*piece) break;
    body += **piece;
  }
  co_return body;
}

}  // namespace

ApiClient::ApiClient(std::unique_ptr<net::HttpClient> http, const Login& login, Clock& clock)
    : http_(std::move(http)),
      server_(login.server),
      impersonate_(login.impersonate),
      request_timeout_(login.request_timeout),
      credentials_(login, clock) {
  while (server_.ends_with('/')) server_.pop_back();
}

net::HttpRequest ApiClient::prepare(std::string method, const std::string& path_and_query,
                                    Duration deadline) const {
  net::HttpRequest request;
  request.method = std::move(method);
  request.url = server_ + path_and_query;
  request.deadline = std::min(deadline, request_timeout_.value_or(deadline));
  if (!impersonate_.empty()) request.headers.add("Impersonate-User", impersonate_);
  request.headers.add("Accept", std::string(kJsonType));
  return request;
}

Result<net::HttpRequest> ApiClient::authorize(net::HttpRequest request) {
  const auto credentials = credentials_.header();
  if (!credentials) return fail(credentials.error());
  if (!credentials->empty()) request.headers.add("Authorization", *credentials);
  return request;
}

Awaitable<Result<std::string>> ApiClient::send(net::HttpRequest request) {
  auto authorized = authorize(request);
  if (!authorized) co_return fail(authorized.error());
  auto response = co_await http_->send(std::move(*authorized));
  if (response && response->status == kUnauthorized && credentials_.renew()) {
    authorized = authorize(std::move(request));
    if (!authorized) co_return fail(authorized.error());
    response = co_await http_->send(std::move(*authorized));
  }
  if (!response) co_return fail(response.error());
  if (!is_success(response->status)) co_return fail(to_api_error(response->status, response->body));
  co_return std::move(response->body);
}

Awaitable<Result<std::unique_ptr<net::HttpStream>>> ApiClient::open(net::HttpRequest request) {
  auto authorized = authorize(request);
  if (!authorized) co_return fail(authorized.error());
  auto stream = co_await http_->open(std::move(*authorized));
  if (stream && (*stream)->head().status == kUnauthorized && credentials_.renew()) {
    authorized = authorize(std::move(request));
    if (!authorized) co_return fail(authorized.error());
    stream = co_await http_->open(std::move(*authorized));
  }
  if (!stream) co_return fail(stream.error());
  const int status = (*stream)->head().status;
  if (is_success(status)) co_return stream;
  const std::string body = co_await read_refusal(**stream);
  co_return fail(to_api_error(status, body));
}

Awaitable<Result<Object>> ApiClient::send_for_object(net::HttpRequest request, std::string kind,
                                                     Trim trim) {
  const auto body = co_await send(std::move(request));
  if (!body) co_return fail(body.error());
  co_return decode_object(kind, *body, trim);
}

Awaitable<Result<std::string>> ApiClient::get_raw(std::string path) {
  auto request = prepare("GET", path, kReadDeadline);
  co_return co_await send(std::move(request));
}

Awaitable<Result<Object>> ApiClient::get(Resource resource, ObjectKey key) {
  if (auto checked = check_key(resource, key); !checked) co_return fail(checked.error());
  auto request = prepare("GET", object_path(resource, key, Subresource::None), kReadDeadline);
  co_return co_await send_for_object(std::move(request), resource.gvk.kind, resource.trim);
}

Awaitable<Result<ObjectList>> ApiClient::list(Resource resource, ListOptions options) {
  Query query;
  query.add("labelSelector", options.label_selector).add("fieldSelector", options.field_selector);
  if (options.limit > 0) query.add("limit", options.limit);
  query.add("continue", options.continue_token);
  const std::string path = collection_path(resource, options.namespace_) + query.text();
  auto request = prepare("GET", path, kListDeadline);
  auto body = co_await send(std::move(request));
  if (!body) co_return fail(body.error());
  co_return co_await decode_list(std::move(resource), *std::move(body));
}

Awaitable<Result<std::unique_ptr<Watch>>> ApiClient::watch(Resource resource,
                                                           WatchOptions options) {
  Query query;
  query.add("watch", "true")
      .add("allowWatchBookmarks", "true")
      .add("timeoutSeconds", int64_t{kWatchLength.count()})
      .add("resourceVersion", options.resource_version)
      .add("labelSelector", options.label_selector)
      .add("fieldSelector", options.field_selector);
  const std::string path = collection_path(resource, options.namespace_) + query.text();
  auto request = prepare("GET", path, kReadDeadline);
  auto stream = co_await open(std::move(request));
  if (!stream) co_return fail(stream.error());
  co_return std::make_unique<ApiWatch>(std::move(*stream), kWatchIdle, resource.trim,
                                       std::move(options.known));
}

Awaitable<Result<Object>> ApiClient::create(Resource resource, std::string namespace_,
                                            std::string body, CreateOptions options) {
  if (resource.namespaced && namespace_.empty())
    co_return fail(invalid(resource.plural + ": a namespace is needed"));
  Query query;
  query.add("fieldManager", kFieldManager);
  if (options.dry_run) query.add("dryRun", "All");
  if (options.strict) query.add("fieldValidation", "Strict");
  const std::string path = collection_path(resource, namespace_) + query.text();
  auto request = prepare("POST", path, kWriteDeadline);
  request.headers.add("Content-Type", std::string(kJsonType));
  request.body = std::move(body);
  co_return co_await send_for_object(std::move(request), resource.gvk.kind, resource.trim);
}

Awaitable<Result<Object>> ApiClient::patch(Resource resource, ObjectKey key, PatchType type,
                                           std::string body, PatchOptions options) {
  if (auto checked = check_key(resource, key); !checked) co_return fail(checked.error());
  auto guarded = add_preconditions(type, std::move(body), options);
  if (!guarded) co_return fail(guarded.error());
  Query query;
  query.add("fieldManager", kFieldManager);
  const std::string path = object_path(resource, key, options.subresource) + query.text();
  auto request = prepare("PATCH", path, kWriteDeadline);
  request.headers.add("Content-Type", std::string(content_type(type)));
  request.body = std::move(*guarded);
  const bool scale = options.subresource == Subresource::Scale;
  std::string kind = scale ? "Scale" : resource.gvk.kind;
  co_return co_await send_for_object(std::move(request), std::move(kind), resource.trim);
}

Awaitable<Result<void>> ApiClient::remove(Resource resource, ObjectKey key, RemoveOptions options) {
  if (auto checked = check_key(resource, key); !checked) co_return fail(checked.error());
  const std::string path = object_path(resource, key, Subresource::None);
  auto request = options.evict ? prepare("POST", path + "/eviction", kWriteDeadline)
                               : prepare("DELETE", path, kWriteDeadline);
  request.headers.add("Content-Type", std::string(kJsonType));
  request.body =
      dump_json(options.evict ? encode_eviction(key, options) : encode_delete_options(options));
  const auto answer = co_await send(std::move(request));
  if (!answer) co_return fail(answer.error());
  co_return Result<void>{};
}

Awaitable<Result<std::string>> ApiClient::pod_log(ObjectKey pod, std::string container,
                                                  size_t bytes_max) {
  const Resource pods = *find_resource("", "Pod");
  if (auto checked = check_key(pods, pod); !checked) co_return fail(checked.error());
  Query query;
  query.add("container", container)
      .add("tailLines", static_cast<int64_t>(bytes_max / kLogLineBytes + kLogLinesMin));
  const std::string path = object_path(pods, pod, Subresource::None) + "/log" + query.text();
  auto request = prepare("GET", path, kReadDeadline);
  auto text = co_await send(std::move(request));
  if (text && text->size() > bytes_max) text->erase(0, text->size() - bytes_max);
  co_return text;
}

Result<std::unique_ptr<ApiClient>> make_api_client(const asio::any_io_executor& executor,
                                                   const Login& login, Clock& clock) {
  if (auto url = net::parse_url(login.server); !url) return fail(url.error().within("server"));
  auto http = net::make_http_client(executor, login.tls);
  if (!http) return fail(http.error().within(login.server));
  return std::make_unique<ApiClient>(std::move(*http), login, clock);
}

}  // namespace sluice::kube
