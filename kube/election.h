#pragma once

// Election: who leads, decided as Kubernetes' own components do it: whoever holds the Lease, and
// renews it. Pure: what was seen and the own clock go in, what is to be written comes out.
//
//   nobody has it ──────────────▶ take it ──▶ renew it every `retry` ──▶ let it go at the end
//   somebody's has not changed       ▲             │ not renewed for `renew_deadline`,
//   for as long as it lasts ─────────┘             ▼ or somebody else's by now
//                                             lead no more; try on
//
// Times are the own monotonic clock's, from when a change was seen: two clocks that differ by years
// change nothing. A write names the version that it rests upon, so of two who take a Lease one
// fails. A holder stops leading `renew_deadline` after it *began* its last renewal; whoever watches
// saw that renewal later than it began, and waits `lease` > `renew_deadline`: two never lead.

#include "base/time.h"
#include "kube/lease.h"

#include <optional>
#include <string>

namespace sluice::kube {

struct ElectionOptions {
  std::string identity;  ///< Of this process and of no other, ever.
  Duration lease = std::chrono::seconds(15);
  Duration renew_deadline = std::chrono::seconds(10);
  Duration retry = std::chrono::seconds(2);
};

/// Why these times cannot be used; "" where they can: a whole number of seconds for the lease,
/// which is longer than the deadline, which leaves room for a second try.
std::string election_problem(const ElectionOptions& options);

class Election {
 public:
  struct Write {
    bool creates = false;  ///< Else: replaces `lease.resource_version`.
    Lease lease;
  };

  explicit Election(ElectionOptions options) : options_(std::move(options)) {}

  /// The Lease as the API server tells of it; nothing: there is none.
  void saw(std::optional<Lease> lease, SteadyTime now);

  /// What to write now, if anything. `date` is what the Lease shows to people.
  std::optional<Write> due(SteadyTime now, SystemTime date) const;
  /// When something is due unless something is seen before.
  SteadyTime next_due() const;

  /// A write begins. It is not tried again before the retry period is over, however it ends.
  void begins(SteadyTime now) { last_try_ = now; }

  /// The write that began at `begun` is done, and what it gave was seen.
  void wrote(SteadyTime begun);

  /// Until when this process leads; in the past where it does not.
  SteadyTime leads_until() const { return leads_until_; }

  /// Leads no more, and what to write so that the next one need not wait.
  std::optional<Write> let_go(SystemTime date);

  /// Null until something was seen, and where there is no Lease.
  const Lease* seen() const { return seen_ ? &*seen_ : nullptr; }

  /// Who has it, whether alive or not; "" for nobody.
  std::string holder() const { return seen_ ? seen_->holder : ""; }

 private:
  bool mine() const { return seen_ && seen_->holder == options_.identity; }

  /// When the Lease may be taken.
  SteadyTime free_at() const;

  ElectionOptions options_;
  std::optional<Lease> seen_;
  bool told_ = false;  ///< Something was seen, be it that there is none.
  SteadyTime seen_at_{};
  SteadyTime last_try_ = SteadyTime::min();
  SteadyTime leads_until_ = SteadyTime::min();
};

/// Pulse: whether somebody else renews a Lease that is never ours to take. A Lease that is met for
/// the first time says nothing: it may be left from long ago. It is alive once it is seen changing,
/// and dead once it has not changed for as long as it lasts.
class Pulse {
 public:
  enum class State { Unknown, Dead, Alive };

  /// As Election::saw.
  void saw(std::optional<Lease> lease, SteadyTime now);
  State at(SteadyTime now) const;
  /// When the answer may change unless something is seen before; SteadyTime::max(): never.
  SteadyTime next_change(SteadyTime now) const;

  /// "" where there is none.
  std::string holder() const { return seen_ ? seen_->holder : ""; }

 private:
  SteadyTime dies_at() const;

  std::optional<Lease> seen_;
  bool told_ = false;
  bool has_changed_ = false;
  SteadyTime seen_at_{};
};

}  // namespace sluice::kube
