#pragma once

// FaultyStore forwards to a store that works and makes trouble on the way, as networks and API
// servers do: calls that fail, calls that are done although they fail, conflicts, slow answers,
// watches that break. What happens is decided by a seed. It can also play the death of the process:
// from a chosen write on no call ever returns.

#include "base/clock.h"
#include "kube/object_store.h"
#include "net/notifier.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <string_view>

namespace sluice::controller::test {

/// How often a call meets each trouble, in percent of all calls.
struct FaultRates {
  int fail_before = 0;  ///< Unavailable, and nothing was done.
  int fail_after = 0;   ///< Timeout, although a write was done.
  int conflict = 0;     ///< Of patches and removals only.
  int delay = 0;        ///< Up to kDelayMax passes before the call is made.
  int drop_watch = 0;   ///< Per event: the watch breaks and the event is lost.
  int expire = 0;       ///< Per event: the same, and the history is gone.

  /// True where the caller may see the cluster late: answers and events are held back or lost.
  bool blurs_the_view() const { return delay > 0 || drop_watch > 0 || expire > 0; }
};

inline constexpr int kDelayMax = 900;  // milliseconds
inline constexpr size_t kNeverDies = std::numeric_limits<size_t>::max();

class FaultyStore : public kube::ObjectStore {
 public:
  /// What to refuse for good: by verb, resource and name ("" for lists).
  using Refusal = std::function<std::optional<Error>(
      std::string_view verb, const kube::Resource& resource, const std::string& name)>;

  /// A write that was done; or a creation on trial, with the verb "try".
  struct Write {
    std::string_view verb;
    const kube::Resource& resource;
    std::string name;  ///< "" of what was created.
    kube::Subresource subresource = kube::Subresource::None;
    std::string body;  ///< What was asked for; "" of a removal.
  };

  using Witness = std::function<void(const Write& write)>;

  using Rival = std::function<void(std::string_view verb, const kube::Resource& resource,
                                   const std::string& name)>;

  /// `inner` and `clock` must outlive the store, and it all calls that go through it.
  FaultyStore(kube::ObjectStore& inner, Clock& clock, const kube::asio::any_io_executor& executor,
              uint32_t seed)
      : inner_(inner), clock_(clock), parking_(executor), dice_(seed) {}

  void set_rates(FaultRates rates) { rates_ = rates; }

  const FaultRates& rates() const { return rates_; }

  void refuse(Refusal refusal) { refusal_ = std::move(refusal); }

  /// A mutating webhook: what it makes of the body of an object that is created.
  using Admission = std::function<std::string(const kube::Resource& resource, std::string body)>;

  void admit(Admission admission) { admission_ = std::move(admission); }

  /// Who is quicker: hears of each write just before it is done, and may write first.
  void let_precede(Rival rival) { rival_ = std::move(rival); }

  /// Who hears of each write when it is done.
  void let_witness(Witness witness) { witness_ = std::move(witness); }

  /// Calls that were begun so far, watches' events aside.
  size_t calls() const { return calls_; }

  /// Writes that were done so far.
  size_t writes() const { return writes_; }

  /// True while a write of the controller is done: whoever observes it knows whose it is.
  bool is_writing() const { return writing_; }

  /// The process dies when that many writes are done: the last one's answer does not come any more.
  void die_at_write(size_t writes) { dies_at_write_ = writes; }

  bool is_dead() const { return dead_; }

  /// Calls that are slow at this moment reach nobody any more: who made them stood still for longer
  /// than a connection lasts.
  void lose_pending() { ++losses_; }

  /// Serves the next process; the calls of the dead one stay where they are until they are
  /// cancelled.
  void revive();

  kube::Awaitable<Result<kube::Object>> get(kube::Resource resource, ObjectKey key) override;
  kube::Awaitable<Result<kube::ObjectList>> list(kube::Resource resource,
                                                 kube::ListOptions options) override;
  kube::Awaitable<Result<std::unique_ptr<kube::Watch>>> watch(kube::Resource resource,
                                                              kube::WatchOptions options) override;
  kube::Awaitable<Result<kube::Object>> create(kube::Resource resource, std::string namespace_,
                                               std::string body,
                                               kube::CreateOptions options = {}) override;
  kube::Awaitable<Result<kube::Object>> patch(kube::Resource resource, ObjectKey key,
                                              kube::PatchType type, std::string body,
                                              kube::PatchOptions options) override;
  kube::Awaitable<Result<void>> remove(kube::Resource resource, ObjectKey key,
                                       kube::RemoveOptions options) override;
  kube::Awaitable<Result<std::string>> pod_log(ObjectKey pod, std::string container,
                                               size_t bytes_max) override;

  /// How the watch that asks shall break now, if it shall.
  std::optional<Error> breaks_watch();

 private:
  enum class Fault { None, Before, After, Conflict };

  bool chance(int percent);
  Fault roll(bool can_conflict);
  /// Waits where the call is slow, for good where the process is dead.
  kube::Awaitable<Fault> begin(bool can_conflict);
  std::optional<Error> refused(std::string_view verb, const kube::Resource& resource,
                               const std::string& name) const;
  void precede(std::string_view verb, const kube::Resource& resource,
               const std::string& name) const;
  /// Counts a write that was done.
  kube::Awaitable<void> end_write(Write write);
  kube::Awaitable<void> park_while_dead();

  kube::ObjectStore& inner_;
  Clock& clock_;
  net::Notifier parking_;
  std::mt19937 dice_;
  FaultRates rates_;
  Refusal refusal_;
  Admission admission_;
  Rival rival_;
  Witness witness_;
  size_t calls_ = 0;
  size_t writes_ = 0;
  size_t losses_ = 0;
  size_t dies_at_write_ = kNeverDies;
  bool dead_ = false;
  bool writing_ = false;
};

}  // namespace sluice::controller::test
