#include "analysis/json_path.h"

#include "analysis/json_path_tree.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sluice::analysis {
namespace {

using Found = std::vector<const Json*>;

bool compare(BinaryOp op, const Value& left, const Value& right) {
  if (op == BinaryOp::Equal) return equals(left, right);
  if (op == BinaryOp::NotEqual) return !equals(left, right);
  const bool texts = left.as_string() != nullptr && right.as_string() != nullptr;
  if (!texts && !(left.is_number() && right.is_number())) return false;
  const auto order = texts ? std::partial_ordering(*left.as_string() <=> *right.as_string())
                           : left.number() <=> right.number();
  if (op == BinaryOp::Less) return order < 0;
  if (op == BinaryOp::LessEqual) return order <= 0;
  return op == BinaryOp::Greater ? order > 0 : order >= 0;
}

class Search {
 public:
  explicit Search(const Json& document) : document_(document) {}

  Result<Found> find(const JsonPathTree& path, const Json& current) {
    Found found{path.from_current ? &current : &document_};
    for (const PathStep& step : path.steps) {
      auto next = follow(step, found);
      if (!next) return next;
      found = *std::move(next);
    }
    return found;
  }

 private:
  /// Counts what is looked at; false once it is too much.
  bool afford(size_t looks) {
    left_ -= static_cast<int64_t>(looks);
    return left_ >= 0;
  }

  static std::unexpected<Error> too_large() {
    return fail(invalid(fmt::format("the path looks at more than {} values", kJsonPathLooksMax)));
  }

  Result<Found> follow(const PathStep& step, const Found& from) {
    Found all = from;
    if (step.at_any_depth && !descend(all)) return too_large();
    Found next;
    for (const Json* value : all) {
      const auto chosen = std::visit(
          [&](const auto& selector) { return choose(selector, *value, step.at_any_depth, next); },
          step.selector);
      if (!chosen) return fail(chosen.error());
      if (!afford(1)) return too_large();
    }
    return next;
  }

  /// Each value, followed by all that lies in it; without recursion.
  bool descend(Found& values) {
    Found open(values.rbegin(), values.rend());
    values.clear();
    while (!open.empty()) {
      const Json* value = open.back();
      open.pop_back();
      values.push_back(value);
      if (!value->is_structured()) continue;
      if (!afford(value->size())) return false;
      const size_t start = open.size();
      for (const Json& part : *value) open.push_back(&part);
      std::reverse(open.begin() + static_cast<ptrdiff_t>(start), open.end());
    }
    return true;
  }

  Result<void> choose(const PathNames& wanted, const Json& value, bool may_lack, Found& found) {
    for (const std::string& name : wanted.names) {
      const auto part = value.is_object() ? value.find(name) : value.end();
      if (value.is_object() && part != value.end())
        found.push_back(&*part);
      else if (!may_lack)
        return fail(invalid(fmt::format("\"{}\" is not found", name)));
    }
    return {};
  }

  Result<void> choose(const PathRanges& wanted, const Json& value, bool may_lack, Found& found) {
    if (!value.is_array()) {
      if (may_lack) return {};
      return fail(invalid(fmt::format("there is {} where the path expects a list",
                                      describe(type_of(value_from_json(value))))));
    }
    for (const PathRange& range : wanted.ranges)
      if (auto chosen = choose_range(range, value, may_lack, found); !chosen) return chosen;
    return {};
  }

  Result<void> choose_range(const PathRange& range, const Json& list, bool may_lack, Found& found) {
    const auto size = static_cast<int64_t>(list.size());
    const auto counted = [size](int64_t at) { return at < 0 && at >= -size ? at + size : at; };
    if (range.is_single) {
      const int64_t at = counted(*range.first);
      if (at >= 0 && at < size)
        found.push_back(&list[static_cast<size_t>(at)]);
      else if (!may_lack)
        return fail(
            invalid(fmt::format("there is no element {} in a list of {}", *range.first, size)));
      return {};
    }
    const int64_t first = std::max<int64_t>(counted(range.first.value_or(0)), 0);
    const int64_t last = std::min(counted(range.last.value_or(size)), size);
    for (int64_t at = first; at < last; at += std::min(range.step, size)) {
      if (!afford(1)) return too_large();
      found.push_back(&list[static_cast<size_t>(at)]);
    }
    return {};
  }

  Result<void> choose(const PathWildcard&, const Json& value, bool, Found& found) {
    if (!value.is_structured()) return {};
    if (!afford(value.size())) return too_large();
    for (const Json& part : value) found.push_back(&part);
    return {};
  }

  Result<void> choose(const std::shared_ptr<const PathFilter>& filter, const Json& value, bool,
                      Found& found) {
    if (!value.is_array()) return {};
    for (const Json& element : value) {
      if (!afford(1)) return too_large();
      const auto holds = passes(*filter, element);
      if (!holds) return fail(holds.error());
      if (*holds) found.push_back(&element);
    }
    return {};
  }

  /// What a filter names and an element lacks makes the comparison false, and is no error.
  Result<bool> passes(const PathFilter& filter, const Json& element) {
    const auto left = operand(filter.left, element);
    if (!left) return left_ < 0 ? Result<bool>(fail(left.error())) : Result<bool>(false);
    if (!filter.op) return true;
    const auto right = operand(filter.right, element);
    if (!right) return left_ < 0 ? Result<bool>(fail(right.error())) : Result<bool>(false);
    return compare(*filter.op, *left, *right);
  }

  Result<Value> operand(const PathOperand& operand, const Json& element) {
    if (const auto* literal = std::get_if<Value>(&operand)) return *literal;
    const auto found = find(std::get<JsonPathTree>(operand), element);
    if (!found) return fail(found.error());
    if (found->empty()) return fail(not_found("nothing"));
    // Only what is compared is copied: numbers, texts, truths.
    const Json& first = *found->front();
    if (first.is_string() && !afford(first.get_ref<const std::string&>().size() / 64))
      return too_large();
    if (first.is_structured()) return Value::list({});
    return value_from_json(first);
  }

  const Json& document_;
  int64_t left_ = kJsonPathLooksMax;
};

}  // namespace

std::expected<JsonPath, CompileError> JsonPath::compile(std::string_view text) {
  auto tree = parse_json_path(text);
  if (!tree) return std::unexpected(tree.error());
  return JsonPath(std::make_shared<const JsonPathTree>(*std::move(tree)));
}

Result<std::vector<const Json*>> JsonPath::find(const Json& document) const {
  return Search(document).find(*tree_, document);
}

}  // namespace sluice::analysis
