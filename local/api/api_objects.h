#pragma once

// Requests about one object, mapped to the Registry and its answers to HTTP. They are answered at
// once, without waiting for anything. Those about many are in api_collection.h and api_watch.h.

#include "base/time.h"
#include "local/api/api_request.h"
#include "net/http_server.h"

namespace sluice::local {

/// The type that the path names. Errors: 404, 405 where the verb or the path's form does not suit
/// it.
ApiResult<ResourceTypePtr> resolve_type(const Registry& registry, const ApiPath& path,
                                        std::string_view verb);

/// `now` is for ages in tables.
net::HttpResponse answer_objects(Registry& registry, const ResourceType& type, const ApiPath& path,
                                 const net::ServerRequest& request, SystemTime now);

}  // namespace sluice::local
