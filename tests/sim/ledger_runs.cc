// What the AnalysisRuns of an attempt have said.

#include "tests/sim/ledger.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::sim {
namespace {

int64_t step_of(const Json& run) {
  const std::string index = label_of(run, "step-index");
  return index.empty() ? -1 : std::stoll(index);
}

}  // namespace

void Ledger::note_run(const std::string& name, bool by_controller) {
  Attempt& attempt = attempt_of(name, by_controller && view_.scene().before().is_null());
  const Json& run = view_.scene().find("AnalysisRun", name);
  if (run.is_null()) {
    attempt.questions.erase(name);
    // Who destroys the evidence before anybody has acted on it, destroys the verdict.
    const bool was_bad = attempt.bad_runs.erase(name) > 0;
    const bool unheard = !by_controller && attempt.bad_runs.empty() && !attempt.abort_is_known;
    if (was_bad && unheard && !bool_at(view_.rollout(), "status.abort")) attempt.bad_since.reset();
    return;
  }
  if (!view_.owns(run) || hash_label(run) != view_.hash_of(attempt.image)) return;
  if (view_.scene().before().is_null()) attempt.runs[name] = nullptr;
  const auto own = attempt.runs.find(name);
  if (own == attempt.runs.end()) return;
  const bool ended =
      bool_at(run, "spec.terminate") && !bool_at(view_.scene().before(), "spec.terminate");
  if (by_controller && ended) attempt.given_up.insert(name);
  own->second = run;
  judge(attempt, name, run);
}

/// Each run is about what it was created for, also once something else is released.
Ledger::Attempt& Ledger::attempt_of(const std::string& run, bool begins) const {
  if (begins || attempt_->runs.contains(run)) return *attempt_;
  return seen_->runs.contains(run) ? *seen_ : in_force();
}

void Ledger::judge(Attempt& attempt, const std::string& name, const Json& run) {
  const std::string phase = string_at(run, "status.phase");
  const bool counts = !attempt.in_full && !attempt.passed.contains(step_of(run));
  const bool asks = counts && !attempt.given_up.contains(name);
  const bool is_bad = phase == "Failed" || phase == "Error";
  const bool holds = string_at(view_.rollout(), "spec.onFailure") == "pause";
  if (counts && is_bad && !holds) {
    attempt.bad_runs.insert(name);
    condemn(attempt);
  }
  // One that was answered asks no more, whatever else of it changes.
  const bool is_news = string_at(view_.scene().before(), "status.phase") != phase;
  if (asks && is_news && (phase == "Inconclusive" || (is_bad && holds)))
    attempt.questions.insert(name);
}

/// No step ends without the run of the background analysis, where one is wanted.
bool Ledger::is_watched() const {
  const Json* background = find_path(view_.canary(), "analysis");
  // Before there is a revision there is nothing to measure.
  if (background == nullptr || attempt_->in_full || hash().empty()) return true;
  if (attempt_->cursor < int_at(*background, "startingStep")) return true;
  return std::ranges::any_of(attempt_->runs, [](const auto& run) {
    return label_of(run.second, "rollout-type") == "Background";
  });
}

bool Ledger::has_successful_run(int64_t step) const {
  return std::ranges::any_of(attempt_->runs, [step](const auto& entry) {
    const Json& run = entry.second;
    return label_of(run, "rollout-type") == "Step" && step_of(run) == step &&
           string_at(run, "status.phase") == "Successful";
  });
}

}  // namespace sluice::sim
