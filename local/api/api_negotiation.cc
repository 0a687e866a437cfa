#include "local/api/api_negotiation.h"

#include "base/letter_case.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace sluice::local {

namespace {

std::string trimmed_lower(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return lower_case(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

/// One clause of an Accept header; names and values in lower case.
struct MediaRange {
  std::string type;
  std::map<std::string, std::string> parameters;

  std::string parameter(const std::string& name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? "" : found->second;
  }

  bool takes_json() const {
    return type == "application/json" || type == "application/*" || type == "*/*";
  }
};

MediaRange parse_media_range(std::string_view clause) {
  const std::vector<std::string_view> parts = split(clause, ';');
  MediaRange range{trimmed_lower(parts[0]), {}};
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equals = parts[i].find('=');
    const std::string_view value =
        equals == std::string_view::npos ? "" : parts[i].substr(equals + 1);
    range.parameters[trimmed_lower(parts[i].substr(0, equals))] = trimmed_lower(value);
  }
  return range;
}

std::vector<MediaRange> parse_accept(std::string_view accept) {
  std::vector<MediaRange> ranges;
  for (const std::string_view clause : split(accept, ','))
    ranges.push_back(parse_media_range(clause));
  if (ranges.size() == 1 && ranges[0].type.empty()) ranges[0].type = "*/*";
  return ranges;
}

std::optional<Shape> shape_of(const MediaRange& range, Target target) {
  const std::string as = range.parameter("as");
  if (!range.takes_json()) return std::nullopt;
  if (as.empty()) return Shape::Whole;
  if (range.parameter("g") != "meta.k8s.io" || range.parameter("v") != "v1") return std::nullopt;
  if (as == "table") return Shape::Table;
  const bool fits =
      as == (target == Target::List ? "partialobjectmetadatalist" : "partialobjectmetadata");
  return fits ? std::optional(Shape::Metadata) : std::nullopt;
}

std::string media_type(std::string_view content_type) {
  return trimmed_lower(content_type.substr(0, content_type.find(';')));
}

}  // namespace

std::optional<Shape> negotiate(std::string_view accept, Target target) {
  for (const MediaRange& range : parse_accept(accept))
    if (const auto shape = shape_of(range, target)) return shape;
  return std::nullopt;
}

bool takes_json(std::string_view accept) {
  return std::ranges::any_of(parse_accept(accept), [](const MediaRange& range) {
    return range.takes_json() && range.parameter("as").empty();
  });
}

BodyFormat body_format(std::string_view content_type) {
  const std::string type = media_type(content_type);
  if (type.empty() || type == "application/json") return BodyFormat::Json;
  if (type == "application/vnd.kubernetes.protobuf") return BodyFormat::Protobuf;
  return type == "application/yaml" ? BodyFormat::Yaml : BodyFormat::Unsupported;
}

std::optional<kube::PatchType> patch_type(std::string_view content_type) {
  const std::string type = media_type(content_type);
  if (type == "application/merge-patch+json") return kube::PatchType::Merge;
  if (type == "application/json-patch+json") return kube::PatchType::Json;
  if (type == "application/strategic-merge-patch+json") return kube::PatchType::Strategic;
  return std::nullopt;
}

bool is_apply_patch(std::string_view content_type) {
  return media_type(content_type).starts_with("application/apply-patch");
}

}  // namespace sluice::local
