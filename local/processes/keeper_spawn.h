#pragma once

// Starts one program in the keeper process: fork, a session of its own, exec.

#include "local/processes/keeper.h"

#include <string>
#include <sys/resource.h>

namespace sluice::local {

struct Spawned {
  int pid = 0;
  int error = 0;    ///< errno of what failed; 0: it runs.
  int output = -1;  ///< The reading end of its output, or -1 where none is wanted.
};

/// `mark` is put into the environment, see keeper_descendants.h. `files` is the program's limit of
/// open files, which is not the keeper's.
Spawned spawn_program(const ProcessSpec& spec, const std::string& mark, const rlimit& files);

}  // namespace sluice::local
