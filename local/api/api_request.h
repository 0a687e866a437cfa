#pragma once

// What a request to the Kubernetes API means before any object is looked at: which resource its
// path names, which verb it is, and what its parameters ask for.

#include "local/store/registry.h"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::local {

/// A path under /api or /apis, taken apart.
struct ApiPath {
  enum class Kind {
    None,          ///< No path of the API.
    Versions,      ///< /api
    Groups,        ///< /apis
    Group,         ///< /apis/GROUP
    GroupVersion,  ///< /api/v1 or /apis/GROUP/VERSION
    Resource,      ///< What lies below: a collection, an object or a subresource.
  };

  Kind kind = Kind::None;
  std::string group;
  std::string version;
  std::string namespace_;
  std::string plural;
  std::string name;         ///< Empty: the collection.
  std::string subresource;  ///< Empty: the object itself.

  ObjectKey key() const { return {namespace_, name}; }
};

ApiPath parse_api_path(std::string_view path);

/// The verb as RBAC and discovery name it: get, list, watch, create, update, patch, delete,
/// deletecollection. Empty for other methods.
std::string_view api_verb(std::string_view method, const ApiPath& path, std::string_view query);

/// A flag such as `watch=1`: absent, "0" and "false" are false, all else is true, as the API server
/// has it.
bool flag_parameter(std::string_view query, std::string_view name);

/// A whole number. 400 where it is none.
ApiResult<std::optional<int64_t>> integer_parameter(std::string_view query, std::string_view name);

/// Whether the parameters of a list or watch go together: 422 where they do not. Clients that ask
/// for the initial state as events fall back to list and watch on it.
ApiResult<void> check_list_options(std::string_view query, bool watch);

/// Selectors, paging and version of a list. A name in the path becomes a field selector.
ApiResult<ListQuery> list_query(const ApiPath& path, std::string_view query);
WatchQuery watch_query(const ApiPath& path, std::string_view query);

/// fieldValidation and dryRun; `options_kind` is "CreateOptions" and so on, for the message.
ApiResult<WriteOptions> write_options(std::string_view query, const std::string& options_kind);

/// The DeleteOptions in the body (JSON), or, where it is empty, in the query.
ApiResult<DeleteOptions> delete_options(std::string_view query, std::string_view body);

}  // namespace sluice::local
