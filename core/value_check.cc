#include "core/value_check.h"

#include "core/quantity.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace sluice::core {
namespace {

bool is_empty(const Json& value) {
  return value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty()) ||
         (value.is_array() && value.empty());
}

std::string words_of(const Range& range) {
  if (range.min && range.max)
    return fmt::format("must be between {} and {}, inclusive", *range.min, *range.max);
  if (range.min) return fmt::format("must be greater than or equal to {}", *range.min);
  return fmt::format("must be less than or equal to {}", *range.max);
}

class Checker {
 public:
  void visit(const Json& value, const Shape& shape, const std::string& path) {
    if (shape.kind == Shape::Kind::Object && value.is_object()) {
      for (const ShapeField& field : shape.fields) visit_field(value, field, path);
    } else if (shape.kind == Shape::Kind::List && value.is_array()) {
      for (size_t at = 0; at < value.size(); ++at)
        visit(value[at], *shape.element, fmt::format("{}[{}]", path, at));
    } else if (shape.kind == Shape::Kind::Map && value.is_object()) {
      for (const auto& [key, element] : value.items())
        visit(element, *shape.element, path + '.' + key);
    } else if (shape.kind == Shape::Kind::Quantity && value.is_string()) {
      const auto& text = value.get_ref<const std::string&>();
      if (const auto complaint = quantity_error(text); complaint)
        faults.push_back(invalid_value(path, go_quote(text), *complaint));
    }
  }

  Faults faults;

 private:
  void visit_field(const Json& object, const ShapeField& field, const std::string& path) {
    const std::string place = path.empty() ? field.name : path + '.' + field.name;
    const auto found = object.find(field.name);
    if (found == object.end() || is_empty(*found)) {
      if (field.required) faults.push_back(required_value(place));
      return;
    }
    if (found->is_string()) check_word(found->get_ref<const std::string&>(), field, place);
    if (found->is_number_integer()) check_number(found->get<int64_t>(), field, place);
    if (found->is_array() && field.unique_key) check_keys(*found, field.merge_key, place);
    visit(*found, *field.shape, place);
  }

  void check_word(const std::string& word, const ShapeField& field, const std::string& place) {
    if (field.values.empty() || std::ranges::find(field.values, word) != field.values.end()) return;
    faults.push_back(unsupported_value(place, go_quote(word), field.values));
  }

  void check_number(int64_t number, const ShapeField& field, const std::string& place) {
    const bool below = field.range.min && number < *field.range.min;
    const bool above = field.range.max && number > *field.range.max;
    if (!below && !above) return;
    // Go cannot tell 0 from nothing.
    if (number == 0 && field.required)
      faults.push_back(required_value(place));
    else
      faults.push_back(invalid_value(place, std::to_string(number), words_of(field.range)));
  }

  void check_keys(const Json& list, const std::string& key, const std::string& place) {
    std::set<std::string> seen;
    for (size_t at = 0; at < list.size(); ++at) {
      const std::string name = string_at(list[at], key);
      if (!name.empty() && !seen.insert(name).second)
        faults.push_back(duplicate_value(fmt::format("{}[{}].{}", place, at, key), go_quote(name)));
    }
  }
};

}  // namespace

Faults check_values(const Json& value, const Shape& shape, const std::string& field) {
  Checker checker;
  checker.visit(value, shape, field);
  return std::move(checker.faults);
}

}  // namespace sluice::core
