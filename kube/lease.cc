#include "kube/lease.h"

#include "base/ensure.h"

#include <nlohmann/json.hpp>

namespace sluice::kube {
namespace {

Json encode_time(const std::optional<SystemTime>& time) {
  if (!time) return nullptr;
  return format_time_micro(*time);
}

std::optional<SystemTime> decode_time(const Json& spec, std::string_view field) {
  const auto time = parse_time(string_at(spec, field));
  if (!time) return std::nullopt;
  return *time;
}

Json encode_spec(const Lease& lease) {
  return {{"holderIdentity", lease.holder},
          {"leaseDurationSeconds", std::chrono::ceil<std::chrono::seconds>(lease.duration).count()},
          {"acquireTime", encode_time(lease.acquired_at)},
          {"renewTime", encode_time(lease.renewed_at)},
          {"leaseTransitions", lease.transitions}};
}

}  // namespace

const Resource& lease_resource() {
  const Resource* found = find_resource("coordination.k8s.io", "Lease");
  SLUICE_ENSURE(found != nullptr, "Lease is a known resource");
  return *found;
}

Lease decode_lease(const Object& object) {
  Lease lease{.remark = object.meta.annotation(kRemarkAnnotation),
              .resource_version = object.meta.resource_version};
  const auto document = object.parse();
  const Json* spec = document ? find_path(*document, "spec") : nullptr;
  if (spec == nullptr) return lease;
  lease.holder = string_at(*spec, "holderIdentity");
  lease.duration = std::chrono::seconds(int_at(*spec, "leaseDurationSeconds"));
  lease.acquired_at = decode_time(*spec, "acquireTime");
  lease.renewed_at = decode_time(*spec, "renewTime");
  lease.transitions = int_at(*spec, "leaseTransitions");
  return lease;
}

Json encode_new_lease(const ObjectKey& key, const Lease& lease) {
  Json metadata = {{"name", key.name},
                   {"namespace", key.namespace_},
                   {"labels", {{kLeaseLabel, kLeaseLabelValue}}}};
  if (!lease.remark.empty())
    metadata["annotations"] = {{std::string(kRemarkAnnotation), lease.remark}};
  return {{"apiVersion", lease_resource().gvk.api_version()},
          {"kind", lease_resource().gvk.kind},
          {"metadata", std::move(metadata)},
          {"spec", encode_spec(lease)}};
}

Json encode_lease_patch(const Lease& lease) {
  const Json remark = lease.remark.empty() ? Json() : Json(lease.remark);
  return {{"metadata", {{"annotations", {{std::string(kRemarkAnnotation), remark}}}}},
          {"spec", encode_spec(lease)}};
}

}  // namespace sluice::kube
