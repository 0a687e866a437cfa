#include "local/api/api_server.h"

#include "local/api/api_answer.h"
#include "local/api/api_collection.h"
#include "local/api/api_logs.h"
#include "local/api/api_negotiation.h"
#include "local/api/api_objects.h"
#include "local/api/api_watch.h"
#include "local/api/discovery.h"
#include "local/api/login.h"
#include "local/api/openapi.h"

#include <nlohmann/json.hpp>

namespace sluice::local {

namespace {

constexpr std::string_view kOpenApiV3 = "/openapi/v3";

/// The version whose API is spoken; kubectl compares it with its own.
std::string version_document() {
  return dump_json({{"major", "1"},
                    {"minor", "32"},
                    {"gitVersion", "v1.32.0+sluice"},
                    {"gitCommit", ""},
                    {"gitTreeState", "clean"},
                    {"buildDate", "1970-01-01T00:00:00Z"},
                    {"goVersion", ""},
                    {"compiler", ""},
                    {"platform", "linux/amd64"}});
}

bool is_health_path(std::string_view path) {
  return path == "/healthz" || path == "/livez" || path == "/readyz";
}

net::HttpResponse json_or_404(const std::optional<std::string>& document) {
  return document ? json_answer(200, *document) : error_answer(path_not_found());
}

bool serves_group(const Registry& registry, std::string_view group) {
  return group.empty() || group_document(registry.types(), group).has_value();
}

}  // namespace

/// What a request turned out to be: refused with an error, or about `type` where that is set.
struct ApiServer::Route {
  ApiPath path;
  ResourceTypePtr type;
  std::string_view verb;
  std::optional<ApiError> refusal;
};

ApiServer::ApiServer(Registry& registry, Clock& clock, PodLogs* logs, ApiServerOptions options)
    : registry_(registry), clock_(clock), logs_(logs), options_(std::move(options)) {}

void ApiServer::mount(std::string path, net::HttpHandler& handler) {
  mounted_[std::move(path)] = &handler;
}

ApiServer::Route ApiServer::route(const net::ServerRequest& request) const {
  Route found;
  found.path = parse_api_path(request.path);
  found.verb = api_verb(request.method, found.path, request.query);
  const auto user = identify(request, options_.token);
  found.refusal = user ? refuse(*user, request, found.path) : user.error();
  if (found.refusal || found.path.kind != ApiPath::Kind::Resource ||
      !serves_group(registry_, found.path.group)) {
    return found;
  }
  auto type = resolve_type(registry_, found.path, found.verb);
  if (type)
    found.type = std::move(*type);
  else
    found.refusal = type.error();
  return found;
}

net::Awaitable<void> ApiServer::handle(net::ServerRequest request, net::Responder& responder) {
  const Route found = route(request);
  const auto mounted = mounted_.find(request.path);
  if (found.refusal) {
    co_await responder.send(error_answer(*found.refusal));
  } else if (mounted != mounted_.end()) {
    co_await mounted->second->handle(std::move(request), responder);
  } else if (found.type != nullptr && found.verb == "watch") {
    const WatchContext context{registry_, clock_};
    co_await serve_watch(context, found.type, found.path, std::move(request), responder);
  } else if (found.type != nullptr && found.type->storage_name() == "pods" &&
             found.path.subresource == "log") {
    co_await serve_pod_log(registry_, logs_, found.type, found.path, std::move(request),
                           clock_.system_now(), responder);
  } else if (found.type != nullptr && is_collection_verb(found.verb)) {
    net::HttpResponse whole = co_await answer_collection(registry_, found.type, found.path,
                                                         std::move(request), clock_.system_now());
    co_await responder.send(std::move(whole));
  } else {
    co_await responder.send(answer(found, request));
  }
}

net::HttpResponse ApiServer::answer(const Route& route, const net::ServerRequest& request) {
  if (route.type != nullptr)
    return answer_objects(registry_, *route.type, route.path, request, clock_.system_now());
  if (request.method != "GET" && request.method != "HEAD") return page_not_found();
  if (route.path.kind != ApiPath::Kind::None) return discover(route, request);
  if (is_health_path(request.path)) return text_answer(200, "ok");
  if (request.path == "/version") return json_answer(200, version_document());
  if (request.path == "/openapi/v2") {
    net::HttpResponse empty;
    empty.status = 200;
    empty.headers.add("Content-Type", std::string(kOpenApiV2ContentType));
    return empty;
  }
  return request.path.starts_with(kOpenApiV3) ? openapi(request.path) : page_not_found();
}

net::HttpResponse ApiServer::discover(const Route& route, const net::ServerRequest& request) const {
  if (!takes_json(request.headers.get("Accept"))) return error_answer(not_acceptable());
  const ResourceTypes types = registry_.types();
  const ApiPath& path = route.path;
  switch (path.kind) {
    case ApiPath::Kind::Versions:
      return json_answer(200, core_versions(request.headers.get("Host")));
    case ApiPath::Kind::Groups:
      return json_answer(200, group_list(types));
    case ApiPath::Kind::Group: {
      const auto document = group_document(types, path.group);
      return document ? json_answer(200, *document) : page_not_found();
    }
    case ApiPath::Kind::GroupVersion:
      return serves_group(registry_, path.group)
                 ? json_or_404(resource_list(types, path.group, path.version))
                 : page_not_found();
    case ApiPath::Kind::None:
    case ApiPath::Kind::Resource:
      break;
  }
  return page_not_found();
}

net::HttpResponse ApiServer::openapi(std::string_view path) {
  const ResourceTypes types = registry_.types();
  const uint64_t revision = registry_.types_revision();
  const std::string_view rest = path.substr(kOpenApiV3.size());
  if (rest.empty() || rest == "/") return json_answer(200, openapi_index(types, revision));
  if (revision != openapi_revision_) {
    openapi_documents_.clear();
    openapi_revision_ = revision;
  }
  if (const auto kept = openapi_documents_.find(rest); kept != openapi_documents_.end())
    return json_answer(200, kept->second);
  const ApiPath wanted = parse_api_path(rest);
  auto document = wanted.kind == ApiPath::Kind::GroupVersion
                      ? openapi_document(types, wanted.group, wanted.version)
                      : std::nullopt;
  if (!document) return page_not_found();
  return json_answer(200, openapi_documents_[std::string(rest)] = std::move(*document));
}

}  // namespace sluice::local
