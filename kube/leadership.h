#pragma once

// Leadership: whether this process may write, and until when. Who elects says so; who works asks
// before each write, so that a process that was frozen or cut off finds out before it writes, not
// when its timers get their turn.
//
// Work is done in terms. A term begins when the worker asks for one and ends when the right to
// write lapses, if only for a moment. A new one begins only when the worker, done with the old one,
// asks again: nothing that was begun in one term is written in another.

#include "base/clock.h"
#include "net/notifier.h"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace sluice::kube {

namespace asio = boost::asio;

/// What a process is among those that could do its work.
enum class Standing {
  Waiting,   ///< It has not been told yet who leads.
  Standby,   ///< Another one leads.
  HeldBack,  ///< Somebody else's controller is at work on the same objects.
  Leading,
};

std::string_view to_string(Standing standing);

/// For people: log, readiness and metrics.
struct StandingReport {
  Standing standing = Standing::Waiting;
  std::string lease;    ///< "namespace/name" of the one that decides; empty without an election.
  std::string holder;   ///< Whose that is; "" where that is nobody.
  std::string trouble;  ///< Why the Lease cannot be read or written.

  /// Somebody should look at it.
  bool amiss() const { return standing == Standing::HeldBack || !trouble.empty(); }

  bool operator==(const StandingReport&) const = default;
};

/// "leading", "standby: sluice/sluice-controller is held by pod-7".
std::string to_string(const StandingReport& report);

class Leadership {
 public:
  /// Nobody leads at first. `clock` must outlive it.
  Leadership(Clock& clock, const asio::any_io_executor& executor);
  ~Leadership();
  Leadership(const Leadership&) = delete;
  Leadership& operator=(const Leadership&) = delete;

  // ---- for who elects

  /// This process leads until then, unless told otherwise.
  void lead_until(SteadyTime until);
  /// Without an election: it always leads.
  void lead_always();
  void end();

  void report(StandingReport report) { report_ = std::move(report); }

  // ---- for who works

  /// True within a term: ask before each write.
  bool may_write() const;
  /// Returns once a term has begun. Nothing of an earlier one may be under way any more.
  asio::awaitable<void> begin_term();
  /// Returns once the term is over.
  asio::awaitable<void> wait_term_end();

  const StandingReport& report() const { return report_; }

 private:
  bool holds() const;
  void arm();

  Clock& clock_;
  net::Notifier changed_;
  Clock::TimerId timer_ = 0;
  SteadyTime until_ = SteadyTime::min();
  bool in_term_ = false;
  StandingReport report_;
};

}  // namespace sluice::kube
