#pragma once

// Content negotiation as the API server does it: what the client accepts, and what its body is.

#include "kube/object_store.h"

#include <optional>
#include <string_view>

namespace sluice::local {

/// How objects are written in the answer.
enum class Shape { Whole, Table, Metadata };

/// What the request is about: a shape may fit one and not the other.
enum class Target { Object, List, Watch };

/// The first acceptable form in an Accept header. Nothing: none is (406), such as where only
/// protobuf is accepted.
std::optional<Shape> negotiate(std::string_view accept, Target target);

/// Whether plain JSON is acceptable, which is all that discovery comes in.
bool takes_json(std::string_view accept);

enum class BodyFormat { Json, Yaml, Protobuf, Unsupported };

/// Of a POST's or PUT's Content-Type; none means JSON.
BodyFormat body_format(std::string_view content_type);

/// Of a PATCH's Content-Type; nothing for unknown ones.
std::optional<kube::PatchType> patch_type(std::string_view content_type);

/// True for application/apply-patch+yaml and +cbor: server-side apply.
bool is_apply_patch(std::string_view content_type);

}  // namespace sluice::local
