#include "kube/election.h"

#include <algorithm>
#include <utility>

namespace sluice::kube {
namespace {

/// What a Lease lasts that does not say it, or something that nobody can mean.
constexpr Duration kLeaseMin = std::chrono::seconds(1);
constexpr Duration kLeaseMax = std::chrono::hours(1);
/// A renewal that fails is tried again before the deadline.
constexpr int kTriesMin = 2;

Duration lasts(const Lease& lease) {
  return std::clamp(lease.duration, kLeaseMin, kLeaseMax);
}

}  // namespace

std::string election_problem(const ElectionOptions& options) {
  if (options.lease < kLeaseMin || options.lease > kLeaseMax ||
      options.lease % std::chrono::seconds(1) != Duration::zero()) {
    return "the lease duration must be whole seconds, 1s to 1h, not " +
           format_duration(options.lease);
  }
  if (options.retry <= Duration::zero())
    return "the retry period must be above 0s, not " + format_duration(options.retry);
  if (options.renew_deadline >= options.lease) {
    return "the renewal deadline (" + format_duration(options.renew_deadline) +
           ") must be shorter than the lease duration (" + format_duration(options.lease) + ")";
  }
  if (options.renew_deadline < kTriesMin * options.retry) {
    return "the renewal deadline (" + format_duration(options.renew_deadline) +
           ") must be at least twice the retry period (" + format_duration(options.retry) + ")";
  }
  return "";
}

void Election::saw(std::optional<Lease> lease, SteadyTime now) {
  if (told_ && seen_ == lease) return;
  told_ = true;
  seen_ = std::move(lease);
  seen_at_ = now;
  if (!mine()) leads_until_ = SteadyTime::min();
}

SteadyTime Election::free_at() const {
  if (!seen_ || seen_->holder.empty() || mine()) return SteadyTime::min();
  return seen_at_ + lasts(*seen_);
}

SteadyTime Election::next_due() const {
  if (!told_) return SteadyTime::max();
  const SteadyTime may_try =
      last_try_ == SteadyTime::min() ? last_try_ : last_try_ + options_.retry;
  return std::max(may_try, free_at());
}

std::optional<Election::Write> Election::due(SteadyTime now, SystemTime date) const {
  if (now < next_due()) return std::nullopt;
  Lease lease = seen_.value_or(Lease{});
  if (!mine()) {
    lease.acquired_at = date;
    if (seen_) ++lease.transitions;
  }
  lease.holder = options_.identity;
  lease.duration = options_.lease;
  lease.renewed_at = date;
  return Write{.creates = !seen_, .lease = std::move(lease)};
}

void Election::wrote(SteadyTime begun) {
  if (mine()) leads_until_ = begun + options_.renew_deadline;
}

std::optional<Election::Write> Election::let_go(SystemTime date) {
  leads_until_ = SteadyTime::min();
  if (!mine()) return std::nullopt;
  Lease lease = *seen_;
  lease.holder.clear();
  lease.remark.clear();
  lease.duration = kLeaseMin;
  lease.renewed_at = date;
  return Write{.creates = false, .lease = std::move(lease)};
}

void Pulse::saw(std::optional<Lease> lease, SteadyTime now) {
  if (told_ && seen_ == lease) return;
  has_changed_ = told_;
  told_ = true;
  seen_ = std::move(lease);
  seen_at_ = now;
}

SteadyTime Pulse::dies_at() const {
  return seen_at_ + lasts(*seen_);
}

Pulse::State Pulse::at(SteadyTime now) const {
  if (!told_) return State::Unknown;
  if (!seen_ || seen_->holder.empty() || now >= dies_at()) return State::Dead;
  return has_changed_ ? State::Alive : State::Unknown;
}

SteadyTime Pulse::next_change(SteadyTime now) const {
  const bool lives = told_ && at(now) != State::Dead;
  return lives ? dies_at() : SteadyTime::max();
}

}  // namespace sluice::kube
