#pragma once

// Requests about many objects at once: lists in every shape, and DELETE of a collection. They take
// long with many objects, so that others have their turn between two of them (net/turn.h); a list
// is of the state at its beginning all the same.

#include "base/time.h"
#include "local/api/api_request.h"
#include "local/store/registry.h"
#include "net/http_server.h"

namespace sluice::local {

/// What api_verb() calls requests about a collection that are answered once.
bool is_collection_verb(std::string_view verb);

/// `registry` must outlive the coroutine; `now` is for ages in tables.
net::Awaitable<net::HttpResponse> answer_collection(Registry& registry, ResourceTypePtr type,
                                                    ApiPath path, net::ServerRequest request,
                                                    SystemTime now);

}  // namespace sluice::local
