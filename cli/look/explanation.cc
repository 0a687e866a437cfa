#include "cli/look/explanation.h"

#include "analysis/run_reading.h"
#include "cli/look/rollout_state.h"
#include "cli/look/run_view.h"
#include "crds/analysis_codec.h"
#include "crds/rollout_status_codec.h"
#include "engine/canary/steps.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>

namespace sluice::cli {
namespace {

constexpr size_t kDoingsShown = 5;

/// The number is the one that `get` shows and `promote --step` takes.
std::string step_text(const std::vector<crds::Step>& steps, size_t index) {
  return fmt::format("step {}/{} ({})", index, steps.size(),
                     engine::canary::describe(steps[index]));
}

size_t index_of(const crds::Rollout& rollout) {
  return static_cast<size_t>(std::max(0, rollout.status.current_step_index.value_or(0)));
}

std::string place_of(const crds::Rollout& rollout) {
  const crds::CanaryStrategy* canary = rollout.spec.canary();
  const crds::RolloutStatus& status = rollout.status;
  if (verbs::is_promoted(rollout) || status.abort) return "";
  if (canary == nullptr) {
    const bool passed = status.blue_green.scale_up_preview_check_point;
    return passed ? "after the pause, at the switch" : "before the switch";
  }
  const size_t index = index_of(rollout);
  return index < canary->steps.size() ? step_text(canary->steps, index) : "after the last step";
}

std::string next_canary_step(const crds::Rollout& rollout) {
  const std::vector<crds::Step>& steps = rollout.spec.canary()->steps;
  const size_t index = index_of(rollout);
  if (rollout.status.promote_full || index + 1 >= steps.size())
    return "revision " + rollout.status.current_pod_hash + " is promoted";
  return step_text(steps, index + 1);
}

std::string next_switch(const crds::BlueGreenStatus& status, const std::string& hash) {
  if (status.active_selector == hash) return "revision " + hash + " is promoted";
  return "the active Service leads to revision " + hash;
}

std::string next_of(const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  if (!verbs::is_observed(rollout)) return "a controller looks at the newest spec";
  if (status.stable_rs.empty()) return "the first revision is complete once its pods are there";
  if (verbs::is_promoted(rollout)) return "nothing: the current revision has all the traffic";
  if (status.abort)
    return fmt::format("nothing: revision {} has the traffic again; `sluice retry {}` tries anew",
                       status.stable_rs, rollout.meta.name);
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

/// The newest run of the Rollout: its verdict so far, with its value against its limit.
std::string verdict_of(const RolloutObjects& objects) {
  const kube::Object* newest = nullptr;
  for (const kube::Object& run : objects.analysis_runs) {
    const OwnerReference* owner = run.meta.controller();
    if (owner == nullptr || owner->uid != objects.rollout.meta.uid) continue;
    const bool newer =
        newest == nullptr || std::tie(newest->meta.creation_timestamp, newest->meta.name) <
                                 std::tie(run.meta.creation_timestamp, run.meta.name);
    if (newer) newest = &run;
  }
  const auto document = newest == nullptr ? Result<Json>(Json()) : newest->parse();
  if (newest == nullptr || !document) return "";
  const crds::AnalysisRun run = crds::decode_analysis_run(*document).value;
  const bool begun = run.status.phase != crds::AnalysisPhase::None;
  std::string text = fmt::format("analysis run {} is {}", newest->meta.name,
                                 begun ? crds::to_string(run.status.phase) : "not started");
  const std::string reading = analysis::read_run(run).text;
  for (const std::string& part : {reading.empty() ? all_well(run) : reading, run.status.message})
    if (!part.empty()) text += ": " + part;
  return text;
}

std::string line(const std::string& key, const std::string& value) {
  return value.empty() ? "" : header_line(key, value);
}

}  // namespace

Explanation explain_rollout(const RolloutObjects& objects, SystemTime now) {
  const crds::Rollout rollout = decode_whole_rollout(objects);
  const std::string state = state_text(rollout, now);
  return {.name = rollout.meta.name,
          .state = state.substr(0, state.find('\n')),
          .freeze = verbs::freeze_text(rollout),
          .waits = waits_of(rollout, now),
          .at = place_of(rollout),
          .next = next_of(rollout),
          .doings = action_lines(rollout, kDoingsShown),
          .verdict = verdict_of(objects)};
}

std::string render_explanation(const Explanation& explanation) {
  std::string text = line("Rollout:", explanation.name) + line("State:", explanation.state) +
                     line("Frozen:", explanation.freeze) + line("At:", explanation.at);
  for (size_t i = 0; i < explanation.waits.size(); ++i)
    text += header_line(i == 0 ? "Waits for:" : "", wait_line(explanation.waits[i], ""));
  text += line("Then:", explanation.next) + line("Last verdict:", explanation.verdict);
  for (size_t i = 0; i < explanation.doings.size(); ++i)
    text += header_line(i == 0 ? "Last done:" : "", explanation.doings[i]);
  return text;
}

Json encode_explanation(const Explanation& explanation) {
  return {{"name", explanation.name},
          {"state", explanation.state},
          {"frozen", explanation.freeze},
          {"waitingFor", crds::encode_waits(explanation.waits)},
          {"at", explanation.at},
          {"next", explanation.next},
          {"lastVerdict", explanation.verdict},
          {"lastDone", explanation.doings}};
}

}  // namespace sluice::cli
