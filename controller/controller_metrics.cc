#include "controller/controller_metrics.h"

#include "controller/rollout_gauges.h"
#include "engine/update_duration.h"
#include "net/turn.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::controller {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

/// From half a minute to a week: an update takes as long as its pauses.
const prometheus::Histogram::BucketBoundaries kUpdateBuckets{
    30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400, 604800};

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

prometheus::Labels labels_of(const ObjectKey& rollout) {
  return {{"namespace", rollout.namespace_}, {"name", rollout.name}};
}

}  // namespace

struct ControllerMetrics::Families {
  explicit Families(prometheus::Registry& registry)
      : reconcile(BuildHistogram()
                      .Name("sluice_reconcile_seconds")
                      .Help("Time of one reconcile.")
                      .Register(registry)
                      .Add({}, prometheus::Histogram::BucketBoundaries{0.0005, 0.001, 0.0025, 0.005,
                                                                       0.01, 0.025, 0.05, 0.1, 0.25,
                                                                       0.5, 1, 2.5})),
        errors(BuildCounter()
                   .Name("rollout_reconcile_error")
                   .Help("Reconciles that failed.")
                   .Register(registry)),
        events(BuildCounter()
                   .Name("rollout_events_total")
                   .Help("News told, by type and reason.")
                   .Register(registry)),
        measurements(BuildCounter()
                         .Name("sluice_measurements_total")
                         .Help("Measurements taken, by provider and phase.")
                         .Register(registry)),
        leading(BuildGauge()
                    .Name("sluice_leading")
                    .Help("1 where this process acts, 0 where it stands by.")
                    .Register(registry)
                    .Add({})),
        standing(BuildGauge()
                     .Name("sluice_standing_info")
                     .Help("Where this process stands, the Lease that decides, and its holder.")
                     .Register(registry)),
        update(BuildHistogram()
                   .Name("rollout_duration_seconds")
                   .Help("How long updates took that came to this end.")
                   .Register(registry)),
        update_progress(BuildHistogram()
                            .Name("rollout_progression_duration_seconds")
                            .Help("The same without the pauses that only a person ends.")
                            .Register(registry)),
        update_pauses(BuildHistogram()
                          .Name("rollout_manual_pause_duration_seconds")
                          .Help("How long those pauses were, together.")
                          .Register(registry)),
        comparisons(BuildCounter()
                        .Name("sluice_observed_moves_total")
                        .Help("Moves of another engine, by aspect and whether Sluice agrees.")
                        .Register(registry)),
        longest_turn(BuildGauge()
                         .Name("sluice_loop_longest_turn_seconds")
                         .Help("The longest turn of the event loop since the process began.")
                         .Register(registry)
                         .Add({})),
        longest_turn_cpu(BuildGauge()
                             .Name("sluice_loop_longest_turn_cpu_seconds")
                             .Help("The most processor time that one turn of the event loop took.")
                             .Register(registry)
                             .Add({})),
        long_turns(BuildCounter()
                       .Name("sluice_loop_long_turns_total")
                       .Help("Turns of the event loop of 50 ms and more.")
                       .Register(registry)
                       .Add({})),
        revert(BuildHistogram()
                   .Name("sluice_revert_seconds")
                   .Help("From a bad verdict to the routing write that answers it.")
                   .Register(registry)
                   .Add({},
                        prometheus::Histogram::BucketBoundaries{
                            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5})) {}

  /// A bad verdict that awaits its answer.
  struct Verdict {
    std::string revision;  ///< The pod template hash that was judged.
    SteadyTime at{};
    std::optional<SteadyTime> routed_back;
  };

  prometheus::Histogram& reconcile;
  prometheus::Family<prometheus::Counter>& errors;
  prometheus::Family<prometheus::Counter>& events;
  prometheus::Family<prometheus::Counter>& measurements;
  prometheus::Gauge& leading;
  prometheus::Family<prometheus::Gauge>& standing;
  prometheus::Gauge* standing_shown = nullptr;
  prometheus::Family<prometheus::Histogram>& update;
  prometheus::Family<prometheus::Histogram>& update_progress;
  prometheus::Family<prometheus::Histogram>& update_pauses;
  prometheus::Family<prometheus::Counter>& comparisons;
  prometheus::Gauge& longest_turn;
  prometheus::Gauge& longest_turn_cpu;
  prometheus::Counter& long_turns;
  prometheus::Histogram& revert;
  RolloutGauges rollouts;
  std::map<ObjectKey, Verdict> verdicts;
};

ControllerMetrics::ControllerMetrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      families_(std::make_unique<Families>(*registry_)) {}

ControllerMetrics::~ControllerMetrics() = default;

void ControllerMetrics::observe(const crds::Rollout& rollout) {
  families_->rollouts.show(rollout);
  settle_verdict(rollout);
}

void ControllerMetrics::settle_verdict(const crds::Rollout& rollout) {
  const auto found = families_->verdicts.find(rollout.meta.key());
  if (found == families_->verdicts.end()) return;
  const Families::Verdict& verdict = found->second;
  const crds::RolloutStatus& status = rollout.status;
  const bool judged = status.current_pod_hash == verdict.revision;
  const bool promoted = status.stable_rs == verdict.revision || status.promote_full;
  if (judged && !promoted && !verdict.routed_back) return;
  if (judged && !promoted && status.abort)
    families_->revert.Observe(seconds(*verdict.routed_back - verdict.at));
  families_->verdicts.erase(found);
}

void ControllerMetrics::forget(const ObjectKey& rollout) {
  families_->rollouts.forget(rollout);
  families_->verdicts.erase(rollout);
  const prometheus::Labels labels = labels_of(rollout);
  if (families_->errors.Has(labels)) families_->errors.Remove(&families_->errors.Add(labels));
}

void ControllerMetrics::reconciled(const ObjectKey& rollout, Duration took, bool failed) {
  families_->reconcile.Observe(seconds(took));
  if (!failed) return;
  families_->errors.Add(labels_of(rollout)).Increment();
}

void ControllerMetrics::followed(const crds::UpdateDuration& before,
                                 const crds::UpdateDuration& after) {
  const auto update = engine::ended_update(before, after);
  if (!update) return;
  const prometheus::Labels labels{{"status", update->completion}};
  const auto count = [&labels](auto& family, int64_t value) {
    family.Add(labels, kUpdateBuckets).Observe(static_cast<double>(value));
  };
  count(families_->update, update->whole);
  count(families_->update_progress, update->whole - update->manual_pauses);
  count(families_->update_pauses, update->manual_pauses);
}

void ControllerMetrics::told(const std::string& reason, bool warning) {
  families_->events.Add({{"type", warning ? "Warning" : "Normal"}, {"reason", reason}}).Increment();
}

void ControllerMetrics::measured(const std::string& provider, crds::AnalysisPhase phase) {
  families_->measurements
      .Add({{"provider", provider}, {"phase", std::string(crds::to_string(phase))}})
      .Increment();
}

void ControllerMetrics::compared(const std::string& aspect, bool agrees) {
  families_->comparisons.Add({{"aspect", aspect}, {"verdict", agrees ? "agrees" : "differs"}})
      .Increment();
}

void ControllerMetrics::judged_bad(const crds::Rollout& rollout, SteadyTime at) {
  // A second bad run of the same revision, or a write that is tried again, does not start it over.
  families_->verdicts.emplace(rollout.meta.key(),
                              Families::Verdict{rollout.status.current_pod_hash, at, {}});
}

void ControllerMetrics::routed_back(const ObjectKey& rollout, SteadyTime at) {
  const auto found = families_->verdicts.find(rollout);
  if (found == families_->verdicts.end() || found->second.routed_back) return;
  found->second.routed_back = at;
}

void ControllerMetrics::show_standing(const kube::StandingReport& report) {
  families_->leading.Set(report.standing == kube::Standing::Leading ? 1 : 0);
  // One at a time: holders come and go for ever.
  if (families_->standing_shown != nullptr) families_->standing.Remove(families_->standing_shown);
  families_->standing_shown =
      &families_->standing.Add({{"standing", std::string(kube::to_string(report.standing))},
                                {"lease", report.lease},
                                {"holder", report.holder}});
  families_->standing_shown->Set(1);
}

std::string ControllerMetrics::text() const {
  const net::TurnFigures turns = net::turn_figures();
  families_->longest_turn.Set(seconds(turns.longest));
  families_->longest_turn_cpu.Set(seconds(turns.longest_cpu));
  families_->long_turns.Increment(static_cast<double>(turns.long_turns) -
                                  families_->long_turns.Value());
  std::vector<prometheus::MetricFamily> all = registry_->Collect();
  std::ranges::move(families_->rollouts.collect(), std::back_inserter(all));
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace sluice::controller
