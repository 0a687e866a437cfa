#include "cli/look/choices.h"

#include "crds/freeze.h"
#include "verbs/promote.h"
#include "verbs/restore.h"
#include "verbs/steer.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace sluice::cli {
namespace {

using verbs::Decision;

bool does(const Decision& decision) {
  return !decision.writes.empty();
}

bool does(const Result<Decision>& decision) {
  return decision && does(*decision);
}

bool does(const Result<verbs::Rollback>& rollback) {
  return rollback && !rollback->writes.empty();
}

class Offer {
 public:
  explicit Offer(const crds::Rollout& rollout) : rollout_(rollout) {}

  template <typename Decided>
  void add(const Decided& decided, std::string_view verb, std::string effect) {
    if (!does(decided)) return;
    const std::string_view word = verb.substr(0, verb.find(' '));
    choices_.push_back({fmt::format("sluice {} {} -n {}{}", word, rollout_.meta.name,
                                    rollout_.meta.namespace_, verb.substr(word.size())),
                        std::move(effect)});
  }

  void add_thaws() {
    for (const crds::Wait& wait : rollout_.status.waiting_for) {
      if (wait.reason != "Frozen") continue;
      const bool of_all = wait.object.name.starts_with(crds::kFreezeAllNamespace);
      choices_.push_back(
          {of_all ? "sluice unfreeze --all" : "sluice unfreeze -n " + rollout_.meta.namespace_,
           "ends the freeze, for everything that it holds"});
    }
  }

  std::vector<Choice> take() { return std::move(choices_); }

 private:
  const crds::Rollout& rollout_;
  std::vector<Choice> choices_;
};

std::string effect_of_promote(const crds::RolloutStatus& status, bool held) {
  if (held) return "takes back `sluice pause`, and ends the pause where there is one";
  return status.pause_conditions.empty() ? "passes over the step under way" : "ends the pause";
}

/// Nobody can go back to a revision whose ReplicaSet is gone.
std::string effect_of_abort(const crds::RolloutStatus& status,
                            const std::vector<verbs::Revision>& revisions) {
  if (std::ranges::find(revisions, status.stable_rs, &verbs::Revision::hash) != revisions.end())
    return "sends all traffic back to revision " + status.stable_rs;
  return fmt::format("ends the update, and moves no traffic: revision {} is gone",
                     status.stable_rs);
}

}  // namespace

std::vector<Choice> choices_of(const crds::Rollout& rollout,
                               const std::vector<verbs::Revision>& revisions, SystemTime now) {
  if (!verbs::is_observed(rollout)) return {};
  // Whoever reads this has seen the step.
  const verbs::Ask ask{.by = {}, .at = now, .reason = "", .seen = {}, .step_named = true};
  const crds::RolloutStatus& status = rollout.status;
  const bool updating = !verbs::is_promoted(rollout);
  Offer offer(rollout);
  offer.add_thaws();
  offer.add(verbs::retry(rollout, ask), "retry", "starts the update again from its first step");
  const auto promoted = verbs::promote(rollout, ask, {});
  offer.add(promoted, "promote", effect_of_promote(status, rollout.spec.paused));
  if (!does(promoted))
    offer.add(verbs::promote(rollout, ask, {.skip_analysis = true}), "promote --skip-analysis",
              "passes over the analysis under way");
  offer.add(verbs::resume(rollout, ask), "resume", "takes back `sluice pause`, and nothing else");
  if (updating)
    offer.add(verbs::promote(rollout, ask, {.full = true}), "promote --full",
              "passes over all steps, pauses and analyses");
  if (!status.stable_rs.empty())
    offer.add(verbs::abort(rollout, ask), "abort", effect_of_abort(status, revisions));
  const auto rollback = verbs::plan_rollback(rollout, revisions, ask);
  if (rollback && rollback->kind == verbs::Rollback::Kind::Return)
    offer.add(rollback, "rollback", "returns all traffic at once to revision " + rollback->hash);
  return offer.take();
}

}  // namespace sluice::cli
