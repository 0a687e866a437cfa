#include "core/shape.h"

#include "base/ensure.h"
#include "base/whole_number.h"
#include "core/shape_tables.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <sstream>
#include <utility>

namespace sluice::core {
namespace {

struct Scalar {
  std::string_view word;
  Shape::Kind kind;
  std::string_view go_name;
  std::string_view zero;
};

constexpr Scalar kScalars[] = {
    {"any", Shape::Kind::Any, "any", "null"},
    {"string", Shape::Kind::String, "string", "\"\""},
    {"bytes", Shape::Kind::Bytes, "[]uint8", "null"},
    {"time", Shape::Kind::Time, "v1.Time", "null"},
    {"int32", Shape::Kind::Int32, "int32", "0"},
    {"int64", Shape::Kind::Int64, "int64", "0"},
    {"bool", Shape::Kind::Bool, "bool", "false"},
    {"intstr", Shape::Kind::IntOrString, "intstr.IntOrString", "0"},
    {"quantity", Shape::Kind::Quantity, "resource.Quantity", "\"0\""},
};

const Scalar* find_scalar(std::string_view word) {
  const auto found = std::ranges::find(kScalars, word, &Scalar::word);
  return found == std::end(kScalars) ? nullptr : found;
}

/// Takes what comes before the first of `stops` off the front.
std::string_view take_until(std::string_view& text, std::string_view stops) {
  const std::string_view taken = text.substr(0, text.find_first_of(stops));
  text.remove_prefix(taken.size());
  return taken;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

void read_presence(std::string_view& text, ShapeField& field) {
  if (take_prefix(text, "?")) {
    field.presence = Presence::Pointer;
    return;
  }
  field.required = text.starts_with('!');
  if (!take_prefix(text, "!") && !take_prefix(text, "~")) return;
  field.presence = Presence::Always;
  if (take_prefix(text, "null")) field.zero = "null";
}

void read_merge(std::string_view& text, ShapeField& field) {
  field.keeps_empty = take_prefix(text, "*");
  if (!take_prefix(text, "@")) return;
  field.merge_key = take_until(text, "!<(=");
  field.merge = field.merge_key.empty() ? ListMerge::AsSet : ListMerge::ByKey;
  field.unique_key = take_prefix(text, "!");
}

void read_values(std::string_view& text, ShapeField& field) {
  if (!take_prefix(text, "<")) return;
  while (!text.starts_with('>')) {
    field.values.emplace_back(take_until(text, "|>"));
    take_prefix(text, "|");
  }
  take_prefix(text, ">");
}

void read_range(std::string_view& text, ShapeField& field) {
  if (!take_prefix(text, "(")) return;
  field.range.min = whole_number(take_until(text, "."));
  take_prefix(text, "..");
  field.range.max = whole_number(take_until(text, ")"));
  take_prefix(text, ")");
}

void read_default(std::string_view text, ShapeField& field) {
  if (!take_prefix(text, "=")) return;
  field.default_from = take_prefix(text, "!")   ? DefaultFrom::AlsoSchema
                       : take_prefix(text, "=") ? DefaultFrom::Nobody
                                                : DefaultFrom::Server;
  field.default_value = std::make_shared<const Json>(Json::parse(text));
}

}  // namespace

/// Shapes by name; those that are used before their line comes are made empty and filled later.
struct ShapeTable::Contents {
  const ShapeTable* base = nullptr;
  std::deque<Shape> shapes;
  std::map<std::string, Shape*, std::less<>> by_name;
  std::map<std::string, std::vector<std::string>, std::less<>> lines;

  Shape& add(const std::string& name) {
    const auto found = by_name.find(name);
    if (found != by_name.end()) return *found->second;
    Shape& shape = shapes.emplace_back();
    by_name.emplace(name, &shape);
    return shape;
  }

  void read_struct(const std::string& name, const std::vector<std::string>& words) {
    Shape& shape = add(name);
    shape.kind = Shape::Kind::Object;
    shape.name = name;
    for (const std::string& word : words) read_word(word, shape);
  }

  void read_word(const std::string& word, Shape& shape) {
    if (!word.starts_with('+')) {
      shape.fields.push_back(read_field(word));
      return;
    }
    const auto included = lines.find(word.substr(1));
    SLUICE_ENSURE(included != lines.end(), fmt::format("no struct to include: {}", word));
    for (const std::string& inner : included->second) read_word(inner, shape);
  }

  ShapeField read_field(std::string_view text) {
    ShapeField field;
    field.name = take_until(text, "?!~:*@<(=");
    read_presence(text, field);
    const bool typed = take_prefix(text, ":");
    const std::string type(typed ? take_until(text, "*@<(=") : "string");
    field.shape = &read_type(type);
    read_merge(text, field);
    read_values(text, field);
    read_range(text, field);
    read_default(text, field);
    if (field.presence == Presence::Always && field.zero.empty()) {
      const Scalar* scalar = find_scalar(type);
      if (scalar != nullptr) field.zero = scalar->zero;
      if (type.starts_with('[') || type.starts_with('{')) field.zero = "null";
    }
    return field;
  }

  const Shape& read_type(const std::string& type) {
    if (base != nullptr && !lines.contains(type))
      if (const Shape* known = base->find(type); known != nullptr) return *known;
    Shape& shape = add(type);
    if (!shape.name.empty()) return shape;
    if (const Scalar* scalar = find_scalar(type); scalar != nullptr) {
      shape.kind = scalar->kind;
      shape.name = scalar->go_name;
    } else if (type.starts_with('[') || type.starts_with('{')) {
      read_collection(type, shape);
    }
    return shape;  // Else a struct, whose line names and fills it.
  }

  void read_collection(const std::string& type, Shape& shape) {
    const std::string inner = type.substr(1, type.size() - 2);
    const bool list = type.starts_with('[');
    const Scalar* scalar = find_scalar(inner);
    shape.kind = list ? Shape::Kind::List : Shape::Kind::Map;
    shape.name = (list ? "[]" : "map[string]") +
                 (scalar != nullptr ? std::string(scalar->go_name) : "v1." + inner);
    shape.element = &read_type(inner);
  }
};

ShapeTable::ShapeTable(const std::vector<std::string_view>& texts, const ShapeTable* base)
    : contents_(std::make_unique<Contents>()) {
  contents_->base = base;
  for (const std::string_view text : texts) {
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);) {
      std::istringstream words(line);
      std::string name;
      if (!(words >> name)) continue;
      for (std::string word; words >> word;) contents_->lines[name].push_back(word);
    }
  }
  for (const auto& [name, words] : contents_->lines) contents_->read_struct(name, words);
  for (const auto& [name, shape] : contents_->by_name)
    SLUICE_ENSURE(!shape->name.empty(), fmt::format("the struct {} is used, not described", name));
}

ShapeTable::~ShapeTable() = default;

const Shape* ShapeTable::find(std::string_view name) const {
  const auto found = contents_->by_name.find(name);
  if (found != contents_->by_name.end()) return found->second;
  return contents_->base != nullptr ? contents_->base->find(name) : nullptr;
}

const ShapeField* Shape::field(std::string_view field_name) const {
  const auto found = std::ranges::find(fields, field_name, &ShapeField::name);
  return found == fields.end() ? nullptr : &*found;
}

const ShapeTable& kubernetes_shapes() {
  static const ShapeTable table(
      {pod_shapes(), volume_shapes(), workload_shapes(), object_shapes()});
  return table;
}

const Shape& find_shape(std::string_view name) {
  const Shape* shape = kubernetes_shapes().find(name);
  SLUICE_ENSURE(shape != nullptr, fmt::format("no struct named {}", name));
  return *shape;
}

}  // namespace sluice::core
