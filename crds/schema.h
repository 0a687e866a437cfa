#pragma once

// The schema of a custom resource as a Kubernetes API server applies it: validation with the
// server's own words, defaults, and pruning of what the schema does not know. Compiled once from a
// CustomResourceDefinition's openAPIV3Schema; immutable and cheap to copy afterwards.
//
// Rules in CEL (x-kubernetes-validations) are not run; has_rules() tells, so that the owner of the
// schema can say so.

#include "base/json.h"
#include "crds/schema_errors.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::crds {

struct SchemaNode;

/// validate() stops collecting here: a document with more errors than this is not one somebody
/// mends line by line.
inline constexpr size_t kFieldErrorsMax = 100;

class Schema {
 public:
  /// Reads an openAPIV3Schema. An error names the place in the schema: unknown type, a pattern that
  /// does not compile, additionalProperties: false, nesting beyond kJsonDepthMax.
  static Result<Schema> compile(const Json& open_api_v3_schema);

  /// Fills in defaults, also for nulls where null is not allowed. Comes first.
  void apply_defaults(Json& object) const;

  /// Removes what the schema does not know, and nulls where null is not allowed. Returns the paths
  /// of the unknown fields ("metadata.junk", "spec.steps[0].nope"): metadata's first, then sorted.
  std::vector<std::string> prune(Json& object) const;

  /// The members that an object at the field ("spec.steps[0]"; "" for the whole) may have by name:
  /// none where the schema knows no such field. For telling what a misspelt one was to be.
  std::vector<std::string> members_at(std::string_view field) const;

  /// All that is wrong with a whole object, in the order and the words of the API server; where the
  /// server's order is random, fields come sorted.
  std::vector<FieldError> validate(const Json& object) const;

  /// Whether the schema holds x-kubernetes-validations, which nobody evaluates here.
  bool has_rules() const;

 private:
  explicit Schema(std::shared_ptr<const SchemaNode> root) : root_(std::move(root)) {}

  std::shared_ptr<const SchemaNode> root_;
};

}  // namespace sluice::crds
