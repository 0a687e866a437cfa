#include "controller/template_trial.h"

#include "controller/object_trims.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::controller {
namespace {

using State = engine::TemplateTrial::State;

/// Shorter than a Rollout with an invalid spec waits before it looks again.
constexpr Duration kRefusalStands = std::chrono::seconds(15);
/// A server that cannot be reached is asked so often, at this distance.
constexpr int kUnansweredMax = 3;
constexpr Duration kAgain = std::chrono::seconds(1);

/// A failed trial is a verdict on the template: not where the question could not be asked, nor
/// where a webhook knows no trials.
bool is_verdict(const Error& error) {
  return error.code == ErrorCode::Invalid &&
         error.message.find("does not support dry run") == std::string::npos;
}

engine::TemplateTrial read_answer(const kube::Object& object) {
  const auto document = object.parse();
  std::string digest = document ? template_digest_of(*document) : "";
  if (digest.empty()) return {};
  return {.state = State::Answered, .template_digest = std::move(digest)};
}

}  // namespace

crds::FieldProblems TemplateTrials::problems(const ObjectKey& rollout,
                                             const JsonText& pod_template) {
  const auto found = entries_.find(rollout);
  if (found == entries_.end() || !found->second.refusal) return {};
  const Entry& entry = found->second;
  const bool stands = clock_.steady_now() - entry.at < kRefusalStands;
  if (stands && same_text(entry.pod_template, pod_template))
    return {{"spec.template", *entry.refusal}};
  entries_.erase(found);
  return {};
}

engine::TemplateTrial TemplateTrials::known(const ObjectKey& rollout,
                                            const JsonText& pod_template) const {
  const auto found = entries_.find(rollout);
  if (found == entries_.end() || !same_text(found->second.pod_template, pod_template))
    return {.state = State::Open};
  return found->second.trial;
}

TemplateTrials::Entry& TemplateTrials::entry_of(const ObjectKey& rollout,
                                                const JsonText& pod_template) {
  Entry& entry = entries_[rollout];
  if (!same_text(entry.pod_template, pod_template)) entry = {.pod_template = pod_template};
  return entry;
}

bool TemplateTrials::take(const ObjectKey& rollout, const JsonText& pod_template,
                          const Result<kube::Object>& answer) {
  Entry& entry = entry_of(rollout, pod_template);
  entry.at = clock_.steady_now();
  if (answer) {
    entry.trial = read_answer(*answer);
  } else if (is_verdict(answer.error())) {
    entry.refusal = answer.error().message;
    return false;
  } else if (!is_transient(answer.error().code) || ++entry.unanswered >= kUnansweredMax) {
    entry.trial.state = State::Untold;
  }
  return true;
}

net::asio::awaitable<bool> TemplateTrials::pass(ObjectKey rollout, JsonText pod_template,
                                                Owner owner, std::vector<engine::Action> actions) {
  for (const engine::Action& action : actions) {
    const auto* made = std::get_if<engine::CreateReplicaSet>(&action);
    if (made == nullptr) continue;
    const bool first = &action == actions.data();
    if (first || known(rollout, pod_template).state != State::Open) break;
    const auto answer = co_await applier_.try_replica_set(std::move(owner), *made);
    co_return take(rollout, pod_template, answer);
  }
  co_return true;
}

std::optional<Duration> TemplateTrials::follow(const ObjectKey& rollout,
                                               const JsonText& pod_template,
                                               const engine::Plan& plan, Owner owner,
                                               net::TaskGroup& tasks) {
  if (!plan.trial) {
    const auto found = entries_.find(rollout);
    const bool matters = plan.needs_trial || found == entries_.end() || found->second.refusal;
    if (!matters) entries_.erase(found);
    return std::nullopt;
  }
  Entry& entry = entry_of(rollout, pod_template);
  if (entry.asking) return kAgain;
  const SteadyTime due = entry.at + kAgain;
  if (entry.unanswered > 0 && clock_.steady_now() < due) return due - clock_.steady_now();
  entry.asking = true;
  // The names that are taken are those of the plan.
  owner.names_taken = nullptr;
  tasks.spawn("try the template of " + rollout.name,
              ask(rollout, pod_template, std::move(owner), *plan.trial));
  return kAgain;
}

net::asio::awaitable<void> TemplateTrials::ask(ObjectKey rollout, JsonText pod_template,
                                               Owner owner, engine::CreateReplicaSet wanted) {
  const auto answer = co_await applier_.try_replica_set(std::move(owner), std::move(wanted));
  const auto found = entries_.find(rollout);
  // Another template is asked about by now, or none.
  if (found == entries_.end() || !same_text(found->second.pod_template, pod_template)) co_return;
  found->second.asking = false;
  take(rollout, pod_template, answer);
  heard_(rollout);
}

}  // namespace sluice::controller
