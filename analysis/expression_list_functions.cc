// Functions on lists and maps.

#include "analysis/expression_functions.h"
#include "analysis/expression_order.h"
#include "analysis/expression_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_set>

namespace sluice::analysis {
namespace {

using Arguments = std::span<const Value>;

Result<Value> len(const FunctionContext&, Arguments args) {
  if (const auto* text = args[0].as_string()) return character_count(*text);
  if (const List* items = args[0].as_list()) return static_cast<int64_t>(items->size());
  if (const Map* entries = args[0].as_map()) return static_cast<int64_t>(entries->size());
  return fail(wrong_argument("len", "a list, a map or a string", args[0]));
}

/// Nil where the list is empty; no data where it is so because the answer is.
Result<Value> end_of(std::string_view name, const FunctionContext& context, Arguments args,
                     bool last) {
  const List* items = args[0].as_list();
  if (items == nullptr) return fail(wrong_argument(name, "a list", args[0]));
  if (!items->empty()) return last ? items->back() : items->front();
  return is_empty_answer(context.result) ? Value::no_data("") : Value{};
}

Result<Value> first(const FunctionContext& context, Arguments args) {
  return end_of("first", context, args, false);
}

Result<Value> last(const FunctionContext& context, Arguments args) {
  return end_of("last", context, args, true);
}

/// The element, or nil where there is none.
Result<Value> get(const FunctionContext&, Arguments args) {
  if (const Map* entries = args[0].as_map()) {
    if (args[1].as_string() == nullptr) return fail(wrong_argument("get", "a key", args[1]));
    const auto found = entries->find(*args[1].as_string());
    return found == entries->end() ? Value{} : found->second;
  }
  const List* items = args[0].as_list();
  if (items == nullptr) return fail(wrong_argument("get", "a list or a map", args[0]));
  if (args[1].as_int() == nullptr) return fail(wrong_argument("get", "an index", args[1]));
  const auto count = static_cast<int64_t>(items->size());
  const int64_t at = *args[1].as_int() < 0 ? count + *args[1].as_int() : *args[1].as_int();
  return at >= 0 && at < count ? (*items)[static_cast<size_t>(at)] : Value{};
}

Result<Value> take(const FunctionContext&, Arguments args) {
  const List* items = args[0].as_list();
  if (items == nullptr) return fail(wrong_argument("take", "a list", args[0]));
  if (args[1].as_int() == nullptr) return fail(wrong_argument("take", "a count", args[1]));
  const auto count = std::clamp<int64_t>(*args[1].as_int(), 0, static_cast<int64_t>(items->size()));
  return Value::list(List(items->begin(), items->begin() + count));
}

Result<Value> keys(const FunctionContext&, Arguments args) {
  const Map* entries = args[0].as_map();
  if (entries == nullptr) return fail(wrong_argument("keys", "a map", args[0]));
  List found;
  for (const auto& [key, value] : *entries) found.emplace_back(key);
  return Value::list(std::move(found));
}

Result<Value> values(const FunctionContext&, Arguments args) {
  const Map* entries = args[0].as_map();
  if (entries == nullptr) return fail(wrong_argument("values", "a map", args[0]));
  List found;
  for (const auto& [key, value] : *entries) found.push_back(value);
  return Value::list(std::move(found));
}

Result<Value> to_pairs(const FunctionContext&, Arguments args) {
  const Map* entries = args[0].as_map();
  if (entries == nullptr) return fail(wrong_argument("toPairs", "a map", args[0]));
  List pairs;
  for (const auto& [key, value] : *entries) pairs.push_back(Value::list({Value(key), value}));
  return Value::list(std::move(pairs));
}

Result<Value> from_pairs(const FunctionContext&, Arguments args) {
  const List* pairs = args[0].as_list();
  if (pairs == nullptr) return fail(wrong_argument("fromPairs", "a list", args[0]));
  Map entries;
  for (const Value& item : *pairs) {
    const List* pair = item.as_list();
    if (pair == nullptr || pair->size() != 2 || pair->front().as_string() == nullptr)
      return fail(wrong_argument("fromPairs", "pairs of a string and a value", item));
    entries.insert_or_assign(*pair->front().as_string(), pair->back());
  }
  return Value::map(std::move(entries));
}

Result<Value> reverse(const FunctionContext&, Arguments args) {
  const List* items = args[0].as_list();
  if (items == nullptr) return fail(wrong_argument("reverse", "a list", args[0]));
  return Value::list(List(items->rbegin(), items->rend()));
}

Result<Value> concat(const FunctionContext&, Arguments args) {
  List all;
  for (const Value& argument : args) {
    const List* items = argument.as_list();
    if (items == nullptr) return fail(wrong_argument("concat", "lists", argument));
    all.insert(all.end(), items->begin(), items->end());
  }
  return Value::list(std::move(all));
}

void flatten_into(List& flat, const List& items) {
  for (const Value& item : items)
    if (item.as_list() != nullptr)
      flatten_into(flat, *item.as_list());
    else
      flat.push_back(item);
}

Result<Value> flatten(const FunctionContext&, Arguments args) {
  const List* items = args[0].as_list();
  if (items == nullptr) return fail(wrong_argument("flatten", "a list", args[0]));
  List flat;
  flatten_into(flat, *items);
  return Value::list(std::move(flat));
}

/// The first of all that are equal.
Result<Value> uniq(const FunctionContext&, Arguments args) {
  const List* items = args[0].as_list();
  if (items == nullptr) return fail(wrong_argument("uniq", "a list", args[0]));
  std::unordered_set<std::string> seen;
  List kept;
  for (const Value& item : *items) {
    const std::optional<std::string> identity = identity_of(item);
    if (!identity || seen.insert(*identity).second) kept.push_back(item);
  }
  return Value::list(std::move(kept));
}

/// sort(list), sort(list, "desc"); NaN has no place in an order.
Result<Value> sort(const FunctionContext&, Arguments args) {
  const List* items = args[0].as_list();
  if (items == nullptr) return fail(wrong_argument("sort", "a list", args[0]));
  if (std::ranges::any_of(*items, &Value::is_nan)) return Value::no_data("sort: a value is NaN");
  const auto order = order_of(*items, args.size() > 1 && equals(args[1], "desc"));
  if (!order) return fail(order.error().within("sort"));
  List sorted;
  sorted.reserve(items->size());
  for (const size_t i : *order) sorted.push_back((*items)[i]);
  return Value::list(std::move(sorted));
}

constexpr std::array<Function, 14> kListFunctions{{
    {"len", 1, 1, StaticType::Number, len},
    {"first", 1, 1, StaticType::Unknown, first, false, true},
    {"last", 1, 1, StaticType::Unknown, last, false, true},
    {"get", 2, 2, StaticType::Unknown, get},
    {"take", 2, 2, StaticType::Array, take},
    {"keys", 1, 1, StaticType::Array, keys},
    {"values", 1, 1, StaticType::Array, values},
    {"toPairs", 1, 1, StaticType::Array, to_pairs},
    {"fromPairs", 1, 1, StaticType::Object, from_pairs},
    {"reverse", 1, 1, StaticType::Array, reverse},
    {"concat", 1, kAnyNumber, StaticType::Array, concat},
    {"flatten", 1, 1, StaticType::Array, flatten},
    {"uniq", 1, 1, StaticType::Array, uniq, false, false, true, 2},
    {"sort", 1, 2, StaticType::Array, sort, false, false, true},
}};

}  // namespace

std::span<const Function> list_functions() {
  return kListFunctions;
}

}  // namespace sluice::analysis
