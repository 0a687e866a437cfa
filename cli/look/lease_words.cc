#include "cli/look/lease_words.h"

#include "cli/look/rollout_state.h"
#include "kube/lease.h"

#include <fmt/core.h>

#include <algorithm>

namespace sluice::cli {
namespace {

std::string words_of(const kube::Object& object, SystemTime now) {
  const kube::Lease lease = kube::decode_lease(object);
  const std::string name = object.meta.key().to_string();
  if (!lease.remark.empty()) return fmt::format("{} ({})", lease.remark, name);
  if (lease.holder.empty()) return name + " is held by nobody";
  if (!lease.renewed_at) return fmt::format("{} is held by {}", name, lease.holder);
  return fmt::format("{} is held by {}, renewed {} ago", name, lease.holder,
                     format_age(now - *lease.renewed_at));
}

}  // namespace

std::string lease_words(const std::vector<kube::Object>& leases, SystemTime now) {
  std::string words;
  for (const kube::Object& lease : leases)
    words += (words.empty() ? "" : "; ") + words_of(lease, now);
  return words;
}

bool leases_matter(const crds::Rollout& rollout, SystemTime now) {
  const std::vector<crds::Wait> waits = waits_of(rollout, now);
  return std::ranges::any_of(waits, [](const crds::Wait& wait) {
    return wait.reason == kNoController || wait.reason == "SecondController";
  });
}

kube::Awaitable<std::string> ask_leases(kube::ObjectStore& store, SystemTime now) {
  kube::ListOptions ours;
  ours.label_selector = std::string(kube::kLeaseLabel) + "=" + std::string(kube::kLeaseLabelValue);
  const auto leases = co_await store.list(kube::lease_resource(), ours);
  if (!leases) co_return "";
  co_return lease_words(leases->items, now);
}

}  // namespace sluice::cli
