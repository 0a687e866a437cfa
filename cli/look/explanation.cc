#include "cli/look/explanation.h"

#include "analysis/run_reading.h"
#include "cli/look/promises.h"
#include "cli/look/rollout_state.h"
#include "cli/look/run_view.h"
#include "crds/analysis_codec.h"
#include "crds/names.h"
#include "crds/rollout_status_codec.h"
#include "engine/canary/steps.h"
#include "engine/reasons.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace sluice::cli {
namespace {

constexpr size_t kDoingsShown = 5;

std::string to_string(const StepPlace& step) {
  return fmt::format("step {}/{} ({})", step.index, step.of, step.what);
}

StepPlace step_at(const std::vector<crds::Step>& steps, size_t index) {
  return {index, steps.size(), engine::canary::describe(steps[index])};
}

size_t index_of(const crds::Rollout& rollout) {
  return static_cast<size_t>(std::max(0, rollout.status.current_step_index.value_or(0)));
}

bool is_underway(const crds::Rollout& rollout) {
  return !verbs::is_promoted(rollout) && !rollout.status.abort;
}

std::optional<StepPlace> step_of(const crds::Rollout& rollout) {
  const crds::CanaryStrategy* canary = rollout.spec.canary();
  const size_t index = index_of(rollout);
  if (!is_underway(rollout) || canary == nullptr || index >= canary->steps.size())
    return std::nullopt;
  return step_at(canary->steps, index);
}

std::string place_of(const crds::Rollout& rollout) {
  if (!is_underway(rollout)) return "";
  if (rollout.spec.canary() == nullptr) {
    const crds::BlueGreenStatus& status = rollout.status.blue_green;
    if (status.active_selector == rollout.status.current_pod_hash) return "after the switch";
    return status.scale_up_preview_check_point ? "after the pause, at the switch"
                                               : "before the switch";
  }
  const std::optional<StepPlace> step = step_of(rollout);
  return step ? to_string(*step) : "after the last step";
}

std::string next_canary_step(const crds::Rollout& rollout) {
  const std::vector<crds::Step>& steps = rollout.spec.canary()->steps;
  const size_t index = index_of(rollout);
  if (rollout.status.promote_full || index + 1 >= steps.size())
    return "revision " + rollout.status.current_pod_hash + " is promoted";
  return to_string(step_at(steps, index + 1));
}

std::string next_switch(const crds::BlueGreenStatus& status, const std::string& hash) {
  if (status.active_selector == hash) return "revision " + hash + " is promoted";
  return "the active Service leads to revision " + hash;
}

bool has_revision(const RolloutObjects& objects, const std::string& hash) {
  return std::ranges::any_of(objects.replica_sets, [&](const kube::Object& replica_set) {
    const OwnerReference* owner = replica_set.meta.controller();
    return owner != nullptr && owner->uid == objects.rollout.meta.uid &&
           replica_set.meta.label(crds::kPodTemplateHashLabel) == hash;
  });
}

/// The stable revision is there, and has too few pods for all the traffic.
bool is_short_of_pods(const RolloutObjects& objects, const crds::RolloutStatus& status) {
  return has_revision(objects, status.stable_rs) &&
         std::ranges::any_of(status.waiting_for, [](const crds::Wait& wait) {
           return wait.reason == engine::kStableLacksCapacity;
         });
}

/// An abort gives the traffic back to whoever can bear it, and to nobody else.
std::string next_after_abort(const RolloutObjects& objects, const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  const std::string& name = rollout.meta.name;
  if (!has_revision(objects, status.stable_rs))
    return fmt::format(
        "nothing: revision {0} is gone and cannot have the traffic; release it "
        "again, or `sluice retry {1}` and `sluice promote {1} --full`",
        status.stable_rs, name);
  if (is_short_of_pods(objects, status))
    return fmt::format("revision {} gets the traffic that it can bear", status.stable_rs);
  return fmt::format("nothing: revision {} has the traffic again; `sluice retry {}` tries anew",
                     status.stable_rs, name);
}

/// Under a spec that cannot be planned an abort takes the traffic back, and nothing else happens.
std::string next_under_invalid_spec(const RolloutObjects& objects, const crds::Rollout& rollout) {
  if (rollout.status.abort && is_short_of_pods(objects, rollout.status))
    return next_after_abort(objects, rollout);
  return "nothing, before the spec is mended";
}

std::string next_of(const RolloutObjects& objects, const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  if (!verbs::is_observed(rollout)) return "a controller looks at the newest spec";
  if (!verbs::condition_text(rollout, engine::kInvalidSpec).empty())
    return next_under_invalid_spec(objects, rollout);
  if (status.stable_rs.empty()) return "the first revision is complete once its pods are there";
  if (verbs::is_promoted(rollout)) return "nothing: the current revision has all the traffic";
  if (status.abort) return next_after_abort(objects, rollout);
  if (rollout.spec.blue_green()) return next_switch(status.blue_green, status.current_pod_hash);
  return rollout.spec.canary() != nullptr ? next_canary_step(rollout) : "";
}

/// "error-rate [0.004], limit 0.01" of each metric that counts, where none is worth more words.
std::string all_well(const crds::AnalysisRun& run) {
  std::string text;
  for (const crds::MetricResult& result : run.status.metric_results) {
    if (result.dry_run || result.measurements.empty()) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", result.name,
                        result.measurements.back().value);
    for (const crds::Metric& metric : run.spec.metrics)
      if (metric.name == result.name) text += ", " + analysis::limit_text(metric);
  }
  return text;
}

/// Of the current revision: what was found of another one says nothing of this.
const kube::Object* newest_run(const RolloutObjects& objects, const std::string& hash) {
  const kube::Object* newest = nullptr;
  for (const kube::Object& run : objects.analysis_runs) {
    const OwnerReference* owner = run.meta.controller();
    if (owner == nullptr || owner->uid != objects.rollout.meta.uid) continue;
    if (run.meta.label(crds::kPodTemplateHashLabel) != hash) continue;
    const bool newer =
        newest == nullptr || std::tie(newest->meta.creation_timestamp, newest->meta.name) <
                                 std::tie(run.meta.creation_timestamp, run.meta.name);
    if (newer) newest = &run;
  }
  return newest;
}

/// Of the newest run: its verdict so far, with its value against its limit.
std::optional<RunVerdict> verdict_of(const RolloutObjects& objects, const std::string& hash) {
  const kube::Object* newest = newest_run(objects, hash);
  const auto document = newest == nullptr ? Result<Json>(Json()) : newest->parse();
  if (newest == nullptr || !document) return std::nullopt;
  const crds::AnalysisRun run = crds::decode_analysis_run(*document).value;
  RunVerdict verdict{newest->meta.name, run.status.phase, ""};
  const std::string reading = analysis::read_run(run).text;
  for (const std::string& part : {reading.empty() ? all_well(run) : reading, run.status.message})
    if (!part.empty()) verdict.reading += (verdict.reading.empty() ? "" : ": ") + part;
  return verdict;
}

std::optional<RevisionName> name_of(const RolloutInfo& info, const std::string& hash) {
  if (hash.empty()) return std::nullopt;
  for (const RevisionInfo& revision : info.revisions)
    for (const ReplicaSetInfo& set : revision.replica_sets)
      if (set.hash == hash) return RevisionName{revision.number, hash};
  return RevisionName{0, hash};
}

std::string line(const std::string& key, const std::string& value) {
  return value.empty() ? "" : header_line(key, value);
}

Json encode(const std::optional<RevisionName>& revision) {
  if (!revision) return nullptr;
  return {{"number", revision->number}, {"hash", revision->hash}};
}

Json encode(const std::optional<StepPlace>& step) {
  if (!step) return nullptr;
  return {{"index", step->index}, {"of", step->of}, {"what", step->what}};
}

Json encode(const std::optional<RunVerdict>& verdict) {
  if (!verdict) return nullptr;
  return {{"run", verdict->run},
          {"phase", crds::to_string(verdict->phase)},
          {"reading", verdict->reading}};
}

Json encode(const std::vector<Choice>& choices) {
  Json list = Json::array();
  for (const Choice& choice : choices)
    list.push_back({{"command", choice.command}, {"effect", choice.effect}});
  return list;
}

/// One key for all lines.
std::string list_of(const std::string& key, const std::vector<std::string>& lines) {
  std::string text;
  for (size_t i = 0; i < lines.size(); ++i) text += header_line(i == 0 ? key : "", lines[i]);
  return text;
}

}  // namespace

std::string RunVerdict::to_string() const {
  const bool begun = phase != crds::AnalysisPhase::None;
  return fmt::format("analysis run {} is {}{}{}", run,
                     begun ? crds::to_string(phase) : "not started", reading.empty() ? "" : ": ",
                     reading);
}

Explanation explain_rollout(const RolloutObjects& objects, SystemTime now, std::string leases) {
  const RolloutInfo info = make_rollout_info(objects);
  const crds::Rollout& rollout = info.rollout;
  const std::string state = state_text(rollout, now);
  return {.rollout = rollout,
          .state = state.substr(0, state.find('\n')),
          .freeze = verbs::freeze_text(rollout),
          .current = name_of(info, rollout.status.current_pod_hash),
          .stable = name_of(info, rollout.status.stable_rs),
          .set_weight = set_weight_of(rollout),
          .actual_weight = actual_weight_of(info),
          .promises = promises_of(rollout, now),
          .promised = promise_lines(rollout, now),
          .waits = waits_of(rollout, now),
          .leases = std::move(leases),
          .at = place_of(rollout),
          .step = step_of(rollout),
          .next = next_of(objects, rollout),
          .choices = choices_of(rollout, kept_revisions(objects), now),
          .doings = verbs::read_actions(rollout),
          .verdict = verdict_of(objects, rollout.status.current_pod_hash)};
}

std::string render_explanation(const Explanation& explanation) {
  const std::string& state = explanation.state;
  const bool told = state.find(explanation.freeze) != std::string::npos;
  std::string text = line("Rollout:", explanation.rollout.meta.name) + line("State:", state) +
                     line("Frozen:", told ? "" : explanation.freeze) + line("At:", explanation.at);
  std::vector<std::string> waits;
  for (const crds::Wait& wait : explanation.waits)
    waits.push_back(wait_line(wait, state + explanation.freeze));
  std::vector<std::string> choices;
  for (const Choice& choice : explanation.choices)
    choices.push_back(fmt::format("{}  ({})", choice.command, choice.effect));
  text += list_of("Asked for:", explanation.promised) + list_of("Waits for:", waits) +
          line("Leases:", explanation.leases) + line("Then:", explanation.next) +
          list_of("You can:", choices);
  if (explanation.verdict) text += line("Last verdict:", explanation.verdict->to_string());
  return text + list_of("Last done:", action_lines(explanation.rollout, kDoingsShown));
}

Json encode_explanation(const Explanation& explanation) {
  const crds::Rollout& rollout = explanation.rollout;
  const bool blue_green = rollout.spec.blue_green() != nullptr;
  const auto& weight = explanation.actual_weight;
  return {{"name", rollout.meta.name},
          {"namespace", rollout.meta.namespace_},
          {"strategy", blue_green ? "BlueGreen" : "Canary"},
          {"phase", crds::to_string(phase_of(rollout))},
          {"message", rollout.status.message},
          {"revision", encode(explanation.current)},
          {"stableRevision", encode(explanation.stable)},
          {"setWeight", explanation.set_weight},
          {"actualWeight", weight ? Json(*weight) : Json(nullptr)},
          {"aborted", rollout.status.abort},
          {"paused", rollout.spec.paused},
          {"frozen", explanation.freeze},
          {"at", explanation.at},
          {"step", encode(explanation.step)},
          {"askedFor", verbs::encode_actions(explanation.promises)},
          {"waitingFor", crds::encode_waits(explanation.waits)},
          {"leases", explanation.leases},
          {"next", explanation.next},
          {"canDo", encode(explanation.choices)},
          {"lastVerdict", encode(explanation.verdict)},
          {"lastDone", verbs::encode_actions(explanation.doings)}};
}

}  // namespace sluice::cli
