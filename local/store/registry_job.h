#pragma once

// Jobs: defaults, the selector that each gets, and validation. Pure.

#include "base/json.h"
#include "base/object_meta.h"
#include "local/store/registry_causes.h"

namespace sluice::local {

void apply_job_defaults(Json& job);
/// A new Job selects the pods that bear its UID; its template gets the labels.
void prepare_new_job(Json& job);
/// An update may leave out what creation has added.
void inherit_job(Json& job, const Json& old);
ApiCauses validate_job(const Json& job);
ApiCauses validate_job_update(const Json& job, const Json& old);
void add_job_fields(const Json& job, StringMap& fields);

}  // namespace sluice::local
