#include "controller/parsed_objects.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sluice::controller {

std::shared_ptr<const Json> ParsedObjects::of(const kube::ObjectPtr& object) {
  const auto known = std::ranges::find(entries_, object, &Entry::object);
  if (known != entries_.end()) {
    std::rotate(entries_.begin(), known, known + 1);
    return entries_.front().document;
  }
  auto document = object->parse();
  if (!document) return nullptr;
  entries_.push_front({object, std::make_shared<const Json>(*std::move(document))});
  if (entries_.size() > kObjectsMax) entries_.pop_back();
  return entries_.front().document;
}

}  // namespace sluice::controller
