#include "controller/write_contests.h"

#include "controller/routes.h"
#include "engine/conditions.h"
#include "engine/reasons.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::controller {
namespace {

/// An action that sets a state which somebody may set back: what it is about, and that state.
struct Setting {
  std::string what;
  std::string content;
  crds::ObjectName object;
};

struct SettingOf {
  std::optional<Setting> operator()(const engine::SetTraffic& action) const {
    return Setting{"the routes", engine::to_string(action), {}};
  }

  std::optional<Setting> operator()(const engine::PointService& action) const {
    const std::string_view kind = crds::is_subset(action.name) ? "subset" : "Service";
    return Setting{fmt::format("{} {}", kind, action.name), action.hash,
                   crds::side_object(action.name)};
  }

  std::optional<Setting> operator()(const engine::PatchReplicaSet& action) const {
    if (!action.scale) return std::nullopt;
    return Setting{"the size of " + action.name,
                   std::to_string(action.scale->to),
                   {"ReplicaSet", action.name}};
  }

  template <typename Other>
  std::optional<Setting> operator()(const Other&) const {
    return std::nullopt;
  }
};

std::optional<Setting> setting_of(const engine::Action& action) {
  return std::visit(SettingOf{}, action);
}

void wake_within(engine::Plan& plan, Duration wait) {
  if (!plan.wake_after || wait < *plan.wake_after) plan.wake_after = wait;
}

}  // namespace

bool WriteContests::is_contested(const Contest& contest, SteadyTime now) {
  return contest.writes > kUncontestedWrites && now - contest.last < kContestQuiet;
}

/// 100 ms after the fifth write of the same, 200 ms after the sixth …
Duration WriteContests::wait_of(const Contest& contest, bool retreat, SteadyTime now) {
  if (!is_contested(contest, now)) return {};
  const Duration longest = retreat ? kContestedRetreatMax : kContestedWaitMax;
  Duration wait = kContestedWaitFirst;
  for (int i = kUncontestedWrites + 1; i < contest.writes && wait < longest; ++i) wait *= 2;
  return std::max<Duration>(contest.last + std::min(wait, longest) - now, Duration::zero());
}

WriteContests::Held WriteContests::restrain(const ObjectKey& rollout, engine::Plan& plan,
                                            SteadyTime now, SystemTime date,
                                            const LastWriter& last_writer) {
  Held held;
  Contests& contests = contests_[rollout];
  std::erase_if(contests,
                [&](const auto& entry) { return now - entry.second.last >= kContestQuiet; });
  std::erase_if(plan.actions, [&](const engine::Action& action) {
    const std::optional<Setting> setting = setting_of(action);
    const auto contest = setting ? contests.find(setting->what) : contests.end();
    if (contest == contests.end() || contest->second.content != setting->content) return false;
    if (is_contested(contest->second, now)) contest->second.writer = last_writer(action);
    const Duration wait = wait_of(contest->second, takes_traffic_away(action, plan.status), now);
    if (wait == Duration::zero()) return false;
    wake_within(plan, wait);
    const bool routes = std::holds_alternative<engine::SetTraffic>(action);
    (routes ? held.routes : held.other) = true;
    return true;
  });
  show(contests, plan, now, date);
  if (contests.empty()) contests_.erase(rollout);
  return held;
}

void WriteContests::show(const Contests& contests, engine::Plan& plan, SteadyTime now,
                         SystemTime date) {
  std::string text;
  for (const auto& [what, contest] : contests) {
    if (!is_contested(contest, now)) continue;
    const std::string writer = contest.writer.empty() ? "somebody else" : contest.writer;
    const std::string sentence = fmt::format(
        "{}: {} undoes what this Sluice writes; further tries wait up to {} s", what, writer,
        std::chrono::duration_cast<std::chrono::seconds>(kContestedWaitMax).count());
    text += (text.empty() ? "" : "; ") + sentence;
    wake_within(plan, contest.last + kContestQuiet - now);
    plan.status.waiting_for.push_back({.reason = std::string(engine::kWritesContested),
                                       .message = sentence,
                                       .object = contest.object});
  }
  auto& conditions = plan.status.conditions;
  if (text.empty()) {
    engine::remove_condition(conditions, engine::kWritesContested);
    return;
  }
  if (engine::find_condition(conditions, engine::kWritesContested) == nullptr) {
    plan.reasons.push_back({.code = std::string(engine::kWritesContested),
                            .message = text,
                            .severity = engine::Severity::Warning,
                            .occasion = engine::Occasion::News,
                            .params = {}});
  }
  engine::set_condition(conditions, engine::kWritesContested, true, engine::kWritesContested, text,
                        std::chrono::floor<std::chrono::seconds>(date));
}

void WriteContests::wrote(const ObjectKey& rollout, const std::vector<engine::Action>& actions,
                          SteadyTime now) {
  for (const engine::Action& action : actions) {
    const std::optional<Setting> setting = setting_of(action);
    if (!setting) continue;
    Contest& contest = contests_[rollout][setting->what];
    if (contest.content != setting->content)
      contest = {.content = setting->content, .object = setting->object};
    ++contest.writes;
    contest.last = now;
  }
}

}  // namespace sluice::controller
