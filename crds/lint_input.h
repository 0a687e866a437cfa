#pragma once

// The files of lint's input, read: the objects that are meant for an API server, each with its
// place, and what is passed over: settings of other tools, and patches, which are no objects but
// what Kustomize adds to some.

#include "base/yaml.h"
#include "crds/lint.h"

#include <string>
#include <vector>

namespace sluice::crds {

/// An object of the input: a document, or an item of a List.
struct LintObject {
  const Json* value;
  const LintSource* source;
  const YamlDocument* document;
  std::string prefix;  ///< Pointer to the object inside its document.

  /// "Rollout/shop".
  std::string title() const;
  /// From 1; of the place that a pointer into the object means.
  size_t line_of(std::string_view pointer) const;
};

struct LintInput {
  std::vector<std::vector<YamlDocument>> documents;  ///< Of each source; the objects point into it.
  std::vector<LintObject> objects;
  std::vector<Finding> unreadable;
  size_t files = 0;  ///< That hold objects, or cannot be read.
  std::vector<std::string> passed_over;
};

/// `sources` must outlive the result.
LintInput read_sources(const std::vector<LintSource>& sources);

}  // namespace sluice::crds
