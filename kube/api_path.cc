#include "kube/api_path.h"

#include "net/url.h"

#include <fmt/core.h>

namespace sluice::kube {
namespace {

std::string_view suffix_of(Subresource subresource) {
  switch (subresource) {
    case Subresource::None:
      return "";
    case Subresource::Status:
      return "/status";
    case Subresource::Scale:
      return "/scale";
  }
  return "";
}

}  // namespace

std::string collection_path(const Resource& resource, std::string_view namespace_) {
  const GroupVersionKind& gvk = resource.gvk;
  std::string path = gvk.group.empty() ? fmt::format("/api/{}", gvk.version)
                                       : fmt::format("/apis/{}/{}", gvk.group, gvk.version);
  if (resource.namespaced && !namespace_.empty())
    path += fmt::format("/namespaces/{}", net::percent_encode(namespace_));
  return path + "/" + resource.plural;
}

std::string object_path(const Resource& resource, const ObjectKey& key, Subresource subresource) {
  return fmt::format("{}/{}{}", collection_path(resource, key.namespace_),
                     net::percent_encode(key.name), suffix_of(subresource));
}

Query& Query::add(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  text_ += fmt::format("{}{}={}", text_.empty() ? '?' : '&', name, net::percent_encode(value));
  return *this;
}

Query& Query::add(std::string_view name, int64_t value) {
  return add(name, std::to_string(value));
}

}  // namespace sluice::kube
