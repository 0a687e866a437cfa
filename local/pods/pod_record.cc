#include "local/pods/pod_record.h"

#include <fmt/format.h>

namespace sluice::local {

void PodRecord::tell(kube::EventType type, const std::string& reason,
                     const std::string& message) const {
  host.events.record(*object, type, reason, message);
}

void PodRecord::tell(ContainerSlot slot, kube::EventType type, const std::string& reason,
                     const std::string& message) const {
  const char* list = slot.init ? "initContainers" : "containers";
  host.events.record(*object, type, reason, message,
                     fmt::format("spec.{}{{{}}}", list, container(slot).name));
}

}  // namespace sluice::local
