#pragma once

// Whether two pod templates mean the same, whoever wrote them and whatever defaults an API server
// filled in: the guard against new revisions out of nothing.

#include "base/json.h"
#include "base/object_meta.h"

#include <string>
#include <string_view>

namespace sluice::engine {

/// On a ReplicaSet: the API server has made of its template what was written, and filled in nothing
/// but the defaults that Sluice knows.
inline constexpr std::string_view kAsWrittenAnnotation = "sluice.dev/made-as-written";

/// One text for all templates that mean the same: without the hash label, without what core/v1
/// defaulting adds, and without what a controller has laid over it (crds/pod_overlay.h), as the
/// annotations of its ReplicaSet say. "" where it is no JSON object.
std::string normalised_template(const JsonText& pod_template, const StringMap& annotations = {});
/// The same of a template that is parsed already.
std::string normalised_template(Json pod_template, const StringMap& annotations);

/// Short and the same for the same text; "" for "".
std::string digest_of(const std::string& normalised);

/// True where both are templates and mean the same.
bool same_template(const JsonText& left, const JsonText& right);

/// The template with its hash label set.
JsonText with_hash_label(const JsonText& pod_template, const std::string& hash);

}  // namespace sluice::engine
