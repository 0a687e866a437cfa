#include "local/store/disruption_budget.h"

#include "base/whole_number.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace sluice::local {
namespace {

constexpr int64_t kPercent = 100;

}  // namespace

DisruptionBudget::DisruptionBudget(const Json& spec) : spec_(spec) {
  if (const Json* selector = find_path(spec, "selector"); selector != nullptr)
    selector_ = decode_label_selector(*selector);
}

bool DisruptionBudget::is_about(const StringMap& labels) const {
  return selector_ && matches(*selector_, labels);
}

void DisruptionBudget::count(const StringMap& labels, bool ready) {
  if (!is_about(labels)) return;
  ++pods_;
  if (ready) ++healthy_;
}

std::optional<int64_t> DisruptionBudget::amount(const char* field) const {
  const Json* value = find_path(spec_, field);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_integer()) return value->get<int64_t>();
  std::string text = value->is_string() ? value->get<std::string>() : "";
  if (!text.ends_with('%')) return std::nullopt;
  text.pop_back();
  const auto percent = whole_number(text);
  if (!percent) return std::nullopt;
  return (pods_ * *percent + kPercent - 1) / kPercent;
}

int64_t DisruptionBudget::needed() const {
  if (const auto most = amount("maxUnavailable")) return std::max<int64_t>(pods_ - *most, 0);
  return amount("minAvailable").value_or(0);
}

int64_t DisruptionBudget::allowed() const {
  return pods_ == 0 ? 0 : std::max<int64_t>(healthy_ - needed(), 0);
}

}  // namespace sluice::local
