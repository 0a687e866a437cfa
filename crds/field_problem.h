#pragma once

// What is wrong with one field of an object: the same words in lint, in status and in events.

#include <string>
#include <vector>

namespace sluice::crds {

struct FieldProblem {
  /// As Kubernetes writes it: "spec.strategy.canary.steps[2].setWeight".
  std::string path;
  /// "Invalid value: 101: must be between 0 and 100".
  std::string message;

  /// "path: message".
  std::string sentence() const { return path + ": " + message; }

  bool operator==(const FieldProblem&) const = default;
};

using FieldProblems = std::vector<FieldProblem>;

/// A value read from a document together with what was wrong with it. Fields with a problem hold
/// their default; a value with problems is for showing, not for acting on.
template <typename T>
struct Decoded {
  T value;
  FieldProblems problems;

  bool ok() const { return problems.empty(); }
};

}  // namespace sluice::crds
