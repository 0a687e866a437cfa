#include "local/store/patch_strategic.h"

#include "core/shape.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace sluice::local {
namespace {

constexpr std::string_view kDirective = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kElementOrder = "$setElementOrder/";
constexpr std::string_view kDeleteFromList = "$deleteFromPrimitiveList/";

/// What one list field's patch consists of, with its side directives.
struct ListPatch {
  const Json* items = nullptr;    ///< The list itself, or null where there are only directives.
  const Json* order = nullptr;    ///< $setElementOrder, or null.
  const Json* deleted = nullptr;  ///< $deleteFromPrimitiveList, or null.
};

bool is_directive(std::string_view key) {
  return key == kDirective || key == kRetainKeys || key.starts_with(kElementOrder) ||
         key.starts_with(kDeleteFromList);
}

const Json* member(const Json& object, const std::string& key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

/// Removes directives and nulls from a value that is added as it is.
Json without_directives(const Json& value) {
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [key, inner] : value.items())
      if (!is_directive(key) && !inner.is_null()) out[key] = without_directives(inner);
    return out;
  }
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& inner : value)
      if (!inner.is_object() || !inner.contains(kDirective))
        out.push_back(without_directives(inner));
    return out;
  }
  return value;
}

ApiError missing_key(const Json& element, const std::string& key) {
  return bad_request(
      fmt::format("map: {} does not contain declared merge key: {}", dump_json(element), key));
}

/// The position of the element with the same merge key (or, without one, of the same value).
size_t index_of(const Json& list, const Json& element, const std::string& key) {
  for (size_t at = 0; at < list.size(); ++at) {
    if (key.empty() ? list[at] == element
                    : list[at].is_object() && element.is_object() && list[at].contains(key) &&
                          element.contains(key) && list[at][key] == element[key]) {
      return at;
    }
  }
  return list.size();
}

/// Brings the merged list into order: elements that `order` names as it says, the others at their
/// place in `live` relative to those.
Json arrange(const Json& merged, const Json& order, const Json& live, const std::string& key) {
  Json named = Json::array();
  Json others = Json::array();
  for (const Json& wanted : order) {
    const size_t at = index_of(merged, wanted, key);
    if (at < merged.size()) named.push_back(merged[at]);
  }
  for (const Json& element : merged)
    if (index_of(order, element, key) == order.size()) others.push_back(element);
  Json out = Json::array();
  size_t other = 0;
  size_t next = 0;
  while (other < others.size() && next < named.size()) {
    const size_t left = index_of(live, others[other], key);
    const size_t right = index_of(live, named[next], key);
    const bool other_first = right < live.size() && left < right;
    out.push_back(other_first ? others[other++] : named[next++]);
  }
  while (next < named.size()) out.push_back(named[next++]);
  while (other < others.size()) out.push_back(others[other++]);
  return out;
}

class Strategist {
 public:
  ApiResult<void> merge_object(Json& target, const Json& patch, const core::Shape* shape) {
    if (const Json* directive = member(patch, std::string(kDirective)); directive != nullptr) {
      const std::string what = directive->is_string() ? directive->get<std::string>() : "";
      if (what == "replace" || what == "delete") {
        target = what == "replace" ? without_directives(patch) : Json::object();
        return {};
      }
      if (what != "merge") return fail(bad_request("unknown patch type found: " + what));
    }
    if (!target.is_object()) target = Json::object();
    if (const Json* kept = member(patch, std::string(kRetainKeys)); kept != nullptr)
      retain_keys(target, *kept);
    for (const auto& [key, value] : patch.items()) {
      if (key == kDirective || key == kRetainKeys) continue;
      if (auto merged = merge_member(target, patch, key, value, shape); !merged) return merged;
    }
    return {};
  }

 private:
  static void retain_keys(Json& target, const Json& kept) {
    for (auto entry = target.begin(); entry != target.end();) {
      const bool keep = std::ranges::find(kept, Json(entry.key())) != kept.end();
      entry = keep ? std::next(entry) : target.erase(entry);
    }
  }

  ApiResult<void> merge_member(Json& target, const Json& patch, const std::string& key,
                               const Json& value, const core::Shape* shape) {
    if (key.starts_with(kElementOrder) || key.starts_with(kDeleteFromList)) {
      const std::string field = key.substr(key.find('/') + 1);
      // With a list of its own the field is handled there; with both directives, by the first.
      const bool handled =
          patch.contains(field) ||
          (key.starts_with(kElementOrder) && patch.contains(std::string(kDeleteFromList) + field));
      if (handled) return {};
      return merge_list(target, field, directives_of(patch, field), field_of(shape, field));
    }
    if (value.is_null()) {
      target.erase(key);
      return {};
    }
    const core::ShapeField* field = field_of(shape, key);
    if (value.is_object()) return merge_inner_object(target, key, value, shape, field);
    if (value.is_array()) return merge_list(target, key, directives_of(patch, key), field);
    target[key] = value;
    return {};
  }

  ApiResult<void> merge_inner_object(Json& target, const std::string& key, const Json& value,
                                     const core::Shape* shape, const core::ShapeField* field) {
    const core::Shape* inner = field != nullptr ? field->shape : nullptr;
    if (inner == nullptr && shape != nullptr && shape->kind == core::Shape::Kind::Map)
      inner = shape->element;
    if (!target.contains(key)) target[key] = Json::object();
    return merge_object(target[key], value, inner);
  }

  static const core::ShapeField* field_of(const core::Shape* shape, const std::string& key) {
    return shape != nullptr ? shape->field(key) : nullptr;
  }

  static ListPatch directives_of(const Json& patch, const std::string& field) {
    return {.items = member(patch, field),
            .order = member(patch, std::string(kElementOrder) + field),
            .deleted = member(patch, std::string(kDeleteFromList) + field)};
  }

  ApiResult<void> merge_list(Json& target, const std::string& key, const ListPatch& patch,
                             const core::ShapeField* field) {
    const core::ListMerge merge = field != nullptr ? field->merge : core::ListMerge::Replace;
    const Json live = target.contains(key) && target[key].is_array() ? target[key] : Json::array();
    if (merge == core::ListMerge::Replace || asks_for_replacement(patch)) {
      if (patch.items != nullptr) target[key] = without_directives(*patch.items);
      return {};
    }
    Json merged = live;
    const std::string& merge_key = field->merge_key;
    auto done = merge == core::ListMerge::AsSet
                    ? merge_set(merged, patch)
                    : merge_by_key(merged, patch, merge_key, field->shape->element);
    if (!done) return done;
    const Json* order = patch.order != nullptr ? patch.order : patch.items;
    if (order != nullptr) merged = arrange(merged, *order, live, merge_key);
    target[key] = std::move(merged);
    return {};
  }

  static bool asks_for_replacement(const ListPatch& patch) {
    if (patch.items == nullptr) return false;
    return std::ranges::any_of(*patch.items, [](const Json& item) {
      return item.is_object() && string_at(item, kDirective) == "replace";
    });
  }

  static ApiResult<void> merge_set(Json& merged, const ListPatch& patch) {
    if (patch.deleted != nullptr) {
      for (const Json& gone : *patch.deleted) {
        const size_t at = index_of(merged, gone, "");
        if (at < merged.size()) merged.erase(at);
      }
    }
    if (patch.items == nullptr) return {};
    for (const Json& item : *patch.items)
      if (index_of(merged, item, "") == merged.size()) merged.push_back(item);
    return {};
  }

  ApiResult<void> merge_by_key(Json& merged, const ListPatch& patch, const std::string& key,
                               const core::Shape* element) {
    if (patch.items == nullptr) return {};
    for (const Json& item : *patch.items) {
      if (!item.is_object() || !item.contains(key)) return fail(missing_key(item, key));
      const size_t at = index_of(merged, item, key);
      if (string_at(item, kDirective) == "delete") {
        if (at < merged.size()) merged.erase(at);
        continue;
      }
      if (at == merged.size()) {
        merged.push_back(without_directives(item));
        continue;
      }
      if (auto inner = merge_object(merged[at], item, element); !inner) return inner;
    }
    return {};
  }
};

}  // namespace

ApiResult<void> apply_strategic_patch(Json& document, const Json& patch, const core::Shape* shape) {
  return Strategist().merge_object(document, patch, shape);
}

}  // namespace sluice::local
