#include "local/store/trimmed_objects.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sluice::local {

kube::Object TrimmedObjects::get(const ObjectPtr& stored, kube::Trim trim) {
  if (trim == nullptr) return *stored;
  const auto known = std::ranges::find_if(
      kept_, [&](const Entry& entry) { return entry.stored == stored && entry.trim == trim; });
  if (known != kept_.end()) return known->trimmed;
  auto document = stored->parse();
  auto trimmed = document ? kube::make_object(*std::move(document), trim)
                          : Result<kube::Object>(fail(document.error()));
  if (!trimmed) return *stored;
  kept_[oldest_] = {stored, trim, *trimmed};
  oldest_ = (oldest_ + 1) % kKept;
  return *std::move(trimmed);
}

}  // namespace sluice::local
