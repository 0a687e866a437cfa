#include "cli/act/verb_runner.h"

#include "cli/act/answer.h"
#include "cli/look/rollout_info.h"
#include "crds/rollout_codec.h"
#include "net/sleep.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sluice::cli {
namespace {

constexpr Duration kVerbPoll = std::chrono::milliseconds(50);
/// A controller that runs acts upon a changed status at once.
constexpr Duration kActingMax = std::chrono::seconds(5);

kube::Awaitable<Result<VerbInput>> read_input_of(Session& session, std::string name, Verb verb) {
  VerbInput input;
  if (verb.basis != Basis::Spec) {
    const auto observed = co_await read_observed_rollout(session, name);
    if (!observed) co_return fail(observed.error());
    input.rollout = observed->rollout;
  }
  if (verb.wants_revisions) {
    const auto objects = co_await read_whole_rollout(session, session.key(name));
    if (!objects) co_return fail(objects.error());
    input = {decode_whole_rollout(*objects), kept_revisions(*objects)};
  } else if (verb.basis == Basis::Spec) {
    const auto read = co_await read_rollout(session, name);
    if (!read) co_return fail(read.error());
    input.rollout = read->rollout;
  }
  co_return input;
}

/// Refused where a verb would decide on what is said of an older spec.
Result<verbs::Decision> decide(const Verb& verb, const VerbInput& input, const verbs::Ask& ask) {
  if (verb.basis == Basis::SeenStatus && !verbs::is_observed(input.rollout))
    return fail(
        unavailable(verbs::unseen_text(input.rollout) + ": is one running? Nothing is done"));
  return verb.decide(input, ask);
}

/// Whether the status changes from what was written: some controller is at work.
kube::Awaitable<bool> is_acted_upon(Session& session, kube::Object written) {
  const auto document = written.parse();
  if (!document) co_return true;
  const crds::RolloutStatus status = crds::decode_rollout(*document).value.status;
  const SteadyTime patience = session.clock.steady_now() + kActingMax;
  while (session.clock.steady_now() < patience) {
    const auto read = co_await read_rollout(session, written.meta.name);
    // Who can read no more must not say that nothing happens.
    if (!read || read->rollout.status != status) co_return true;
    co_await net::sleep_for(session.clock, kVerbPoll);
  }
  co_return false;
}

/// What can be said once the writes are done; `written` is the Rollout as the last one left it.
kube::Awaitable<Answer> answer_of(Session& session, Answer answer, verbs::Decision decision,
                                  std::optional<kube::Object> written) {
  const std::string& name = answer.object.name;
  answer.outcome = decision.writes.empty() ? Outcome::Already : Outcome::Done;
  answer.text = fmt::format("rollout '{}' {}", name, decision.text);
  const bool by_status = std::any_of(decision.writes.begin(), decision.writes.end(),
                                     [](const verbs::Write& write) { return write.of_status; });
  if (!by_status || !written) co_return answer;
  const bool acted = co_await is_acted_upon(session, *std::move(written));
  if (acted) co_return answer;
  answer.outcome = Outcome::Unanswered;
  answer.text = fmt::format(
      "rollout \"{}\": asked for ({}), but no controller has acted upon it within {}: is one "
      "running?",
      name, decision.text, format_duration(kActingMax));
  co_return answer;
}

}  // namespace

kube::Awaitable<verbs::Actor> find_actor(Session& session) {
  const kube::Resource review{.gvk = {"authentication.k8s.io", "v1", "SelfSubjectReview"},
                              .plural = "selfsubjectreviews",
                              .namespaced = false};
  const Json body = {{"apiVersion", review.gvk.api_version()}, {"kind", review.gvk.kind}};
  const auto answer = co_await session.store.create(review, "", dump_json(body));
  if (answer) {
    const auto document = answer->parse();
    std::string user = document ? string_at(*document, "status.userInfo.username") : "";
    if (!user.empty()) co_return verbs::Actor{std::move(user), false};
  }
  co_return verbs::Actor{session.user, true};
}

namespace {

/// Decides and writes, again where somebody else was faster.
kube::Awaitable<Answer> carry_out(Session& session, Answer answer, VerbOptions options, Verb verb,
                                  verbs::Actor actor) {
  const std::string name = answer.object.name;
  verbs::Ask ask;
  ask.by = std::move(actor);
  ask.reason = options.reason;
  ask.step_named = options.step.has_value();
  for (int decision = 1;; ++decision) {
    const auto input = co_await read_input_of(session, name, verb);
    if (!input) co_return failure(verb.word, answer.object, input.error());
    const crds::Rollout& rollout = input->rollout;
    answer.seen = seen_of(rollout);
    if (!ask.seen) {
      ask.seen = verbs::sight_of(rollout);
      if (options.step) ask.seen->step = options.step;
    }
    ask.at = session.clock.system_now();
    auto decided = decide(verb, *input, ask);
    if (!decided) {
      answer.outcome = Outcome::Refused;
      answer.text = decided.error().message;
      co_return answer;
    }
    if (verb.goes_on) answer.frozen = verbs::freeze_text(rollout);
    std::optional<kube::Object> last;
    if (!decided->writes.empty()) {
      auto written = co_await write_rollout(session, session.key(name), decided->writes);
      const bool again = !written && overtaken(written.error()) && decision < kDecisionsMax;
      if (again) continue;
      if (!written) co_return failure(verb.word, answer.object, written.error());
      last = *std::move(written);
    }
    co_return co_await answer_of(session, std::move(answer), *std::move(decided), std::move(last));
  }
}

}  // namespace

kube::Awaitable<int> run_verb(Session& session, VerbOptions options, Verb verb) {
  const verbs::Actor actor = co_await find_actor(session);
  int worst = kExitOk;
  for (const std::string& name : options.names) {
    const Answer answer = co_await carry_out(
        session,
        {.verb = verb.word, .object = session.key(name), .text = "", .seen = {}, .frozen = ""},
        options, verb, actor);
    worst = std::max(worst, tell(answer, options.as_json));
  }
  co_return worst;
}

}  // namespace sluice::cli
