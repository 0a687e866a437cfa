#pragma once

// FieldReader takes the fields of one JSON object into typed values and collects what is wrong,
// each with its path. Absent and null fields are not wrong. For codecs only.

#include "base/object_meta.h"
#include "crds/field_problem.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::crds {

class FieldReader {
 public:
  /// `object` and `problems` must outlive the reader. Anything but an object (or null) is a
  /// problem of `path` itself, and the reader then finds no fields.
  FieldReader(const Json& object, std::string path, FieldProblems& problems);

  /// False where the reader stands on an absent object.
  bool present() const { return object_ != nullptr; }

  const std::string& path() const { return path_; }

  bool has(std::string_view field) const { return find(field) != nullptr; }

  /// The raw field, or null where it is absent or null.
  const Json* find(std::string_view field) const;
  /// A reader on a nested object; absent where the field is.
  FieldReader child(std::string_view field) const;
  /// A reader on each object of a list.
  std::vector<FieldReader> children(std::string_view field) const;

  std::string string(std::string_view field) const;
  std::optional<std::string> optional_string(std::string_view field) const;
  bool boolean(std::string_view field) const;
  std::optional<bool> optional_boolean(std::string_view field) const;
  std::optional<int32_t> int32(std::string_view field) const;
  std::optional<int64_t> int64(std::string_view field) const;
  /// A number or a string, as text; "" where absent.
  std::string int_or_string(std::string_view field) const;
  /// Whole seconds or a Go duration.
  std::optional<Duration> duration(std::string_view field) const;
  std::optional<SystemTime> time(std::string_view field) const;
  StringMap string_map(std::string_view field) const;
  std::vector<std::string> strings(std::string_view field) const;
  /// The field as compact text; null where absent.
  JsonText text(std::string_view field) const;

  void problem(std::string_view field, std::string message) const;

 private:
  FieldReader(const Json* object, std::string path, FieldProblems* problems)
      : object_(object), path_(std::move(path)), problems_(problems) {}

  std::string path_of(std::string_view field) const;

  const Json* object_;
  std::string path_;
  FieldProblems* problems_;
};

/// "Invalid value: <value>: <why>" with the value as JSON.
std::string invalid_value(const Json& value, std::string_view why);

}  // namespace sluice::crds
