#pragma once

// The string formats that a Kubernetes API server knows in a schema; private to crds/schema*.

#include <string_view>

namespace sluice::crds {

/// Whether the API server looks at the format at all. It does not look at int32 and int64.
bool is_known_format(std::string_view format);

/// Whether the text has the format. Formats that no API of a cluster uses (isbn, creditcard, ssn,
/// rgbcolor, bsonobjectid, password) take any text.
bool has_format(std::string_view format, std::string_view text);

}  // namespace sluice::crds
