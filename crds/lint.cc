#include "crds/lint.h"

#include "base/nearest.h"
#include "base/object_meta.h"
#include "crds/field_pointer.h"
#include "crds/lint_input.h"
#include "crds/manifests.h"
#include "crds/names.h"
#include "crds/template_lint.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::crds {
namespace {

/// A fault of one object, before it gets its line.
struct Fault {
  std::string pointer;
  std::string field;
  std::string message;
  Severity severity = Severity::Error;
};

using Faults = std::vector<Fault>;

/// Whether `outer` points to the same place as `inner` or to something around it.
bool contains(std::string_view outer, std::string_view inner) {
  return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '/');
}

/// What any object needs, whatever its kind.
Faults check_identity(const Json& object) {
  if (!object.is_object()) return {{"", "", "Invalid value: an object is a map of fields"}};
  Faults faults;
  for (const char* field : {"apiVersion", "kind"})
    if (string_at(object, field).empty()) faults.push_back({"", field, "Required value"});
  if (string_at(object, "metadata.name").empty() &&
      string_at(object, "metadata.generateName").empty()) {
    faults.push_back({to_pointer(object, "metadata.name"), "metadata.name", "Required value"});
  }
  return faults;
}

/// The one of our kinds that a misspelt one was to be; "" for those that others have in our group,
/// such as Application and WorkflowTemplate.
std::string meant_kind(std::string_view kind) {
  constexpr size_t kSlips = 2;
  constexpr std::array kKinds{"AnalysisRun", "AnalysisTemplate", "ClusterAnalysisTemplate",
                              "Experiment", "Rollout"};
  const auto meant = std::ranges::find_if(
      kKinds, [kind](const char* known) { return edit_distance(kind, known) <= kSlips; });
  return meant == kKinds.end() ? "" : *meant;
}

/// The schema of an object of our group, or a fault where it is to be one of ours and is none.
const Schema* schema_for(const Json& object, Faults& faults) {
  const GroupVersionKind gvk = make_gvk(string_at(object, "apiVersion"), string_at(object, "kind"));
  if (gvk.group != kGroup) return nullptr;
  const Schema* schema = find_schema(gvk.kind);
  if (schema == nullptr) {
    if (const std::string meant = meant_kind(gvk.kind); !meant.empty())
      faults.push_back({"/kind", "kind",
                        fmt::format("Unsupported value: \"{}\": no such kind in {}: did you mean "
                                    "\"{}\"?",
                                    gvk.kind, kApiVersion, meant)});
    return nullptr;
  }
  if (gvk.version == kVersion) return schema;
  faults.push_back({"/apiVersion", "apiVersion",
                    fmt::format("Unsupported value: \"{}\": supported values: \"{}\"",
                                gvk.api_version(), kApiVersion)});
  return nullptr;
}

/// The verdict of an anyOf says nothing where one of its branches says what is wrong.
bool is_explained(const FieldError& error, const std::vector<FieldError>& errors) {
  return error.field == "<nil>" &&
         std::any_of(errors.begin(), errors.end(), [&error](const FieldError& other) {
           return other.field != "<nil>" && contains(error.pointer, other.pointer);
         });
}

/// What a pattern of the schema asks for, in words; "" for one that nobody put into words.
std::string_view words_of_pattern(std::string_view message) {
  struct Words {
    std::string_view part;  ///< Of the pattern, and of no other.
    std::string_view words;
  };

  static constexpr Words kWords[] = {
      {"(ns|us|µs|μs|ms|s|m|h)",
       "must be a number of seconds or a duration such as 30s, 5m or 1h30m"},
      {"[numkMGTPE]", "must be a quantity such as 500m, 0.5, 512Mi or 2Gi"},
      {"'^[0-9]+%?$'", "must be a number or a percentage such as 25%"},
      {"'^-?[0-9]+$|", "must be a whole number"},
  };
  for (const Words& one : kWords)
    if (message.find(one.part) != std::string_view::npos) return one.words;
  return "";
}

/// Nobody learns what to write from a regular expression.
std::string plain_body(const FieldError& error) {
  std::string body = error.body();
  const std::string_view pattern =
      std::string_view(body).substr(std::min(body.find("should match '"), body.size()));
  const std::string_view words = words_of_pattern(pattern);
  if (words.empty()) return body;
  return fmt::format("Invalid value: {}: {}", error.value, words);
}

/// The field that a misspelt one was to be, as far as its name tells; "" otherwise.
std::string meant_field(const Schema& schema, std::string_view field) {
  const size_t dot = field.rfind('.');
  if (dot == std::string_view::npos) return nearest_word(field, schema.members_at(""));
  return nearest_word(field.substr(dot + 1), schema.members_at(field.substr(0, dot)));
}

void check_schema(const Json& object, const Schema& schema, Faults& faults) {
  Json admitted = object;
  schema.apply_defaults(admitted);
  for (const std::string& field : schema.prune(admitted))
    faults.push_back(
        {to_pointer(object, field), field, unknown_field_text(meant_field(schema, field))});
  const std::vector<FieldError> errors = schema.validate(admitted);
  for (const FieldError& error : errors) {
    if (is_explained(error, errors)) continue;
    const bool named = error.field != "<nil>";
    faults.push_back(
        {error.pointer, named ? error.field : to_field(error.pointer), plain_body(error)});
  }
}

/// The same fault, or one that is told of the whole element already.
bool tells_of(const Fault& fault, const FieldProblem& problem, const std::string& pointer) {
  if (fault.field == problem.path || (!fault.pointer.empty() && fault.pointer == pointer))
    return true;
  return fault.message.starts_with("Duplicate value") &&
         problem.message.starts_with("Duplicate value") && contains(fault.pointer, pointer);
}

/// A field is told of by the first check that finds fault with it.
void run_checks(const Json& object, std::span<const Json* const> all,
                const std::vector<LintCheck>& checks, Severity severity, Faults& faults) {
  for (const LintCheck& check : checks) {
    const size_t known = faults.size();
    for (const FieldProblem& problem : check(object, all)) {
      std::string pointer = to_pointer(object, problem.path);
      const bool told =
          std::any_of(faults.begin(), faults.begin() + static_cast<ptrdiff_t>(known),
                      [&](const Fault& fault) { return tells_of(fault, problem, pointer); });
      if (!told) faults.push_back({std::move(pointer), problem.path, problem.message, severity});
    }
  }
}

std::string counted(size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

void sort_findings(const std::vector<LintSource>& sources, std::vector<Finding>& findings) {
  std::map<std::string_view, size_t> order;
  for (const LintSource& source : sources) order.try_emplace(source.file, order.size());
  const auto position = [&order](const Finding& finding) {
    return std::pair(order[finding.file], finding.line);
  };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const Finding& a, const Finding& b) { return position(a) < position(b); });
}

/// Tells of every object that stands in the input for the second time.
std::vector<Finding> find_repetitions(const std::vector<LintObject>& objects) {
  std::map<std::string, const LintObject*> seen;
  std::vector<Finding> findings;
  for (const LintObject& object : objects) {
    if (!object.value->is_object() || string_at(*object.value, "metadata.name").empty()) continue;
    const GroupVersionKind gvk =
        make_gvk(string_at(*object.value, "apiVersion"), string_at(*object.value, "kind"));
    const std::string key = fmt::format(
        "{}/{}/{}", gvk.group, string_at(*object.value, "metadata.namespace"), object.title());
    const auto [first, fresh] = seen.try_emplace(key, &object);
    if (fresh) continue;
    findings.push_back(
        {.file = object.source->file,
         .line = object.line_of(""),
         .object = object.title(),
         .message = fmt::format("the same object is in {}:{} already", first->second->source->file,
                                first->second->line_of("")),
         .severity = Severity::Warning});
  }
  return findings;
}

/// What tells an object from all others.
std::string identity_of(const Json& object) {
  const GroupVersionKind gvk = make_gvk(string_at(object, "apiVersion"), string_at(object, "kind"));
  return fmt::format("{}/{}/{}/{}", gvk.group, gvk.kind,
                     string_at(object, "metadata.namespace", "default"),
                     string_at(object, "metadata.name"));
}

/// The input and what is around it; of an object that is in both, the input's.
std::vector<const Json*> seen_together(const std::vector<LintObject>& objects,
                                       std::span<const Json* const> around) {
  std::set<std::string> own;
  std::vector<const Json*> all;
  for (const LintObject& object : objects) {
    all.push_back(object.value);
    if (object.value->is_object()) own.insert(identity_of(*object.value));
  }
  for (const Json* object : around)
    if (!own.contains(identity_of(*object))) all.push_back(object);
  return all;
}

std::vector<Finding> judge(const LintObject& object, std::span<const Json* const> all,
                           const LintChecks& checks) {
  static const std::vector<LintCheck> own = {
      [](const Json& value, auto) { return check_metadata(value); },
      [](const Json& value, auto) { return check_pod_templates(value); }};
  Faults faults = check_identity(*object.value);
  if (object.value->is_object()) {
    if (const Schema* schema = schema_for(*object.value, faults))
      check_schema(*object.value, *schema, faults);
    run_checks(*object.value, all, own, Severity::Error, faults);
    run_checks(*object.value, all, checks.errors, Severity::Error, faults);
    run_checks(*object.value, all, checks.warnings, Severity::Warning, faults);
  }
  std::vector<Finding> findings;
  for (Fault& fault : faults) {
    findings.push_back({.file = object.source->file,
                        .line = object.line_of(fault.pointer),
                        .object = object.value->is_object() ? object.title() : "?",
                        .field = std::move(fault.field),
                        .message = std::move(fault.message),
                        .severity = fault.severity});
  }
  return findings;
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Error:
      return "error";
    case Severity::Warning:
      return "warning";
  }
  return "";
}

std::string Finding::text() const {
  std::string text = fmt::format("{}:{}: ", file, line);
  if (!object.empty()) text += object + (field.empty() ? ": " : " " + field + ": ");
  return text + (severity == Severity::Warning ? "warning: " : "") + message;
}

size_t LintReport::count(Severity severity) const {
  return static_cast<size_t>(std::ranges::count(findings, severity, &Finding::severity));
}

std::string LintReport::summary() const {
  const size_t errors = count(Severity::Error);
  const size_t warnings = count(Severity::Warning);
  std::string text = fmt::format("{}, {}", counted(files, "file"), counted(objects, "object"));
  if (errors > 0) text += ", " + counted(errors, "error");
  if (warnings > 0) text += ", " + counted(warnings, "warning");
  if (findings.empty()) text += ", nothing wrong";
  std::string skipped;
  for (const std::string& file : passed_over) skipped += (skipped.empty() ? "" : ", ") + file;
  return skipped.empty() ? text : text + "; passed over: " + skipped;
}

LintReport lint(const std::vector<LintSource>& sources, const LintChecks& checks,
                std::span<const Json* const> around) {
  LintInput input = read_sources(sources);
  LintReport report{.findings = std::move(input.unreadable),
                    .files = input.files,
                    .objects = input.objects.size(),
                    .passed_over = std::move(input.passed_over)};
  if (input.objects.empty() && report.findings.empty())
    for (const LintSource& source : sources)
      report.findings.push_back({.file = source.file, .message = "there is no object in here"});
  const std::vector<const Json*> all = seen_together(input.objects, around);
  for (const LintObject& object : input.objects)
    for (Finding& finding : judge(object, all, checks))
      report.findings.push_back(std::move(finding));
  for (Finding& finding : find_repetitions(input.objects))
    report.findings.push_back(std::move(finding));
  sort_findings(sources, report.findings);
  return report;
}

std::string unknown_field_text(std::string_view meant) {
  return meant.empty() ? "unknown field"
                       : fmt::format("unknown field: did you mean \"{}\"?", meant);
}

Json encode_findings(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"file", finding.file},
                    {"line", finding.line},
                    {"object", finding.object},
                    {"field", finding.field},
                    {"message", finding.message},
                    {"severity", std::string(to_string(finding.severity))}});
  }
  return list;
}

}  // namespace sluice::crds
