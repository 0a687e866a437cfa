#pragma once

// What is wrong with manifests, told with file and line before anybody applies them: the schema
// that the API server applies, fields that it does not know, and further checks that the caller
// brings along (conditions, references). Pure: the caller reads the files.

#include "base/json.h"
#include "crds/field_problem.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::crds {

/// One file, or standard input as "-".
struct LintSource {
  std::string file;
  std::string text;
  /// False: it was found in a folder, and what in it is no object is passed over.
  bool named = true;
};

enum class Severity {
  Error,    ///< Refused, or accepted and not run.
  Warning,  ///< Runs, but hardly as meant.
};

/// "error" or "warning".
std::string_view to_string(Severity severity);

struct Finding {
  std::string file;
  size_t line = 1;      ///< From 1.
  std::string object;   ///< "Rollout/shop"; "" where the file could not be read.
  std::string field;    ///< "spec.strategy.canary.steps[0].setWeight"; "" for the whole object.
  std::string message;  ///< One sentence without file, object and field.
  Severity severity = Severity::Error;

  /// "shop.yaml:12: Rollout/shop spec.replicas: Invalid value: …".
  std::string text() const;

  bool operator==(const Finding&) const = default;
};

/// A check beyond the schema: judges one object in view of all objects of the input. It sees
/// objects as written, also those that the schema refuses. A problem at a field that the schema
/// has already found fault with is dropped.
using LintCheck =
    std::function<FieldProblems(const Json& object, std::span<const Json* const> all)>;

struct LintChecks {
  std::vector<LintCheck> errors;    ///< What they say is refused, or not run.
  std::vector<LintCheck> warnings;  ///< What they say runs, but hardly as meant.
};

struct LintReport {
  std::vector<Finding> findings;  ///< In the order of sources and lines.
  size_t files = 0;               ///< That hold objects, or cannot be read.
  size_t objects = 0;
  /// Files in which nothing is meant for an API server: a kustomization and its patches, the values
  /// of a chart.
  std::vector<std::string> passed_over;

  size_t count(Severity severity) const;
  /// "4 files, 7 objects, nothing wrong; passed over: deploy/values.yaml".
  std::string summary() const;
};

/// Where there is no object at all, that is a finding: whoever lints nothing has made a mistake.
/// Kinds other than ours need an apiVersion, a kind and a name, and are seen by the checks, as is
/// `around`: objects that are there besides and are not judged.
LintReport lint(const std::vector<LintSource>& sources, const LintChecks& checks,
                std::span<const Json* const> around = {});

/// What is said of a field that nothing knows; `meant` is the known one that its name is most like,
/// "" where none is.
std::string unknown_field_text(std::string_view meant);

/// A list of {"file", "line", "object", "field", "message", "severity"}.
Json encode_findings(const std::vector<Finding>& findings);

}  // namespace sluice::crds
