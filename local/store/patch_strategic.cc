#include "local/store/patch_strategic.h"

#include "core/shape.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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

/// What tells an element of a merged list from the others: the text of its merge key or, without
/// one, of itself. Nothing for an element that has no key.
std::optional<std::string> identity_of(const Json& element, const std::string& key) {
  const Json* value = &element;
  if (!key.empty()) value = element.is_object() ? member(element, key) : nullptr;
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return '"' + value->get_ref<const std::string&>();
  if (value->is_number_integer()) return std::to_string(value->get<int64_t>());
  return dump_json(*value);
}

/// Finds elements by identity. Patches come with lists of thousands: nothing here looks through
/// one.
class ListIndex {
 public:
  ListIndex(const Json& list, const std::string& key) : key_(key) {
    chains_.reserve(list.size());
    following_.reserve(list.size());
    for (const Json& element : list) add(element);
  }

  /// Takes the next element of the list in.
  void add(const Json& element) {
    const size_t position = following_.size();
    following_.push_back(kNone);
    auto identity = identity_of(element, key_);
    if (!identity) return;
    const auto [chain, fresh] = chains_.try_emplace(*std::move(identity), position, position);
    if (fresh) return;
    if (chain->second.first == kNone)
      chain->second.first = position;
    else
      following_[chain->second.last] = position;
    chain->second.last = position;
  }

  /// The first position of an element with the same identity.
  std::optional<size_t> find(const Json& element) const {
    const auto identity = identity_of(element, key_);
    const auto chain = identity ? chains_.find(*identity) : chains_.end();
    if (chain == chains_.end() || chain->second.first == kNone) return std::nullopt;
    return chain->second.first;
  }

  /// As find(), and the element is not found again.
  std::optional<size_t> take(const Json& element) {
    const auto position = find(element);
    if (position) chains_.find(*identity_of(element, key_))->second.first = following_[*position];
    return position;
  }

 private:
  static constexpr size_t kNone = std::numeric_limits<size_t>::max();

  /// The elements of one identity, which mostly is one.
  struct Chain {
    size_t first;
    size_t last;
  };

  std::string key_;
  std::unordered_map<std::string, Chain> chains_;
  std::vector<size_t> following_;  ///< For each position the next of the same identity.
};

/// Takes the elements at these positions out.
void remove_at(Json& list, const std::set<size_t>& gone) {
  if (gone.empty()) return;
  Json kept = Json::array();
  for (size_t at = 0; at < list.size(); ++at)
    if (!gone.contains(at)) kept.push_back(std::move(list[at]));
  list = std::move(kept);
}

/// Brings the merged list into order: elements that `order` names as it says, the others at their
/// place in `live` relative to those.
Json arrange(const Json& merged, const Json& order, const Json& live, const std::string& key) {
  ListIndex merged_at(merged, key);
  const ListIndex live_at(live, key);
  std::vector<bool> placed(merged.size());
  std::vector<const Json*> named;
  std::vector<const Json*> others;
  for (const Json& wanted : order) {
    const auto at = merged_at.take(wanted);
    if (!at) continue;
    placed[*at] = true;
    named.push_back(&merged[*at]);
  }
  for (size_t at = 0; at < merged.size(); ++at)
    if (!placed[at]) others.push_back(&merged[at]);
  Json out = Json::array();
  size_t other = 0;
  size_t next = 0;
  while (other < others.size() && next < named.size()) {
    const size_t left = live_at.find(*others[other]).value_or(live.size());
    const size_t right = live_at.find(*named[next]).value_or(live.size());
    const bool other_first = right < live.size() && left < right;
    out.push_back(other_first ? *others[other++] : *named[next++]);
  }
  while (next < named.size()) out.push_back(*named[next++]);
  while (other < others.size()) out.push_back(*others[other++]);
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
    std::set<std::string> names;
    for (const Json& name : kept)
      if (name.is_string()) names.insert(name.get<std::string>());
    for (auto entry = target.begin(); entry != target.end();)
      entry = names.contains(entry.key()) ? std::next(entry) : target.erase(entry);
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
      ListIndex index(merged, "");
      std::set<size_t> gone;
      for (const Json& value : *patch.deleted)
        if (const auto at = index.take(value)) gone.insert(*at);
      remove_at(merged, gone);
    }
    if (patch.items == nullptr) return {};
    ListIndex index(merged, "");
    for (const Json& item : *patch.items) {
      if (index.find(item)) continue;
      index.add(item);
      merged.push_back(item);
    }
    return {};
  }

  ApiResult<void> merge_by_key(Json& merged, const ListPatch& patch, const std::string& key,
                               const core::Shape* element) {
    if (patch.items == nullptr) return {};
    ListIndex index(merged, key);
    std::set<size_t> gone;
    for (const Json& item : *patch.items) {
      if (!item.is_object() || !item.contains(key)) return fail(missing_key(item, key));
      if (string_at(item, kDirective) == "delete") {
        if (const auto at = index.take(item)) gone.insert(*at);
        continue;
      }
      const auto at = index.find(item);
      if (!at) {
        merged.push_back(without_directives(item));
        index.add(merged.back());
        continue;
      }
      if (auto inner = merge_object(merged[*at], item, element); !inner) return inner;
    }
    remove_at(merged, gone);
    return {};
  }
};

}  // namespace

ApiResult<void> apply_strategic_patch(Json& document, const Json& patch, const core::Shape* shape) {
  return Strategist().merge_object(document, patch, shape);
}

}  // namespace sluice::local
