#pragma once

// The Rollout as users of the Argo plugin know it: a header of keys and values, then a tree.

#include "cli/look/rollout_info.h"

#include <string>

namespace sluice::cli {

struct TreeStyle {
  bool color = true;
  bool compact = false;  ///< The header in few lines, for small windows.
};

/// "✔ Healthy", coloured where asked.
std::string phase_text(const std::string& phase, TreeStyle style);

/// The same for a run, a metric or a measurement, which has decided nothing while it is Running.
std::string verdict_text(const std::string& phase, TreeStyle style);

/// A line of the header: the key, the value, a line break.
std::string header_line(const std::string& key, const std::string& value);

/// Header and tree; ages are counted to `now`.
std::string render_rollout(const RolloutInfo& info, SystemTime now, TreeStyle style);

}  // namespace sluice::cli
