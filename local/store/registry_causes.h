#pragma once

// Field errors in the words of k8s.io/apimachinery/pkg/util/validation/field.

#include "base/object_meta.h"
#include "local/store/api_error.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

using ApiCauses = std::vector<ApiCause>;

/// `value` is as Go prints it: quote strings with go_quote().
ApiCause invalid_value(std::string field, std::string_view value, std::string_view detail);
ApiCause required_value(std::string field, std::string_view detail = "");
ApiCause duplicate_value(std::string field, std::string_view value);
ApiCause forbidden_value(std::string field, std::string_view detail);
/// `supported` in the order in which the sentence names them.
ApiCause unsupported_value(std::string field, std::string_view value,
                           const std::vector<std::string>& supported);
ApiCause too_long(std::string field, size_t bytes_max);

/// %q of a string.
std::string go_quote(std::string_view text);
/// %#v of a map of strings: `map[string]string{"app":"x"}`.
std::string go_print(const StringMap& map);
/// %q of a list of strings: `[]string{"a", "b"}`.
std::string go_print(const std::vector<std::string>& list);

/// Appends `more` to `causes`.
void append(ApiCauses& causes, ApiCauses more);

}  // namespace sluice::local
