#pragma once

// TemplateTrials: what the API server says of each Rollout's pod template when it is asked to make
// a ReplicaSet of it on trial: whether it would, and what with all defaults. It is asked beside the
// plans. Kept in memory, for one template a Rollout, while it matters: after a restart the server
// is asked again.

#include "base/clock.h"
#include "controller/plan_applier.h"
#include "engine/plan.h"
#include "net/task_group.h"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace sluice::controller {

class TemplateTrials {
 public:
  using Heard = std::function<void(const ObjectKey& rollout)>;

  /// Both must outlive the trials. `heard` is told of a Rollout whose template was answered about.
  TemplateTrials(PlanApplier& applier, Clock& clock, Heard heard)
      : applier_(applier), clock_(clock), heard_(std::move(heard)) {}

  /// The server's sentence where it refused this very template lately. What it refused may be taken
  /// once a policy or a quota has changed: after a while nobody knows.
  crds::FieldProblems problems(const ObjectKey& rollout, const JsonText& pod_template);

  /// What is known of this very template; open where the server has not been asked.
  engine::TemplateTrial known(const ObjectKey& rollout, const JsonText& pod_template) const;

  /// False where the API server refuses the ReplicaSet that the actions make, if they make one. It
  /// is not asked where nothing is written before: there the creation itself is the question.
  net::asio::awaitable<bool> pass(ObjectKey rollout, JsonText pod_template, Owner owner,
                                  std::vector<engine::Action> actions);

  /// Takes in that the ReplicaSet was refused when it was to be created.
  void refused(const ObjectKey& rollout, const JsonText& pod_template, const Error& error) {
    take(rollout, pod_template, fail(error));
  }

  /// Starts the trial that the plan asks for in `tasks`, and forgets an answer that matters no
  /// more. How soon to ask again; nothing where nothing is asked.
  std::optional<Duration> follow(const ObjectKey& rollout, const JsonText& pod_template,
                                 const engine::Plan& plan, Owner owner, net::TaskGroup& tasks);

  void forget(const ObjectKey& rollout) { entries_.erase(rollout); }

 private:
  struct Entry {
    JsonText pod_template;
    SteadyTime at{};  ///< When it was asked last.
    bool asking = false;
    int unanswered = 0;
    std::optional<std::string> refusal;
    engine::TemplateTrial trial{.state = engine::TemplateTrial::State::Open};
  };

  /// The entry of this very template.
  Entry& entry_of(const ObjectKey& rollout, const JsonText& pod_template);
  /// Takes in what was answered about the template. True where the server does not refuse it.
  bool take(const ObjectKey& rollout, const JsonText& pod_template,
            const Result<kube::Object>& answer);
  net::asio::awaitable<void> ask(ObjectKey rollout, JsonText pod_template, Owner owner,
                                 engine::CreateReplicaSet wanted);

  PlanApplier& applier_;
  Clock& clock_;
  Heard heard_;
  std::map<ObjectKey, Entry> entries_;
};

}  // namespace sluice::controller
