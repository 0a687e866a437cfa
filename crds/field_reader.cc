#include "crds/field_reader.h"

#include <fmt/core.h>

#include <limits>
#include <utility>

namespace sluice::crds {
namespace {

bool is_int64(const Json& value) {
  if (value.is_number_unsigned()) return std::in_range<int64_t>(value.get<uint64_t>());
  return value.is_number_integer();
}

}  // namespace

std::string invalid_value(const Json& value, std::string_view why) {
  return fmt::format("Invalid value: {}: {}", dump_json(value), why);
}

FieldReader::FieldReader(const Json& object, std::string path, FieldProblems& problems)
    : object_(object.is_object() ? &object : nullptr),
      path_(std::move(path)),
      problems_(&problems) {
  if (object_ == nullptr && !object.is_null())
    problems_->push_back({path_, invalid_value(object, "must be an object")});
}

std::string FieldReader::path_of(std::string_view field) const {
  if (field.empty()) return path_;
  return path_.empty() ? std::string(field) : fmt::format("{}.{}", path_, field);
}

void FieldReader::problem(std::string_view field, std::string message) const {
  problems_->push_back({path_of(field), std::move(message)});
}

const Json* FieldReader::find(std::string_view field) const {
  if (object_ == nullptr) return nullptr;
  const auto found = object_->find(field);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

FieldReader FieldReader::child(std::string_view field) const {
  const Json* value = find(field);
  if (value == nullptr) return {nullptr, path_of(field), problems_};
  return {*value, path_of(field), *problems_};
}

std::vector<FieldReader> FieldReader::children(std::string_view field) const {
  std::vector<FieldReader> readers;
  const Json* value = find(field);
  if (value == nullptr) return readers;
  if (!value->is_array()) {
    problem(field, invalid_value(*value, "must be a list"));
    return readers;
  }
  for (size_t i = 0; i < value->size(); ++i)
    readers.emplace_back((*value)[i], fmt::format("{}[{}]", path_of(field), i), *problems_);
  return readers;
}

std::optional<std::string> FieldReader::optional_string(std::string_view field) const {
  const Json* value = find(field);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  problem(field, invalid_value(*value, "must be a string"));
  return std::nullopt;
}

std::string FieldReader::string(std::string_view field) const {
  return optional_string(field).value_or("");
}

std::optional<bool> FieldReader::optional_boolean(std::string_view field) const {
  const Json* value = find(field);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  problem(field, invalid_value(*value, "must be true or false"));
  return std::nullopt;
}

bool FieldReader::boolean(std::string_view field) const {
  return optional_boolean(field).value_or(false);
}

std::optional<int64_t> FieldReader::int64(std::string_view field) const {
  const Json* value = find(field);
  if (value == nullptr) return std::nullopt;
  if (is_int64(*value)) return value->get<int64_t>();
  problem(field, invalid_value(*value, "must be a whole number"));
  return std::nullopt;
}

std::optional<int32_t> FieldReader::int32(std::string_view field) const {
  const auto value = int64(field);
  if (!value) return std::nullopt;
  if (*value < std::numeric_limits<int32_t>::min() ||
      *value > std::numeric_limits<int32_t>::max()) {
    problem(field, invalid_value(*value, "must fit 32 bits"));
    return std::nullopt;
  }
  return static_cast<int32_t>(*value);
}

std::string FieldReader::int_or_string(std::string_view field) const {
  const Json* value = find(field);
  if (value == nullptr) return "";
  if (value->is_string()) return value->get<std::string>();
  if (is_int64(*value)) return std::to_string(value->get<int64_t>());
  problem(field, invalid_value(*value, "must be a whole number or a string"));
  return "";
}

std::optional<Duration> FieldReader::duration(std::string_view field) const {
  const std::string written = int_or_string(field);
  if (written.empty()) return std::nullopt;
  const auto read = parse_duration(written);
  if (read) return *read;
  problem(field, "Invalid value: " + read.error().message);
  return std::nullopt;
}

std::optional<SystemTime> FieldReader::time(std::string_view field) const {
  const auto written = optional_string(field);
  if (!written || written->empty()) return std::nullopt;
  const auto read = parse_time(*written);
  if (read) return *read;
  problem(field, "Invalid value: " + read.error().message);
  return std::nullopt;
}

StringMap FieldReader::string_map(std::string_view field) const {
  StringMap map;
  const Json* value = find(field);
  if (value == nullptr) return map;
  if (!value->is_object()) {
    problem(field, invalid_value(*value, "must be a map of strings"));
    return map;
  }
  for (const auto& [key, text] : value->items())
    if (text.is_string())
      map.emplace(key, text.get<std::string>());
    else
      problem(fmt::format("{}[{}]", field, key), invalid_value(text, "must be a string"));
  return map;
}

std::vector<std::string> FieldReader::strings(std::string_view field) const {
  std::vector<std::string> list;
  const Json* value = find(field);
  if (value == nullptr) return list;
  if (!value->is_array()) {
    problem(field, invalid_value(*value, "must be a list of strings"));
    return list;
  }
  for (const Json& text : *value)
    if (text.is_string())
      list.push_back(text.get<std::string>());
    else
      problem(field, invalid_value(text, "must be a string"));
  return list;
}

JsonText FieldReader::text(std::string_view field) const {
  const Json* value = find(field);
  return value == nullptr ? nullptr : make_json_text(dump_json(*value));
}

}  // namespace sluice::crds
