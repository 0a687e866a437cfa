#include "crds/schema_path.h"

#include "base/json.h"

#include <fmt/core.h>

namespace sluice::crds {

std::string SchemaPath::field() const {
  if (parent == nullptr) return "";
  std::string text = parent->field();
  switch (part) {
    case Part::Root:
      return text;
    case Part::Member:
      return text.empty() ? std::string(key) : text + '.' + std::string(key);
    case Part::MapKey:
      return fmt::format("{}[{}]", text, key);
    case Part::Index:
      return fmt::format("{}[{}]", text, index);
  }
  return text;
}

std::string SchemaPath::pointer() const {
  if (parent == nullptr) return "";
  return parent->pointer() + '/' +
         (part == Part::Index ? std::to_string(index) : escape_pointer_part(key));
}

}  // namespace sluice::crds
