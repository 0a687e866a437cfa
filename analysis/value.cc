#include "analysis/value.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace sluice::analysis {
namespace {

bool lists_equal(const List& left, const List& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), equals);
}

bool maps_equal(const Map& left, const Map& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const auto& a, const auto& b) {
                      return a.first == b.first && equals(a.second, b.second);
                    });
}

std::string in_quotes(const std::string& text) {
  return dump_json(Json(text));
}

std::string list_text(const List& items) {
  std::string text = "[";
  for (const Value& item : items) {
    if (text.size() > 1) text += ',';
    text += to_text(item);
  }
  return text + "]";
}

std::string map_text(const Map& entries) {
  std::string text = "{";
  for (const auto& [key, value] : entries) {
    if (text.size() > 1) text += ',';
    text += in_quotes(key) + ":" + to_text(value);
  }
  return text + "}";
}

size_t add_sizes(size_t a, size_t b) {
  return std::min(a + b, kValueSizeMax);
}

/// A whole number is written as one.
Json number_to_json(double number) {
  constexpr double kExactMax = 9'007'199'254'740'992;  // 2^53
  if (!std::isfinite(number)) return nullptr;
  const bool whole = number == std::trunc(number) && std::abs(number) < kExactMax;
  return whole ? Json(static_cast<int64_t>(number)) : Json(number);
}

}  // namespace

Value Value::list(List items) {
  ListBox box{.items = std::move(items), .size = 1, .depth = 1};
  for (const Value& item : box.items) {
    box.size = add_sizes(box.size, item.size());
    box.depth = std::max(box.depth, item.depth() + 1);
  }
  Value value;
  value.storage_ = std::make_shared<const ListBox>(std::move(box));
  return value;
}

Value Value::map(Map entries) {
  MapBox box{.entries = std::move(entries), .size = 1, .depth = 1};
  for (const auto& [key, item] : box.entries) {
    box.size = add_sizes(box.size + key.size(), item.size());
    box.depth = std::max(box.depth, item.depth() + 1);
  }
  Value value;
  value.storage_ = std::make_shared<const MapBox>(std::move(box));
  return value;
}

Value Value::no_data(std::string reason) {
  Value value;
  value.storage_ = NoData{std::make_shared<const std::string>(std::move(reason))};
  return value;
}

const List* Value::as_list() const {
  const auto* shared = std::get_if<std::shared_ptr<const ListBox>>(&storage_);
  return shared == nullptr ? nullptr : &(*shared)->items;
}

const Map* Value::as_map() const {
  const auto* shared = std::get_if<std::shared_ptr<const MapBox>>(&storage_);
  return shared == nullptr ? nullptr : &(*shared)->entries;
}

size_t Value::size() const {
  if (const auto* text = as_string()) return 1 + text->size();
  if (const auto* list = std::get_if<std::shared_ptr<const ListBox>>(&storage_))
    return (*list)->size;
  if (const auto* map = std::get_if<std::shared_ptr<const MapBox>>(&storage_)) return (*map)->size;
  return 1;
}

int Value::depth() const {
  if (const auto* list = std::get_if<std::shared_ptr<const ListBox>>(&storage_))
    return (*list)->depth;
  const auto* map = std::get_if<std::shared_ptr<const MapBox>>(&storage_);
  return map == nullptr ? 0 : (*map)->depth;
}

std::string_view Value::no_data_reason() const {
  const auto* unknown = std::get_if<NoData>(&storage_);
  return unknown == nullptr ? std::string_view{} : std::string_view(*unknown->reason);
}

bool Value::is_nan() const {
  return as_double() != nullptr && std::isnan(*as_double());
}

double Value::number() const {
  if (as_int() != nullptr) return static_cast<double>(*as_int());
  return as_double() != nullptr ? *as_double() : 0.0;
}

std::string_view Value::type_name() const {
  // In the order of Storage's alternatives.
  constexpr std::string_view kNames[] = {"null", "bool", "int",      "float", "string",
                                         "list", "map",  "duration", "time",  "no data"};
  static_assert(std::size(kNames) == std::variant_size_v<Storage>);
  return kNames[storage_.index()];
}

bool equals(const Value& left, const Value& right) {
  if (left.as_int() != nullptr && right.as_int() != nullptr)
    return *left.as_int() == *right.as_int();
  if (left.is_number() && right.is_number()) return left.number() == right.number();
  if (left.storage().index() != right.storage().index()) return false;
  if (left.as_bool() != nullptr) return *left.as_bool() == *right.as_bool();
  if (left.as_string() != nullptr) return *left.as_string() == *right.as_string();
  if (left.as_list() != nullptr) return lists_equal(*left.as_list(), *right.as_list());
  if (left.as_map() != nullptr) return maps_equal(*left.as_map(), *right.as_map());
  if (left.as_duration() != nullptr) return *left.as_duration() == *right.as_duration();
  if (left.as_time() != nullptr) return *left.as_time() == *right.as_time();
  return left.is_null();
}

Value value_from_json(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_unsigned() && json.get<uint64_t>() > uint64_t{INT64_MAX})
    return json.get<double>();
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    List items;
    items.reserve(json.size());
    for (const Json& item : json) items.push_back(value_from_json(item));
    return Value::list(std::move(items));
  }
  if (json.is_object()) {
    Map entries;
    for (const auto& [key, value] : json.items()) entries.emplace(key, value_from_json(value));
    return Value::map(std::move(entries));
  }
  return {};
}

Json value_to_json(const Value& value) {
  if (value.as_bool() != nullptr) return *value.as_bool();
  if (value.as_int() != nullptr) return *value.as_int();
  if (value.as_double() != nullptr) return number_to_json(*value.as_double());
  if (value.as_string() != nullptr) return *value.as_string();
  if (value.as_duration() != nullptr) return format_duration(*value.as_duration());
  if (value.as_time() != nullptr) return format_time(*value.as_time());
  if (const List* items = value.as_list()) {
    Json array = Json::array();
    for (const Value& item : *items) array.push_back(value_to_json(item));
    return array;
  }
  if (const Map* entries = value.as_map()) {
    Json object = Json::object();
    for (const auto& [key, item] : *entries) object[key] = value_to_json(item);
    return object;
  }
  return nullptr;
}

std::string to_text(const Value& value) {
  if (value.as_bool() != nullptr) return *value.as_bool() ? "true" : "false";
  if (value.as_int() != nullptr) return fmt::format("{}", *value.as_int());
  if (value.as_double() != nullptr) return number_text(*value.as_double());
  if (value.as_string() != nullptr) return in_quotes(*value.as_string());
  if (value.as_list() != nullptr) return list_text(*value.as_list());
  if (value.as_map() != nullptr) return map_text(*value.as_map());
  if (value.as_duration() != nullptr) return format_duration(*value.as_duration());
  if (value.as_time() != nullptr) return format_time(*value.as_time());
  return value.is_no_data() ? "no data" : "null";
}

std::string number_text(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  const bool whole = number == std::trunc(number) && std::abs(number) < 1e15;
  return whole ? fmt::format("{:.0f}", number) : fmt::format("{}", number);
}

bool is_empty_answer(const Value& value) {
  if (value.is_null() || value.is_nan() || value.is_no_data()) return true;
  if (value.as_map() != nullptr) return value.as_map()->empty();
  const List* items = value.as_list();
  return items != nullptr && std::all_of(items->begin(), items->end(), is_empty_answer);
}

}  // namespace sluice::analysis
