#include "crds/lint_input.h"

#include "base/object_meta.h"
#include "crds/names.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

namespace sluice::crds {
namespace {

std::string_view line_text(std::string_view text, size_t line) {
  for (; line > 1 && !text.empty(); --line)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find('\n'));
}

/// What often is behind a parser's words.
std::string_view hint(std::string_view line) {
  if (line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos)
    return " (a tab cannot indent)";
  if (line.find("{{") != std::string_view::npos) return " (a template that is not rendered yet?)";
  return "";
}

/// Turns "line 7: …" into a finding.
Finding unreadable(const LintSource& source, const Error& error) {
  constexpr std::string_view kPrefix = "line ";
  Finding finding{.file = source.file, .message = error.message};
  std::string_view text = error.message;
  if (!text.starts_with(kPrefix)) return finding;
  text.remove_prefix(kPrefix.size());
  const auto [stop, failure] = std::from_chars(text.begin(), text.end(), finding.line);
  text.remove_prefix(static_cast<size_t>(stop - text.begin()));
  if (failure == std::errc() && text.starts_with(": ")) finding.message = text.substr(2);
  finding.message += hint(line_text(source.text, finding.line));
  return finding;
}

std::string_view name_of(const LintSource& source) {
  return std::string_view(source.file).substr(source.file.rfind('/') + 1);
}

/// Names of files that hold settings for other tools.
bool is_settings_file(const LintSource& source) {
  const std::string_view name = name_of(source);
  return name.starts_with("values") || name.starts_with("kustomization.") ||
         name == "Kustomization" || name.starts_with("Chart.");
}

bool is_kustomization(const Json& value, const LintSource& source) {
  return string_at(value, "apiVersion").starts_with("kustomize.") ||
         name_of(source).starts_with("kustomization.") || name_of(source) == "Kustomization";
}

/// False for what no server ever sees: kustomizations, charts and their values, clusters of kind,
/// and what in a folder has neither apiVersion nor kind.
bool is_for_servers(const Json& value, const LintSource& source) {
  const std::string version = string_at(value, "apiVersion");
  if (version.starts_with("kustomize.") || version.starts_with("kind.x-k8s.io/")) return false;
  const bool kind = !string_at(value, "kind").empty();
  if (is_settings_file(source)) return kind && !version.empty();
  return source.named || kind || !version.empty();
}

/// Where a file is, in one spelling.
std::string place_of(const std::filesystem::path& file) {
  return file.lexically_normal().string();
}

/// The files that a kustomization adds to objects of others. Entries may hold the patch itself.
void add_patch_files(const Json& kustomization, const std::string& file,
                     std::set<std::string>& places) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  for (const char* list : {"patches", "patchesStrategicMerge", "patchesJson6902"}) {
    const Json* entries = find_path(kustomization, list);
    if (entries == nullptr || !entries->is_array()) continue;
    for (const Json& entry : *entries) {
      const std::string path =
          entry.is_string() ? entry.get<std::string>() : string_at(entry, "path");
      if (!path.empty()) places.insert(place_of(folder / path));
    }
  }
}

std::set<std::string> find_patch_files(const std::vector<LintSource>& sources,
                                       const std::vector<std::vector<YamlDocument>>& documents) {
  std::set<std::string> places;
  for (size_t i = 0; i < sources.size(); ++i)
    for (const YamlDocument& document : documents[i])
      if (is_kustomization(document.value, sources[i]))
        add_patch_files(document.value, sources[i].file, places);
  return places;
}

/// Whether an object of ours lacks what each must have: beside a whole one it is a patch of it.
bool is_partial(const Json& object) {
  if (make_gvk(string_at(object, "apiVersion"), "").group != kGroup) return false;
  const std::string kind = string_at(object, "kind");
  const auto lacks = [&object](const char* path) { return find_path(object, path) == nullptr; };
  if (kind == kRollout) return lacks("spec.selector") && lacks("spec.workloadRef");
  const bool is_template = kind == kAnalysisTemplate || kind == kClusterAnalysisTemplate;
  return is_template && lacks("spec.metrics") && lacks("spec.templates");
}

/// Takes away what is part of an object that is whole elsewhere in the input.
void drop_patches(std::vector<LintObject>& objects) {
  std::set<std::string> whole;
  for (const LintObject& object : objects)
    if (!is_partial(*object.value)) whole.insert(object.title());
  std::erase_if(objects, [&whole](const LintObject& object) {
    return is_partial(*object.value) && whole.contains(object.title());
  });
}

void add_objects(const LintSource& source, const YamlDocument& document,
                 std::vector<LintObject>& objects) {
  const Json& value = document.value;
  const Json* items = string_at(value, "kind") == "List" ? find_path(value, "items") : nullptr;
  if (items == nullptr || !items->is_array()) {
    objects.push_back({&value, &source, &document, ""});
    return;
  }
  for (size_t i = 0; i < items->size(); ++i)
    objects.push_back({&(*items)[i], &source, &document, fmt::format("/items/{}", i)});
}

}  // namespace

std::string LintObject::title() const {
  const std::string kind = string_at(*value, "kind", "?");
  const std::string name = string_at(*value, "metadata.name");
  return kind + '/' + (name.empty() ? string_at(*value, "metadata.generateName", "?") : name);
}

size_t LintObject::line_of(std::string_view pointer) const {
  return document->line_of(prefix + std::string(pointer));
}

LintInput read_sources(const std::vector<LintSource>& sources) {
  LintInput input;
  input.documents.resize(sources.size());
  std::set<const LintSource*> broken;
  for (size_t i = 0; i < sources.size(); ++i) {
    auto read = read_yaml(sources[i].text);
    if (read) {
      input.documents[i] = std::move(*read);
    } else {
      input.unreadable.push_back(unreadable(sources[i], read.error()));
      broken.insert(&sources[i]);
    }
  }
  const std::set<std::string> patches = find_patch_files(sources, input.documents);
  for (size_t i = 0; i < sources.size(); ++i) {
    if (patches.contains(place_of(sources[i].file))) continue;
    for (const YamlDocument& document : input.documents[i])
      if (is_for_servers(document.value, sources[i]))
        add_objects(sources[i], document, input.objects);
  }
  drop_patches(input.objects);
  for (size_t i = 0; i < sources.size(); ++i) {
    const bool judged = std::ranges::any_of(
        input.objects, [&](const LintObject& object) { return object.source == &sources[i]; });
    if (judged || broken.contains(&sources[i]))
      ++input.files;
    else if (!input.documents[i].empty())
      input.passed_over.push_back(sources[i].file);
  }
  return input;
}

}  // namespace sluice::crds
