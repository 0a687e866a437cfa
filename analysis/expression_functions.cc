#include "analysis/expression_functions.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace sluice::analysis {
namespace {

std::array<std::span<const Function>, 5> tables() {
  return {environment_functions(), number_functions(), text_functions(), list_functions(),
          time_functions()};
}

constexpr std::array<std::string_view, 15> kPredicateNames{
    "all",     "any",  "none",      "one",      "filter",        "map",    "count", "sum",
    "groupBy", "find", "findIndex", "findLast", "findLastIndex", "sortBy", "reduce"};

}  // namespace

const Function* find_function(std::string_view name) {
  for (const std::span<const Function> table : tables()) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const Function& one) { return one.name == name; });
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

std::vector<std::string_view> callable_names() {
  std::vector<std::string_view> names(kPredicateNames.begin(), kPredicateNames.end());
  for (const std::span<const Function> table : tables())
    for (const Function& function : table) names.push_back(function.name);
  return names;
}

Error wrong_argument(std::string_view function, std::string_view needed, const Value& got) {
  return invalid(fmt::format("{} needs {}, not {}", function, needed, got.type_name()));
}

}  // namespace sluice::analysis
