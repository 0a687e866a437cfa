#pragma once

// Services: defaults, validation, and the addresses they get. Pure.

#include "base/json.h"
#include "local/store/registry_causes.h"

#include <cstdint>
#include <set>
#include <string>

namespace sluice::local {

void apply_service_defaults(Json& service);
void prepare_new_service(Json& service);
/// An update may leave the address out.
void inherit_service(Json& service, const Json& old);
ApiCauses validate_service(const Json& service);
ApiCauses validate_service_update(const Json& service, const Json& old);

/// Whether the Service wants an address and has none yet.
bool wants_address(const Json& service);
/// A free address of the Services' network 127.32.0.0/16 (loopback, so that a proxy on this machine
/// can listen on it), or "" where all are taken. `seed` decides where the search starts.
std::string pick_service_address(const std::set<std::string>& taken, uint32_t seed);
void set_service_address(Json& service, const std::string& address);

}  // namespace sluice::local
