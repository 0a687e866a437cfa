#pragma once

// What a PodDisruptionBudget comes to with the pods that there are: how many must be ready, and how
// many may go. Pure.

#include "base/json.h"
#include "local/store/selectors.h"

#include <cstdint>
#include <optional>

namespace sluice::local {

class DisruptionBudget {
 public:
  /// `spec` is the budget's, and must outlive this. One without a selector is about no pod.
  explicit DisruptionBudget(const Json& spec);

  bool is_about(const StringMap& labels) const;

  /// Takes in a pod of the namespace. Those that go already must be left out.
  void count(const StringMap& labels, bool ready);

  int64_t pods() const { return pods_; }

  int64_t healthy() const { return healthy_; }

  /// So many must be healthy, of the pods that were counted.
  int64_t needed() const;
  /// So many that are healthy may go.
  int64_t allowed() const;

 private:
  /// A number of pods, or the share of all of them, rounded up.
  std::optional<int64_t> amount(const char* field) const;

  const Json& spec_;
  std::optional<LabelSelector> selector_;
  int64_t pods_ = 0;
  int64_t healthy_ = 0;
};

}  // namespace sluice::local
