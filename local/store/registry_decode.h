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

/// Parses JSON; the paths of keys that occur twice in one object ("spec.size") are appended to
/// `duplicates`. The last of them counts. The error is 400 and names the kind.
ApiResult<Json> parse_body(std::string_view text, const std::string& kind,
                           std::vector<std::string>& duplicates);

/// Only the duplicate keys, for texts that were parsed already (patches).
std::vector<std::string> find_duplicate_keys(std::string_view text);

/// Checks apiVersion and kind against the type and sets them. Built-in types may leave them out.
ApiResult<void> check_kind(Json& document, const ResourceType& type);

/// 400 "<Kind> in version "v1" cannot be handled as a <Kind>: <why>".
ApiError cannot_be_handled(const ResourceType& type, const std::string& why);

}  // namespace sluice::local
