#include "core/fault.h"

#include <fmt/core.h>

#include <iterator>

namespace sluice::core {

Fault invalid_value(std::string field, std::string_view value, std::string_view detail) {
  return {"FieldValueInvalid", fmt::format("Invalid value: {}: {}", value, detail),
          std::move(field)};
}

Fault required_value(std::string field, std::string_view detail) {
  return {"FieldValueRequired",
          detail.empty() ? "Required value" : fmt::format("Required value: {}", detail),
          std::move(field)};
}

Fault duplicate_value(std::string field, std::string_view value) {
  return {"FieldValueDuplicate", fmt::format("Duplicate value: {}", value), std::move(field)};
}

Fault missing_value(std::string field, std::string_view value) {
  return {"FieldValueNotFound", fmt::format("Not found: {}", value), std::move(field)};
}

Fault forbidden_value(std::string field, std::string_view detail) {
  return {"FieldValueForbidden", fmt::format("Forbidden: {}", detail), std::move(field)};
}

Fault unsupported_value(std::string field, std::string_view value,
                        const std::vector<std::string>& supported) {
  std::string list;
  for (const std::string& word : supported) list += (list.empty() ? "" : ", ") + go_quote(word);
  return {"FieldValueNotSupported",
          fmt::format("Unsupported value: {}: supported values: {}", value, list),
          std::move(field)};
}

Fault too_long(std::string field, size_t bytes_max) {
  return {"FieldValueTooLong", fmt::format("Too long: may not be more than {} bytes", bytes_max),
          std::move(field)};
}

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

void complain(Faults& faults, const std::string& field, const std::string& value,
              const std::vector<std::string>& complaints) {
  for (const std::string& complaint : complaints)
    faults.push_back(invalid_value(field, go_quote(value), complaint));
}

void append(Faults& faults, Faults more) {
  faults.insert(faults.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
}

}  // namespace sluice::core
