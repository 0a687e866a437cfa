#pragma once

// The order in which Go writes the fields of the API's structs. Hashes of pod templates and of
// steps are made of that text, so equal labels need equal order. The table holds metadata, the pod
// spec with its common parts, and the canary steps; unknown fields follow in alphabetical order.

#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine {

/// What becomes of a field that is absent or zero.
enum class Presence {
  OmitEmpty,  ///< Left out when it is "", 0, false, null or empty.
  Pointer,    ///< Left out only when it is absent or null: zero values are written.
  Always,     ///< Written with its zero value.
};

struct GoField {
  std::string name;
  std::string type;  ///< A type of the table, "Quantity", or "" for plain values.
  Presence presence = Presence::OmitEmpty;
  std::string zero;  ///< What an absent Always field without a type is written as.
};

/// The fields of a type in Go's order; null for a type that the table does not hold.
const std::vector<GoField>* find_go_type(std::string_view type);

}  // namespace sluice::engine
