#pragma once

// Many objects, a line each: what `sluice list` shows of Rollouts, AnalysisRuns and Experiments.
// Pure.

#include "base/json.h"
#include "cli/look/text_table.h"
#include "kube/object.h"

#include <set>
#include <string>
#include <vector>

namespace sluice::cli {

/// What of the objects is shown.
struct ListStyle {
  std::string kind = "rollout";  ///< "rollout", "analysisrun" or "experiment".
  bool namespaces = false;       ///< A column says where each is.
  bool wide = false;             ///< More columns, at any width.
};

/// A list for people and for programs.
struct Listing {
  TextTable table;
  Json items;  ///< One object each: stable field names.
  std::string names;
  std::set<std::string> freezes;  ///< What holds some of them, for people.
};

/// Internal: an object that is no JSON.
Result<Listing> make_listing(const std::vector<kube::Object>& objects, const ListStyle& style,
                             SystemTime now);

}  // namespace sluice::cli
