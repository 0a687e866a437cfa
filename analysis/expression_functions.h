#pragma once

// The functions of the condition language, in tables by subject.

#include "analysis/expression_types.h"
#include "analysis/value.h"
#include "base/result.h"

#include <span>
#include <string_view>
#include <vector>

namespace sluice::analysis {

/// What functions may look at besides their arguments.
struct FunctionContext {
  const Value& result;
  SystemTime now;
};

using FunctionBody = Result<Value> (*)(const FunctionContext&, std::span<const Value>);

inline constexpr int kAnyNumber = -1;

struct Function {
  std::string_view name;
  int least;  ///< Arguments.
  int most;   ///< kAnyNumber: no upper end.
  StaticType type;
  FunctionBody body;
  /// Takes no-data arguments as they are; any other function answers "no data" to them.
  bool sees_no_data = false;
  /// Gives an element of its first argument, whose type is known where the list's is.
  bool gives_element = false;
  /// Takes n log n of its arguments' size, not n.
  bool sorts = false;
  /// Steps of a call, and what each element or byte costs more than a look at it.
  int weight = 1;
};

std::span<const Function> environment_functions();
std::span<const Function> number_functions();
std::span<const Function> text_functions();
std::span<const Function> list_functions();
std::span<const Function> time_functions();

/// The function of that name, or null.
const Function* find_function(std::string_view name);
/// The method of that name, or null: now().Year(). Its object is its only argument.
const Function* find_method(std::string_view name);
/// Every name that can be called, predicates too; for suggestions.
std::vector<std::string_view> callable_names();

/// The Invalid error for an argument of the wrong type: "round needs a number, not a list".
Error wrong_argument(std::string_view function, std::string_view needed, const Value& got);

}  // namespace sluice::analysis
