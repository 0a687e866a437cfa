#pragma once

// What `sluice local up` leaves in its folder for people and scripts: the addresses that it says at
// the start, and a .gitignore, since keys, Secrets and logs are in there.

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace sluice::cli {

/// Makes the folder, readable by nobody else where it is new, and tells git to pass it over. An
/// error is left to whoever opens the cluster, who says more.
void prepare_cluster_folder(const std::filesystem::path& folder);

/// Keeps the lines ("gateway: http://…") in FOLDER/addresses.
Result<void> write_addresses(const std::filesystem::path& folder, const std::string& lines);

/// The port that stands in the kept line `name`; 0 where there is none.
uint16_t kept_port(const std::filesystem::path& folder, const std::string& name);

}  // namespace sluice::cli
