#pragma once

// Where a validator stands in an object: a chain on the stack, written out only for an error.
// Private to crds/schema*.

#include <string>
#include <string_view>

namespace sluice::crds {

struct SchemaPath {
  enum class Part { Root, Member, MapKey, Index };

  const SchemaPath* parent = nullptr;
  Part part = Part::Root;
  std::string_view key{};
  size_t index = 0;

  SchemaPath member(std::string_view name) const { return {this, Part::Member, name, 0}; }

  /// Written as "[name]" instead of ".name".
  SchemaPath map_key(std::string_view name) const { return {this, Part::MapKey, name, 0}; }

  SchemaPath item(size_t i) const { return {this, Part::Index, {}, i}; }

  /// "spec.steps[0].setWeight"; "" for the root.
  std::string field() const;
  /// "/spec/steps/0/setWeight".
  std::string pointer() const;
};

}  // namespace sluice::crds
