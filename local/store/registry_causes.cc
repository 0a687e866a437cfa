#include "local/store/registry_causes.h"

#include <nlohmann/json.hpp>

namespace sluice::local {
namespace {

constexpr int64_t kPortMax = 65535;

}  // namespace

ApiCauses complaints_about(const std::string& field, const std::string& value,
                           const core::NameComplaints& complaints) {
  ApiCauses causes;
  for (const std::string& complaint : complaints)
    causes.push_back(invalid_value(field, go_quote(value), complaint));
  return causes;
}

ApiCauses check_port_number(const std::string& field, int64_t number) {
  if (number >= 1 && number <= kPortMax) return {};
  return {invalid_value(field, std::to_string(number), "must be between 1 and 65535, inclusive")};
}

ApiCauses negative_numbers(const Json& object, Paths paths) {
  ApiCauses causes;
  for (const char* path : paths) {
    if (const int64_t value = int_at(object, path); value < 0) {
      causes.push_back(
          invalid_value(path, std::to_string(value), "must be greater than or equal to 0"));
    }
  }
  return causes;
}

ApiCauses changed_fields(const Json& object, const Json& old, Paths paths,
                         const std::string& prefix) {
  const auto value_at = [](const Json& holder, const char* path) {
    const Json* value = find_path(holder, path);
    return value == nullptr ? Json() : *value;
  };
  ApiCauses causes;
  for (const char* path : paths) {
    const Json after = value_at(object, path);
    if (after != value_at(old, path))
      causes.push_back(invalid_value(prefix + path, dump_json(after), "field is immutable"));
  }
  return causes;
}

}  // namespace sluice::local
