#include "crds/rollout.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace sluice::crds {
namespace {

/// In the order of RolloutPhase.
constexpr std::array<std::string_view, 5> kPhases = {"", "Progressing", "Paused", "Healthy",
                                                     "Degraded"};

bool matches_expression(const LabelExpression& expression, const StringMap& labels) {
  const auto found = labels.find(expression.key);
  const bool present = found != labels.end();
  const bool listed = present && std::find(expression.values.begin(), expression.values.end(),
                                           found->second) != expression.values.end();
  if (expression.op == "In") return listed;
  if (expression.op == "NotIn") return !listed;
  if (expression.op == "Exists") return present;
  if (expression.op == "DoesNotExist") return !present;
  return false;
}

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += ",";
    text += part;
  }
  return text;
}

std::string expression_text(const LabelExpression& expression) {
  if (expression.op == "Exists") return expression.key;
  if (expression.op == "DoesNotExist") return "!" + expression.key;
  const std::string word = expression.op == "In" ? " in (" : " notin (";
  return expression.key + word + join(expression.values) + ")";
}

}  // namespace

bool LabelSelector::matches(const StringMap& labels) const {
  const bool equal = std::all_of(match_labels.begin(), match_labels.end(), [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
  return equal && std::all_of(match_expressions.begin(), match_expressions.end(),
                              [&](const auto& expression) {
                                return matches_expression(expression, labels);
                              });
}

std::string LabelSelector::to_string() const {
  std::vector<std::string> parts;
  for (const auto& [key, value] : match_labels) parts.push_back(fmt::format("{}={}", key, value));
  for (const auto& expression : match_expressions) parts.push_back(expression_text(expression));
  return join(parts);
}

std::string_view to_string(RolloutPhase phase) {
  return kPhases.at(static_cast<size_t>(phase));
}

bool PauseCondition::is_question() const {
  return reason == "InconclusiveAnalysisRun" || reason == "FailedAnalysisRun";
}

RolloutPhase parse_rollout_phase(std::string_view text) {
  const auto* const found = std::find(kPhases.begin(), kPhases.end(), text);
  return found == kPhases.end() ? RolloutPhase::None
                                : static_cast<RolloutPhase>(found - kPhases.begin());
}

bool UnsupportedStep::operator==(const UnsupportedStep& other) const {
  return kind == other.kind && same_text(config, other.config);
}

bool RouterSpec::operator==(const RouterSpec& other) const {
  return kind == other.kind && plugin == other.plugin && same_text(config, other.config);
}

}  // namespace sluice::crds
