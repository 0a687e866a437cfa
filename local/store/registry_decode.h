#pragma once

// From the text of a request to a document: bounded parsing with duplicate keys found, and the
// check that it is of the kind that its path says. Errors are in the real server's words. Pure.

#include "base/json.h"
#include "local/store/api_error.h"
#include "local/store/resource_type.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::local {

/// The most values that one request or one object may hold. A write of so many takes some 45 ms,
/// and is one turn of the event loop; the largest CRDs in use have ten thousand.
inline constexpr size_t kValuesMax = 16'000;

/// Refuses (413) a JSON text of more than kValuesMax values.
ApiResult<void> check_extent(std::string_view json);

/// Parses JSON; the paths of keys that occur twice in one object ("spec.size") are appended to
/// `duplicates`. The last of them counts. Errors are 400 and name the kind, or
/// check_extent's.
ApiResult<Json> parse_body(std::string_view text, const std::string& kind,
                           std::vector<std::string>& duplicates);

/// Only the duplicate keys, for texts that were parsed already (patches).
std::vector<std::string> find_duplicate_keys(std::string_view text);

/// Checks apiVersion and kind against the type and sets them. Built-in types may leave them out.
ApiResult<void> check_kind(Json& document, const ResourceType& type);

/// 400 "<Kind> in version "v1" cannot be handled as a <Kind>: <why>".
ApiError cannot_be_handled(const ResourceType& type, const std::string& why);

}  // namespace sluice::local
