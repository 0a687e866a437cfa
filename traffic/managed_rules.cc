#include "traffic/managed_rules.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace sluice::traffic {
namespace {

/// Nobody else gives such names.
constexpr std::string_view kCopyMark = ".copy-";

}  // namespace

std::string free_rule_name(const std::string& managed, std::set<std::string>& taken) {
  std::string name = managed;
  for (int copy = 1; !taken.insert(name).second; ++copy)
    name = fmt::format("{}{}{}", managed, kCopyMark, copy);
  return name;
}

const std::string* managed_by_name(const Json& rule, const std::vector<std::string>& managed) {
  const std::string name = string_at(rule, "name");
  if (name.empty()) return nullptr;
  const auto found = std::ranges::find(managed, name.substr(0, name.rfind(kCopyMark)));
  return found == managed.end() ? nullptr : &*found;
}

}  // namespace sluice::traffic
