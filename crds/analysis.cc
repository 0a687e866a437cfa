#include "crds/analysis.h"

#include <array>
#include <utility>

namespace sluice::crds {
namespace {

constexpr std::array<std::pair<AnalysisPhase, std::string_view>, 7> kPhaseNames{{
    {AnalysisPhase::None, ""},
    {AnalysisPhase::Pending, "Pending"},
    {AnalysisPhase::Running, "Running"},
    {AnalysisPhase::Successful, "Successful"},
    {AnalysisPhase::Failed, "Failed"},
    {AnalysisPhase::Error, "Error"},
    {AnalysisPhase::Inconclusive, "Inconclusive"},
}};

}  // namespace

bool ProviderSpec::operator==(const ProviderSpec& other) const {
  return kind == other.kind && same_text(config, other.config);
}

std::string_view to_string(AnalysisPhase phase) {
  for (const auto& [known, name] : kPhaseNames)
    if (known == phase) return name;
  return "";
}

AnalysisPhase parse_analysis_phase(std::string_view text) {
  for (const auto& [phase, name] : kPhaseNames)
    if (name == text) return phase;
  return AnalysisPhase::None;
}

bool is_completed(AnalysisPhase phase) {
  return phase == AnalysisPhase::Successful || phase == AnalysisPhase::Failed ||
         phase == AnalysisPhase::Error || phase == AnalysisPhase::Inconclusive;
}

}  // namespace sluice::crds
