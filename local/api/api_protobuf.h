#pragma once

// Bodies in the API's protobuf encoding, for the few kinds that kubectl sends so: since 1.32 its
// `create namespace`, `create configmap`, `create secret`, `create service`, `create
// serviceaccount` and `create poddisruptionbudget` know no other. Answers are always JSON.
//
// The encoding: "k8s\0" and a message `Unknown` with the type and the object's own message. Field
// numbers are those of the files generated.proto of k8s.io/api and k8s.io/apimachinery.

#include "local/store/api_error.h"

#include <string>
#include <string_view>

namespace sluice::local {

/// The object as JSON text. 415 for other kinds, 400 where the bytes are damaged.
ApiResult<std::string> decode_protobuf(std::string_view body);

}  // namespace sluice::local
