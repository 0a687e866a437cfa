#pragma once

// The paths and queries of the Kubernetes API, percent-encoded.

#include "kube/object_store.h"

#include <string>
#include <string_view>

namespace sluice::kube {

/// "/apis/GROUP/VERSION/namespaces/NS/PLURAL", or without the namespace where it is empty.
std::string collection_path(const Resource& resource, std::string_view namespace_);

/// The collection's path, the name, and the subresource where there is one.
std::string object_path(const Resource& resource, const ObjectKey& key, Subresource subresource);

/// Builds "?a=b&c=d"; parameters with an empty value are left out.
class Query {
 public:
  Query& add(std::string_view name, std::string_view value);
  Query& add(std::string_view name, int64_t value);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace sluice::kube
