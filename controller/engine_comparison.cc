#include "controller/engine_comparison.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace sluice::controller {
namespace {

/// Absent where the status says nothing of it.
std::optional<int64_t> number_of(const crds::RolloutStatus& status, Aspect aspect) {
  if (aspect == Aspect::Step && status.current_step_index) return *status.current_step_index;
  if (aspect == Aspect::Weight && status.canary.weights)
    return status.canary.weights->canary.weight;
  return std::nullopt;
}

std::string text_of(const crds::RolloutStatus& status, Aspect aspect) {
  switch (aspect) {
    case Aspect::Phase:
      return std::string(crds::to_string(status.phase));
    case Aspect::Stable:
      return status.stable_rs;
    case Aspect::Step:
    case Aspect::Weight:
      break;
  }
  const auto number = number_of(status, aspect);
  return number ? std::to_string(*number) : "";
}

bool is_alike(const crds::RolloutStatus& left, const crds::RolloutStatus& right) {
  return std::ranges::all_of(
      kAspects, [&](Aspect aspect) { return text_of(left, aspect) == text_of(right, aspect); });
}

/// What the other reached is what Sluice would reach, or lies on the way there.
bool is_explained(const crds::RolloutStatus& from, const crds::RolloutStatus& to,
                  const crds::RolloutStatus& ours, Aspect aspect) {
  const std::string reached = text_of(to, aspect);
  if (reached == text_of(from, aspect) || reached == text_of(ours, aspect)) return true;
  const auto start = number_of(from, aspect);
  const auto end = number_of(ours, aspect);
  const auto place = number_of(to, aspect);
  if (!start || !end || !place) return !place;
  return std::min(*start, *end) <= *place && *place <= std::max(*start, *end);
}

void wait_until(Duration left, std::optional<Duration>& look_again) {
  look_again = std::min(look_again.value_or(left), std::max(left, Duration(1)));
}

}  // namespace

std::string_view to_string(Aspect aspect) {
  switch (aspect) {
    case Aspect::Phase:
      return "phase";
    case Aspect::Step:
      return "step";
    case Aspect::Weight:
      return "weight";
    case Aspect::Stable:
      break;
  }
  return "stable";
}

std::vector<Decision> decisions_of(const crds::RolloutStatus& other,
                                   const crds::RolloutStatus& ours) {
  std::vector<Decision> decisions;
  for (const Aspect aspect : kAspects) {
    Decision decision{std::string(to_string(aspect)), text_of(other, aspect),
                      text_of(ours, aspect)};
    if (!decision.other.empty() || !decision.ours.empty()) decisions.push_back(std::move(decision));
  }
  return decisions;
}

std::string Difference::to_string() const {
  if (ahead)
    return fmt::format("{}: the other engine went from {} to {}, Sluice would be at {}",
                       controller::to_string(aspect), before, other, ours);
  return fmt::format("{}: the other engine stays at {}, Sluice would be at {}",
                     controller::to_string(aspect), other, ours);
}

void EngineComparison::saw(const ObjectKey& rollout, const crds::RolloutStatus& status,
                           SteadyTime now) {
  const auto found = known_.find(rollout);
  if (found == known_.end()) {
    known_.emplace(rollout, Known{.now = status, .moves = {}, .lags = {}, .told = {}});
    return;
  }
  Known& known = found->second;
  if (!is_alike(known.now, status)) {
    if (known.moves.size() == kMovesMax) known.moves.erase(known.moves.begin());
    known.moves.push_back({known.now, status, now});
  }
  known.now = status;
}

EngineComparison::Findings EngineComparison::look(const ObjectKey& rollout, const Plan& plan,
                                                  SteadyTime now) {
  Findings findings;
  const auto found = known_.find(rollout);
  if (found == known_.end()) return findings;
  Known& known = found->second;
  explain_moves(known, plan, now, findings);
  find_lags(known, plan, now, findings);
  for (const Difference& difference : findings.differences)
    known.told.insert(known.told.begin(), difference);
  if (known.told.size() > kShownMax) known.told.resize(kShownMax);
  return findings;
}

void EngineComparison::explain_moves(Known& known, const Plan& plan, SteadyTime now,
                                     Findings& findings) {
  std::vector<Move> open;
  for (Move& move : known.moves) {
    const crds::RolloutStatus ours = plan(move.from);
    std::vector<Difference> differences;
    std::vector<Aspect> agreed;
    for (const Aspect aspect : kAspects) {
      if (text_of(move.from, aspect) == text_of(move.to, aspect)) continue;
      if (is_explained(move.from, move.to, ours, aspect))
        agreed.push_back(aspect);
      else
        differences.push_back({.aspect = aspect,
                               .ahead = true,
                               .before = text_of(move.from, aspect),
                               .other = text_of(move.to, aspect),
                               .ours = text_of(ours, aspect)});
    }
    if (!differences.empty() && now - move.since < kPatience) {
      wait_until(kPatience - (now - move.since), findings.look_again);
      open.push_back(std::move(move));
      continue;
    }
    // A phase follows from what is counted at a moment, which nobody sees again.
    std::erase_if(differences, [&](const Difference& difference) {
      return difference.aspect == Aspect::Phase &&
             text_of(known.now, Aspect::Phase) != difference.other;
    });
    findings.agreed.insert(findings.agreed.end(), agreed.begin(), agreed.end());
    findings.differences.insert(findings.differences.end(), differences.begin(), differences.end());
  }
  known.moves = std::move(open);
}

void EngineComparison::find_lags(Known& known, const Plan& plan, SteadyTime now,
                                 Findings& findings) {
  const crds::RolloutStatus ours = plan(known.now);
  for (const Aspect aspect : kAspects) {
    const std::string wanted = text_of(ours, aspect);
    const std::string there = text_of(known.now, aspect);
    if (wanted == there || wanted.empty() || there.empty()) {
      known.lags.erase(aspect);
      continue;
    }
    Lag& lag = known.lags.try_emplace(aspect, Lag{.ours = wanted, .since = now}).first->second;
    if (lag.ours != wanted) lag = {.ours = wanted, .since = now};
    if (lag.told) continue;
    if (now - lag.since < kPatience) {
      wait_until(kPatience - (now - lag.since), findings.look_again);
      continue;
    }
    lag.told = true;
    findings.differences.push_back(
        {.aspect = aspect, .ahead = false, .before = "", .other = there, .ours = wanted});
  }
}

std::vector<Difference> EngineComparison::last(const ObjectKey& rollout) const {
  const auto found = known_.find(rollout);
  return found == known_.end() ? std::vector<Difference>{} : found->second.told;
}

}  // namespace sluice::controller
