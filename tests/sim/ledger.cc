#include "tests/sim/ledger.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::sim {
namespace {

constexpr const char* kPromotedAt = "sluice.dev/promoted-at";

int64_t rounded_up_share(int64_t replicas, int64_t weight) {
  return (replicas * weight + kTotal - 1) / kTotal;
}

bool has_pause(const Json& rollout, const char* reason) {
  const Json* pauses = find_path(rollout, "status.pauseConditions");
  return pauses != nullptr && std::ranges::any_of(*pauses, [reason](const Json& pause) {
           return string_at(pause, "reason") == reason;
         });
}

bool is_new(const Json& before, const Json& after, const char* path) {
  return bool_at(after, path) && !bool_at(before, path);
}

std::string annotation(const Json& object, const char* key) {
  const Json* annotations = find_path(object, "metadata.annotations");
  return annotations == nullptr ? "" : annotations->value(key, "");
}

}  // namespace

Ledger::Ledger(const RolloutView& view)
    : view_(view), stable_(view.stable_hash()), was_stable_{stable_} {
  // What was promoted before anybody watched.
  for (const auto& [name, replica_set] : view_.scene().all("ReplicaSet"))
    if (view_.owns(replica_set) && !annotation(replica_set, kPromotedAt).empty())
      was_stable_.insert(hash_label(replica_set));
  attempt_ = seen_ = begin();
  seen_replicas_ = view_.replicas();
  look();
}

Ledger::Moment Ledger::now() const {
  return {view_.scene().clock().system_now(), view_.scene().clock().steady_now()};
}

std::shared_ptr<Ledger::Attempt> Ledger::begin() const {
  auto attempt = std::make_shared<Attempt>();
  attempt->image = view_.image();
  attempt->blue_green = view_.is_blue_green();
  attempt->steps = view_.steps().is_array() ? view_.steps() : Json::array();
  attempt->reached = now();
  return attempt;
}

/// A retry is about what was aborted, which need not be what the spec names now.
void Ledger::begin_again() {
  auto again = begin();
  again->image = in_force().image;
  again->steps = in_force().steps;
  again->blue_green = in_force().blue_green;
  condemned_.erase(view_.hash_of(again->image));
  const bool same = attempt_ == seen_;
  (view_.is_refused() ? seen_ : attempt_) = again;
  if (same) attempt_ = seen_ = again;
}

void Ledger::note_rollout(bool by_controller) {
  const Json& before = view_.scene().before();
  if (view_.rollout().is_null() || before.is_null()) return;
  if (by_controller)
    note_controller(before);
  else
    note_person(before);
  stable_ = view_.stable_hash();
  was_stable_.insert(stable_);
}

void Ledger::note_controller(const Json& before) {
  const Json& after = view_.rollout();
  if (view_.is_planned()) {
    seen_ = attempt_;
    seen_replicas_ = view_.replicas();
  }
  // Whatever was released since, it is about what the controller has seen.
  if (is_new(before, after, "status.abort")) condemn(*seen_);
  if (bool_at(after, "status.abort") && find_path(after, "status.abortedAt") != nullptr)
    seen_->abort_is_known = true;
  if (view_.stable_hash() != stable_) condemned_.erase(view_.stable_hash());
}

/// Under a spec that is refused nothing is begun: verdicts and aborts are about what was under way.
Ledger::Attempt& Ledger::in_force() const {
  return view_.is_refused() ? *seen_ : *attempt_;
}

void Ledger::condemn(Attempt& attempt) {
  if (!attempt.bad_since) attempt.bad_since = now();
  const std::string hash = view_.hash_of(attempt.image);
  if (attempt.image != attempt_->image && !hash.empty()) condemned_.insert(hash);
}

void Ledger::note_person(const Json& before) {
  const Json& after = view_.rollout();
  follow_spec();
  // What is at rest is not aborted: it is about what comes next.
  Attempt& concerned = is_at_rest(*seen_) ? *attempt_ : in_force();
  if (is_new(before, after, "status.abort") && is_abort_heard()) condemn(concerned);
  const bool retried = is_new(after, before, "status.abort");
  if (retried) {
    if (concerned.abort_is_known)
      begin_again();
    else if (concerned.bad_runs.empty())
      concerned.bad_since.reset();
  }
  // Of a revision that the controller has not seen yet nobody can have meant it.
  const bool in_full = attempt_ == seen_ && bool_at(after, "status.promoteFull");
  if (in_full && (retried || !bool_at(before, "status.promoteFull")) &&
      !bool_at(after, "status.abort")) {
    attempt_->in_full = true;
    attempt_->questions.clear();
    forgive_unheard(*attempt_);
  }
  if (attempt_ == seen_) note_answers(before);
}

/// Whoever asks for all of it at once waits for no verdict: one that nobody has acted on yet is
/// passed over like those to come.
void Ledger::forgive_unheard(Attempt& attempt) const {
  if (!attempt.abort_is_known && !bool_at(view_.rollout(), "status.abort"))
    attempt.bad_since.reset();
}

/// An abort is about the update that the controller is known to have seen. Where it was at rest, an
/// abort that it has not answered is about the next one.
bool Ledger::is_abort_heard() const {
  return view_.is_refused() || attempt_ == seen_ || is_at_rest(*seen_);
}

bool Ledger::is_at_rest(const Attempt& attempt) const {
  return !stable_.empty() && view_.hash_of(attempt.image) == stable_;
}

/// Another image or other steps begin another attempt; unless they are those again that the
/// controller saw last, in which case it will never know that there were others in between.
void Ledger::follow_spec() {
  const auto same = [this](const Attempt& attempt) {
    return attempt.image == view_.image() && attempt.blue_green == view_.is_blue_green() &&
           (attempt.blue_green || attempt.steps == view_.steps());
  };
  if (same(*attempt_)) return;
  const std::string hash = view_.hash_of(attempt_->image);
  if (attempt_->bad_since && !hash.empty()) condemned_.insert(hash);
  attempt_ = same(*seen_) ? seen_ : begin();
  const bool is_answered = find_path(view_.rollout(), "status.abortedAt") != nullptr;
  const bool is_aborted = bool_at(view_.rollout(), "status.abort") && !is_answered;
  // It is about what the controller is known to have seen, and that is what it finds again.
  if (is_aborted && is_at_rest(*seen_) == (attempt_ != seen_)) attempt_->bad_since = now();
  if (!attempt_->bad_since) condemned_.erase(this->hash());
}

/// Promotions are made by taking the conditions of a pause away, or by raising the index.
void Ledger::note_answers(const Json& before) {
  const Json& after = view_.rollout();
  const int64_t was_at = int_at(before, "status.currentStepIndex");
  if (has_pause(before, "CanaryPauseStep") && !has_pause(after, "CanaryPauseStep"))
    attempt_->passed.insert(was_at);
  if (has_pause(before, "BlueGreenPause") && !has_pause(after, "BlueGreenPause"))
    attempt_->passed.insert(kBlueGreenPause);
  for (const char* question : {"InconclusiveAnalysisRun", "FailedAnalysisRun"})
    if (has_pause(before, question) && !has_pause(after, question)) attempt_->questions.clear();
  for (int64_t step = was_at; step < int_at(after, "status.currentStepIndex"); ++step)
    attempt_->passed.insert(step);
}

void Ledger::look() {
  Attempt& attempt = *attempt_;
  // A pause that begins in what is the future to a clock that is set back begins anew.
  attempt.reached.wall = std::min(attempt.reached.wall, now().wall);
  const std::string hash = this->hash();
  if (!is_halted())
    halted_since_.reset();
  else if (!halted_since_)
    halted_since_ = now();
  const bool asked = !hash.empty() && annotation(view_.rollout(), kRollbackTo) == hash;
  if (asked) forgive_unheard(attempt);
  const bool returns = asked && !attempt.bad_since;
  if (returns) {
    attempt.in_full = attempt.returns = true;
    attempt.questions.clear();  // Whoever flees waits for no measurement.
  }
  if (!hash.empty() && hash == stable_) {
    attempt.cursor = step_count();
    attempt.may_be_stable = true;
    return;
  }
  if (attempt.bad_since) return;
  // Also where the status that was to tell of it got lost.
  if (attempt.may_be_stable && !annotation(view_.replica_set(hash), kPromotedAt).empty())
    was_stable_.insert(hash);
  if (attempt.blue_green) return look_at_blue_green(attempt);
  if (attempt.in_full) attempt.cursor = step_count();
  while (attempt.cursor < step_count() && !is_halted() && is_watched() &&
         is_earned(attempt.cursor)) {
    ++attempt.cursor;
    attempt.reached = now();
  }
  if (attempt.cursor == step_count() && !is_halted() && is_watched() && is_shifted())
    attempt.may_be_stable = true;
}

bool Ledger::is_bad() const {
  return attempt_->bad_since && attempt_->bad_since->steady < now().steady;
}

bool Ledger::is_unheard() const {
  return attempt_->bad_since && !attempt_->abort_is_known &&
         !bool_at(view_.rollout(), "status.abort");
}

bool Ledger::is_condemned(const std::string& hash) const {
  if (hash.empty() || hash == stable_) return false;
  if (hash == this->hash()) return attempt_->bad_since.has_value();
  return condemned_.contains(hash);
}

bool Ledger::is_halted() const {
  return bool_at(view_.rollout(), "spec.paused") || !attempt_->questions.empty() || is_frozen();
}

/// Whoever goes back is held up by no freeze.
bool Ledger::is_frozen() const {
  if (!freezes_known_ || !view_.scene().is_frozen()) return false;
  const bool at_once = attempt_->in_full || attempt_->stands_by;
  return !attempt_->returns && !(at_once && was_stable_.contains(hash()));
}

bool Ledger::was_halted() const {
  return is_halted() && halted_since_ && halted_since_->steady < now().steady;
}

bool Ledger::is_earned(int64_t index) const {
  if (attempt_->passed.contains(index)) return true;
  const Json& step = attempt_->steps[static_cast<size_t>(index)];
  if (step.contains("setWeight")) return is_weight_reached(index);
  if (step.contains("pause")) return is_pause_over(step["pause"]);
  if (step.contains("analysis")) return has_successful_run(index);
  if (step.contains("setCanaryScale"))
    return !view_.is_routed() || view_.serving(hash()) >= pods_at(index);
  if (step.contains("setHeaderRoute")) {
    const std::string name = string_at(step, "setHeaderRoute.name");
    const bool wanted = find_path(step, "setHeaderRoute.match") != nullptr;
    return view_.header_routes().contains(name) == wanted || pods_at(index) == 0;
  }
  return false;
}

bool Ledger::is_weight_reached(int64_t step) const {
  const std::string hash = this->hash();
  if (view_.serving(hash) < pods_at(step)) return false;
  if (!view_.is_routed()) return true;
  const int64_t weight = weight_at(step);
  const bool reaches = weight == 0 || view_.selected_by(view_.role().canary_service) == hash;
  return reaches && view_.canary_weight() == weight && view_.is_route_confirmed();
}

bool Ledger::is_pause_over(const Json& pause) const {
  const Json* duration = find_path(pause, "duration");
  if (duration == nullptr) return false;
  const auto wanted = std::chrono::seconds(duration->get<int64_t>());
  // By either clock: what the wall clock says is what the API shows.
  const Moment present = now();
  return present.steady - attempt_->reached.steady >= wanted ||
         present.wall - attempt_->reached.wall >= wanted;
}

bool Ledger::is_shifted() const {
  const std::string hash = this->hash();
  if (view_.serving(hash) < view_.replicas()) return false;
  if (!view_.is_routed()) return true;
  return view_.canary_weight() == kTotal && view_.is_route_confirmed() &&
         view_.selected_by(view_.role().canary_service) == hash;
}

int64_t Ledger::weight_at(int64_t step) const {
  if (step >= step_count()) return kTotal;
  for (int64_t i = step; i >= 0; --i) {
    const Json& known = attempt_->steps[static_cast<size_t>(i)];
    if (known.contains("setWeight")) return int_at(known, "setWeight");
  }
  return 0;
}

int64_t Ledger::pods_at(int64_t step) const {
  const int64_t replicas = view_.replicas();
  const int64_t weight = weight_at(step);
  if (!view_.is_routed()) {
    // One at least, and at most one less than the exact share.
    if (weight == 0 || weight == kTotal) return replicas * weight / kTotal;
    return std::max<int64_t>(1, replicas * weight / kTotal);
  }
  for (int64_t i = std::min(step, step_count() - 1); i >= 0 && step < step_count(); --i) {
    const Json& known = attempt_->steps[static_cast<size_t>(i)];
    if (!known.contains("setCanaryScale")) continue;
    if (const Json* pods = find_path(known, "setCanaryScale.replicas"); pods != nullptr)
      return pods->get<int64_t>();
    if (const Json* share = find_path(known, "setCanaryScale.weight"); share != nullptr)
      return rounded_up_share(replicas, share->get<int64_t>());
    break;
  }
  return routed_pods(weight);
}

/// Under a maxSurge as many of its share as have room beside the stable one's, but one at least.
int64_t Ledger::routed_pods(int64_t weight) const {
  const int64_t share = rounded_up_share(view_.replicas(), weight);
  const std::optional<int64_t> surge = view_.surge();
  if (!surge) return share;
  const int64_t stable = rounded_up_share(view_.replicas(), kTotal - weight);
  return std::min(share, std::max<int64_t>(view_.replicas() + *surge - stable, 1));
}

int64_t Ledger::weight() const {
  int64_t most = 0;
  for (int64_t step = 0; step <= steps(); ++step) most = std::max(most, weight_at(step));
  return most;
}

std::optional<int64_t> Ledger::pods_for(int64_t weight) const {
  std::optional<int64_t> fewest;
  for (int64_t step = 0; step <= steps(); ++step)
    if (weight_at(step) == weight) fewest = std::min(fewest.value_or(pods_at(step)), pods_at(step));
  if (!fewest && attempt_->in_full) return routed_pods(weight);
  return fewest;
}

bool Ledger::sizes_by_weight() const {
  return std::ranges::none_of(attempt_->steps,
                              [](const Json& step) { return step.contains("setCanaryScale"); });
}

std::set<std::string> Ledger::header_routes() const {
  std::set<std::string> names;
  for (int64_t step = 0; step <= std::min(steps(), step_count() - 1); ++step) {
    const Json& known = attempt_->steps[static_cast<size_t>(step)];
    if (known.contains("setHeaderRoute")) names.insert(string_at(known, "setHeaderRoute.name"));
  }
  return names;
}

}  // namespace sluice::sim
