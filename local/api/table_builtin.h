#pragma once

// Columns and cells of the built-in kinds, as kubectl's users know them.

#include "base/json.h"
#include "base/time.h"
#include "local/store/resource_type.h"

#include <string_view>
#include <vector>

namespace sluice::local {

struct BuiltinTable {
  std::string_view group;
  std::string_view plural;
  std::vector<PrinterColumn> columns;
  /// The cells of one object, one a column.
  std::vector<Json> (*cells)(const Json& object, SystemTime now);
};

/// Null for kinds without a table of their own.
const BuiltinTable* find_builtin_table(std::string_view group, std::string_view plural);

/// The table of such kinds: Name and Age.
const BuiltinTable& plain_table();

/// The text, or "<none>" where it is empty.
std::string or_none(std::string text);

/// "5d" since a timestamp of the API; "<unknown>" where there is none, "<invalid>" where it is
/// none.
std::string age_since(std::string_view timestamp, SystemTime now);

}  // namespace sluice::local
